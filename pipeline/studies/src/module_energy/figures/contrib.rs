//! Mean shares of the kinds of modules as bars (final notebook, cell 13; first run, cell 11; first
//! document, cell 8).

use dag::Problem;
use plot::{About, Axis, Bars, Cartesian, Corner, Format, Legend, Size};
use serde::{Deserialize, Serialize};

use super::{NETWORKS, broken, data_of};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Length;
use crate::module_energy::schema::KINDS;
use crate::record::{Axis as RecordAxis, Cell, Record, Scale, Series};
use crate::table::Table;

/// One chart of bars.
#[derive(Clone, Copy, Serialize)]
pub(in crate::module_energy) struct Chart {
    /// Id of the figure.
    pub(in crate::module_energy) id: &'static str,
    /// The kinds of modules that are drawn.
    pub(in crate::module_energy) drawn: Kinds,
    /// Those that its record tells as a table.
    pub(in crate::module_energy) told: Kinds,
    /// The networks whose bars carry their values: the first ones, or all.
    pub(in crate::module_energy) labelled: usize,
}

/// What is set of a chart, whose height follows from its bars.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::module_energy) struct Keys {
    width: Length,
}

/// A choice of kinds of modules.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
pub(in crate::module_energy) enum Kinds {
    All,
    WithoutDropout,
    Dropout,
}

impl Kinds {
    fn names(self) -> impl Iterator<Item = &'static str> {
        KINDS.into_iter().filter(move |kind| match self {
            Kinds::All => true,
            Kinds::WithoutDropout => *kind != "Dropout",
            Kinds::Dropout => *kind == "Dropout",
        })
    }
}

/// A mean share and its whisker; NaN where a network has no such modules.
struct Bar {
    share: f64,
    lower: f64,
    upper: f64,
}

/// Draws a chart.
pub(in crate::module_energy) fn draw(cx: &mut Cx<'_, '_>, chart: &Chart, keys: &Keys) -> Result<(), Problem> {
    let table = Table::read(cx, "contributions")?;
    let (kinds, networks) = (table.texts("module")?, table.texts("architecture")?);
    let (shares, lower, upper) = (table.numbers("share")?, table.numbers("lower")?, table.numbers("upper")?);
    let bar = |kind: &str, network: &str| {
        let place = (0..table.len()).find(|&row| kinds[row] == kind && networks[row] == network);
        let value = |values: &[f64]| place.map_or(f64::NAN, |row| values[row]);
        Bar { share: value(&shares), lower: value(&lower), upper: value(&upper) }
    };
    let mut order: Vec<&str> = Vec::new();
    for network in &networks {
        if !order.contains(&network.as_str()) {
            order.push(network);
        }
    }

    let drawn: Vec<&str> = chart.drawn.names().collect();
    let x = Axis::value("Share in the energy of all modules", "%").range(0.0, 100.0);
    let mut plot = Cartesian::new(x, Axis::category("", drawn.iter().copied()).inverse());
    let mut record = Record::figure(chart.id)
        .x_axis(RecordAxis::new("% of total architecture energy").unit("%").range(0.0, 100.0))
        .y_axis(RecordAxis::new("module type").scale(Scale::Categorical));
    for (place, network) in order.iter().enumerate() {
        let bars: Vec<Bar> = drawn.iter().map(|kind| bar(kind, network)).collect();
        let values = |value: fn(&Bar) -> f64| bars.iter().map(value).collect::<Vec<f64>>();
        let colour = NETWORKS.look(network).map_err(broken)?.colour;
        let mark = Bars::new(*network, &values(|bar| bar.share), colour);
        let mark = mark.whiskers(&values(|bar| bar.lower), &values(|bar| bar.upper));
        plot = plot.mark(if place < chart.labelled { mark.labels(Format::Fixed(2)) } else { mark });
        record = record.series(Series::bars(*network, drawn.iter().copied(), values(|bar| bar.share)));
    }
    record = record.columns(["module"].into_iter().chain(order.iter().copied()));
    for kind in chart.told.names() {
        let shares = order.iter().map(|network| Cell::from(bar(kind, network).share));
        record = record.plain_row([Cell::from(kind)].into_iter().chain(shares));
    }

    let most = |network: &&str| format!("{:.1} % of {network}", bar("Conv2d", network).share);
    let alt = format!(
        "Groups of horizontal bars, one for each network: Conv2d takes {}; every other kind of modules takes far less.",
        order.iter().map(most).collect::<Vec<_>>().join(", ")
    );
    let ending = if chart.told == Kinds::Dropout { ", with Dropout" } else { "" };
    let title = format!("Shares of the kinds of modules in the energy of networks: {}{ending}", data_of(chart.id));
    let about = About { id: chart.id, title: &title, alt: &alt };
    // A bar takes three quarters of its room; a value is 7 pt high.
    let bars = (drawn.len() * order.len()) as f64;
    let figure = plot.legend(Legend::inside(Corner::LowerRight).title("Network"));
    let figure = figure.figure(about, Size::pt(keys.width.0, 50.0 + 10.5 * bars)).map_err(broken)?;
    let note = "The ends of the whiskers, 95 % bootstrap intervals with a seed, stand in a record of their own.";
    let record = record.quirk("rounded-early").note(note);
    // The figure with Dropout repeats the numbers of the one without.
    drawing::write(cx, &figure, if chart.told == Kinds::Dropout { record } else { record.with_correction() })
}
