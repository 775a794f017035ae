//! The real recordings: power over time, and the gap between two segments.

use dag::Problem;
use plot::style::MUTED;
use plot::{About, Axis, Band, Cartesian, Figure, Legend, Line, Mark, Points};
use serde::{Deserialize, Serialize};

use super::{QUANTITIES, broken};
use crate::aipowermeter::held::Recordings;
use crate::aipowermeter::integrate::segments;
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::{Marked, Markers, Size};
use crate::record::{Axis as RecordAxis, Record, Series};
use crate::table::Table;

/// The powers: column, what they are called.
const POWERS: [(&str, &str); 2] = [("intel_power", "package"), ("nvidia_draw", "card")];

/// Records above which they are drawn as a line without markers.
const MANY: usize = 40;

/// What is set of the panels of all recordings.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(in crate::aipowermeter) struct Keys {
    size: Size,
    markers: Markers,
}

/// The samples of one power of a recording.
struct Samples {
    segments: Vec<i64>,
    /// Since the first of them.
    seconds: Vec<f64>,
    watt: Vec<f64>,
}

impl Samples {
    fn of(table: &Table, column: &str) -> Result<Self, Problem> {
        let (seconds, watt, of) = (table.numbers("seconds")?, table.floats(column)?, table.integers("segment")?);
        let rows: Vec<usize> = (0..table.len()).filter(|&row| !watt[row].is_nan()).collect();
        let start = rows.first().map_or(0.0, |&row| seconds[row]);
        Ok(Self {
            segments: rows.iter().map(|&row| of[row]).collect(),
            seconds: rows.iter().map(|&row| seconds[row] - start).collect(),
            watt: rows.iter().map(|&row| watt[row]).collect(),
        })
    }

    /// Coordinates that a line breaks at where a segment ends.
    fn broken(&self) -> (Vec<f64>, Vec<f64>) {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for range in segments(&self.segments) {
            x.extend_from_slice(&self.seconds[range.clone()]);
            y.extend_from_slice(&self.watt[range]);
            x.push(f64::NAN);
            y.push(f64::NAN);
        }
        x.pop();
        y.pop();
        (x, y)
    }

    fn mark(&self, part: &str, markers: Markers) -> Result<Mark, Problem> {
        let look = QUANTITIES.look(part).map_err(broken)?;
        let (x, y) = self.broken();
        Ok(if x.len() > MANY {
            Line::new(part, &x, &y, look.colour).width(0.75).into()
        } else {
            markers.of(Points::new(part, &x, &y, look)).joined(0.75).into()
        })
    }
}

/// Power over time of all recordings. What was recorded of processor and cards at different times is told apart.
pub(in crate::aipowermeter) fn power(cx: &mut Cx<'_, '_>, recordings: &Recordings, keys: &Keys) -> Result<(), Problem> {
    let mut panels = Vec::new();
    let mut record = Record::figure("real.power")
        .x_axis(RecordAxis::new("Time since the first record").unit("s"))
        .y_axis(RecordAxis::new("Power").unit("W"));
    let panel = |heading: String| {
        Cartesian::new(Axis::value("Time", "s"), Axis::value("Power", "W").from_zero()).heading(heading)
    };
    for recording in recordings {
        let table = Table::read(cx, recording.name)?;
        let mut parts = Vec::new();
        for (column, part) in POWERS {
            let samples = Samples::of(&table, column)?;
            if !samples.seconds.is_empty() {
                parts.push((part, samples.mark(part, keys.markers)?));
                let name = format!("{}, {part}", recording.name);
                record = record.series(Series::path(name, samples.seconds, samples.watt));
            }
        }
        let (package, cards) = (table.floats("intel_power")?, table.floats("nvidia_draw")?);
        if package.iter().zip(&cards).any(|(package, card)| !package.is_nan() && !card.is_nan()) {
            let heading = format!("{}: package and cards", recording.name);
            let both = panel(heading).marks(parts.into_iter().map(|(_, mark)| mark));
            panels.push(both.legend(Legend::above()));
        } else {
            panels
                .extend(parts.into_iter().map(|(part, mark)| panel(format!("{}: {part}", recording.name)).mark(mark)));
        }
    }
    let about = About {
        id: "real.power",
        title: "Power over time in the real recordings",
        alt: "Small panels, one for each part of a recording: power in watt over seconds since its first record. Gaps between \
              segments are left open.",
    };
    drawing::write(cx, &Figure::panels(about, keys.size.pt(), 2, panels).map_err(broken)?, record)
}

/// A recording of two segments: what a trapezium across the gap adds.
pub(in crate::aipowermeter) fn gap(cx: &mut Cx<'_, '_>, keys: &Marked) -> Result<(), Problem> {
    let table = Table::read(cx, "records")?;
    let Samples { segments: of, seconds, watt } = Samples::of(&table, "intel_power")?;
    let look = QUANTITIES.look("package").map_err(broken)?;
    let ranges: Vec<_> = segments(&of).collect();
    let mut plot = Cartesian::new(
        keys.x.of(Axis::value("Time since the first record", "s")),
        keys.y.of(Axis::value("Power of the package", "W").from_zero()),
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
        plot = plot.mark(keys.markers.of(Points::new("records", x, y, look)).joined(0.75));
        record = record.series(Series::path(format!("segment {}", number + 1), x.to_vec(), y.to_vec()));
    }
    let about = About {
        id: "real.gap",
        title: "A recording of two segments",
        alt: "Power over time: two short stretches of records, and between them more than half a minute without any, whose \
              area under the joining line is several times that of the records.",
    };
    drawing::write(cx, &plot.legend(Legend::above()).figure(about, keys.size.pt()).map_err(broken)?, record)
}
