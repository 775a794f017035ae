//! Colours, and the numbers that say whether they can be told apart.

use std::fmt;

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour(u32);

impl Colour {
    pub const WHITE: Self = Self(0xff_ffff);

    /// From `0xRRGGBB`; higher bits are dropped.
    pub const fn rgb(hex: u32) -> Self {
        Self(hex & 0xff_ffff)
    }

    /// `#rrggbb`.
    pub fn hex(self) -> String {
        format!("#{:06x}", self.0)
    }

    /// Red, green and blue.
    pub fn bytes(self) -> [u8; 3] {
        let [_, red, green, blue] = self.0.to_be_bytes();
        [red, green, blue]
    }

    fn channels(self) -> [f64; 3] {
        self.bytes().map(|channel| f64::from(channel) / 255.0)
    }

    fn linear(self) -> [f64; 3] {
        self.channels().map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
    }

    /// Contrast ratio of WCAG 2: 1 for equal luminance, 21 for black on white.
    pub fn contrast(self, other: Colour) -> f64 {
        let luminance = |colour: Colour| {
            let [red, green, blue] = colour.linear();
            0.2126 * red + 0.7152 * green + 0.0722 * blue
        };
        let (a, b) = (luminance(self), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The colour at `share` of the way to another, in sRGB, as ECharts interpolates.
    pub fn towards(self, other: Colour, share: f64) -> Colour {
        let (from, to) = (self.channels(), other.channels());
        (0..3).fold(Colour(0), |mixed, i| {
            let channel = from[i] + (to[i] - from[i]) * share.clamp(0.0, 1.0);
            Colour(mixed.0 << 8 | (channel * 255.0).round() as u32)
        })
    }

    /// Perceived difference as seen by `vision`: Euclidean distance in Oklab, times 100.
    /// Two marks of a few pt are told apart with ease from about 10.
    pub fn difference(self, other: Colour, vision: Vision) -> f64 {
        let (a, b) = (oklab(vision.see(self.linear())), oklab(vision.see(other.linear())));
        (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt() * 100.0
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

/// Colour vision, common or dichromatic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vision {
    Common,
    Protanopia,
    Deuteranopia,
    Tritanopia,
}

impl Vision {
    /// Simulation in linear RGB by Machado, Oliveira and Fernandes (2009), severity 1.0.
    fn see(self, colour: [f64; 3]) -> [f64; 3] {
        let matrix = match self {
            Vision::Common => return colour,
            Vision::Protanopia => {
                [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
            }
            Vision::Deuteranopia => {
                [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
            }
            Vision::Tritanopia => {
                [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
            }
        };
        times(matrix, colour).map(|channel| channel.clamp(0.0, 1.0))
    }
}

/// Oklab of a linear RGB colour (Ottosson 2020).
fn oklab(linear: [f64; 3]) -> [f64; 3] {
    let cones = times(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ],
        linear,
    );
    times(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ],
        cones.map(f64::cbrt),
    )
}

fn times(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLACK: Colour = Colour::rgb(0);

    #[test]
    fn contrast_of_known_pairs() {
        assert!((BLACK.contrast(Colour::WHITE) - 21.0).abs() < 1e-9);
        // #767676 is the lightest grey that reaches 4.5:1 on white.
        let grey = Colour::rgb(0x767676).contrast(Colour::WHITE);
        assert!((4.5..4.6).contains(&grey), "{grey}");
    }

    #[test]
    fn oklab_of_known_colours() {
        let close = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
        assert!(close(oklab([1.0, 1.0, 1.0]), [1.0, 0.0, 0.0]));
        assert!(close(oklab([1.0, 0.0, 0.0]), [0.628, 0.225, 0.126]));
        assert!((BLACK.difference(Colour::WHITE, Vision::Common) - 100.0).abs() < 0.01);
    }

    #[test]
    fn red_and_green_merge_for_dichromats_only() {
        // A pair on one of the confusion lines of deuteranopia.
        let (red, green) = (Colour::rgb(0xe85030), Colour::rgb(0x50a830));
        let seen = |vision| red.difference(green, vision);
        assert!(seen(Vision::Common) > 25.0, "{}", seen(Vision::Common));
        assert!(seen(Vision::Deuteranopia) < 5.0, "{}", seen(Vision::Deuteranopia));
    }

    #[test]
    fn mixing_and_writing() {
        assert_eq!(BLACK.towards(Colour::WHITE, 0.5).hex(), "#808080");
        assert_eq!(Colour::rgb(0x0072b2).to_string(), "#0072b2");
    }
}
