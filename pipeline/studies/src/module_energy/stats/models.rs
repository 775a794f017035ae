//! The energy models of single layers, and what they explain (notebooks modeling-conv2d-energies,
//! -linear-, -maxpool2d- and -activation-energies).

use dag::Problem;

use crate::cx::Cx;
use crate::module_energy::models::{
    self, ABLATION_SEED, Expansion, Fit, Inputs, Layers, MODELS, Model, Outcome, Preparing, Rounding, SEED, Scores,
    Split, model,
};
use crate::module_energy::schema;
use crate::record::{Cell, Record, cells};
use crate::table::{Rows, Table};

fn parts(cx: &Cx<'_, '_>, role: &str, model: &Model) -> Result<Split, Problem> {
    Ok(models::split(&Layers::of(&Table::read(cx, role)?, model.set, model.inputs)?, SEED))
}

/// Fits a model: its scores as published, those of folds that do not know of each other, and the
/// predictions for the test.
///
/// The original makes features and scales energies before it makes the folds, so that the held-out part
/// has a say in them (quirk `leakage`). Its least squares are those of LAPACK; the corrected ones are exact.
pub(in crate::module_energy) fn fitted(cx: &mut Cx<'_, '_>, id: &&'static str) -> Result<(), Problem> {
    let model = model(id)?;
    let split = parts(cx, "set", model)?;
    let outcome = models::outcome(model, &split, Rounding::Lapack)?;
    let folds = models::cross_validated(model, &split.train, Preparing::Once, Rounding::Lapack, &[])?;
    let record = with_scores(Record::regression(*id), &folds, outcome.validation, outcome.test)?;
    let record = match outcome.fitted.end {
        None => record,
        Some((passes, gap, settled)) => {
            let mut spreads = Vec::new();
            outcome.preparation.each_feature(&split.train.inputs, |feature| spreads.push(stats::std(&feature, 0).ok()));
            record
                .value("iterations", passes)
                .value("dual_gap", gap)
                .value("features", spreads.len())
                .value("features used", used(&outcome))
                .value("decades of spread", decades_of_spread(&spreads))
                .value("settled", if settled { "yes" } else { "no" })
        }
    };
    let record = record.value("n", split.train.energies.len()).note(
        "Energies are scaled to the range of the training part. The scores cv_* are those of ten folds, with standard \
         deviations.",
    );
    cx.record(record.quirk("leakage").with_correction())?;

    // A lasso does not depend on the rounding, and takes long.
    let (exact, known) = match model.fit {
        Fit::LeastSquares => (Some(models::outcome(model, &split, Rounding::Exact)?), &[][..]),
        Fit::Lasso(..) => (None, folds.as_slice()),
    };
    let exact = exact.as_ref().unwrap_or(&outcome);
    let own = models::cross_validated(model, &split.train, Preparing::InEachFold, Rounding::Exact, known)?;
    let record = Record::regression(format!("{id}.corrected"));
    let record = with_scores(record, &own, exact.validation, exact.test)?.quirk("leakage");
    cx.record(record.note("Features are made and energies scaled in each fold, of its training part only."))?;

    Rows::new().floats("truth", outcome.test_truth).floats("predicted", outcome.test_predicted).write(
        cx,
        "table",
        schema::PREDICTIONS,
    )
}

/// The number of features that have a part in a model.
fn used(outcome: &Outcome) -> usize {
    outcome.fitted.model.coefficients.iter().filter(|coefficient| **coefficient != 0.0).count()
}

/// By how many powers of ten the greatest of the features' standard deviations exceeds the least that is not 0.
fn decades_of_spread(spreads: &[Option<f64>]) -> f64 {
    let spreads = spreads.iter().flatten().copied().filter(|spread| *spread > 0.0);
    let (least, most) =
        spreads.fold((f64::INFINITY, 0.0_f64), |(least, most), spread| (least.min(spread), most.max(spread)));
    (most / least).log10()
}

fn with_scores(record: Record, folds: &[Scores], validation: Scores, test: Scores) -> Result<Record, Problem> {
    let mut record = record;
    // As the negative error that is maximised, which the notebooks print.
    let (r2, mse): (Vec<f64>, Vec<f64>) = folds.iter().map(|of| (of.r2, -of.mse)).unzip();
    for (name, values) in [("cv_r2", r2), ("cv_mse", mse)] {
        let failed = |error: stats::Error| Problem::new(format!("{name}: {error}"));
        record = record
            .value(format!("{name}_mean"), stats::mean(&values).map_err(failed)?)
            .value(format!("{name}_std"), stats::std(&values, 0).map_err(failed)?);
    }
    Ok(record
        .value("val_r2", validation.r2)
        .value("val_mse", validation.mse)
        .value("test_r2", test.r2)
        .value("test_mse", test.mse))
}

/// The models with a penalty, fitted to a hundredth of the tolerance, and without the penalty (not
/// published): what their scores owe to the rule by which the fit ends, and to the penalty.
pub(in crate::module_energy) fn settled(cx: &mut Cx<'_, '_>, tolerance: &f64) -> Result<(), Problem> {
    let columns = ["model", "iterations", "features used", "val_r2", "test_r2", "test_r2 without penalty"];
    let mut table = Record::table("derived.lasso.settled").columns(columns);
    for model in MODELS {
        let Fit::Lasso(passes, _) = model.fit else { continue };
        let split = parts(cx, model.set, &model)?;
        let of = |fit: Fit| models::outcome(&Model { fit, ..model }, &split, Rounding::Exact);
        let (tight, free) = (of(Fit::Lasso(passes, *tolerance))?, of(Fit::LeastSquares)?);
        let passes = tight.fitted.end.map_or(Cell::Missing, |(passes, ..)| Cell::from(passes));
        let scores = [tight.validation.r2, tight.test.r2, free.test.r2].map(Cell::from);
        let row = [Cell::from(model.id), passes, Cell::from(used(&tight))];
        table = table.plain_row(row.into_iter().chain(scores));
    }
    cx.record(table.note(format!("Tolerance {tolerance:?}. The penalty is left out in the last column only.")))
}

/// The id of the record of a model fitted without the runs whose errors the original missed.
pub(in crate::module_energy) fn sound_id(model: &str) -> String {
    format!("{model}.log_fixed")
}

/// Fits a model to the data set without the runs whose errors the original missed (quirk `job-log`).
pub(in crate::module_energy) fn sound(cx: &mut Cx<'_, '_>, id: &&'static str) -> Result<(), Problem> {
    let model = model(id)?;
    let table = Table::read(cx, "set")?;
    let split = models::split(&Layers::of(&table, model.set, model.inputs)?, SEED);
    let outcome = models::outcome(model, &split, Rounding::Exact)?;
    let folds = models::cross_validated(model, &split.train, Preparing::Once, Rounding::Exact, &[])?;
    let record = Record::regression(sound_id(id)).value("groups", table.len());
    let record = with_scores(record, &folds, outcome.validation, outcome.test)?.quirk("job-log");
    cx.record(record.note("Without the configurations of which an error was missed, and otherwise as in the original."))
}

/// All models without these runs, one below the other (not published; entry `derived.log.fixed`).
pub(in crate::module_energy) fn all_sound(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let columns = ["data set", "groups", "model", "cv_r2_mean", "val_r2", "test_r2", "test_mse"];
    let mut table = Record::table("derived.log.fixed").columns(columns);
    for model in MODELS {
        let record = cx.read_record(&sound_id(model.id))?;
        let value = |name: &str| record.values.get(name).cloned().unwrap_or(Cell::Missing);
        let names = cells![model.set].into_iter().chain([value("groups"), Cell::from(model.id)]);
        table = table.plain_row(names.chain(columns[3..].iter().map(|name| value(name))));
    }
    cx.record(table.quirk("job-log").note("The test part is another one: without some rows all others fall elsewhere."))
}

/// The feature sets of a kind of layers by their score in the test (cell 34 of its notebook).
pub(in crate::module_energy) fn compare(cx: &mut Cx<'_, '_>, set: &&'static str) -> Result<(), Problem> {
    let mut table = Record::table(format!("{set}.compare")).columns(["feature set", "test R2"]);
    for model in MODELS.iter().filter(|model| model.set == *set) {
        let record = cx.read_record(model.id)?;
        let score = record.values.get("test_r2").cloned().unwrap_or(Cell::Missing);
        let name = model.id.strip_prefix(&format!("{set}.")).unwrap_or(model.id);
        table = table.plain_row([Cell::from(name), score]);
    }
    cx.record(table)
}

/// The data sets for training and how they are parted.
pub(in crate::module_energy) fn splits(cx: &mut Cx<'_, '_>, sets: &Vec<(&'static str, u32)>) -> Result<(), Problem> {
    let columns = ["seed", "n", "train", "val", "test", "first eight", "last four"];
    let mut all = Record::table("derived.split").columns(columns);
    for (name, seed) in sets {
        let rows = Table::read(cx, name)?.len();
        let (order, [train, validation]) = models::order(rows, *seed);
        let sizes = [train, validation - train, rows - validation];
        let list = |rows: &[usize]| format!("{rows:?}");
        let (first, last) = (list(&order[..rows.min(8)]), list(&order[rows.saturating_sub(4)..]));
        all = all.plain_row(cells![*seed, rows, sizes[0], sizes[1], sizes[2], first, last]);
        if ["conv2d", "relu"].contains(name) && *seed != ABLATION_SEED {
            let record = Record::table(format!("{name}.split")).columns(["train", "val", "test"]);
            cx.record(record.plain_row(sizes))?;
        }
    }
    cx.record(all.note("Rows of the data sets in the order of the parts."))
}

/// A claim of prose that was written of other data than were released.
const LOST_CLAIM: &str = "OLS on plain parameters, test R2: over";

/// What the prose of the notebook of linear layers says of models that it does not keep (cell 12). It was
/// written before the final data: of these, the first claim does not hold.
pub(in crate::module_energy) fn claims(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let set = Table::read(cx, "set")?;
    let split = models::split(&Layers::of(&set, "linear", Inputs::Parameters)?, SEED);
    let scores = |expansion: Expansion| {
        let model = Model {
            id: "linear.claims",
            set: "linear",
            inputs: Inputs::Parameters,
            expansion,
            standardised: false,
            fit: Fit::LeastSquares,
        };
        models::outcome(&model, &split, Rounding::Lapack)
    };
    let (plain, two, three) =
        (scores(Expansion::None)?, scores(Expansion::Interactions(2))?, scores(Expansion::Interactions(3))?);
    let mut record = Record::table("linear.claims").columns(["claim in prose", "value"]);
    for (claim, value) in [
        (LOST_CLAIM, plain.test.r2),
        ("interaction degree 2, validation R2", two.validation.r2),
        ("interaction degree 2, test R2", two.test.r2),
        ("interaction degree 3, R2", three.test.r2),
    ] {
        record = record.plain_row(cells![claim, value]);
    }
    cx.record(record.not_recomputable(LOST_CLAIM).quirk("old-prose").note(
        "The prose was written before the final data, of which the first model does not reach what is claimed; \
         the others do, if the claimed digits were cut off.",
    ))
}
