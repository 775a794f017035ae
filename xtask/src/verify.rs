//! `cargo xtask verify`.

use std::io::IsTerminal as _;
use std::path::Path;

use studies::verify::StudyReport;

use crate::cli::Verify;
use crate::{Exit, Failure, workspace};

pub(crate) fn run(root: &Path, arguments: &Verify) -> Result<Exit, Failure> {
    let names = workspace::names(&arguments.studies)?;
    let reports = names.into_iter().map(|study| report(root, study)).collect::<Result<Vec<_>, _>>()?;
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
