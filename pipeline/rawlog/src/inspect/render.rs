//! A description as text for a terminal: a line for each column of the table.

use super::{ColumnDescription, Description};

/// Fewest and most characters that a cell of the first rows gets.
const CELL_WIDTH: std::ops::RangeInclusive<usize> = 4..=20;

/// Where less than this is left of the line, no further row begins.
const LEAST_ROOM: usize = 10;

/// Below this width nothing readable fits.
const NARROWEST: usize = 40;

const GAP: &str = "  ";

impl Description {
    /// The description as lines of at most `width` characters (40 at least), each ended by a line
    /// feed. Control characters of the file are escaped, so that it cannot move the cursor.
    #[must_use]
    pub fn render(&self, width: usize) -> String {
        let width = width.max(NARROWEST);
        let mut lines: Vec<String> = self.file.iter().map(|file| printable(file)).collect();
        lines.push(self.size());
        lines.push(self.index_line());
        if !self.columns.is_empty() {
            lines.push(String::new());
            lines.extend(self.table(width));
        }
        let fitted = lines.iter().map(|line| fit(line, width).trim_end().to_owned() + "\n");
        fitted.collect()
    }

    fn size(&self) -> String {
        let format = self.format.as_ref().map(|format| format!("{format}: "));
        let (rows, columns) = (self.rows, self.columns.len());
        let size = format!("{rows} row{} x {columns} column{}", plural(rows), plural(columns));
        format.unwrap_or_default() + &size
    }

    fn index_line(&self) -> String {
        let mut line = format!("index: {}", self.index.kind);
        let names: Vec<&str> = self.index.names.iter().flatten().map(String::as_str).collect();
        if !names.is_empty() {
            line += &format!(" {}", printable(&names.join(", ")));
        }
        if self.rows > 0 {
            let labels = |labels: &[serde_json::Value]| {
                let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
                printable(&labels.join(", "))
            };
            line += &format!(", {} to {}", labels(&self.index.first), labels(&self.index.last));
        }
        line
    }

    /// Name, type, unit (where any is known) and missing cells of each column, then as many of the
    /// first rows as fit.
    fn table(&self, width: usize) -> Vec<String> {
        let of_columns = |header: &str, text: &dyn Fn(&ColumnDescription) -> String| {
            let cells = self.columns.iter().map(|column| printable(&text(column)));
            std::iter::once(header.to_owned()).chain(cells).collect::<Vec<_>>()
        };
        let mut parts = vec![
            (of_columns("column", &|column| column.name.clone()), width / 3),
            (of_columns("type", &type_of), width / 4),
        ];
        if self.columns.iter().any(|column| column.unit.is_some()) {
            let units = of_columns("unit", &|column| column.unit.clone().unwrap_or_default());
            parts.push((units, width / 8));
        }
        parts.push((of_columns("nulls", &|column| column.nulls.to_string()), width / 8));

        let mut lines = vec![String::new(); self.columns.len() + 1];
        for (cells, widest) in parts {
            append(&mut lines, &cells, longest(&cells).min(widest));
        }
        let shown = self.columns.iter().map(|column| column.shown.len()).max();
        for row in 0..shown.unwrap_or(0) {
            let cells = of_columns(&format!("row {row}"), &|column| column.shown.get(row).cloned().unwrap_or_default());
            let cell_width = longest(&cells).clamp(*CELL_WIDTH.start(), *CELL_WIDTH.end());
            let room = width.saturating_sub(longest(&lines) + GAP.len());
            // What does not fit is cut, or left out if hardly anything of it would be left.
            if row > 0 && room < cell_width.min(LEAST_ROOM) {
                break;
            }
            append(&mut lines, &cells, cell_width.min(room));
        }
        lines
    }
}

/// The type, with the kinds of cells if it is a column of objects that are not all text.
fn type_of(column: &ColumnDescription) -> String {
    let kinds: Vec<&str> = column.kinds.iter().map(|(kind, _)| *kind).collect();
    match kinds[..] {
        [] | ["text"] => column.dtype.clone(),
        _ => format!("{} ({})", column.dtype, kinds.join(", ")),
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Adds a cell of this width to each line.
fn append(lines: &mut [String], cells: &[String], width: usize) {
    for (line, cell) in lines.iter_mut().zip(cells) {
        if !line.is_empty() {
            line.push_str(GAP);
        }
        line.push_str(&fit(cell, width));
        let missing = width.saturating_sub(cell.chars().count());
        line.extend(std::iter::repeat_n(' ', missing));
    }
}

fn longest(lines: &[String]) -> usize {
    lines.iter().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// At most `width` characters, with an ellipsis where text was cut off.
fn fit(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept = text.chars().take(width.saturating_sub(1));
    kept.chain((width > 0).then_some('…')).collect()
}

/// The text with line breaks, escape sequences and other control characters written out.
fn printable(text: &str) -> String {
    let is_plain = |c: char| !c.is_control() && !('\u{202a}'..='\u{202e}').contains(&c);
    text.chars()
        .map(|c| match is_plain(c) {
            true => c.to_string(),
            false => c.escape_default().to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::cell::Cell;
    use crate::frame::{Column, ColumnData, Frame, Index, IndexKind, Labels};
    use crate::inspect::describe;

    fn frame() -> Frame {
        let column = |name: &str, dtype: &str, data| Column { name: name.into(), dtype: dtype.into(), data };
        Frame::new(
            vec![
                column("board", "object", ColumnData::Object(vec![Cell::Text("F469NI\u{1b}[2J".into()), Cell::None])),
                column("energy", "float64", ColumnData::F64(vec![0.125, f64::NAN])),
            ],
            Index { kind: IndexKind::Range, labels: Labels::Range { name: None, start: 0, stop: 2, step: 1 } },
        )
        .unwrap()
    }

    #[test]
    fn a_line_for_each_column() {
        let units = |name: &str| (name == "energy").then(|| "mJ".to_owned());
        let text = describe(&frame(), units).render(80);
        assert_eq!(
            text,
            "2 rows x 2 columns\n\
             index: RangeIndex, 0 to 1\n\
             \n\
             column  type                 unit  nulls  row 0            row 1\n\
             board   object (text, None)        1      F469NI\\u{1b}[2J  None\n\
             energy  float64              mJ    1      0.125            NaN\n"
        );
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        for width in [0, 40, 47, 60, 200] {
            let text = describe(&frame(), |_| None).render(width);
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width.max(super::NARROWEST)), "{width}: {text}");
        }
    }

    #[test]
    fn the_json_form_has_numbers_as_numbers() {
        let description = describe(&frame(), |_| None);
        let json = serde_json::to_value(&description).unwrap();
        assert_eq!(json["rows"], 2);
        assert_eq!(json["columns"][1]["first"], serde_json::json!([0.125, null]));
        assert_eq!(json["columns"][0]["kinds"], serde_json::json!([["text", 1], ["None", 1]]));
        assert_eq!(json["index"]["last"], serde_json::json!([1]));
    }
}
