//! The real recordings: power over time, and the gap between two segments.

use dag::Problem;
use plot::style::MUTED;
use plot::{About, Axis, Band, Cartesian, Figure, Format, Legend, Points, Size};

use super::{QUANTITIES, WIDE, broken};
use crate::aipowermeter::held::Recordings;
use crate::aipowermeter::integrate::segments;
use crate::cx::Cx;
use crate::drawing;
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::table::Table;

const SIZE: Size = Size::pt(446.0, 420.0);
/// The powers: column, what they are called.
const POWERS: [(&str, &str); 2] = [("intel_power", "package"), ("nvidia_draw", "card")];

/// Seconds from the first record of a power to each of its records, and the power in W.
fn samples(table: &Table, column: &str) -> Result<(Vec<f64>, Vec<f64>), Problem> {
    let (seconds, watt) = (table.numbers("seconds")?, table.floats(column)?);
    let known: Vec<(f64, f64)> = seconds.into_iter().zip(watt).filter(|(_, watt)| !watt.is_nan()).collect();
    let start = known.first().map_or(0.0, |(start, _)| *start);
    Ok(known.into_iter().map(|(seconds, watt)| (seconds - start, watt)).unzip())
}

/// Power over time of all recordings. What was recorded of processor and cards at different times is told apart.
pub(in crate::aipowermeter) fn power(cx: &mut Cx<'_, '_>, recordings: &Recordings) -> Result<(), Problem> {
    let mut panels = Vec::new();
    let mut record = Record::figure("real.power")
        .x_axis(RecordAxis::new("Time since the first record").unit("s"))
        .y_axis(RecordAxis::new("Power").unit("W"));
    for recording in recordings {
        let table = Table::read(cx, recording.name)?;
        let mut of_panel = Vec::new();
        for (column, part) in POWERS {
            let (seconds, watt) = samples(&table, column)?;
            if seconds.is_empty() {
                continue;
            }
            let look = QUANTITIES.look(part).map_err(broken)?;
            of_panel.push(Points::new(part, &seconds, &watt, look).size(2.5).joined(0.75));
            record = record.series(Series::path(format!("{}, {part}", recording.name), seconds, watt));
        }
        let together = table.floats("intel_power")?.iter().zip(table.floats("nvidia_draw")?).any(|(package, card)| {
            !package.is_nan() && !card.is_nan()
        });
        let axes = || {
            Cartesian::new(Axis::value("Time", "s"), Axis::value("Power", "W").from_zero()).heading(recording.name)
        };
        if together {
            panels.push(axes().marks(of_panel).legend(Legend::above()));
        } else {
            panels.extend(of_panel.into_iter().map(|points| axes().mark(points).legend(Legend::above())));
        }
    }
    let about = About {
        id: "real.power",
        title: "Power over time in the real recordings",
        alt: "Small panels, one for each part of a recording: power in watt over seconds since its first record. The card \
              of one recording rises from 114 to 348 watt and falls back.",
    };
    drawing::write(cx, &Figure::panels(about, SIZE, 2, panels).map_err(broken)?, record)
}

/// A recording of two segments: what a trapezium across the gap adds.
pub(in crate::aipowermeter) fn gap(cx: &mut Cx<'_, '_>) -> Result<(), Problem> {
    let table = Table::read(cx, "records")?;
    let of = table.integers("segment")?;
    let (seconds, watt) = samples(&table, "intel_power")?;
    if seconds.len() != of.len() {
        return Err(table.problem("a record without processor").expected("a recording of the processor"));
    }
    let look = QUANTITIES.look("package").map_err(broken)?;
    let ranges: Vec<_> = segments(&of).collect();
    let mut plot = Cartesian::new(
        Axis::value("Time since the first record", "s").format(Format::Plain),
        Axis::value("Power of the package", "W").from_zero(),
    );
    let mut record = Record::figure("real.gap")
        .x_axis(RecordAxis::new("Time since the first record").unit("s"))
        .y_axis(RecordAxis::new("Power of the package").unit("W"));
    for pair in ranges.windows(2) {
        let (x, y): (Vec<f64>, Vec<f64>) =
            [pair[0].end - 1, pair[1].start].into_iter().map(|at| (seconds[at], watt[at])).unzip();
        plot = plot.mark(Band::new("integrated across, never measured", &x, &[0.0, 0.0], &y, MUTED));
        record = record.series(Series::band(format!("gap at {:.1} s", x[0]), x, vec![0.0, 0.0], y));
    }
    for (number, range) in ranges.into_iter().enumerate() {
        let (x, y) = (&seconds[range.clone()], &watt[range]);
        plot = plot.mark(Points::new("records", x, y, look).size(3.0).joined(0.75));
        record = record.series(Series::path(format!("segment {}", number + 1), x.to_vec(), y.to_vec()));
    }
    let about = About {
        id: "real.gap",
        title: "A recording of two segments",
        alt: "Power over time: two short stretches of records, and between them more than half a minute without any, whose \
              area under the joining line is several times that of the records.",
    };
    drawing::write(cx, &plot.legend(Legend::above()).figure(about, WIDE).map_err(broken)?, record)
}
