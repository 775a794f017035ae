//! What can be set of a figure in `paper/<study>/figures.toml`: see `figures_file.rs`.
//!
//! Most figures are [`Plain`], [`Axes`] or [`Marked`]; others have a type beside their function.

use serde::{Deserialize, Serialize};

/// A figure of which the size is set.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plain {
    pub(crate) size: Size,
}

/// A figure with axes of numbers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Axes {
    pub(crate) size: Size,
    #[serde(default)]
    pub(crate) x: Axis,
    #[serde(default)]
    pub(crate) y: Axis,
}

/// A figure of points on axes of numbers.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marked {
    pub(crate) size: Size,
    pub(crate) markers: Markers,
    #[serde(default)]
    pub(crate) x: Axis,
    #[serde(default)]
    pub(crate) y: Axis,
}

/// Width and height in pt.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "[f64; 2]")]
pub(crate) struct Size {
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// The markers of points.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Markers {
    pub(crate) size: Diameter,
    pub(crate) opacity: Opacity,
}

/// What is set of an axis of numbers; what is not follows from the data.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Axis {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) range: Option<Range>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ticks: Option<Ticks>,
}

/// The ends of an axis, or what they are beyond.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "[f64; 2]")]
pub(crate) struct Range {
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// Where an axis has ticks.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "StepOrValues", into = "StepOrValues")]
pub(crate) enum Ticks {
    /// At the multiples of a step.
    Every(f64),
    /// At these values, which rise.
    At(Vec<f64>),
}

/// [`Ticks`] as they are written.
#[derive(Clone, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a step, or a list of values")]
enum StepOrValues {
    Step(f64),
    Values(Vec<f64>),
}

impl Size {
    /// The same for the drawing.
    pub(crate) fn pt(self) -> plot::Size {
        plot::Size::pt(self.width, self.height)
    }
}

impl Markers {
    /// Points with these markers.
    pub(crate) fn of(self, points: plot::Points) -> plot::Points {
        points.size(self.size.0).opacity(self.opacity.0)
    }
}

impl Axis {
    /// An axis with what is set of it.
    pub(crate) fn of(&self, axis: plot::Axis) -> plot::Axis {
        let axis = match self.range {
            Some(Range { least, most }) => axis.range(least, most),
            None => axis,
        };
        match &self.ticks {
            Some(Ticks::Every(step)) => axis.ticks_every(*step),
            Some(Ticks::At(values)) => axis.ticks_at(values.iter().copied()),
            None => axis,
        }
    }
}

impl TryFrom<[f64; 2]> for Size {
    type Error = String;

    fn try_from(size @ [width, height]: [f64; 2]) -> Result<Self, String> {
        let fits = |length: f64| (20.0..=2000.0).contains(&length);
        let size = (fits(width) && fits(height)).then_some(Self { width, height }).ok_or(size);
        size.map_err(|[width, height]| {
            format!("[{width}, {height}] is no size: expected width and height, from 20 to 2000 pt")
        })
    }
}

impl TryFrom<[f64; 2]> for Range {
    type Error = String;

    fn try_from([least, most]: [f64; 2]) -> Result<Self, String> {
        if least.is_finite() && most.is_finite() && least < most {
            Ok(Self { least, most })
        } else {
            Err(format!("[{least}, {most}] is no range: expected two numbers, the smaller one first"))
        }
    }
}

impl TryFrom<StepOrValues> for Ticks {
    type Error = String;

    fn try_from(ticks: StepOrValues) -> Result<Self, String> {
        match ticks {
            StepOrValues::Step(step) if step.is_finite() && step > 0.0 => Ok(Self::Every(step)),
            StepOrValues::Step(step) => Err(format!("{step} is no step of ticks: expected a number above 0")),
            StepOrValues::Values(values) => {
                let rise = values.windows(2).all(|pair| pair[0] < pair[1]);
                if !values.is_empty() && values.iter().all(|value| value.is_finite()) && rise {
                    Ok(Self::At(values))
                } else {
                    Err(format!("{values:?} are no ticks: expected numbers, each greater than the one before"))
                }
            }
        }
    }
}

impl From<Ticks> for StepOrValues {
    fn from(ticks: Ticks) -> Self {
        match ticks {
            Ticks::Every(step) => Self::Step(step),
            Ticks::At(values) => Self::Values(values),
        }
    }
}

/// A number within bounds, and what is said of one that is not.
macro_rules! bounded {
    ($(#[$doc:meta])* $name:ident, $bounds:expr, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
        #[serde(try_from = "f64")]
        pub(crate) struct $name(pub(crate) f64);

        impl TryFrom<f64> for $name {
            type Error = String;

            fn try_from(value: f64) -> Result<Self, String> {
                if $bounds.contains(&value) {
                    return Ok(Self(value));
                }
                let (least, most) = ($bounds.start(), $bounds.end());
                Err(format!("{value} is no {}: expected a number from {least} to {most}", $what))
            }
        }
    };
}

bounded!(
    /// The diameter of a marker in pt.
    Diameter, 0.1..=50.0, "size of a marker in pt"
);
bounded!(
    /// From invisible to opaque.
    Opacity, 0.0..=1.0, "opacity"
);
bounded!(
    /// A width or a height in pt.
    Length, 20.0..=2000.0, "length in pt"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_what_a_figure_is_given() {
        let text =
            "size = [222, 176.5]\nmarkers = { size = 5, opacity = 0.8 }\nx = { range = [-1, 2e3] }\ny.ticks = [1, 10]";
        let keys: Marked = toml::from_str(text).unwrap();
        assert_eq!(keys.size, Size { width: 222.0, height: 176.5 });
        assert_eq!(keys.markers, Markers { size: Diameter(5.0), opacity: Opacity(0.8) });
        assert_eq!(keys.x, Axis { range: Some(Range { least: -1.0, most: 2000.0 }), ticks: None });
        assert_eq!(keys.y, Axis { range: None, ticks: Some(Ticks::At(vec![1.0, 10.0])) });
        let keys: Axes = toml::from_str("size = [20, 2000]\nx = { ticks = 0.5 }").unwrap();
        assert_eq!((keys.x.ticks, keys.y), (Some(Ticks::Every(0.5)), Axis::default()));
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        const SOUND: &str = "size = [100, 100]\nmarkers = { size = 5, opacity = 1 }\n";
        assert!(toml::from_str::<Marked>(SOUND).is_ok());
        for (keys, part) in [
            ("size = [10, 200]", "[10, 200] is no size: expected width and height, from 20 to 2000 pt"),
            ("size = [100, inf]", "[100, inf] is no size"),
            ("size = [100]", "array of length 2"),
            ("x = { range = [2, 2] }", "[2, 2] is no range"),
            ("x = { range = [1, nan] }", "is no range"),
            ("x = { ticks = 0 }", "0 is no step of ticks"),
            ("x = { ticks = [3, 2] }", "each greater than the one before"),
            ("x = { ticks = [] }", "expected numbers"),
            ("x = { ticks = true }", "a step, or a list of values"),
            ("y = { rage = [1, 2] }", "unknown field `rage`"),
            ("z = { range = [1, 2] }", "unknown field `z`"),
            (
                "markers = { size = 60, opacity = 1 }",
                "60 is no size of a marker in pt: expected a number from 0.1 to 50",
            ),
            ("markers = { size = 6, opacity = 1.5 }", "1.5 is no opacity: expected a number from 0 to 1"),
            ("markers = { size = 6 }", "missing field `opacity`"),
        ] {
            let key = keys.split(' ').next().unwrap();
            let others = SOUND.lines().filter(|line| !line.starts_with(key)).collect::<Vec<_>>().join("\n");
            let told = toml::from_str::<Marked>(&format!("{others}\n{keys}\n")).unwrap_err().to_string();
            assert!(told.contains(part), "{keys}: {told}");
        }
    }
}
