//! Scores of all feature sets of the ablation (ablation-analysis-conv2d-model.ipynb, cell 12).

use dag::Problem;
use plot::style::CATEGORICAL;
use plot::{About, Axis, Band, Cartesian, Corner, Figure, Legend, Line};

use super::broken;
use crate::cx::Cx;
use crate::drawing;
use crate::figure_keys::Plain;
use crate::record::{Axis as RecordAxis, Record, Series, cells};
use crate::table::Table;

/// Feature sets that are drawn together, side by side in their order.
const TOGETHER: usize = 64;

/// Sizes get a tick if one in so many sets has them.
const LEAST_ROOM: usize = 12;

/// The sets with or without the operations among them.
struct Course {
    name: &'static str,
    x: Vec<f64>,
    lowest: Vec<f64>,
    median: Vec<f64>,
    highest: Vec<f64>,
}

/// Draws the course of the scores. The original draws a point for each set, and so has the record; neighbours
/// are drawn here as their range and median, since 32 767 points cannot be told apart and would fill
/// megabytes.
pub(in crate::module_energy) fn draw(cx: &mut Cx<'_, '_>, keys: &Plain) -> Result<(), Problem> {
    let table = Table::read(cx, "scores")?;
    let (scores, with_macs) = (table.numbers("test")?, table.integers("with_macs")?);
    let mut record = Record::figure("ablation.fig")
        .x_axis(RecordAxis::new("Feature-set Index"))
        .y_axis(RecordAxis::new("Test R2-Score"))
        .columns(["with MAC count", "sets", "lowest", "median", "highest"]);
    let begins = begins(&table.integers("features")?);
    let [Some(first), Some(last)] = [begins.first(), begins.last()].map(|of| of.map(|(size, _)| *size)) else {
        return Err(table.problem("there is no set"));
    };
    let mut panels = Vec::new();
    let mut extremes = Vec::new();
    for (flag, name, label, colour) in
        [(1, "with the operations", "True", CATEGORICAL[0]), (0, "without the operations", "False", CATEGORICAL[1])]
    {
        let rows = || (0..scores.len()).filter(|&row| with_macs[row] == flag);
        let of: Vec<f64> = rows().map(|row| scores[row]).collect();
        let course = course(name, &scores, &with_macs, flag)?;
        let Course { name, x, lowest, median, highest } = &course;
        let title = format!("Feature sets; ticks where those of {first} to {last} features begin");
        let sets = Axis::value(title, "").range(0.0, scores.len() as f64);
        let sets = sets.ticks_at(begins.iter().map(|(_, row)| *row as f64));
        let panel = Cartesian::new(sets, Axis::value("R² in the test", "")).heading(format!("Sets {name}"));
        let panel = panel.mark(Band::new("range", x, lowest, highest, colour).opacity(0.3));
        let panel = panel.mark(Line::new("median", x, median, colour).width(0.75));
        panels.push(if panels.is_empty() { panel.legend(Legend::inside(Corner::LowerRight)) } else { panel });
        let places = rows().map(|row| row as f64).collect();
        record = record.series(Series::scatter(format!("with MAC count {label}"), places, of.clone()));
        let failed = |error: stats::Error| table.problem(format!("{name}: {error}"));
        let (least, most) =
            of.iter().fold((f64::NAN, f64::NAN), |(least, most), score| (score.min(least), score.max(most)));
        let middle = stats::median(&of).map_err(failed)?;
        record = record.plain_row(cells![label, of.len(), least, middle, most]);
        extremes.push(format!("{name} between {least:.3} and {most:.3}"));
    }
    let alt = format!(
        "Two panels, ranges of scores over the feature sets: {}. With the operations the score is high whatever else is \
         known; without them it rises with the number of features and stays low.",
        extremes.join(", ")
    );
    let about = About { id: "ablation.fig", title: "Scores of all sets of features of a convolution", alt: &alt };
    let figure = Figure::panels(about, keys.size.pt(), 1, panels).map_err(broken)?;
    let note = format!("Neighbours are drawn {TOGETHER} at a time, as lowest, median and highest score.");
    drawing::write(cx, &figure, record.note(note))
}

/// The sizes of which there are so many sets that their ticks stand apart, each with the place of its first set.
fn begins(sizes: &[i64]) -> Vec<(i64, usize)> {
    let all = (0..sizes.len()).filter(|&row| row == 0 || sizes[row] != sizes[row - 1]);
    let mut begins: Vec<(i64, usize)> = Vec::new();
    for (size, row) in all.map(|row| (sizes[row], row)) {
        if sizes.iter().filter(|other| **other == size).count() * LEAST_ROOM >= sizes.len() {
            begins.push((size, row));
        }
    }
    begins
}

fn course(name: &'static str, scores: &[f64], with_macs: &[i64], flag: i64) -> Result<Course, Problem> {
    let mut course = Course { name, x: Vec::new(), lowest: Vec::new(), median: Vec::new(), highest: Vec::new() };
    for start in (0..scores.len()).step_by(TOGETHER) {
        let end = scores.len().min(start + TOGETHER);
        let of: Vec<f64> = (start..end).filter(|&row| with_macs[row] == flag).map(|row| scores[row]).collect();
        // The sets with the operations come last among those of their size, so that some places have none.
        let Ok(median) = stats::median(&of) else { continue };
        course.x.push((start + end) as f64 / 2.0);
        course.lowest.push(of.iter().copied().fold(f64::INFINITY, f64::min));
        course.highest.push(of.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        course.median.push(median);
    }
    Ok(course)
}
