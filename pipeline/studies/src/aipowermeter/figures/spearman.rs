//! ResNet50: use of the card against its energy, and the table of rank correlations.

use dag::Problem;
use plot::style::Scale;
use plot::{About, Axis, Cartesian, Format, Heat, Points};

use super::{QUANTITIES, broken};
use crate::aipowermeter::stats::{RANKED, quantity};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::{Axes, Plain};
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::table::Table;

const ATTRIBUTED: &str = "nvidia_estimated_attributable_power_draw";
/// The quantities of the table, short.
const NAMES: [&str; RANKED.len()] = ["package", "memory", "card", "card mem.", "use", "latency", "size"];

/// Energy of the card against the use of its multiprocessors, as compiled or by the correct analysis.
pub(in crate::aipowermeter) fn use_against_energy(
    cx: &mut Cx<'_, '_>,
    ending: &&'static str,
    keys: &Axes,
) -> Result<(), Problem> {
    let table = Table::read(cx, "table")?;
    let (used, energy) = (quantity(&table, "sm")?, quantity(&table, ATTRIBUTED)?);
    let corrected = !ending.is_empty();
    let x = if corrected { "Use of the multiprocessors" } else { "Use × n/N" };
    let id = format!("upstream.resnet50.fig.sm_nvidia{ending}");
    let points = Points::new("input sizes", &used, &energy, QUANTITIES.look("card").map_err(broken)?);
    let labels =
        table.integers("size")?.into_iter().map(|size| if size >= 512 { size.to_string() } else { String::new() });
    let y = keys.y.of(Axis::value("Energy of the card", "J").from_zero());
    let plot = Cartesian::new(keys.x.of(Axis::value(x, "%")), y);
    let alt = format!("Scatter of {} input sizes: {x} against the energy of the card per inference.", used.len());
    let title = format!("Use and energy of the card, ResNet50{}", if corrected { ", correct analysis" } else { "" });
    let figure = plot.mark(points.labels(labels)).figure(About { id: &id, title: &title, alt: &alt }, keys.size.pt());
    let record = Record::figure(&id)
        .x_axis(RecordAxis::new("sm").unit("%"))
        .y_axis(RecordAxis::new(ATTRIBUTED).unit("J"))
        .series(Series::scatter("points", used, energy))
        .quirk("compile-step");
    let record = if corrected { record } else { record.with_correction() };
    drawing::write(cx, &figure.map_err(broken)?, record)
}

/// The table of Spearman correlations as a map of colours.
pub(in crate::aipowermeter) fn map(cx: &mut Cx<'_, '_>, ending: &&'static str, keys: &Plain) -> Result<(), Problem> {
    let table = cx.read_record(&format!("upstream.resnet50.spearman{ending}"))?;
    let rows: Option<Vec<Vec<f64>>> =
        table.rows.iter().map(|row| row.iter().skip(1).map(crate::record::Cell::as_f64).collect()).collect();
    let rows = rows.ok_or_else(|| Problem::new(format!("the record {} has a cell that is no number", table.id)))?;
    let heat = Heat::new("Spearman correlation", "", &rows).scale(Scale::Diverging, -1.0, 1.0).labels(Format::Fixed(2));
    let plot = Cartesian::new(Axis::category("", NAMES), Axis::category("", NAMES).inverse()).mark(heat);
    let plot = plot.heading("Rank correlation");
    let id = format!("resnet50.spearman{ending}");
    let corrected = if ending.is_empty() { "" } else { ", correct analysis" };
    let title = format!("Rank correlations of the medians, ResNet50{corrected}");
    let alt =
        "A map of seven by seven rank correlations, each written in its cell; the table of the same values follows.";
    let figure = plot.figure(About { id: &id, title: &title, alt }, keys.size.pt()).map_err(broken)?;
    let place = |index: usize| index as f64;
    let record = rows.iter().zip(RANKED).fold(Record::figure(&id), |record, (row, name)| {
        record.series(Series::path(name, (0..row.len()).map(place).collect(), row.clone()))
    });
    drawing::write(cx, &figure, record.quirk("compile-step"))
}
