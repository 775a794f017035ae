//! AlexNet: the published energies of the card, what sampling alone predicts, and the whole run.

use dag::Problem;
use plot::style::{CATEGORICAL, MUTED};
use plot::{About, Axis, Cartesian, Colour, Dash, Legend, Line, Points};

use super::{QUANTITIES, broken};
use crate::aipowermeter::stats::readings::INTERVAL;
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Axes;
use crate::record::{Record, Series};

const SAMPLING: Colour = CATEGORICAL[1];
const READ: &str = "read from the published figure, with the number of intervals";

/// Draws the figure from the record of its series.
pub(in crate::aipowermeter) fn draw(cx: &mut Cx<'_, '_>, keys: &Axes) -> Result<(), Problem> {
    let record = cx.read_record("alexnet.artefact.series")?;
    let series = |name: &str| -> Result<&Series, Problem> {
        let found = record.find_series(name);
        found.ok_or_else(|| Problem::new(format!("the record {} has no series `{name}`", record.id)))
    };
    let (published, sampling) = (series("published")?, series("sampling")?);
    let (whole, intervals) = (series("whole run")?, series("intervals")?);
    let card = QUANTITIES.look("card").map_err(broken)?;
    let by_sampling = format!("intervals × {INTERVAL} s × constant power / inferences");
    let counts = intervals.y.iter().map(|count| format!("{count:.0}"));
    let plot = Cartesian::new(
        keys.x.of(Axis::value("Input size", "pixels")),
        keys.y.of(Axis::value("Energy of the card per inference", "J").from_zero()),
    );
    let plot = plot
        .mark(Line::new("same power over the whole run", &whole.x, &whole.y, MUTED).dash(Dash::Dashed))
        .mark(Line::new(by_sampling, &sampling.x, &sampling.y, SAMPLING))
        .mark(Points::new(READ, &published.x, &published.y, card).labels(counts))
        .legend(Legend::above());
    let deviation = published.y.iter().zip(&sampling.y).map(|(read, predicted)| (predicted / read - 1.0).abs());
    let alt = format!(
        "{} published energies over the input size. A line through the predictions of sampling alone meets all of them \
         within {:.1} %, with its jumps where the number of intervals changes; a smooth curve of the same power over the \
         whole run lies above them.",
        published.y.len(),
        100.0 * deviation.fold(0.0, f64::max)
    );
    let about = About {
        id: "alexnet.artefact.figure",
        title: "The published energies of AlexNet are an artefact of sampling",
        alt: &alt,
    };
    let mut drawn = Record::figure("alexnet.artefact.figure");
    drawn.axes = record.axes.clone();
    let drawn = [published, sampling, whole].into_iter().fold(drawn, |drawn, series| drawn.series(series.clone()));
    drawing::write(cx, &plot.figure(about, keys.size.pt()).map_err(broken)?, drawn.quirk("compile-step"))
}
