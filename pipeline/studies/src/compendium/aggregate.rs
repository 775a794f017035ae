//! The energies of all studies in one table, in one unit.

use dag::Problem;

use crate::cx::Cx;
use crate::evidence::Outcome;
use crate::record::{Cell, Record, cells};
use crate::truth::Recovery;

/// The record that each study makes for the comparison, and the one of them all.
pub(super) const COMPARED: &str = "energy-per-inference";

/// The record of what an operation costs on each platform.
pub(super) const EFFICIENCY: &str = "energy-per-operation";

/// The record of how all studies came out.
pub(super) const REPRODUCTION: &str = "reproduction";

/// What the energy of a study was measured at, as the comparison names it.
pub(super) const PLATFORMS: [(&str, &str); 5] = [
    ("tinyml-mcu", "Microcontrollers, board supply"),
    ("module-energy", "Server CPU, packages"),
    ("vision-inference", "Workstation with GPU, wall socket"),
    ("edge-layers", "Jetson module, layers only"),
    ("aipowermeter", "Server GPU and CPU"),
];

const NANOJOULE: f64 = 1e-9;

/// How the records of each study compare with what is known.
pub(crate) fn reproduction(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let mut record = Record::table(REPRODUCTION).title("What came out again");
    record = record.columns([
        "data",
        "artifacts",
        "matched",
        "matched_simulated",
        "differ",
        "no_values",
        "simulated",
        "not_recomputable",
        "values",
        "largest_error",
        "further",
        "further_matched",
        "truths",
        "recovered",
    ]);
    let studies: Vec<String> = cx.inputs().map(str::to_owned).collect();
    for study in studies {
        let file = cx.input_path(&study)?;
        let outcome: Outcome = serde_json::from_str(&cx.read_text(&study)?)
            .map_err(|error| Problem::new(error.to_string()).in_file(file).at_line(error.line() as u64))?;
        let Recovery { truths, recovered, .. } = outcome.recovery.unwrap_or_default();
        let (summary, own) = (&outcome.summary, outcome.summary.own_checks());
        record = record.row(
            study,
            cells![
                outcome.status.to_string(),
                summary.entries,
                summary.matched,
                summary.matched_simulated,
                summary.mismatched,
                summary.no_values,
                summary.simulated,
                summary.not_recomputable,
                summary.values_compared,
                summary.max_rel_error.unwrap_or(f64::NAN),
                own.held + own.failed,
                own.held,
                truths,
                recovered
            ],
        );
    }
    cx.record(record)
}

/// Writes all inferences, and what an operation costs on each platform.
pub(crate) fn compare(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let mut all = Record::table(COMPARED).title("Energy of one inference and its operations, all studies");
    all = all.columns(["study", "platform", "model", "macs", "energy", "per_operation", "data"]);
    all = all.unit("macs", "MAC").unit("energy", "J").unit("per_operation", "nJ/MAC");
    let mut efficiency = Record::table(EFFICIENCY).title("Energy of an operation on each platform");
    efficiency = efficiency.columns(["platform", "inferences", "least", "median", "greatest", "exponent", "rvalue"]);
    for column in ["least", "median", "greatest"] {
        efficiency = efficiency.unit(column, "nJ/MAC");
    }

    for (study, platform) in PLATFORMS {
        if !cx.inputs().any(|role| role == study) {
            continue;
        }
        let record = cx.read_record(study)?;
        let inferences = inferences(cx, study, &record)?;
        for Inference { model, macs, energy } in &inferences {
            let status = record.status.to_string();
            all = all.plain_row(cells![
                study,
                platform,
                model.as_str(),
                *macs,
                *energy,
                energy / macs / NANOJOULE,
                status
            ]);
        }
        efficiency = efficiency.row(study, summary(platform, &inferences)?);
    }
    cx.record(all)?;
    cx.record(efficiency)
}

struct Inference {
    model: String,
    macs: f64,
    /// J.
    energy: f64,
}

/// The rows of a study's record, of which each number must be greater than 0.
fn inferences(cx: &Cx<'_, '_>, study: &str, record: &Record) -> Result<Vec<Inference>, Problem> {
    let file = cx.input_path(study)?;
    let wrong = |message: String| Problem::new(message).in_file(file);
    let labels = usize::from(record.has_row_labels());
    let place = |name: &str| {
        let place = record.columns.iter().position(|column| column == name);
        place
            .map(|place| place + labels)
            .ok_or_else(|| wrong(format!("no column {name}")).expected("model, macs, energy"))
    };
    let (model, macs, energy) = (place("model")?, place("macs")?, place("energy")?);
    let read = |(number, row): (usize, &Vec<Cell>)| {
        let positive = |at: usize| {
            let value = row.get(at).and_then(Cell::as_f64).filter(|value| *value > 0.0);
            value.ok_or_else(|| wrong(format!("row {number}: no number greater than 0")))
        };
        let model = row.get(model).map_or_else(String::new, ToString::to_string);
        Ok(Inference { model, macs: positive(macs)?, energy: positive(energy)? })
    };
    record.rows.iter().enumerate().map(read).collect()
}

/// Range and median of the energy of an operation, and the line through the logarithms: its slope is the
/// power of the operations that energy grows with.
fn summary(platform: &str, inferences: &[Inference]) -> Result<Vec<Cell>, Problem> {
    let failed = |error: stats::Error| Problem::new(format!("{platform}: {error}"));
    let costs: Vec<f64> = inferences.iter().map(|one| one.energy / one.macs / NANOJOULE).collect();
    let least = costs.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = costs.iter().copied().fold(0.0, f64::max);
    let median = stats::median(&costs).map_err(failed)?;
    let (x, y): (Vec<f64>, Vec<f64>) = inferences.iter().map(|one| (one.macs.log10(), one.energy.log10())).unzip();
    let fit = stats::linear_regression(&x, &y).map_err(failed)?;
    Ok(cells![platform, inferences.len(), least, median, greatest, fit.slope, fit.rvalue].into())
}
