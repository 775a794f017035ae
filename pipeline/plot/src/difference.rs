//! A picture of where two drawings differ.

use crate::{Colour, Error, Result, png::pixels};
use resvg::tiny_skia::{Pixmap, PremultipliedColorU8};

/// What only the first drawing shows, and what only the second one shows: of the colour-blind safe
/// palette of Okabe and Ito.
pub const ONLY_FIRST: Colour = Colour::rgb(0xd5_5e00);
pub const ONLY_SECOND: Colour = Colour::rgb(0x00_72b2);

/// How much of what both show is left to be seen.
const FAINT: f64 = 0.18;
/// Differences of a channel that only come from rounding.
const UNSEEN: u8 = 2;

/// Lays one SVG over the other, `scale` pixels to the pt: what both show in faint grey, what only the
/// first shows in [`ONLY_FIRST`], what only the second shows in [`ONLY_SECOND`].
///
/// Errors: those of [`png`](crate::png).
pub fn difference_png(first: &str, second: &str, scale: f32) -> Result<Vec<u8>> {
    let (first, second) = (pixels(first, scale)?, pixels(second, scale)?);
    let (width, height) = (first.width().max(second.width()), first.height().max(second.height()));
    let mut picture = Pixmap::new(width, height).ok_or_else(|| Error::Raster("no memory for the picture".into()))?;
    for (place, pixel) in (0_u32..).zip(picture.pixels_mut()) {
        let (x, y) = (place % width, place / width);
        *pixel = blend(channels(&first, x, y), channels(&second, x, y));
    }
    picture.encode_png().map_err(|e| Error::Raster(e.to_string()))
}

/// Red, green and blue; white beyond the edge.
fn channels(picture: &Pixmap, x: u32, y: u32) -> [u8; 3] {
    picture.pixel(x, y).map_or([255; 3], |pixel| [pixel.red(), pixel.green(), pixel.blue()])
}

fn blend(first: [u8; 3], second: [u8; 3]) -> PremultipliedColorU8 {
    let [light, other_light] = [first, second].map(|pixel| pixel.iter().map(|&c| f64::from(c)).sum::<f64>() / 765.0);
    let shown = Colour::WHITE.towards(Colour::rgb(0), FAINT * (1.0 - light.min(other_light)));
    let farthest = first.iter().zip(second).map(|(a, b)| a.abs_diff(b)).max().unwrap_or(0);
    let colour = if farthest <= UNSEEN {
        shown
    } else {
        // The darker one shows something there; of two colours equally dark, the second one does.
        let only = if light < other_light { ONLY_FIRST } else { ONLY_SECOND };
        shown.towards(only, 0.35 + 0.65 * f64::from(farthest) / 255.0)
    };
    let [red, green, blue] = colour.bytes();
    // Opaque, so that premultiplied is the same.
    PremultipliedColorU8::from_rgba(red, green, blue, 255).unwrap_or(PremultipliedColorU8::TRANSPARENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawing(x: u32) -> String {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"30\" height=\"20\">\
             <path d=\"M{x} 5h4v4h-4z\" fill=\"#000\"/><path d=\"M0 18h30v1h-30z\" fill=\"#000\"/></svg>"
        )
    }

    #[test]
    fn what_only_one_shows_has_its_colour() {
        let png = difference_png(&drawing(2), &drawing(12), 1.0).unwrap();
        let picture = Pixmap::decode_png(&png).unwrap();
        let at =
            |x, y| Colour::rgb(u32::from_be_bytes([&[0], &channels(&picture, x, y)[..]].concat().try_into().unwrap()));
        assert_eq!(at(3, 6), ONLY_FIRST);
        assert_eq!(at(13, 6), ONLY_SECOND);
        assert_eq!(at(25, 6), Colour::WHITE);
        let both = at(10, 18);
        assert!(both != Colour::WHITE && both.contrast(Colour::WHITE) < 2.0, "{both:?}");
    }
}
