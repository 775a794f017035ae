//! Estimates of whole networks as sums of what the models say of their layers
//! (architecture-estimates.ipynb).

use dag::Problem;
use stats::LinearModel;

use crate::cx::Cx;
use crate::module_energy::architecture::{self, Layer};
use crate::module_energy::layers::layer_set;
use crate::module_energy::models::{self, Inputs, Layers, Outcome, Rounding, SEED, model};
use crate::module_energy::schema::{self, ARCHITECTURES};
use crate::record::{Cell, Record, cells};
use crate::table::{Rows, Table};

/// Kinds of layers that have a model, the model, and the name of the data set that it is fitted to.
const PREDICTORS: [(&str, &str); 4] = [
    ("Conv2d", "conv2d.macs"),
    ("Linear", "linear.macs"),
    ("ReLU", "relu.macs"),
    ("MaxPool2d", "maxpool2d.param_log_param_macs"),
];

/// The kinds of layers, in the order of the notebook.
const KINDS: [&str; 6] = ["Conv2d", "ReLU", "MaxPool2d", "AdaptiveAvgPool2d", "Dropout", "Linear"];

/// Joules of a kilowatt hour.
const JOULES: f64 = 3.6e6;

/// What is known of the energies of a kind of layers.
struct Predictor {
    kind: &'static str,
    /// The model of the original.
    original: Outcome,
    original_inputs: Inputs,
    /// kWh of an operation: a line through the origin.
    per_operation: f64,
    /// Energies of the layers for training, in kWh.
    train: Vec<f64>,
    /// Layers of the test part, with their operations.
    test: Layers,
}

impl Predictor {
    fn of(cx: &Cx<'_, '_>, kind: &'static str, id: &str) -> Result<Self, Problem> {
        let model = model(id)?;
        let table = Table::read(cx, model.set)?;
        let split = models::split(&Layers::of(&table, model.set, model.inputs)?, SEED);
        let original = models::outcome(model, &split, Rounding::Lapack)?;
        let by_macs = models::split(&Layers::of(&table, model.set, Inputs::Macs)?, SEED);
        let [macs] = by_macs.train.inputs.as_slice() else {
            return Err(table.problem(format!("{kind}: more than one column of operations")));
        };
        let products: Vec<f64> = macs.iter().zip(&by_macs.train.energies).map(|(macs, energy)| macs * energy).collect();
        let squares: Vec<f64> = macs.iter().map(|macs| macs * macs).collect();
        let per_operation = stats::sum(&products) / stats::sum(&squares);
        let (train, test) = (split.train.energies, by_macs.test);
        Ok(Self { kind, original, original_inputs: model.inputs, per_operation, train, test })
    }

    /// The intercept of the original in kWh, of a model of operations alone.
    fn intercept(&self) -> Option<f64> {
        let LinearModel { intercept, coefficients } = &self.original.fitted.model;
        let in_kwh = self.original.preparation.scale.invert(&[*intercept]).first().copied();
        // With many features its value at zero operations depends on the others.
        in_kwh.filter(|_| coefficients.len() == 1)
    }

    /// The line through the origin.
    fn line(&self) -> LinearModel {
        LinearModel { intercept: 0.0, coefficients: vec![self.per_operation] }
    }
}

/// Layers of networks, measured by themselves, with what is predicted of them. Energies in kWh.
struct Prediction {
    network: String,
    batch_size: i64,
    kind: String,
    measured: f64,
    predicted: f64,
    corrected: f64,
}

/// Estimates all layers and networks.
///
/// Layers of a kind without a model count as 0. The models of the original have an intercept: they say
/// that a layer takes energy, or gives some back, without any operation. It is a small part of the energy
/// of the layers that they are fitted to, and many times that of most layers of networks (quirk
/// `intercept`). The corrected estimates are those of lines through the origin, of operations alone.
pub(in crate::module_energy) fn estimates(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let predictors = PREDICTORS.iter().map(|(kind, id)| Predictor::of(cx, kind, id)).collect::<Result<Vec<_>, _>>()?;
    let groups = Table::read(cx, "groups")?;
    let (networks, batch_sizes) = (groups.texts("architecture")?, groups.integers("batch_size")?);
    let (layers, kinds) = (groups.integers("layer_idx")?, groups.texts("module")?);
    let (macs, energies) = (groups.numbers("macs")?, groups.numbers("cpu_energy")?);
    let known: Vec<(&str, Vec<Layer>)> = ARCHITECTURES.map(|name| (name, architecture::layers(name))).into();

    let mut predictions = Vec::new();
    let mut wholes: Vec<Prediction> = Vec::new();
    for row in 0..groups.len() {
        let (network, batch_size, measured) = (networks[row].clone(), batch_sizes[row], energies[row]);
        let kind = kinds[row].clone();
        if layers[row] == 0 {
            wholes.push(Prediction { network, batch_size, kind, measured, predicted: 0.0, corrected: 0.0 });
            continue;
        }
        let place = usize::try_from(layers[row] - 1).unwrap_or(usize::MAX);
        let structure = known.iter().find(|(name, _)| *name == network).and_then(|(_, of)| of.get(place));
        let Some(structure) = structure.filter(|layer| layer.module == kind) else {
            let found = format!("layer {} of {network} is a {kind}", layers[row]);
            return Err(groups.problem(found).expected("the layers of the networks as torchvision has them"));
        };
        let (predicted, corrected) = match predictors.iter().find(|predictor| predictor.kind == kind) {
            None => (0.0, 0.0),
            Some(predictor) => {
                let inputs = inputs(structure, batch_size as f64, macs[row], predictor.original_inputs);
                let first = |values: Vec<f64>| values.first().copied().unwrap_or(f64::NAN);
                (first(predictor.original.energies(&inputs)), first(predictor.line().predict(&[vec![macs[row]]])))
            }
        };
        predictions.push(Prediction { network, batch_size, kind, measured, predicted, corrected });
    }
    for whole in &mut wholes {
        let of_it = |layer: &&Prediction| layer.network == whole.network && layer.batch_size == whole.batch_size;
        let sum = |value: fn(&Prediction) -> f64| {
            stats::sum(&predictions.iter().filter(of_it).map(value).collect::<Vec<f64>>())
        };
        (whole.predicted, whole.corrected) = (sum(|layer| layer.predicted), sum(|layer| layer.corrected));
    }

    record_predictors(cx, &predictors)?;
    record_intercepts(cx, &predictors, &predictions)?;
    record_remainders(cx, &predictions)?;
    let all: Vec<&Prediction> = wholes.iter().collect();
    record_scores(cx, "est.overall", &all, Some("sum of per-layer predictors"))?;
    for network in ARCHITECTURES {
        let of = all.iter().copied().filter(|whole| whole.network == network).collect::<Vec<_>>();
        record_scores(cx, &format!("est.full.{network}"), &of, Some("sum of per-layer predictors"))?;
    }
    for kind in KINDS {
        let of = predictions.iter().filter(|layer| layer.kind == kind).collect::<Vec<_>>();
        let has_model = predictors.iter().any(|predictor| predictor.kind == kind);
        record_scores(cx, &format!("est.layer.{kind}"), &of, has_model.then_some("per-layer predictor"))?;
    }
    write(cx, "networks", &wholes)?;
    write(cx, "layers", &predictions)
}

/// The inputs of a model for a layer of a network.
fn inputs(layer: &Layer, batch_size: f64, macs: f64, inputs: Inputs) -> Vec<Vec<f64>> {
    let set = layer_set(&layer.module.to_lowercase());
    let parameters = set.map_or(&[][..], |set| set.parameters).iter().map(|name| {
        vec![if *name == "batch_size" { batch_size } else { layer.setting(name).unwrap_or_default() as f64 }]
    });
    models::with_inputs(parameters.collect(), vec![macs], inputs)
}

/// Scores of the estimates of networks or layers, and of the corrected ones where models make them.
fn record_scores(cx: &mut Cx<'_, '_>, id: &str, of: &[&Prediction], how: Option<&str>) -> Result<(), Problem> {
    let measured: Vec<f64> = of.iter().map(|of| of.measured).collect();
    let scores = |id: String, predicted: Vec<f64>| {
        let failed = |error: stats::Error| Problem::new(format!("{id}: {error}"));
        let off = measured.iter().zip(&predicted).map(|(truth, value)| (value - truth).abs() / truth * 100.0);
        let off = stats::mean(&off.collect::<Vec<f64>>()).map_err(failed)?;
        let record = Record::regression(id.clone())
            .value("r2", stats::r2_score(&measured, &predicted).map_err(failed)?)
            .value("mse", stats::mean_squared_error(&measured, &predicted).map_err(failed)?)
            .value("mae", stats::mean_absolute_error(&measured, &predicted).map_err(failed)?)
            .value("dev_percent", off)
            .value("n", measured.len());
        Ok::<_, Problem>(record.unit("mae", "kWh").unit("dev_percent", "%"))
    };
    let record = scores(id.to_owned(), of.iter().map(|of| of.predicted).collect())?;
    let note = |how: &str| format!("{how}; dev_percent: mean size of the relative error.");
    let Some(how) = how else {
        return cx.record(record.note(note("no predictor: constant 0")));
    };
    cx.record(record.quirk("intercept").with_correction().note(note(how)))?;
    let corrected = scores(format!("{id}.corrected"), of.iter().map(|of| of.corrected).collect())?;
    let ratios = of.iter().map(|of| of.corrected / of.measured);
    let (least, most) =
        ratios.fold((f64::INFINITY, 0.0_f64), |(least, most), ratio| (least.min(ratio), most.max(ratio)));
    let corrected = corrected.value("least_ratio", least).value("greatest_ratio", most);
    let note = "Predictors without an intercept: energy in proportion to the operations.";
    cx.record(corrected.quirk("intercept").note(note))
}

/// How large the intercept of convolutions is beside their energies: those that the model is fitted to, and
/// those of the networks (not published).
fn record_intercepts(cx: &mut Cx<'_, '_>, predictors: &[Predictor], layers: &[Prediction]) -> Result<(), Problem> {
    let kind = "Conv2d";
    let missing = || Problem::new(format!("{kind} has no model of operations alone"));
    let predictor = predictors.iter().find(|predictor| predictor.kind == kind).ok_or_else(missing)?;
    let intercept = predictor.intercept().ok_or_else(missing)?;
    let columns = ["layers", "number", "median", "above the intercept"];
    let mut table = Record::table("derived.est.intercept").columns(columns).unit("median", "J");
    let of_networks = |network: Option<&str>| {
        let of = layers.iter().filter(|layer| layer.kind == kind && network.is_none_or(|name| layer.network == name));
        of.map(|layer| layer.measured).collect::<Vec<f64>>()
    };
    let groups = [("training", predictor.train.clone()), ("networks", of_networks(None))];
    let groups = groups.into_iter().chain(ARCHITECTURES.map(|name| (name, of_networks(Some(name)))));
    for (name, energies) in groups {
        let median = stats::median(&energies).map_err(|error| Problem::new(format!("{name}: {error}")))?;
        let above = energies.iter().filter(|energy| **energy > intercept).count();
        let share = above as f64 / energies.len() as f64;
        table = table.plain_row(cells![name, energies.len(), median * JOULES, share]);
    }
    cx.record(table.quirk("intercept").note("Convolutions. “Above the intercept”: share of those that take more."))
}

/// What the corrected estimates say more than was measured, summed over layers and batch sizes (not
/// published).
fn record_remainders(cx: &mut Cx<'_, '_>, layers: &[Prediction]) -> Result<(), Problem> {
    let columns = ["architecture", "measured"].into_iter().chain(KINDS);
    let mut table = Record::table("derived.est.remainders").columns(columns.clone());
    for column in columns.skip(1) {
        table = table.unit(column, "J");
    }
    for network in ARCHITECTURES {
        let sum = |of: &dyn Fn(&Prediction) -> f64| {
            let of_it = layers.iter().filter(|layer| layer.network == network);
            stats::sum(&of_it.map(of).collect::<Vec<f64>>()) * JOULES
        };
        let rest = |kind: &str| sum(&|of| if of.kind == kind { of.corrected - of.measured } else { 0.0 });
        let rests = KINDS.map(|kind| Cell::from(rest(kind)));
        table = table.plain_row([Cell::from(network), Cell::from(sum(&|of| of.measured))].into_iter().chain(rests));
    }
    cx.record(table.note("Estimates without an intercept less measurements, summed over layers and batch sizes."))
}

/// The predictors themselves (not published; entry `derived.est.models`).
fn record_predictors(cx: &mut Cx<'_, '_>, predictors: &[Predictor]) -> Result<(), Problem> {
    let columns = ["layer", "slope", "intercept_scaled", "y_min", "y_max", "intercept_kWh"];
    let mut models = Record::table("derived.est.models").columns(columns).unit("intercept_kWh", "kWh");
    let columns = ["layer", "energy of an operation", "test_r2", "test_dev_percent", "intercept of the original"];
    let mut lines = Record::table("derived.est.models.corrected").columns(columns);
    for predictor in predictors {
        let Predictor { kind, original, test, .. } = predictor;
        let scale = original.preparation.scale;
        let LinearModel { intercept, coefficients } = &original.fitted.model;
        let predicted = predictor.line().predict(&test.inputs);
        let failed = |error: stats::Error| Problem::new(format!("{kind}: {error}"));
        let r2 = stats::r2_score(&test.energies, &predicted).map_err(failed)?;
        let off = test.energies.iter().zip(&predicted).map(|(truth, value)| (value - truth).abs() / truth * 100.0);
        let off = stats::mean(&off.collect::<Vec<f64>>()).map_err(failed)?;
        let in_kwh = predictor.intercept();
        if let ([slope], Some(in_kwh)) = (coefficients.as_slice(), in_kwh) {
            models = models.plain_row(cells![kind.to_lowercase(), *slope, *intercept, scale.min, scale.max, in_kwh]);
        }
        let in_joule = in_kwh.map(|intercept| intercept * JOULES);
        lines = lines.plain_row(cells![*kind, predictor.per_operation * JOULES, r2, off, in_joule]);
    }
    cx.record(models.quirk("intercept").with_correction())?;
    let lines = lines.unit("energy of an operation", "J").unit("intercept of the original", "J");
    cx.record(lines.unit("test_dev_percent", "%").quirk("intercept"))
}

fn write(cx: &mut Cx<'_, '_>, role: &str, of: &[Prediction]) -> Result<(), Problem> {
    let floats = |value: fn(&Prediction) -> f64| of.iter().map(value).collect::<Vec<f64>>();
    Rows::new()
        .texts("architecture", of.iter().map(|of| of.network.clone()).collect())
        .integers("batch_size", of.iter().map(|of| of.batch_size).collect())
        .texts("module", of.iter().map(|of| of.kind.clone()).collect())
        .floats("measured", floats(|of| of.measured))
        .floats("predicted", floats(|of| of.predicted))
        .floats("corrected", floats(|of| of.corrected))
        .write(cx, role, schema::ESTIMATES)
}
