//! SVG to PNG, with the one typeface.

use crate::{Error, Result, font};
use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{Options, Tree, fontdb::Database},
};
use std::sync::{Arc, OnceLock};

/// Longest side of a picture in pixels.
const LARGEST: f32 = 20_000.0;

/// The picture of an SVG on white, `scale` pixels to the pt.
///
/// Errors: unreadable SVG; a scale that gives no pixels or too many.
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>> {
    pixels(svg, scale)?.encode_png().map_err(|e| Error::Raster(e.to_string()))
}

/// As [`png`], not encoded.
pub(crate) fn pixels(svg: &str, scale: f32) -> Result<Pixmap> {
    let tree = tree(svg)?;
    let (width, height) = (tree.size().width() * scale, tree.size().height() * scale);
    if !(width >= 1.0 && height >= 1.0 && width <= LARGEST && height <= LARGEST) {
        return Err(Error::Raster(format!("{width} x {height} pixels; choose another scale than {scale}")));
    }
    let mut pixels = Pixmap::new(width.ceil() as u32, height.ceil() as u32)
        .ok_or_else(|| Error::Raster("no memory for the picture".into()))?;
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    Ok(pixels)
}

/// The SVG as resvg sees it, with all text shaped.
pub(crate) fn tree(svg: &str) -> Result<Tree> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let fonts = FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        for file in font::files() {
            fonts.load_font_data(file.to_vec());
        }
        // A text in any other typeface is drawn in this one rather than left out; lint tells of it.
        fonts.set_sans_serif_family(font::FAMILY);
        fonts.set_serif_family(font::FAMILY);
        fonts.set_monospace_family(font::FAMILY);
        Arc::new(fonts)
    });
    let options = Options { font_family: font::FAMILY.into(), fontdb: Arc::clone(fonts), ..Options::default() };
    Tree::from_str(svg, &options).map_err(|e| Error::Raster(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"30\" height=\"20\"/>";

    #[test]
    fn size_and_signature() {
        let picture = png(SVG, 2.0).expect("an empty picture");
        assert_eq!(&picture[1..4], b"PNG");
        // IHDR: width and height, big endian.
        assert_eq!((&picture[16..20], &picture[20..24]), (&[0, 0, 0, 60][..], &[0, 0, 0, 40][..]));
    }

    #[test]
    fn bad_input_is_an_error() {
        for (svg, scale) in [("<svg", 1.0), (SVG, 0.0), (SVG, f32::NAN), (SVG, 1e6)] {
            assert!(matches!(png(svg, scale), Err(Error::Raster(_))), "{svg} {scale}");
        }
    }
}
