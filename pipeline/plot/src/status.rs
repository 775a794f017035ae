//! The strip above a drawing that says that its data are not the published ones.

use crate::{font::Font, style};

const LINE: f64 = 10.5;
const PADDING: f64 = 2.0;
/// Free paper on either side of the text.
const SIDE: f64 = 6.0;

/// A text broken into lines that fit the width of a figure.
pub(crate) struct Strip {
    width: f64,
    lines: Vec<String>,
}

impl Strip {
    pub fn new(text: &str, width: f64) -> Self {
        let font = Font::bold(style::STATUS_SIZE);
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if font.width(&format!("{line} {word}")) <= width - 2.0 * SIDE => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.into()),
            }
        }
        Self { width, lines }
    }

    pub fn height(&self) -> f64 {
        self.lines.len() as f64 * LINE + 2.0 * PADDING
    }

    /// SVG elements, one a line.
    pub fn svg(&self) -> String {
        let mut out = format!(
            "<rect x=\"0\" y=\"0\" width=\"{}\" height=\"{}\" fill=\"{}\"/>\n",
            self.width,
            self.height(),
            style::STATUS
        );
        for (index, line) in self.lines.iter().enumerate() {
            let y = PADDING + (index as f64 + 0.5) * LINE;
            out.push_str(&format!(
                "<text dominant-baseline=\"central\" text-anchor=\"middle\" x=\"{}\" y=\"{y}\" \
                 style=\"font-size:{}px;font-family:{};font-weight:bold;\" fill=\"#fff\">{}</text>\n",
                self.width / 2.0,
                style::STATUS_SIZE,
                style::font_family(),
                crate::canonical::escape(line)
            ));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_take_more_lines() {
        let text = "SIMULATED DATA, not measured: made from seed 42";
        assert_eq!(Strip::new(text, 420.0).lines, [text]);
        let narrow = Strip::new(text, 120.0);
        assert_eq!(narrow.lines.join(" "), text);
        assert!(narrow.lines.len() > 1);
        let font = Font::bold(style::STATUS_SIZE);
        assert!(narrow.lines.iter().all(|line| font.width(line) <= 120.0));
    }
}
