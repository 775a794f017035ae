//! The fonts that a document can use, whatever the machine has: those that typst carries (Libertinus
//! Serif, New Computer Modern with its mathematics, DejaVu Sans Mono), and Noto Sans, in which the
//! figures are drawn.

/// The family name of [`NOTO_SANS`], for `set text(font: …)`.
pub const SANS_FAMILY: &str = "Noto Sans";

/// Noto Sans, upright and italic, regular and bold: file name and TrueType file.
pub const NOTO_SANS: [(&str, &[u8]); 4] = [
    ("NotoSans-Regular.ttf", notosans::REGULAR_TTF),
    ("NotoSans-Bold.ttf", notosans::BOLD_TTF),
    ("NotoSans-Italic.ttf", notosans::ITALIC_TTF),
    ("NotoSans-BoldItalic.ttf", notosans::BOLD_ITALIC_TTF),
];
