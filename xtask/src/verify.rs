//! `cargo xtask verify`.

use std::io::IsTerminal as _;
use std::path::Path;

use studies::Study;
use studies::verify::StudyReport;

use crate::cli::Verify;
use crate::{Exit, Failure, workspace};

pub(crate) fn run(root: &Path, arguments: &Verify) -> Result<Exit, Failure> {
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
    Ok(if reports.iter().all(StudyReport::passed) { Exit::Success } else { Exit::Failed })
}
