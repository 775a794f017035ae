//! Draws the gallery into a folder and says what `lint` finds:
//! `cargo run -p plot --example gallery -- FOLDER`.

mod figures;

use std::{error::Error, fs, path::PathBuf, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("give a folder to write to")?);
    fs::create_dir_all(&folder)?;
    for figure in figures::all()? {
        let started = Instant::now();
        let svg = figure.svg()?;
        let drawn = started.elapsed();
        let picture = plot::png(&svg, 2.0)?;
        let rasterised = started.elapsed() - drawn;
        let findings = plot::lint(&svg)?;
        let linted = started.elapsed() - drawn - rasterised;
        println!(
            "{:18} svg {:5.0} ms {:6} bytes   png {:5.0} ms   lint {:5.0} ms",
            figure.id(),
            drawn.as_secs_f64() * 1e3,
            svg.len(),
            rasterised.as_secs_f64() * 1e3,
            linted.as_secs_f64() * 1e3,
        );
        for finding in findings {
            println!("    {finding}");
        }
        fs::write(folder.join(figure.id()).with_added_extension("svg"), svg)?;
        fs::write(folder.join(figure.id()).with_added_extension("png"), picture)?;
        fs::write(folder.join(figure.id()).with_added_extension("csv"), figure.data_csv())?;
    }
    Ok(())
}
