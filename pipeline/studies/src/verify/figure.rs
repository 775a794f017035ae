//! Figures: coordinates that were read from a drawing or a picture against our series.
//!
//! The series of a record carry the names of the published ones. What is compared, by role:
//!
//! - *bars*: the categories, equal and in the same order; each length along the axis of values.
//! - *scatter*: the points as a set, since the order of drawing says nothing. Each published point
//!   is paired with one of ours: the nearest, if not one within the tolerance.
//! - *path*, *fit*: point by point in the drawn order.
//! - *ci_band*: both edges at each published x, ours interpolated between its grid points. An unseeded
//!   bootstrap cannot be repeated, so ours may differ by [`BAND_FACTOR`] times what two runs of the
//!   original differ by; such values count apart.
//! - points of a picture: the published x among ours, the y within the reading error, or the tolerance that
//!   the entry states if that is more. A record can name single points, `points[x = 8]`, as not recomputable.

use super::Findings;
use super::compare::{ValueCheck, ValueVerdict, gap};
use crate::published::{Drawing, Points, Tolerance};
use crate::record::{Record, Role, Series};

/// Allowed difference of a coordinate in units of the length of its axis. The coordinates have nine
/// significant digits and 1e-6 pt of some 200 pt, which an offset axis may multiply by ten.
pub const COORDINATE: f64 = 1e-7;

/// How many times the spread between two bootstrap runs a band may differ from the published one.
/// The spread is the largest difference of one pair of runs; another pair may show some more.
pub const BAND_FACTOR: f64 = 2.0;

/// The name of the series that stands for points read from a picture.
pub const POINTS: &str = "points";

/// Compares the series of a drawing.
pub(super) fn drawing(drawing: &Drawing, record: &Record, tolerance: &Tolerance, found: &mut Findings) {
    for published in &drawing.series {
        if found.waives(&published.name) {
            continue;
        }
        let Some(ours) = record.find_series(&published.name) else {
            found.problem(format!("series `{}` is missing", published.name));
            continue;
        };
        if ours.role != published.role {
            found.problem(format!(
                "series `{}` has the role {:?}, published {:?}",
                ours.name, ours.role, published.role
            ));
            continue;
        }
        let x_span = drawing.x_span.unwrap_or(1.0);
        let y_span = drawing.y_span.unwrap_or(1.0);
        match published.role {
            Role::Bars => bars(published, ours, drawing.bar_span().unwrap_or(1.0), found),
            Role::CiBand => band(published, ours, [x_span, y_span], tolerance, found),
            Role::Scatter | Role::Path | Role::Fit => points_in_plane(published, ours, [x_span, y_span], found),
        }
    }
    for ours in &record.series {
        if !drawing.series.iter().any(|published| published.name == ours.name) {
            found.problem(format!("series `{}` is not in the published figure", ours.name));
        }
    }
}

fn bars(published: &Series, ours: &Series, span: f64, found: &mut Findings) {
    if ours.category != published.category {
        found.problem(format!(
            "series `{}` has the categories {:?}, published {:?}",
            ours.name, ours.category, published.category
        ));
        return;
    }
    for (place, (&expected, &value)) in published.value.iter().zip(&ours.value).enumerate() {
        let path = format!("{}[{place}].value", ours.name);
        found.check(ValueCheck::of_coordinate(path, expected, value, span, COORDINATE));
    }
}

fn points_in_plane(published: &Series, ours: &Series, spans: [f64; 2], found: &mut Findings) {
    if ours.x.len() != published.x.len() {
        found.problem(format!("series `{}` has {} points, published {}", ours.name, ours.x.len(), published.x.len()));
        return;
    }
    let partners = match published.role {
        Role::Scatter => pair(published, ours, spans),
        _ => (0..ours.x.len()).collect(),
    };
    for (place, partner) in partners.into_iter().enumerate() {
        let axes = [("x", &published.x, &ours.x, spans[0]), ("y", &published.y, &ours.y, spans[1])];
        for (axis, expected, values, span) in axes {
            let path = format!("{}[{place}].{axis}", ours.name);
            found.check(ValueCheck::of_coordinate(path, expected[place], values[partner], span, COORDINATE));
        }
    }
}

/// For each published point the place of its partner in ours, each taken once. Both have equally many.
fn pair(published: &Series, ours: &Series, spans: [f64; 2]) -> Vec<usize> {
    let count = ours.x.len();
    let distance = |a: usize, b: usize| {
        let x = gap(published.x[a], ours.x[b], spans[0]);
        x.max(gap(published.y[a], ours.y[b], spans[1]))
    };
    let mut free = vec![true; count];
    let mut partners: Vec<Option<usize>> = vec![None; count];
    // In two rounds, so that a point that has moved does not take the partner of one that has not.
    for within in [COORDINATE, f64::INFINITY] {
        for (point, partner) in partners.iter_mut().enumerate() {
            if partner.is_some() {
                continue;
            }
            // The same place first: most series come in the drawn order.
            let candidates = std::iter::once(point).chain(0..count).filter(|&other| free[other]);
            let nearest = candidates.min_by(|&a, &b| distance(point, a).total_cmp(&distance(point, b)));
            if let Some(other) = nearest.filter(|&other| distance(point, other) <= within) {
                free[other] = false;
                *partner = Some(other);
            }
        }
    }
    // After the second round each has one.
    partners.into_iter().flatten().collect()
}

fn band(published: &Series, ours: &Series, spans: [f64; 2], tolerance: &Tolerance, found: &mut Findings) {
    let allowed = tolerance.band_spread.map_or(COORDINATE, |spread| BAND_FACTOR * spread);
    let mut largest = 0.0_f64;
    for (place, &x) in published.x.iter().enumerate() {
        let edges = [("lower", &published.lower, &ours.lower), ("upper", &published.upper, &ours.upper)];
        for (edge, expected, values) in edges {
            let value = interpolate(&ours.x, values, x, COORDINATE * spans[0]);
            let path = format!("{}[{place}].{edge}", ours.name);
            let mut check = ValueCheck::of_coordinate(path, expected[place], value, spans[1], allowed);
            if check.verdict == ValueVerdict::Match {
                check.verdict = ValueVerdict::Bootstrap;
                largest = largest.max(check.rel_error.unwrap_or(0.0));
            }
            found.check(check);
        }
    }
    found.note(format!(
        "{}: within {:.2} % of the y span, allowed {:.2} % (bootstrap)",
        ours.name,
        100.0 * largest,
        100.0 * allowed
    ));
}

/// The value at `x` on the line through the points, NaN beyond its ends by more than `margin`.
fn interpolate(xs: &[f64], ys: &[f64], x: f64, margin: f64) -> f64 {
    let (Some(&first), Some(&last)) = (xs.first(), xs.last()) else { return f64::NAN };
    if x < first - margin || x > last + margin {
        return f64::NAN;
    }
    let after = xs.partition_point(|&grid| grid < x).clamp(1, xs.len().max(2) - 1);
    match (xs.get(after), ys.get(after)) {
        (Some(&right), Some(&to)) => {
            let (left, from) = (xs[after - 1], ys[after - 1]);
            let part = ((x - left) / (right - left)).clamp(0.0, 1.0);
            from + part * (to - from)
        }
        _ => ys.first().copied().unwrap_or(f64::NAN),
    }
}

/// Compares points that were read from a picture.
pub(super) fn points(published: &Points, record: &Record, tolerance: &Tolerance, found: &mut Findings) {
    if found.waives(POINTS) {
        return;
    }
    let Some(ours) = record.find_series(POINTS) else {
        found.problem(format!("series `{POINTS}` is missing"));
        return;
    };
    let place_of = |x: f64| ours.x.iter().position(|&other| (other - x).abs() <= 4.0 * f64::EPSILON * x.abs());
    let mut known = vec![false; ours.x.len()];
    for (x, y) in &published.points {
        let place = x.decimal().and_then(|x| place_of(x.value));
        if let Some(place) = place {
            known[place] = true;
        }
        let value = place.and_then(|place| ours.y.get(place).copied());
        let point = format!("{POINTS}[x = {x}]");
        let height = y.decimal().map_or(0.0, |y| y.value.abs());
        let stated = tolerance.absolute.unwrap_or(0.0).max(tolerance.relative.unwrap_or(0.0) * height);
        let mut check = ValueCheck::of_reading(format!("{point}.y"), y, value, published.reading_error.max(stated));
        if found.waives(&point) {
            check.verdict = ValueVerdict::NotRecomputable;
        }
        found.check(check);
    }
    for place in published.unread.iter().filter_map(|x| place_of(x.decimal()?.value)) {
        known[place] = true;
    }
    for (x, _) in ours.x.iter().zip(known).filter(|(_, known)| !known) {
        found.problem(format!("series `{POINTS}` has a point at x = {x} that was not published"));
    }
}
