//! The figures, one module each, and the looks that they share.

pub(super) mod fig2;
pub(super) mod fig3;
pub(super) mod fig4;
pub(super) mod fig5;
pub(super) mod fig6;
pub(super) mod fig7;
pub(super) mod fig8;
pub(super) mod fig9;

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{Band, Line, Look, Marker, Points, Registry};

use super::aggregate;
use super::stats::{self as analysis, BandsOf, CLASSES, MCUS};
use crate::cx::Cx;
use crate::figure_keys::Markers;
use crate::record::{Record, Series};
use crate::table::Table;

/// The microcontrollers.
const PLATFORMS: Registry = Registry(&[
    ("L4", Look::new(CATEGORICAL[0], Marker::Square)),
    ("F4", Look::new(CATEGORICAL[1], Marker::Circle)),
    ("F7", Look::new(CATEGORICAL[2], Marker::Cross)),
]);

/// The classes of swept sizes. Not the colours of the platforms: another thing.
const SIZES: Registry = Registry(&[
    ("modulo 4", Look::new(CATEGORICAL[3], Marker::Circle)),
    ("odd", Look::new(CATEGORICAL[5], Marker::Cross)),
    ("even", Look::new(CATEGORICAL[4], Marker::Square)),
]);

/// The classes as a legend names them.
const SIZE_NAMES: [&str; 3] = ["Divisible by 4", "Odd", "Even"];

/// Width of the line that joins the points of a sweep, in pt.
const JOIN: f64 = 0.5;

fn broken(error: plot::Error) -> Problem {
    Problem::new(error.to_string())
}

/// The points of a sweep by class: marks for the plot, and the record with its series. Points are
/// joined by a line of `joined` pt, if any.
fn sweep_marks(
    table: &Table,
    x: &str,
    y: &[f64],
    joined: Option<f64>,
    mut record: Record,
) -> Result<(Vec<Points>, Record), Problem> {
    let (classes, x) = (table.texts("class")?, table.numbers(x)?);
    let mut marks = Vec::new();
    for (class, name) in CLASSES.into_iter().zip(SIZE_NAMES) {
        let of_class = |values: &[f64]| {
            values.iter().zip(&classes).filter(|(_, c)| *c == class).map(|(v, _)| *v).collect::<Vec<_>>()
        };
        let (x, y) = (of_class(&x), of_class(y));
        let points = Points::new(name, &x, &y, SIZES.look(class).map_err(broken)?);
        marks.push(match joined {
            Some(width) => points.joined(width),
            None => points,
        });
        record = record.series(Series::scatter(class, x, y));
    }
    Ok((marks, record))
}

/// Points, fitted line and band of each microcontroller (figures 6 and 7).
struct Energy {
    bands: Vec<Band>,
    lines: Vec<Line>,
    points: Vec<Points>,
    record: Record,
}

fn energy(cx: &Cx<'_, '_>, of: BandsOf, markers: Markers, mut record: Record) -> Result<Energy, Problem> {
    let table = Table::read(cx, "bands")?;
    let (mut bands, mut lines, mut marks) = (Vec::new(), Vec::new(), Vec::new());
    let mut fits = Vec::new();
    for analysis::Points { mcu, x, y } in analysis::points(cx, of)? {
        let look = PLATFORMS.look(mcu).map_err(broken)?;
        let band = table.of("mcu", mcu)?;
        let (grid, lower, upper) = (band.numbers("x")?, band.numbers("lower")?, band.numbers("upper")?);
        let fit = stats::linear_regression(&x, &y).map_err(|error| table.problem(error.to_string()))?;
        let ends = [grid[0], grid[grid.len() - 1]];
        let at_ends = ends.map(|x| fit.predict(x));
        bands.push(Band::new(mcu, &grid, &lower, &upper, look.colour));
        lines.push(Line::between(mcu, (ends[0], at_ends[0]), (ends[1], at_ends[1]), look.colour));
        marks.push(markers.of(Points::new(mcu, &x, &y, look)));
        record =
            record.series(Series::scatter(mcu, x, y)).series(Series::band(format!("{mcu}.band"), grid, lower, upper));
        fits.push(Series::fit(format!("{mcu}.fit"), ends, at_ends));
    }
    debug_assert_eq!(fits.len(), MCUS.len());
    let record = fits.into_iter().fold(record, Record::series);
    Ok(Energy { bands, lines, points: marks, record })
}

/// Latency of a sweep in ms.
fn milliseconds(table: &Table) -> Result<Vec<f64>, Problem> {
    Ok(table.numbers("latency")?.into_iter().map(|us| us / 1000.0).collect())
}

/// Layer 3 of the dense sweep with CMSIS-NN, whose input length is swept.
fn dense_layer(cx: &Cx<'_, '_>) -> Result<Table, Problem> {
    Table::read(cx, "sweep")?.of("layer", "3_FULLY_CONNECTED")?.of("cmsis_nn", "cmsis-nn")
}

/// A line of each class through a sweep against its true number of operations, the correct analysis
/// beside figures 5 and 8.
fn class_lines(table: &Table, x: &str) -> Result<Vec<Line>, Problem> {
    let line = |(class, name): (&'static str, &'static str)| {
        let points = table.of("class", class)?;
        let (x, y) = (points.numbers(x)?, aggregate::seconds(&points)?);
        let fit = stats::linear_regression(&x, &y).map_err(|error| points.problem(error.to_string()))?;
        let (first, last) = (x[0].min(x[x.len() - 1]), x[0].max(x[x.len() - 1]));
        let colour = SIZES.look(class).map_err(broken)?.colour;
        Ok(Line::between(name, (first, fit.predict(first)), (last, fit.predict(last)), colour))
    };
    CLASSES.into_iter().zip(SIZE_NAMES).map(line).collect()
}
