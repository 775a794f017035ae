//! What authors set of figures: `paper/<study>/figures.toml`, a table for each figure, called as its stage makes
//! it. It is the only place of what it holds.
//!
//! ```toml
//! ["fig6.absolute"]                          # a name with a dot stands in quotes
//! size = [222, 176]                          # width and height in pt, as printed
//! markers = { size = 5, opacity = 0.8 }      # diameter in pt; from 0 to 1, opaque
//! [fig4]
//! size = [260, 206]
//! x = { range = [201300, 216350] }           # the ends of the axis; without, the data and a little more
//! y = { range = [8.4, 12.5], ticks = 0.5 }   # ticks at the multiples of a step, or at values: [1, 10, 100]
//! ```
//!
//! Which keys the table of a figure has is the type of what its function takes: [`Plain`], [`Axes`], [`Marked`],
//! or one that stands beside the function. All of it is part of the parameters of the figure's stage.

mod read;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use self::read::FiguresError;
pub(crate) use self::read::{FILE, FiguresFile};

/// What the table of a figure holds.
pub(crate) trait Keys: DeserializeOwned + Serialize + Send + Sync + 'static {}

impl<T: DeserializeOwned + Serialize + Send + Sync + 'static> Keys for T {}

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
