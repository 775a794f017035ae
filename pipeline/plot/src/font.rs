//! The one typeface of all figures, Noto Sans: measured here, drawn by resvg, embedded by typst.

use crate::geometry::{Point, Rect};
use std::sync::OnceLock;
use ttf_parser::Face;

/// Family name as it stands in the font files and in the SVG.
pub const FAMILY: &str = "Noto Sans";

/// The sign of a negative exponent. The typeface has no glyph for it: a drawing shows a raised hyphen, which has
/// the width and the weight of a minus between raised digits.
pub(crate) const RAISED_MINUS: char = '⁻';
pub(crate) const STANDS_FOR_RAISED_MINUS: char = '-';

/// How far letters reach above and below the middle line of a text (SVG's central baseline), for the
/// size: ascenders, and descenders with brackets.
const ABOVE_MIDDLE: f64 = 0.42;
const BELOW_MIDDLE: f64 = 0.64;

/// The files of the family: regular, bold, italic, bold italic.
pub fn files() -> [&'static [u8]; 4] {
    [notosans::REGULAR_TTF, notosans::BOLD_TTF, notosans::ITALIC_TTF, notosans::BOLD_ITALIC_TTF]
}

/// A cut of the family at a size in pt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Font {
    pub size: f64,
    pub bold: bool,
    pub italic: bool,
}

impl Font {
    /// The regular cut.
    pub const fn regular(size: f64) -> Self {
        Self { size, bold: false, italic: false }
    }

    /// The bold cut.
    pub const fn bold(size: f64) -> Self {
        Self { size, bold: true, italic: false }
    }

    /// Reads a CSS font shorthand as ECharts writes it: `[style] [weight] 8px family`.
    pub(crate) fn from_css(css: &str) -> Self {
        let mut font = Self::regular(12.0);
        for word in css.split_whitespace() {
            match word {
                "bold" | "bolder" | "600" | "700" | "800" | "900" => font.bold = true,
                "italic" | "oblique" => font.italic = true,
                _ => {
                    if let Some(size) = word.strip_suffix("px").and_then(|n| n.parse().ok()) {
                        font.size = size;
                    }
                }
            }
        }
        font
    }

    /// Width of one line of text in pt: the sum of the advance widths. Kerning is left out; in this
    /// family it only ever narrows a line, by less than the side bearings.
    pub fn width(&self, text: &str) -> f64 {
        let Some(face) = self.face() else { return text.chars().count() as f64 * self.size / 2.0 };
        let units: u32 = text.chars().map(|character| u32::from(advance(face, character))).sum();
        f64::from(units) / f64::from(face.units_per_em()) * self.size
    }

    /// The box around the letters of a text that is set about `middle`.
    pub(crate) fn letters(&self, text: &str, middle: Point) -> Rect {
        let width = self.width(text);
        let top = middle.y - ABOVE_MIDDLE * self.size;
        Rect::new(middle.x - width / 2.0, top, width, (ABOVE_MIDDLE + BELOW_MIDDLE) * self.size)
    }

    /// The middle of the text whose letters are in a box.
    pub(crate) fn middle(&self, letters: &Rect) -> Point {
        Point { x: letters.centre().x, y: letters.y + ABOVE_MIDDLE * self.size }
    }

    fn face(&self) -> Option<&'static Face<'static>> {
        faces().get(usize::from(self.bold) + 2 * usize::from(self.italic))?.as_ref()
    }
}

/// Characters of `text` that the typeface has no glyph for, in order, without repeats.
pub fn missing_glyphs(text: &str) -> Vec<char> {
    let Some(face) = Font::regular(1.0).face() else { return Vec::new() };
    let mut missing = Vec::new();
    for character in text.chars().filter(|c| !c.is_whitespace() && !c.is_control()) {
        if face.glyph_index(character).is_none() && !missing.contains(&character) {
            missing.push(character);
        }
    }
    missing
}

/// Advance in font units; one em for a character that the font lacks. That is also what ECharts
/// counts on: it takes the width of an ideograph for the height of a line.
fn advance(face: &Face, character: char) -> u16 {
    let character = if character == RAISED_MINUS { STANDS_FOR_RAISED_MINUS } else { character };
    face.glyph_index(character).and_then(|glyph| face.glyph_hor_advance(glyph)).unwrap_or(face.units_per_em())
}

fn faces() -> &'static [Option<Face<'static>>; 4] {
    static FACES: OnceLock<[Option<Face<'static>>; 4]> = OnceLock::new();
    FACES.get_or_init(|| files().map(|file| Face::parse(file, 0).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_four_files_parse_and_carry_the_family_name() {
        for face in faces() {
            let face = face.as_ref().expect("a font file of the notosans package parses");
            let family = face
                .names()
                .into_iter()
                .find(|name| name.name_id == ttf_parser::name_id::FAMILY && name.is_unicode())
                .and_then(|name| name.to_string());
            assert_eq!(family.as_deref(), Some(FAMILY));
        }
    }

    #[test]
    fn cuts_are_where_they_are_looked_for() {
        let cut = |bold, italic| Font { size: 8.0, bold, italic }.face().map(|f| (f.is_bold(), f.is_italic()));
        for (bold, italic) in [(false, false), (true, false), (false, true), (true, true)] {
            assert_eq!(cut(bold, italic), Some((bold, italic)));
        }
    }

    #[test]
    fn widths_are_those_of_the_font() {
        // hmtx of Noto Sans Regular: every digit 1171, space 532 of 2048 units per em.
        assert_eq!(Font::regular(10.0).width("20 25"), (4.0 * 1171.0 + 532.0) / 204.8);
        assert!(Font::bold(10.0).width("Energy") > Font::regular(10.0).width("Energy"));
        assert_eq!(Font::regular(9.0).width("国"), 9.0);
        assert_eq!(Font::regular(9.0).width("10⁻³"), Font::regular(9.0).width("10-³"));
    }

    #[test]
    fn css_shorthand() {
        assert_eq!(Font::from_css("bold 8.5px Noto Sans, sans-serif"), Font::bold(8.5));
        assert_eq!(Font::from_css("italic normal 7px x"), Font { size: 7.0, bold: false, italic: true });
        assert_eq!(Font::from_css("sans-serif"), Font::regular(12.0));
    }

    #[test]
    fn missing_glyphs_are_named_once() {
        assert_eq!(missing_glyphs("µJ per 国 and 国 × α ≥ −1, 10² and 10⁻³"), ['国', '⁻']);
    }
}
