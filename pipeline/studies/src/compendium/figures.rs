//! The figure that compares the platforms.

use dag::Problem;
use plot::style::{CATEGORICAL, MUTED};
use plot::{About, Axis, Cartesian, Dash, Legend, Line, Look, Marker, Points, Registry};

use super::aggregate::{COMPARED, PLATFORMS};
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Marked;
use crate::record::{Axis as RecordAxis, Cell, Record, Scale, Series, Status};

/// The id of its record.
pub(super) const ID: &str = "energy-per-inference.figure";

const LOOKS: Registry = Registry(&[
    ("tinyml-mcu", Look::new(CATEGORICAL[0], Marker::Circle)),
    ("module-energy", Look::new(CATEGORICAL[1], Marker::Square)),
    ("vision-inference", Look::new(CATEGORICAL[2], Marker::Triangle)),
    ("edge-layers", Look::new(CATEGORICAL[3], Marker::Diamond)),
    ("aipowermeter", Look::new(CATEGORICAL[5], Marker::Cross)),
]);

/// Lines of equal energy for an operation, in J.
const GUIDES: [(f64, &str); 4] = [(1e-10, "0.1 nJ/MAC"), (1e-9, "1 nJ/MAC"), (1e-8, "10 nJ/MAC"), (1e-7, "100 nJ/MAC")];

/// Energy of an inference against its operations, both on a logarithmic scale.
pub(crate) fn energy_on_operations(cx: &mut Cx<'_, '_>, keys: &Marked) -> Result<(), Problem> {
    let table = cx.read_record(COMPARED)?;
    let mut record = Record::figure(ID)
        .x_axis(RecordAxis::new("Operations of one inference").unit("MAC").scale(Scale::Log))
        .y_axis(RecordAxis::new("Energy of one inference").unit("J").scale(Scale::Log));
    let (mut marks, mut statuses) = (Vec::new(), Vec::new());
    let (mut all_macs, mut all_energies) = (Range::EMPTY, Range::EMPTY);
    for (study, platform) in PLATFORMS {
        let of_study = |row: &&Vec<Cell>| row.first().is_some_and(|cell| cell.is_label(study));
        let column = |at: usize| -> Vec<f64> {
            table.rows.iter().filter(of_study).filter_map(|row| row.get(at)?.as_f64()).collect()
        };
        let (macs, energy) = (column(3), column(4));
        if macs.is_empty() {
            continue;
        }
        all_macs.hold(&macs);
        all_energies.hold(&energy);
        let look = LOOKS.look(study).map_err(broken)?;
        // What is not as published is told at the cloud itself: the banner is of the whole figure.
        let data = table.rows.iter().find(of_study).and_then(|row| row.get(6));
        let all = [Status::Published, Status::Reconstructed, Status::Simulated];
        let status = all.into_iter().find(|status| data.is_some_and(|data| data.is_label(&status.to_string())));
        let status = status.ok_or_else(|| Problem::new(format!("record {COMPARED} tells no status of {study}")))?;
        let name = if status == Status::Published { platform.to_owned() } else { format!("{platform} ({status})") };
        statuses.push((name.clone(), status));
        marks.push(keys.markers.of(Points::new(name, &macs, &energy, look)));
        record = record.series(Series::scatter(study, macs, energy));
    }
    let (mut guides, mut names) = (Vec::new(), Vec::new());
    for (joule, name) in GUIDES {
        // As far as the points go, so that the axes are theirs.
        let first = all_macs.least.max(all_energies.least / joule);
        let last = all_macs.greatest.min(all_energies.greatest / joule);
        if first < last {
            let ends = ((first, first * joule), (last, last * joule));
            guides.push(Line::between("", ends.0, ends.1, MUTED).width(0.6).dash(Dash::Dotted));
            let look = Look::new(MUTED, Marker::Circle);
            names.push(Points::new("", &[last], &[last * joule], look).size(0.1).opacity(0.0).labels([name]));
        }
    }
    let about = About {
        id: ID,
        title: "Energy of one inference against its operations, on all platforms",
        alt: "Scatter on two logarithmic axes with dotted lines of equal energy for an operation. The inferences of \
              microcontrollers have the fewest operations, and each operation takes the most energy there. Those of the \
              server with GPU have the most operations; for the same number the Jetson module takes the least energy.",
    };
    let plot = Cartesian::new(
        keys.x.of(Axis::log("Multiply-accumulate operations of one inference", "MAC")),
        keys.y.of(Axis::log("Energy of one inference", "J")),
    );
    let plot = plot.marks(marks).marks(guides).marks(names).legend(Legend::above());
    drawing::write_mixed(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, record, &statuses)
}

/// The least and the greatest of some numbers.
struct Range {
    least: f64,
    greatest: f64,
}

impl Range {
    const EMPTY: Self = Self { least: f64::INFINITY, greatest: 0.0 };

    fn hold(&mut self, numbers: &[f64]) {
        self.least = numbers.iter().copied().fold(self.least, f64::min);
        self.greatest = numbers.iter().copied().fold(self.greatest, f64::max);
    }
}

fn broken(error: plot::Error) -> Problem {
    Problem::new(error.to_string())
}
