//! Draws docs/performance.svg from docs/performance.csv, which tests/peers/compare.py writes:
//! `cargo run -p plot --example performance`.

use std::{error::Error, fs, path::Path};

use plot::{About, Axis, Cartesian, Dash, Figure, Legend, Line, Look, Marker, Points, Size, style::CATEGORICAL};

/// The pieces of the table that are drawn, and what their panels are called.
const PANELS: [(&str, &str); 2] = [
    ("windows over a log", "a log in the order of its times"),
    ("windows over an unsorted log", "a log in another order"),
];
const PEERS: [(&str, Look); 3] = [
    ("pandas", Look::new(CATEGORICAL[1], Marker::Square)),
    ("duckdb", Look::new(CATEGORICAL[2], Marker::Triangle)),
    ("polars", Look::new(CATEGORICAL[3], Marker::Diamond)),
];
const OURS: Look = Look::new(CATEGORICAL[0], Marker::Circle);

/// A row of the table, by the names of its columns.
struct Row<'a> {
    header: Vec<&'a str>,
    cells: Vec<&'a str>,
}

impl Row<'_> {
    fn text(&self, column: &str) -> &str {
        let place = self.header.iter().position(|name| *name == column);
        place.and_then(|place| self.cells.get(place)).copied().unwrap_or_default()
    }

    fn number(&self, column: &str) -> Result<f64, String> {
        self.text(column).parse().map_err(|_| format!("{column}: {:?} is no number", self.text(column)))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let text = fs::read_to_string(docs.join("performance.csv"))?;
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().ok_or("docs/performance.csv is empty")?;
    let rows: Vec<Row<'_>> = lines.map(|cells| Row { header: header.clone(), cells }).collect();
    let panels = PANELS.iter().map(|(piece, heading)| panel(&rows, piece, heading)).collect::<Result<_, _>>()?;
    let about = About {
        id: "performance",
        title: "Time to sum a power log over windows, against the size of the log",
        alt: "Two panels with logarithmic axes: time against the size of the log for Joulebook, pandas, duckdb and polars. All \
              rise nearly in proportion to the size from 100 MB on; docs/performance.csv has the values.",
    };
    let figure = Figure::panels(about, Size::pt(460.0, 200.0), 2, panels)?;
    let svg = figure.svg()?;
    for finding in plot::lint(&svg)? {
        eprintln!("{finding}");
    }
    fs::write(docs.join("performance.svg"), svg)?;
    Ok(())
}

fn panel(rows: &[Row<'_>], piece: &str, heading: &str) -> Result<Cartesian, Box<dyn Error>> {
    let of = |peer: &str, side: &str| -> Result<(Vec<f64>, Vec<f64>), String> {
        let rows = rows.iter().filter(|row| row.text("piece") == piece && row.text("peer") == peer);
        rows.map(|row| Ok((row.number("megabytes")?, row.number(&format!("{side}_median_s"))?))).collect()
    };
    // Every peer's rows tell our times of the same runs; duckdb's are of all sizes.
    let (size, ours) = of("duckdb", "ours")?;
    let mut plot =
        Cartesian::new(Axis::log("Size of the log", "MB"), Axis::log("Time", "s").range(0.005, 50.0)).heading(heading);
    plot = plot.mark(Points::new("Joulebook", &size, &ours, OURS).joined(1.0));
    for (peer, look) in PEERS {
        let (size, theirs) = of(peer, "theirs")?;
        plot = plot.mark(Points::new(peer, &size, &theirs, look).joined(1.0));
    }
    if let (Some((first, last)), Some(time)) = (size.first().zip(size.last()), ours.last()) {
        let proportional =
            Line::between("in proportion", (*first, time * first / last), (*last, *time), plot::style::MUTED);
        plot = plot.mark(proportional.dash(Dash::Dotted).width(0.75));
    }
    Ok(plot.legend(Legend::above()))
}
