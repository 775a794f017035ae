//! What can be checked of values that were printed without the data behind them: that they fit together.

use dag::Problem;

use crate::cx::Cx;
use crate::edge_layers::kind::Kind;
use crate::on_file;
use crate::published::{Expected, Published, Token};
use crate::record::{Record, cells};

/// Cycles of the real campaign.
const CYCLES: f64 = 30_000.0;

/// The example in the documentation: throughput from latency, and power without that of the idle board.
pub(in crate::edge_layers) fn example(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let id = "upstream.docs.alexnet_example";
    let published = on_file::published(cx)?;
    let value = |name: &str| -> Result<f64, Problem> {
        let values = match published.entry(id).map(|entry| &entry.expected) {
            Some(Expected::Values(values)) => values.as_slice(),
            _ => &[],
        };
        let found = values.iter().find(|(found, _)| found == name).and_then(|(_, token)| token.decimal());
        found.map(|decimal| decimal.value).ok_or_else(|| Problem::new(format!("{id} has no number `{name}`")))
    };
    let without_idle = value("layer_power_including_idle")? - value("avg_idle_power")?;
    // On file as a table of values by name.
    let mut record = Record::table(id).columns(["quantity", "value", "unit"]);
    for (name, number, unit) in
        [("avg_throughput", 1.0 / value("avg_latency")?, "1/s"), ("layer_power_excluding_idle", without_idle, "µW")]
    {
        record = record.plain_row(cells![name, number, unit]).value(name, number);
    }
    let given = ["total_time", "avg_latency", "avg_idle_power", "layer_power_including_idle", "layer_run_time"];
    let record = given.into_iter().fold(record, Record::not_recomputable);
    cx.record(record.note("Reckoned from the printed latency and powers."))
}

/// How often the sensor was read while a layer ran, from the statistics of a real run of lenet: the time
/// that the layer took in all cycles, over its number of power values.
pub(in crate::edge_layers) fn sampling(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let power = on_file::rows(cx, "upstream.lenet_pruned.power")?;
    let run_time = on_file::rows(cx, "upstream.lenet_pruned.runtime")?;
    let columns = ["layer", "power values", "run time", "time per value"];
    let record = Record::table("lenet.sampling").columns(columns).unit("run time", "ms").unit("time per value", "ms");
    let mut record = record.note("From printed statistics: count of power values, mean run time, 30 000 cycles.");
    for row in &power {
        let [Some(layer), Some(count)] = [row.first(), row.get(1)] else { continue };
        let mean = run_time.iter().find(|other| other.first() == Some(layer)).and_then(|other| other.get(2));
        let (Some(count), Some(mean)) = (number(count), mean.and_then(number)) else {
            return Err(Problem::new(format!("no count or no run time of layer `{layer}`")));
        };
        record = record.plain_row(cells![layer.text(), count, mean, mean * CYCLES / count]);
    }
    cx.record(record)
}

/// Least and greatest power of each table as printed, in W: nearly the same in all three.
pub(in crate::edge_layers) fn powers(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let published = on_file::published(cx)?;
    let columns = ["table", "least", "greatest"];
    let mut record = Record::table("printed.powers").columns(columns).unit(columns[1], "W").unit(columns[2], "W");
    for kind in Kind::ALL {
        let cells = ["min", "max"].map(|statistic| printed(&published, kind, statistic, "power"));
        let [least, greatest] = cells;
        record = record.plain_row(cells![kind.table(), least?, greatest?]);
    }
    cx.record(record)
}

/// A number of the printed summary of a table.
pub(super) fn printed(published: &Published, kind: Kind, statistic: &str, column: &str) -> Result<f64, Problem> {
    let id = format!("seed.{}.describe", kind.id());
    let found = published.entry(&id).and_then(|entry| {
        let place = entry.columns.as_ref()?.iter().position(|name| name == column)?;
        let Expected::Table(rows) = &entry.expected else { return None };
        number(rows.iter().find(|row| row.first().is_some_and(|cell| cell.text() == statistic))?.get(place)?)
    });
    found.ok_or_else(|| Problem::new(format!("{id} has no {statistic} of {column}")))
}

fn number(token: &Token) -> Option<f64> {
    Some(token.decimal()?.value)
}
