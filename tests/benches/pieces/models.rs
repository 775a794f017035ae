//! Energy models of layers: least squares and lasso on features made of the settings of layers.

use std::fs;
use std::path::Path;

use rawlog::delimited::Delimited;
use serde_json::{Value, json};
use stats::{CentredProducts, LassoOptions, LinearModel, MinMax, Standardiser, Terms};

use crate::{Found, Outcome};

/// Parts of the training data that are held out in turn.
const FOLDS: usize = 10;

/// A model of the list: what tests/peers/models.json tells of it.
pub(crate) struct Model {
    id: String,
    data: Layers,
    /// Products of so many features, powers too if they are all taken.
    degree: usize,
    terms: Terms,
    standardised: bool,
    /// The most passes of a lasso; least squares otherwise.
    lasso: Option<u32>,
    seed: u32,
}

/// Features by feature, and energies.
struct Layers {
    inputs: Vec<Vec<f64>>,
    energies: Vec<f64>,
}

impl Layers {
    fn take(&self, rows: &[usize]) -> Self {
        let of = |values: &Vec<f64>| rows.iter().map(|&row| values[row]).collect();
        Self { inputs: self.inputs.iter().map(of).collect(), energies: of(&self.energies) }
    }
}

/// The scores R² of a model: the mean of the folds, of the validation and of the test part.
pub(crate) struct Scores {
    id: String,
    folds: f64,
    validation: f64,
    test: f64,
}

/// Reads the list and the data sets, `<set>.csv` with the settings, `macs` and `cpu_energy`.
pub(crate) fn read(arguments: &[String]) -> Outcome<Vec<Model>> {
    let [list, folder] = arguments else { return Err("models takes LIST and FOLDER".into()) };
    let list: Value = serde_json::from_slice(&fs::read(list)?)?;
    let seed = list["seed"].as_u64().and_then(|seed| u32::try_from(seed).ok()).ok_or("the list has no seed")?;
    let models = list["models"].as_array().ok_or("the list has no models")?;
    models.iter().map(|model| one(model, Path::new(folder), seed)).collect()
}

fn one(model: &Value, folder: &Path, seed: u32) -> Outcome<Model> {
    let text = |name: &str| model[name].as_str().ok_or_else(|| format!("a model without {name}"));
    let table = Delimited::read_any(&fs::read(folder.join(format!("{}.csv", text("set")?)))?)?;
    let names: Vec<&str> = table.columns().map(|(name, _)| name).collect();
    let settings = names.iter().filter(|name| !["macs", "cpu_energy"].contains(name));
    let parameters = settings.map(|name| table.numbers(name)).collect::<Result<Vec<_>, _>>()?;
    let logs = parameters.iter().map(|values| values.iter().map(|value| value.ln_1p()).collect());
    let mut inputs: Vec<Vec<f64>> = Vec::new();
    for part in text("inputs")?.split('+') {
        match part {
            "parameters" => inputs.extend(parameters.iter().cloned()),
            "logs" => inputs.extend(logs.clone()),
            "macs" => inputs.push(table.numbers("macs")?),
            other => return Err(format!("unknown inputs {other}").into()),
        }
    }
    let count = |name: &str| model[name].as_u64().and_then(|count| u32::try_from(count).ok());
    Ok(Model {
        id: text("id")?.to_owned(),
        data: Layers { inputs, energies: table.numbers("cpu_energy")? },
        degree: count("degree").unwrap_or(0) as usize,
        terms: if model["powers"] == true { Terms::All } else { Terms::Interactions },
        standardised: model["standardised"] == true,
        lasso: count("lasso"),
        seed,
    })
}

pub(crate) fn fitted(models: &[Model]) -> Outcome<Vec<Scores>> {
    Ok(models.iter().map(scores).collect::<Result<_, _>>()?)
}

/// As the original has it: features are made and energies scaled before the folds are.
fn scores(model: &Model) -> Result<Scores, stats::Error> {
    let rows = stats::shuffled_indices(u32::try_from(model.data.energies.len()).unwrap_or(u32::MAX), model.seed);
    let cut = |share: f64| (share * rows.len() as f64) as usize;
    let parts = [&rows[..cut(0.7)], &rows[cut(0.7)..cut(0.9)], &rows[cut(0.9)..]].map(|rows| model.data.take(rows));
    let features = |part: &Layers| match model.degree {
        0 => part.inputs.clone(),
        degree => stats::polynomial_features(&part.inputs, degree, model.terms),
    };
    let scale = MinMax::of(&parts[0].energies)?;
    let train = features(&parts[0]);
    let standardiser = model.standardised.then(|| Standardiser::of(&train)).transpose()?;
    let [train, validation, test] = parts.map(|part| {
        let features = features(&part);
        let inputs = standardiser.as_ref().map_or(features.clone(), |standardiser| standardiser.apply(&features));
        Layers { inputs, energies: scale.apply(&part.energies) }
    });
    let all = fit(model, &train)?;
    let score = |model: &LinearModel, of: &Layers| stats::r2_score(&of.energies, &model.predict(&of.inputs));
    let mut folds = Vec::new();
    for range in stats::folds(train.energies.len(), FOLDS) {
        let rest: Vec<usize> = (0..train.energies.len()).filter(|row| !range.contains(row)).collect();
        let held_out: Vec<usize> = range.collect();
        folds.push(score(&fit(model, &train.take(&rest))?, &train.take(&held_out))?);
    }
    let (validation, test) = (score(&all, &validation)?, score(&all, &test)?);
    Ok(Scores { id: model.id.clone(), folds: stats::mean(&folds)?, validation, test })
}

fn fit(model: &Model, layers: &Layers) -> Result<LinearModel, stats::Error> {
    match model.lasso {
        None => Ok(stats::least_squares(&layers.inputs, &layers.energies)?.model),
        Some(max_iterations) => {
            let products = CentredProducts::of(&layers.inputs, &layers.energies)?;
            Ok(stats::lasso(&products, &LassoOptions { max_iterations, ..LassoOptions::default() })?.model)
        }
    }
}

pub(crate) fn told(scores: &[Scores]) -> Found {
    let told = |scores: &Scores| (scores.id.clone(), json!([scores.folds, scores.validation, scores.test]));
    scores.iter().map(told).collect()
}
