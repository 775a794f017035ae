//! The energy models of single layers: their features, how they are fitted, and their scores.

use std::ops::Range;

use dag::Problem;
use rayon::iter::{IndexedParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};
use serde::Serialize;
use stats::{CentredProducts, LassoOptions, LinearModel, MinMax, Standardiser, Terms};

use super::layers::layer_set;
use crate::table::Table;

/// The seed of the original's splits for models, and that for the ablation.
pub(super) const SEED: u32 = 1234;
pub(super) const ABLATION_SEED: u32 = 1223;

/// Parts of the training data that are held out in turn.
const FOLDS: usize = 10;

/// Where the original ends a lasso: the default of scikit-learn.
const TOLERANCE: f64 = 1e-4;

/// An energy model of a kind of layers.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Model {
    /// Id of its record.
    pub(super) id: &'static str,
    /// The data set that it is fitted to.
    pub(super) set: &'static str,
    pub(super) inputs: Inputs,
    pub(super) expansion: Expansion,
    /// Whether the features are standardised.
    pub(super) standardised: bool,
    pub(super) fit: Fit,
}

/// What a model knows of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Inputs {
    Parameters,
    ParametersAndLogs,
    Macs,
    ParametersAndMacs,
    All,
}

/// The features that are made of the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Expansion {
    None,
    /// With products of up to so many different ones.
    Interactions(usize),
    /// With squares and products of two.
    Quadratic,
}

/// How a model is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) enum Fit {
    LeastSquares,
    /// With a penalty of 1, the most passes, and the tolerance of [`LassoOptions`].
    Lasso(u32, f64),
}

impl Model {
    const fn new(id: &'static str, set: &'static str, inputs: Inputs, expansion: Expansion) -> Self {
        Self { id, set, inputs, expansion, standardised: false, fit: Fit::LeastSquares }
    }

    const fn standardised(mut self) -> Self {
        self.standardised = true;
        self
    }

    const fn lasso(mut self, passes: u32) -> Self {
        self.fit = Fit::Lasso(passes, TOLERANCE);
        self
    }
}

/// All models, in the order of the notebooks.
pub(super) const MODELS: [Model; 20] = {
    use Expansion::{Interactions, None, Quadratic};
    use Inputs::{All, Macs, Parameters, ParametersAndLogs, ParametersAndMacs};
    [
        Model::new("conv2d.param", "conv2d", Parameters, Interactions(4)).lasso(100_000),
        Model::new("conv2d.param_log_param", "conv2d", ParametersAndLogs, Interactions(3)).lasso(100_000),
        Model::new("conv2d.macs", "conv2d", Macs, None),
        Model::new("conv2d.param_macs", "conv2d", ParametersAndMacs, None).standardised(),
        Model::new("conv2d.param_log_param_macs", "conv2d", All, None).standardised(),
        Model::new("linear.param", "linear", Parameters, Interactions(3)),
        Model::new("linear.param_log_param", "linear", ParametersAndLogs, Interactions(3)),
        Model::new("linear.macs", "linear", Macs, None),
        Model::new("linear.param_macs", "linear", ParametersAndMacs, None).standardised(),
        Model::new("linear.param_log_param_macs", "linear", All, None).standardised(),
        Model::new("maxpool2d.param", "maxpool2d", Parameters, Interactions(4)).lasso(100_000),
        Model::new("maxpool2d.param_log_param", "maxpool2d", ParametersAndLogs, Interactions(3)).lasso(1_000_000),
        Model::new("maxpool2d.macs", "maxpool2d", Macs, None),
        Model::new("maxpool2d.param_macs", "maxpool2d", ParametersAndMacs, Interactions(2)).standardised(),
        Model::new("maxpool2d.param_log_param_macs", "maxpool2d", All, Interactions(2)).standardised(),
        Model::new("relu.param", "relu", Parameters, Interactions(2)),
        Model::new("relu.macs", "relu", Macs, None),
        Model::new("tanh", "tanh", Parameters, Quadratic),
        Model::new("sigmoid", "sigmoid", Parameters, Interactions(2)),
        Model::new("softmax", "softmax", Parameters, Interactions(2)),
    ]
};

/// The model of a record.
pub(super) fn model(id: &str) -> Result<&'static Model, Problem> {
    MODELS.iter().find(|model| model.id == id).ok_or_else(|| Problem::new(format!("there is no model {id}")))
}

/// Layers with what models know of them, and their energies of one forward pass in kWh.
#[derive(Clone, Debug)]
pub(super) struct Layers {
    /// Input by input.
    pub(super) inputs: Vec<Vec<f64>>,
    pub(super) energies: Vec<f64>,
}

impl Layers {
    /// All layers of a data set.
    pub(super) fn of(table: &Table, set: &str, inputs: Inputs) -> Result<Self, Problem> {
        let set = layer_set(set).ok_or_else(|| Problem::new(format!("there is no data set {set}")))?;
        let parameters = set.parameters.iter().map(|name| table.numbers(name)).collect::<Result<Vec<_>, _>>()?;
        let inputs = with_inputs(parameters, table.numbers("macs")?, inputs);
        Ok(Self { inputs, energies: table.numbers("cpu_energy")? })
    }

    fn take(&self, rows: &[usize]) -> Self {
        let of = |values: &Vec<f64>| rows.iter().filter_map(|&row| values.get(row).copied()).collect();
        Self { inputs: self.inputs.iter().map(of).collect(), energies: of(&self.energies) }
    }

    /// The rows of a range, and all others.
    fn parted(&self, range: &Range<usize>) -> (Self, Self) {
        let inside: Vec<usize> = range.clone().collect();
        let outside: Vec<usize> = (0..self.energies.len()).filter(|row| !range.contains(row)).collect();
        (self.take(&inside), self.take(&outside))
    }
}

/// The inputs of a model from the parameters and the operations of layers.
pub(super) fn with_inputs(parameters: Vec<Vec<f64>>, macs: Vec<f64>, inputs: Inputs) -> Vec<Vec<f64>> {
    let logs = |parameters: &[Vec<f64>]| {
        parameters.iter().map(|values| values.iter().map(|value| value.ln_1p()).collect()).collect::<Vec<Vec<f64>>>()
    };
    match inputs {
        Inputs::Parameters => parameters,
        Inputs::Macs => vec![macs],
        Inputs::ParametersAndMacs => [parameters, vec![macs]].concat(),
        Inputs::ParametersAndLogs => {
            let logs = logs(&parameters);
            [parameters, logs].concat()
        }
        Inputs::All => {
            let logs = logs(&parameters);
            [parameters, logs, vec![macs]].concat()
        }
    }
}

/// The three parts of a data set.
pub(super) struct Split {
    pub(super) train: Layers,
    pub(super) validation: Layers,
    pub(super) test: Layers,
}

/// The rows of a data set in the random order of a seed, and where the training and validation parts end.
pub(super) fn order(rows: usize, seed: u32) -> (Vec<usize>, [usize; 2]) {
    let count = u32::try_from(rows).unwrap_or(u32::MAX);
    // As in Python: the products are rounded to `f64`, then cut.
    let cut = |share: f64| (share * rows as f64) as usize;
    (stats::shuffled_indices(count, seed), [cut(0.7), cut(0.9)])
}

/// Parts a data set at random: 70 % for training, 20 % for validation, 10 % for the test.
pub(super) fn split(layers: &Layers, seed: u32) -> Split {
    let (rows, [train, validation]) = order(layers.energies.len(), seed);
    Split {
        train: layers.take(&rows[..train]),
        validation: layers.take(&rows[train..validation]),
        test: layers.take(&rows[validation..]),
    }
}

/// How the features of a model are made of its inputs, and energies of its predictions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Preparation {
    expansion: Expansion,
    standardiser: Option<Standardiser>,
    /// The range of the energies.
    pub(super) scale: MinMax,
}

impl Preparation {
    /// The preparation of a model, as the layers for training determine it.
    pub(super) fn of(model: &Model, layers: &Layers) -> Result<Self, Problem> {
        let standardiser = model.standardised.then(|| Standardiser::of(&expanded(model.expansion, &layers.inputs)));
        let standardiser = standardiser.transpose();
        let scale = MinMax::of(&layers.energies);
        let failed = |error: stats::Error| failed(model, &error);
        Ok(Self {
            expansion: model.expansion,
            standardiser: standardiser.map_err(failed)?,
            scale: scale.map_err(failed)?,
        })
    }

    pub(super) fn features(&self, inputs: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let features = expanded(self.expansion, inputs);
        self.standardiser.as_ref().map(|standardiser| standardiser.apply(&features)).unwrap_or(features)
    }

    /// The predictions of a fitted model, which is given some thousand layers at a time: all features of all layers may
    /// be more than there is memory.
    fn predictions(&self, model: &LinearModel, inputs: &[Vec<f64>]) -> Vec<f64> {
        let count = inputs.first().map_or(0, Vec::len);
        let parts = (0..count).step_by(PART).map(|first| first..count.min(first + PART));
        parts.flat_map(|rows| model.predict(&self.features(&rows_of(inputs, rows)))).collect()
    }

    /// Calls `each` with each feature: made one after the other where they are products, else of all at once.
    pub(super) fn each_feature(&self, inputs: &[Vec<f64>], mut each: impl FnMut(Vec<f64>)) {
        match self.expansion.degree().filter(|_| self.standardiser.is_none()) {
            Some((degree, terms)) => {
                let factors = stats::polynomial_factors(inputs.len(), degree, terms);
                factors.iter().for_each(|factors| each(stats::product(inputs, factors)));
            }
            None => self.features(inputs).into_iter().for_each(each),
        }
    }
}

/// Layers whose features are in memory together.
const PART: usize = 1 << 13;

/// The inputs of some layers.
fn rows_of(inputs: &[Vec<f64>], rows: Range<usize>) -> Vec<Vec<f64>> {
    inputs.iter().map(|values| values.get(rows.clone()).unwrap_or_default().to_vec()).collect()
}

impl Expansion {
    /// How many factors products have at most, and which products are made.
    fn degree(self) -> Option<(usize, Terms)> {
        match self {
            Self::None => None,
            Self::Interactions(degree) => Some((degree, Terms::Interactions)),
            Self::Quadratic => Some((2, Terms::All)),
        }
    }

    /// How many features it makes of so many inputs.
    fn features(self, inputs: usize) -> usize {
        self.degree().map_or(inputs, |(degree, terms)| stats::polynomial_factors(inputs, degree, terms).len())
    }
}

fn expanded(expansion: Expansion, inputs: &[Vec<f64>]) -> Vec<Vec<f64>> {
    match expansion.degree() {
        None => inputs.to_vec(),
        Some((degree, terms)) => stats::polynomial_features(inputs, degree, terms),
    }
}

fn failed(model: &Model, error: &stats::Error) -> Problem {
    let problem = Problem::new(format!("the model {}: {error}", model.id));
    problem.help("look whether enough layers of the data set are left after the clean step")
}

/// A fitted model: energies in the scale of the preparation.
pub(super) struct Fitted {
    pub(super) model: LinearModel,
    /// Of a lasso: passes, duality gap, and whether it was small enough.
    pub(super) end: Option<(u32, f64, bool)>,
}

/// How least squares round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// As LAPACK, with which the original was made: the constant among the features counts where a singular
    /// value of zero comes out as large enough.
    Lapack,
    /// What is zero does not count.
    Exact,
}

/// Fits a model to layers.
fn fit(model: &Model, prepared: &Preparation, layers: &Layers, rounding: Rounding) -> Result<Fitted, stats::Error> {
    let energies = prepared.scale.apply(&layers.energies);
    match model.fit {
        Fit::LeastSquares => {
            let features = prepared.features(&layers.inputs);
            let fit = match rounding {
                Rounding::Lapack => stats::gelsd_least_squares(&features, &energies)?,
                Rounding::Exact => stats::least_squares(&features, &energies)?,
            };
            Ok(Fitted { model: fit.model, end: None })
        }
        Fit::Lasso(max_iterations, tolerance) => {
            let count = prepared.expansion.features(layers.inputs.len());
            let part = |rows| prepared.features(&rows_of(&layers.inputs, rows));
            let products = CentredProducts::of_parts(&energies, count, part)?;
            let fit = stats::lasso(&products, &LassoOptions { alpha: 1.0, max_iterations, tolerance })?;
            Ok(Fitted { model: fit.model, end: Some((fit.iterations, fit.dual_gap, fit.converged)) })
        }
    }
}

/// How well predictions of scaled energies fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scores {
    pub(super) r2: f64,
    pub(super) mse: f64,
}

fn scores(truth: &[f64], predicted: &[f64]) -> Result<Scores, stats::Error> {
    Ok(Scores { r2: stats::r2_score(truth, predicted)?, mse: stats::mean_squared_error(truth, predicted)? })
}

/// When features are made and energies scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Preparing {
    /// Before the folds are made, with what the held-out layers tell, as in the original.
    Once,
    /// In each fold, of its training part only.
    InEachFold,
}

/// Scores of a model on each part of the training data, fitted to the others; energies in the scale of all
/// training data. `known` are those of features that are prepared once: a fold whose own preparation is the
/// same has the same score, and need not be fitted again.
pub(super) fn cross_validated(
    model: &Model,
    train: &Layers,
    preparing: Preparing,
    rounding: Rounding,
    known: &[Scores],
) -> Result<Vec<Scores>, Problem> {
    let all = Preparation::of(model, train)?;
    let failed = |error: stats::Error| failed(model, &error);
    let of_fold = |(fold, range): (usize, &Range<usize>)| {
        let (held_out, rest) = train.parted(range);
        let truth = all.scale.apply(&held_out.energies);
        match preparing {
            Preparing::Once => {
                let fitted = fit(model, &all, &rest, rounding).map_err(failed)?;
                scores(&truth, &all.predictions(&fitted.model, &held_out.inputs)).map_err(failed)
            }
            Preparing::InEachFold => {
                let own = Preparation::of(model, &rest)?;
                if let Some(scores) = known.get(fold).filter(|_| own == all) {
                    return Ok(*scores);
                }
                let fitted = fit(model, &own, &rest, rounding).map_err(failed)?;
                let predicted = own.scale.invert(&own.predictions(&fitted.model, &held_out.inputs));
                scores(&truth, &all.scale.apply(&predicted)).map_err(failed)
            }
        }
    };
    let folds = stats::folds(train.energies.len(), FOLDS);
    match model.fit {
        // All features are in memory, once for each fold that is at work.
        Fit::LeastSquares => folds.iter().enumerate().map(of_fold).collect(),
        // The longest of all analyses. Collected before it is looked at, so that the first fold that fails is told.
        Fit::Lasso(..) => {
            let scores: Vec<_> = folds.par_iter().enumerate().map(of_fold).collect();
            scores.into_iter().collect()
        }
    }
}

/// A model fitted to the training data, with its scores.
pub(super) struct Outcome {
    pub(super) fitted: Fitted,
    pub(super) preparation: Preparation,
    pub(super) validation: Scores,
    pub(super) test: Scores,
    /// Scaled energies of the layers for the test, and their predictions.
    pub(super) test_truth: Vec<f64>,
    pub(super) test_predicted: Vec<f64>,
}

/// Fits a model to the training part of a data set.
pub(super) fn outcome(model: &Model, split: &Split, rounding: Rounding) -> Result<Outcome, Problem> {
    let failed = |error: stats::Error| failed(model, &error);
    let preparation = Preparation::of(model, &split.train)?;
    let fitted = fit(model, &preparation, &split.train, rounding).map_err(failed)?;
    let of_part =
        |part: &Layers| (preparation.scale.apply(&part.energies), preparation.predictions(&fitted.model, &part.inputs));
    let (truth, predicted) = of_part(&split.validation);
    let validation = scores(&truth, &predicted).map_err(failed)?;
    let (test_truth, test_predicted) = of_part(&split.test);
    Ok(Outcome {
        validation,
        test: scores(&test_truth, &test_predicted).map_err(failed)?,
        test_truth,
        test_predicted,
        fitted,
        preparation,
    })
}

impl Outcome {
    /// Predicted energies of layers in kWh.
    pub(super) fn energies(&self, inputs: &[Vec<f64>]) -> Vec<f64> {
        self.preparation.scale.invert(&self.preparation.predictions(&self.fitted.model, inputs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(count: usize) -> Layers {
        let sizes: Vec<f64> = (0..count).map(|row| ((row * 7) % count + 1) as f64).collect();
        let energies = sizes.iter().map(|size| 3.0 + 0.5 * size).collect();
        Layers { inputs: vec![sizes], energies }
    }

    #[test]
    fn the_parts_are_those_of_the_original() {
        // Entry `derived.split` of the published values, first line.
        let (rows, ends) = order(976, SEED);
        assert_eq!((&rows[..4], ends), (&[40, 128, 419, 234][..], [683, 878]));
        let split = split(&layers(20), SEED);
        assert_eq!([&split.train, &split.validation, &split.test].map(|part| part.energies.len()), [14, 4, 2]);
    }

    #[test]
    fn a_line_is_found_again_however_it_is_prepared() {
        let model = Model::new("line", "none", Inputs::Macs, Expansion::None).standardised();
        let split = split(&layers(60), SEED);
        let outcome = outcome(&model, &split, Rounding::Exact).unwrap();
        assert!((outcome.test.r2 - 1.0).abs() < 1e-12);
        assert!((outcome.energies(&[vec![1000.0]])[0] - 503.0).abs() < 1e-9);
        for preparing in [Preparing::Once, Preparing::InEachFold] {
            let scores = cross_validated(&model, &split.train, preparing, Rounding::Exact, &[]).unwrap();
            assert_eq!(scores.len(), 10);
            assert!(scores.iter().all(|scores| scores.r2 > 1.0 - 1e-12 && scores.mse < 1e-20), "{scores:?}");
        }
    }

    #[test]
    fn inputs_are_parameters_then_logs_then_operations() {
        let inputs = with_inputs(vec![vec![0.0], vec![1.0]], vec![7.0], Inputs::All);
        assert_eq!(inputs, [vec![0.0], vec![1.0], vec![0.0], vec![2.0_f64.ln()], vec![7.0]]);
        assert_eq!(with_inputs(vec![vec![0.0]], vec![7.0], Inputs::Macs), [vec![7.0]]);
    }
}
