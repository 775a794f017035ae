//! The examples of the original's own tests: each step of the chain, with what the tests expect of it.

use dag::Problem;
use rawlog::tensorrt::stored;

use super::agreement::{Agreement, FULL_PRECISION, agreement_id};
use crate::cx::Cx;
use crate::edge_layers::features::Layers;
use crate::edge_layers::ingest::read;
use crate::edge_layers::kind::Kind;
use crate::edge_layers::stats::STATISTICS;
use crate::record::{Cell, Record, cells};
use crate::table::Table;

/// The records of a comparison: the artifact, and how it agrees with what the tests expect.
pub(in crate::edge_layers) fn ids(id: &str) -> [String; 2] {
    [id.to_owned(), agreement_id(id)]
}

/// Step 2: which power was drawn while which layer ran (`expected_metrics_by_cycle.json`).
pub(in crate::edge_layers) fn mapping(cx: &mut Cx<'_, '_>, name: &&'static str) -> Result<(), Problem> {
    let id = format!("upstream.test.mapping.{name}");
    let mapping = Table::read(cx, "mapping")?;
    let expected = read(cx, "expected", stored::mapping_json)?;
    let (cycles, names, types) = (mapping.integers("cycle")?, mapping.texts("layer")?, mapping.texts("layer_type")?);
    let (with, without) = (mapping.floats("power_with_idle")?, mapping.floats("power_without_idle")?);
    let run_times = mapping.numbers("run_time")?;
    let mut record = Record::table(&id).columns(stored::HEADER).unit(stored::HEADER[3], "µW");
    record = record.unit(stored::HEADER[4], "µW").unit(stored::HEADER[5], "ms");
    let mut agreement = Agreement::default();
    agreement.rows(expected.len(), mapping.len());
    for row in 0..mapping.len() {
        let numbers = [with[row], without[row], run_times[row]];
        let texts = cells![cycles[row], names[row].as_str(), types[row].as_str()];
        record = record.plain_row(texts.into_iter().chain(numbers.map(Cell::from)));
        if let Some(expected) = expected.get(row) {
            agreement.number(expected.cycle as f64, cycles[row] as f64, 0.0);
            agreement.text(&expected.layer, &names[row]);
            agreement.text(&expected.layer_type, &types[row]);
            let powers = [expected.power_with_idle, expected.power_without_idle, Some(expected.run_time)];
            for (expected, ours) in powers.into_iter().zip(numbers) {
                agreement.number(expected.unwrap_or(f64::NAN), ours, FULL_PRECISION);
            }
        }
    }
    cx.record(record)?;
    cx.record(agreement.record(&id, "expected_metrics_by_cycle.json"))
}

/// Step 3: statistics of the layers (`…_average_power_stats.csv`, `…_average_run_time_stats.csv`).
pub(in crate::edge_layers) fn statistics(cx: &mut Cx<'_, '_>, model: &&'static str) -> Result<(), Problem> {
    let id = format!("upstream.test.stats.{model}");
    let ours = Table::read(cx, "statistics")?;
    let names = ours.texts("layer")?;
    let columns = ["layer_name", "quantity"].into_iter().chain(STATISTICS.map(|(name, _)| name));
    let mut record = Record::table(&id).columns(columns).note("Powers in µW, run times in ms.");
    let mut agreement = Agreement::default();
    for (quantity, role) in [("power", "stored-power"), ("run_time", "stored-run-time")] {
        let stored = Table::read(cx, role)?;
        let stored_names = stored.texts("layer_name")?;
        agreement.rows(stored_names.len(), names.len());
        let columns = STATISTICS.map(|(name, _)| (ours.floats(&format!("{quantity}_{name}")), stored.floats(name)));
        let mut numbers = Vec::new();
        for (ours, stored) in columns {
            numbers.push((ours?, stored?));
        }
        for (row, name) in names.iter().enumerate() {
            let first = cells![name.as_str(), quantity];
            record = record.plain_row(first.into_iter().chain(numbers.iter().map(|(ours, _)| Cell::from(ours[row]))));
            if let Some(place) = stored_names.iter().position(|stored| stored == name) {
                for (ours, stored) in &numbers {
                    agreement.number(stored[place], ours[row], FULL_PRECISION);
                }
            }
        }
    }
    cx.record(record)?;
    cx.record(agreement.record(&id, "the files of statistics"))
}

/// Step 4: features of the first layer of each kind (`expected_features.json`).
pub(in crate::edge_layers) fn features(cx: &mut Cx<'_, '_>, model: &&'static str) -> Result<(), Problem> {
    let id = format!("upstream.test.features.{model}");
    let layers = Layers::read(cx, "engine")?;
    let expected = read(cx, "expected", stored::features)?;
    let mut record = Record::table(&id).columns(["table", "feature", "value"]).quirk("pooling-kernel");
    let mut agreement = Agreement::default();
    for kind in Kind::ALL {
        let Some(place) = layers.of(kind).first().copied() else { continue };
        for (feature, ours) in kind.features().iter().zip(layers.features(kind, place)?) {
            record = record.plain_row(cells![kind.table(), *feature, ours]);
            if let Some(expected) = expected.get(kind.table()).and_then(|features| features.get(feature)) {
                agreement.number(*expected, ours, 0.0);
            }
        }
    }
    cx.record(record)?;
    cx.record(agreement.record(&id, "expected_features.json"))
}

/// Step 3: means of the layers, and how few values a model may have before it is dropped.
pub(in crate::edge_layers) fn threshold(cx: &mut Cx<'_, '_>, models: &[&'static str; 2]) -> Result<(), Problem> {
    let columns = ["model", "power of conv", "power of pool", "run time of conv", "run time of pool"];
    let mut means = Record::table("upstream.test.threshold").columns(columns);
    for column in &columns[1..] {
        means = means.unit(*column, if column.starts_with("power") { "µW" } else { "ms" });
    }
    let columns = ["model", "fewest values", "passes 1", "passes 2", "passes 3"];
    let mut outcome = Record::table("upstream.test.threshold.outcome").columns(columns);
    for model in models {
        let statistics = Table::read(cx, model)?;
        let mean = |quantity: &str, kind: Kind| -> Result<f64, Problem> {
            let rows = statistics.of("layer_type", kind.layer_type())?;
            let values = rows.numbers(&format!("{quantity}_mean"))?;
            values.first().copied().ok_or_else(|| rows.problem(format!("no {} layer", kind.table())))
        };
        means = means.plain_row(cells![
            *model,
            mean("power", Kind::Convolutional)?,
            mean("power", Kind::Pooling)?,
            mean("run_time", Kind::Convolutional)?,
            mean("run_time", Kind::Pooling)?,
        ]);
        let fewest = statistics.numbers("power_count")?.into_iter().fold(f64::INFINITY, f64::min);
        let passes = [1.0, 2.0, 3.0].map(|least| Cell::from(if fewest >= least { "yes" } else { "no" }));
        outcome = outcome.plain_row(cells![*model, fewest].into_iter().chain(passes));
    }
    cx.record(means)?;
    cx.record(outcome)
}
