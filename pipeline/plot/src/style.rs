//! The house style: one palette, one set of sizes, and the look that a thing keeps in all figures.
//!
//! Figures are drawn at the size at which they are printed, so every size here is in pt on paper.

use crate::{Colour, Error, Result, font::FAMILY};
use serde_json::{Value, json};

/// Categorical colours. Any two of them differ by at least 12 (see [`Colour::difference`]) with
/// common vision, protanopia and deuteranopia, and each has at least 3:1 contrast with white.
/// The earlier ones are the easier to tell apart: take them in order.
pub const CATEGORICAL: [Colour; 8] = [
    Colour::rgb(0x0072b2), // blue
    Colour::rgb(0xd55e00), // vermilion
    Colour::rgb(0x2a9d8f), // teal
    Colour::rgb(0x7d1d4b), // wine
    Colour::rgb(0x332200), // umber
    Colour::rgb(0xa07ff5), // lilac
    Colour::rgb(0x241a8c), // indigo
    Colour::rgb(0xa43c2f), // brick
];

/// Text and whiskers.
pub const INK: Colour = Colour::rgb(0x262626);
/// Notes and leader lines.
pub const MUTED: Colour = Colour::rgb(0x5c5c5c);
/// Axis lines and ticks.
pub const AXIS: Colour = Colour::rgb(0x6b6b6b);
/// Grid lines.
pub const GRID: Colour = Colour::rgb(0xe2e2e2);
/// Ground of the strip that marks a figure as simulated or reconstructed.
pub const STATUS: Colour = Colour::rgb(0xb3261e);

/// A colour of lines for text about them, which needs more contrast: nearer to that of other texts.
pub(crate) fn as_text(colour: Colour) -> Colour {
    colour.towards(INK, 0.3)
}

/// Font sizes in pt.
pub const AXIS_TITLE_SIZE: f64 = 8.5;
pub const TICK_SIZE: f64 = 7.5;
pub const LEGEND_SIZE: f64 = 8.0;
pub const PANEL_TITLE_SIZE: f64 = 8.5;
pub const VALUE_SIZE: f64 = 7.0;
pub const STATUS_SIZE: f64 = 8.0;

/// Line widths in pt.
pub const AXIS_WIDTH: f64 = 0.75;
pub const GRID_WIDTH: f64 = 0.5;
pub const EDGE_WIDTH: f64 = 0.75;
pub const WHISKER_WIDTH: f64 = 0.75;

/// Length of tick marks in pt.
pub const TICK_LENGTH: f64 = 3.0;

/// CSS font families of every text. The generic one is for browsers without Noto Sans only.
pub(crate) fn font_family() -> String {
    format!("{FAMILY}, sans-serif")
}

/// What holds for every chart: no animation, white ground, dark text in the one typeface.
pub(crate) fn base_option() -> Value {
    json!({
        "animation": false,
        "backgroundColor": Colour::WHITE.hex(),
        "color": CATEGORICAL.map(Colour::hex),
        "textStyle": { "fontFamily": font_family(), "color": INK.hex() },
    })
}

/// Shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    Circle,
    Square,
    /// A filled X.
    Cross,
    Triangle,
    Diamond,
    /// A circle a third as wide as the others, for what hardly matters.
    Dot,
}

impl Marker {
    /// The shapes of the same weight in the order in which they are easiest to tell apart.
    pub const ALL: [Marker; 5] = [Marker::Circle, Marker::Square, Marker::Cross, Marker::Triangle, Marker::Diamond];

    /// ECharts symbol. All but the circle are paths, because ECharts keeps the aspect ratio of
    /// paths, also in legends, where it would stretch its own squares and diamonds.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Marker::Circle => "circle",
            Marker::Square => "path://M0 0H1V1H0Z",
            Marker::Cross => "path://M1 0L2 1L3 0L4 1L3 2L4 3L3 4L2 3L1 4L0 3L1 2L0 1Z",
            Marker::Triangle => "path://M2 0L4 3.6H0Z",
            Marker::Diamond => "path://M2 0L4 2L2 4L0 2Z",
            // Strokes without length at the corners keep the room of a larger shape.
            Marker::Dot => "path://M0 0H0M6 6H6M2 3A1 1 0 1 0 4 3A1 1 0 1 0 2 3Z",
        }
    }

    /// Width at which the shape looks as large as a circle of diameter 1.
    pub(crate) fn relative_size(self) -> f64 {
        match self {
            Marker::Circle | Marker::Dot => 1.0,
            Marker::Square => 0.9,
            Marker::Cross => 1.1,
            Marker::Triangle | Marker::Diamond => 1.15,
        }
    }
}

/// Colour and marker of one thing, the same in all figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub colour: Colour,
    pub marker: Marker,
}

impl Look {
    pub const fn new(colour: Colour, marker: Marker) -> Self {
        Self { colour, marker }
    }

    /// The look of the n-th category: colours and markers both change from one to the next. After
    /// 40 categories the looks repeat, and long before that a figure cannot be read.
    pub const fn nth(index: usize) -> Self {
        Self { colour: CATEGORICAL[index % CATEGORICAL.len()], marker: Marker::ALL[index % Marker::ALL.len()] }
    }
}

/// Fixed assignment of looks to the things of a study, so that a platform, say, has the same colour
/// in all its figures.
///
/// ```
/// use plot::{Look, Marker, Registry, style::CATEGORICAL};
/// const PLATFORMS: Registry = Registry(&[
///     ("L4", Look::new(CATEGORICAL[0], Marker::Square)),
///     ("F4", Look::new(CATEGORICAL[1], Marker::Circle)),
/// ]);
/// assert_eq!(PLATFORMS.look("F4")?.marker, Marker::Circle);
/// assert!(PLATFORMS.look("H7").is_err());
/// # Ok::<(), plot::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Registry(pub &'static [(&'static str, Look)]);

impl Registry {
    /// The look of a named thing; an error that lists the known names if it is not registered.
    pub fn look(&self, name: &str) -> Result<Look> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, look)| *look).ok_or_else(|| Error::UnknownName {
            name: name.into(),
            known: self.0.iter().map(|(known, _)| *known).collect::<Vec<_>>().join(", "),
        })
    }

    /// The registered names, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|(name, _)| *name)
    }
}

/// Colours for a number, at equal steps from low to high.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Viridis: perceptually even, and readable with every kind of colour vision.
    Sequential,
    /// Viridis without its light end, for points on white.
    Points,
    /// Blue over white to red: for values with a meaningful middle.
    Diverging,
}

impl Scale {
    pub fn colours(self) -> &'static [Colour] {
        const VIRIDIS: [Colour; 10] = [
            Colour::rgb(0x440154),
            Colour::rgb(0x482878),
            Colour::rgb(0x3e4989),
            Colour::rgb(0x31688e),
            Colour::rgb(0x26828e),
            Colour::rgb(0x1f9e89),
            Colour::rgb(0x35b779),
            Colour::rgb(0x6ece58),
            Colour::rgb(0xb5de2b),
            Colour::rgb(0xfde725),
        ];
        const BLUE_RED: [Colour; 9] = [
            Colour::rgb(0x2166ac),
            Colour::rgb(0x4393c3),
            Colour::rgb(0x92c5de),
            Colour::rgb(0xd1e5f0),
            Colour::rgb(0xf7f7f7),
            Colour::rgb(0xfddbc7),
            Colour::rgb(0xf4a582),
            Colour::rgb(0xd6604d),
            Colour::rgb(0xb2182b),
        ];
        match self {
            Scale::Sequential => &VIRIDIS,
            Scale::Points => &VIRIDIS[..8],
            Scale::Diverging => &BLUE_RED,
        }
    }

    /// Colour at a share from 0 (low) to 1 (high).
    pub fn at(self, share: f64) -> Colour {
        let colours = self.colours();
        let place = share.clamp(0.0, 1.0) * (colours.len() - 1) as f64;
        let below = (place.floor() as usize).min(colours.len() - 2);
        colours[below].towards(colours[below + 1], place - below as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::Vision;

    #[test]
    fn categorical_colours_can_be_told_apart_by_all() {
        for vision in [Vision::Common, Vision::Protanopia, Vision::Deuteranopia] {
            for (i, a) in CATEGORICAL.iter().enumerate() {
                for b in &CATEGORICAL[..i] {
                    let difference = a.difference(*b, vision);
                    assert!(difference >= 12.0, "{a} {b} differ by {difference} with {vision:?}");
                }
            }
        }
        // Tritanopia is some thousand times rarer; the first six hold there too, by less.
        for (i, a) in CATEGORICAL[..6].iter().enumerate() {
            for b in &CATEGORICAL[..i] {
                let difference = a.difference(*b, Vision::Tritanopia);
                assert!(difference >= 8.5, "{a} {b} differ by {difference}");
            }
        }
    }

    #[test]
    fn marks_and_text_stand_out_from_white() {
        for colour in CATEGORICAL {
            assert!(colour.contrast(Colour::WHITE) >= 3.0, "{colour}");
            assert!(as_text(colour).contrast(Colour::WHITE) >= 4.5, "{colour} as text");
        }
        for colour in [INK, MUTED, STATUS] {
            assert!(colour.contrast(Colour::WHITE) >= 4.5, "{colour}");
        }
    }

    #[test]
    fn scales_hit_their_ends_and_stops() {
        assert_eq!(Scale::Sequential.at(0.0).hex(), "#440154");
        assert_eq!(Scale::Sequential.at(1.0).hex(), "#fde725");
        assert_eq!(Scale::Sequential.at(7.0), Scale::Sequential.at(1.0));
        assert_eq!(Scale::Diverging.at(0.5).hex(), "#f7f7f7");
    }

    #[test]
    fn neighbouring_looks_differ_in_colour_and_marker() {
        for index in 0..40 {
            let (a, b) = (Look::nth(index), Look::nth(index + 1));
            assert!(a.colour != b.colour && a.marker != b.marker);
        }
        assert_eq!(Look::nth(40), Look::nth(0));
    }
}
