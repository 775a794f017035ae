//! The three data sets of all models, and what became of the models on the way.

use dag::Problem;
use stats::describe;

use crate::cx::Cx;
use crate::edge_layers::features::Layers;
use crate::edge_layers::kind::Kind;
use crate::edge_layers::schema;
use crate::edge_layers::stats::LEAST_VALUES;
use crate::record::{Record, cells};
use crate::table::{Rows, Table};

/// Roles of the inputs of a model: its engine, its statistics, and how its mapping went.
pub(in crate::edge_layers) fn roles(model: &str) -> [String; 3] {
    ["engine", "statistics", "mapped"].map(|what| format!("{model}/{what}"))
}

/// A data set under construction: the columns behind the model.
struct DataSet {
    kind: Kind,
    models: Vec<String>,
    features: Vec<Vec<f64>>,
    power: Vec<f64>,
    run_time: Vec<f64>,
    names: Vec<String>,
}

/// The layers of all data sets together.
#[derive(Default)]
struct Held {
    texts: [Vec<String>; 3],
    numbers: [Vec<f64>; 7],
}

/// Joins features and statistics of all models (step 4). A model is dropped whole if any of its
/// layers has fewer than [`LEAST_VALUES`] values of power or of run time.
pub(in crate::edge_layers) fn join(cx: &mut Cx<'_, '_>, models: &Vec<&'static str>) -> Result<(), Problem> {
    let mut sets = Kind::ALL.map(|kind| DataSet {
        kind,
        models: Vec::new(),
        features: vec![Vec::new(); kind.features().len()],
        power: Vec::new(),
        run_time: Vec::new(),
        names: Vec::new(),
    });
    let mut held = Held::default();
    let columns = ["model", "layers", "cycles", "samples", "unknown", "exhausted", "fewest", "dropped"];
    let columns = columns.into_iter().chain(Kind::ALL.map(Kind::table));
    let mut record = Record::table("campaign.models").columns(columns).note(
        "Layers and cycles of the profile, samples of the power log, layers that the engine does not have, whether the log \
         ended early, the fewest power values of a layer, whether the model was dropped, rows in each table.",
    );
    for model in models {
        let [engine, statistics, mapped] = roles(model);
        let (layers, statistics, mapped) =
            (Layers::read(cx, &engine)?, Table::read(cx, &statistics)?, Table::read(cx, &mapped)?);
        let (names, counts) = (statistics.texts("layer")?, statistics.numbers("power_count")?);
        let run_counts = statistics.numbers("run_time_count")?;
        let fewest = counts.iter().copied().fold(f64::INFINITY, f64::min);
        let dropped = counts.iter().chain(&run_counts).any(|count| *count < LEAST_VALUES);
        let mut rows = Kind::ALL.map(|_| 0_usize);
        if !dropped {
            let (powers, run_times) = (statistics.numbers("power_mean")?, statistics.numbers("run_time_mean")?);
            for ((name, count), (power, run_time)) in names.iter().zip(&counts).zip(powers.into_iter().zip(run_times)) {
                let place = layers.place(name)?;
                let kind = layers.kind(place);
                for (set, rows) in sets.iter_mut().zip(&mut rows).filter(|(set, _)| Some(set.kind) == kind) {
                    set.push(model, &layers, place, power, run_time)?;
                    held.push(model, set.kind, &layers, place, [*count, power / 1e6, run_time]);
                    *rows += 1;
                }
            }
        }
        let number = |name: &str| -> Result<f64, Problem> {
            let numbers = mapped.numbers(name)?;
            numbers.first().copied().ok_or_else(|| mapped.problem("the table is empty"))
        };
        let [convolutional, pooling, dense] = rows;
        record = record.plain_row(cells![
            *model,
            number("layers")?,
            number("cycles")?,
            number("samples")?,
            number("unknown")?,
            number("exhausted")?,
            fewest,
            usize::from(dropped),
            convolutional,
            pooling,
            dense,
        ]);
    }
    cx.record(record)?;
    for set in sets {
        set.write(cx)?;
    }
    held.write(cx)
}

impl DataSet {
    fn push(&mut self, model: &str, layers: &Layers, place: usize, power: f64, run_time: f64) -> Result<(), Problem> {
        for (column, feature) in self.features.iter_mut().zip(layers.features(self.kind, place)?) {
            column.push(feature);
        }
        self.models.push(model.to_owned());
        self.power.push(power);
        self.run_time.push(run_time);
        self.names.extend(layers.names.get(place).cloned());
        Ok(())
    }

    fn write(self, cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
        let rows = Rows::new().texts("model", self.models);
        let features = self.kind.features().iter().zip(self.features);
        let rows = features.fold(rows, |rows, (name, column)| rows.floats(name, column));
        let rows = rows.floats("power", self.power).floats("runtime", self.run_time).texts("layer_name", self.names);
        rows.write(cx, self.kind.table(), schema::data_set(self.kind))
    }
}

impl Held {
    fn push(&mut self, model: &str, kind: Kind, layers: &Layers, place: usize, measured: [f64; 3]) {
        let [count, power, run_time] = measured;
        let name = layers.names.get(place).cloned().unwrap_or_default();
        for (column, text) in self.texts.iter_mut().zip([model.to_owned(), name, kind.table().to_owned()]) {
            column.push(text);
        }
        let window = ["window_0", "window_1"].map(|column| layers.number(column, place));
        let numbers = [place as f64, layers.macs(kind, place), window[0], window[1], count, power, run_time];
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.push(number);
        }
    }

    fn write(self, cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
        let texts = ["model", "layer", "kind"].into_iter().zip(self.texts);
        let rows = texts.fold(Rows::new(), |rows, (name, column)| rows.texts(name, column));
        let numbers = ["place", "macs", "window_0", "window_1", "count", "power", "run_time"];
        let rows = numbers.into_iter().zip(self.numbers).fold(rows, |rows, (name, column)| rows.floats(name, column));
        rows.write(cx, "held", schema::HELD)
    }
}

/// What is left of the layers when the profiler stamps them in bursts: the robustness of the mapping.
/// Power of the same runs, by genuine stamps and by stamps that come when the cycle is over.
pub(in crate::edge_layers) fn burst(cx: &mut Cx<'_, '_>, models: &Vec<&'static str>) -> Result<(), Problem> {
    let columns = [
        "model",
        "layers",
        "starved",
        "few",
        "enough",
        "dropped",
        "values",
        "values in bursts",
        "power",
        "power in bursts",
        "greatest error",
    ];
    let mut record = Record::table("burst.models").columns(columns);
    let (mut counts, mut dropped_models) = ([0_usize; 4], 0_usize);
    let [mut values, mut values_in_bursts, mut errors] = [Vec::new(), Vec::new(), Vec::new()];
    for model in models {
        let [_, genuine, _] = roles(model);
        let (genuine, burst) = (Table::read(cx, &genuine)?, Table::read(cx, &format!("{model}/burst"))?);
        if burst.texts("layer")? != genuine.texts("layer")? {
            return Err(burst.problem("other layers than in the genuine profile").expected("the same layers"));
        }
        let (of_layer, in_burst) = (genuine.numbers("power_count")?, burst.numbers("power_count")?);
        let (power, power_in_burst) = (watt(&genuine)?, watt(&burst)?);
        let differences = power.iter().zip(&power_in_burst).map(|(genuine, burst)| (burst - genuine).abs());
        let own: Vec<f64> = differences.filter(|difference| !difference.is_nan()).collect();
        let starved = in_burst.iter().filter(|count| **count == 0.0).count();
        let enough = in_burst.iter().filter(|count| **count >= LEAST_VALUES).count();
        let few = in_burst.len() - starved - enough;
        let dropped = starved + few > 0;
        record = record.plain_row(cells![
            *model,
            in_burst.len(),
            starved,
            few,
            enough,
            usize::from(dropped),
            describe(&of_layer).q50,
            describe(&in_burst).q50,
            describe(&power).mean,
            describe(&power_in_burst).mean,
            describe(&own).max,
        ]);
        for (sum, count) in counts.iter_mut().zip([in_burst.len(), starved, few, enough]) {
            *sum += count;
        }
        dropped_models += usize::from(dropped);
        values.extend(of_layer);
        values_in_bursts.extend(in_burst);
        errors.extend(own);
    }
    for column in &columns[8..] {
        record = record.unit(*column, "W");
    }
    cx.record(record.note(
        "Layers without a power value, with fewer than ten, and with enough; whether the original would drop the model; medians of \
         the layers' numbers of power values, means of their powers, and the greatest difference of a layer's power.",
    ))?;
    let [layers, starved, few, enough] = counts;
    let record = Record::scalar("burst.all").value("models", models.len()).value("dropped", dropped_models);
    let record = record.value("layers", layers).value("starved", starved).value("few", few).value("enough", enough);
    let record = record.value("values", describe(&values).q50);
    let record = record.value("values in bursts", describe(&values_in_bursts).q50);
    let errors = describe(&errors);
    let record = record.value("median error", errors.q50).value("greatest error", errors.max);
    cx.record(record.unit("median error", "W").unit("greatest error", "W"))
}

fn watt(statistics: &Table) -> Result<Vec<f64>, Problem> {
    Ok(statistics.floats("power_mean")?.into_iter().map(|microwatt| microwatt / 1e6).collect())
}
