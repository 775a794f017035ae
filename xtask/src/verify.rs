//! `cargo xtask verify`.

use std::io::IsTerminal as _;
use std::path::Path;

use studies::Study;
use studies::verify::StudyReport;

use crate::cli::Verify;
use crate::console::Console;
use crate::{Exit, Failure, workspace};

pub(crate) fn run(root: &Path, arguments: &Verify, console: &Console) -> Result<Exit, Failure> {
    let studies = workspace::studies(&arguments.studies)?;
    let report = |study: &Study| study.verify(root).map_err(Failure::new);
    let reports = studies.into_iter().map(report).collect::<Result<Vec<StudyReport>, _>>()?;
    if arguments.json {
        anstream::println!("{}", serde_json::to_string_pretty(&reports).map_err(Failure::new)?);
    } else {
        let colour = std::io::stdout().is_terminal();
        for report in &reports {
            anstream::print!("{}", report.render(100, colour, arguments.verbose));
        }
    }
    let simulated: Vec<&str> =
        reports.iter().filter(|report| report.is_simulated()).map(|report| report.study.as_str()).collect();
    if !simulated.is_empty() && !arguments.simulated {
        console.error(&format!(
            "made from simulated data, so that nothing measured was compared: {}; --simulated accepts that",
            simulated.join(", ")
        ));
        return Ok(Exit::Failed);
    }
    Ok(if reports.iter().all(StudyReport::passed) { Exit::Success } else { Exit::Mismatch })
}
