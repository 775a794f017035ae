//! The numbers behind a figure, as a table.

/// One cell. A missing value is [`Cell::Number`] of NaN.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(String),
    Number(f64),
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Cell::Number(number)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

/// Name and unit of a column; the unit is empty for text and for pure numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: String,
    pub unit: String,
}

impl Column {
    pub fn new(name: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { name: name.into(), unit: unit.into() }
    }

    /// `name [unit]`, or the name alone where there is no unit. Axis titles read the same.
    pub fn header(&self) -> String {
        if self.unit.is_empty() { self.name.clone() } else { format!("{} [{}]", self.name, self.unit) }
    }
}

/// A table of the plotted data. The first column, `series`, says to which series a row belongs; the
/// others carry their units in the header. A row may be shorter than the header: the rest is missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataTable {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl DataTable {
    /// The same with a last column of what is to be said of the series of each row.
    pub(crate) fn with_remark<'a>(&self, name: &str, remark: impl Fn(&str) -> &'a str) -> Self {
        let mut table = self.clone();
        let width = table.columns.len();
        table.columns.push(Column::new(name, ""));
        for row in &mut table.rows {
            row.resize(width, Cell::Number(f64::NAN));
            let said = match row.first() {
                Some(Cell::Text(series)) => remark(series),
                _ => "",
            };
            row.push(said.into());
        }
        table
    }

    /// A table without rows; `series` comes before the given columns.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        let series = Column::new("series", "");
        Self { columns: std::iter::once(series).chain(columns).collect(), rows: Vec::new() }
    }

    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub fn rows(&self) -> &[Vec<Cell>] {
        &self.rows
    }

    /// Adds a row; cells beyond the last column are dropped.
    pub fn push(&mut self, series: &str, cells: impl IntoIterator<Item = Cell>) {
        let mut row = vec![Cell::from(series)];
        row.extend(cells.into_iter().take(self.columns.len().saturating_sub(1)));
        self.rows.push(row);
    }

    /// Adds the named values as a row, adding columns that are not there yet.
    pub(crate) fn push_named(&mut self, series: &str, values: Vec<(Column, Cell)>) {
        if self.columns.is_empty() {
            *self = Self::new([]);
        }
        let mut row = vec![Cell::from(series)];
        for (column, cell) in values {
            let index = self.columns.iter().position(|c| *c == column).unwrap_or_else(|| {
                self.columns.push(column);
                self.columns.len() - 1
            });
            if row.len() <= index {
                row.resize(index + 1, Cell::Number(f64::NAN));
            }
            row[index] = cell;
        }
        self.rows.push(row);
    }

    /// Adds all rows of another table; columns that are the same become one. `panel` says in a column
    /// of its own to which of several panels they belong.
    pub(crate) fn append(&mut self, other: DataTable, panel: Option<&str>) {
        let panel = panel.map(|panel| (Column::new("panel", ""), Cell::from(panel)));
        for row in other.rows {
            let mut cells = other.columns.iter().cloned().zip(row);
            let series = match cells.next() {
                Some((_, Cell::Text(series))) => series,
                _ => String::new(),
            };
            self.push_named(&series, panel.iter().cloned().chain(cells).collect());
        }
    }

    /// CSV after RFC 4180, with LF. Numbers are the shortest text that reads back as the same f64; a
    /// missing value is an empty cell, infinities are `inf` and `-inf`.
    pub fn csv(&self) -> String {
        let mut out = String::new();
        line(&mut out, self.columns.iter().map(|column| field(&column.header())));
        for row in &self.rows {
            let missing = Cell::Number(f64::NAN);
            let cells = row.iter().chain(std::iter::repeat(&missing)).take(self.columns.len());
            line(
                &mut out,
                cells.map(|cell| match cell {
                    Cell::Text(text) => field(text),
                    Cell::Number(number) if number.is_nan() => String::new(),
                    Cell::Number(number) => shortest(*number),
                }),
            );
        }
        out
    }
}

fn line(out: &mut String, fields: impl Iterator<Item = String>) {
    out.push_str(&fields.collect::<Vec<_>>().join(","));
    out.push('\n');
}

fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Plain digits where they are short, an exponent where they are not; both are shortest round-trip.
fn shortest(number: f64) -> String {
    let magnitude = number.abs();
    if number == 0.0 || !number.is_finite() || (1e-5..1e17).contains(&magnitude) {
        number.to_string()
    } else {
        format!("{number:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_is_rfc_4180_with_units_in_the_header() {
        let mut table = DataTable::new([Column::new("Latency", "ms"), Column::new("label", "")]);
        table.push("L4", [0.1.into(), "a, \"b\"".into()]);
        table.push("F4", [f64::NAN.into()]);
        table.push("F7", [1e-300.into(), "x".into(), "dropped".into()]);
        assert_eq!(table.csv(), "series,Latency [ms],label\nL4,0.1,\"a, \"\"b\"\"\"\nF4,,\nF7,1e-300,x\n");
    }

    #[test]
    fn numbers_read_back_as_the_same_bits() {
        for number in [0.1 + 0.2, 1.0 / 3.0, 5e-324, f64::MAX, -0.0, 12041.714375, 1e16, 1.5e17] {
            let text = shortest(number);
            assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(number.to_bits()), "{text}");
        }
        assert_eq!(shortest(f64::NEG_INFINITY), "-inf");
        assert_eq!(shortest(61440000.0), "61440000");
    }

    #[test]
    fn named_rows_grow_columns_in_order_of_appearance() {
        let mut table = DataTable::default();
        table.push_named("a", vec![(Column::new("x", "s"), 1.0.into())]);
        table.push_named("b", vec![(Column::new("y", "J"), 2.0.into()), (Column::new("x", "s"), 3.0.into())]);
        assert_eq!(table.csv(), "series,x [s],y [J]\na,1,\nb,3,2\n");
        let mut panels = DataTable::default();
        panels.append(table.clone(), Some("(a)"));
        panels.append(table, Some("(b)"));
        assert_eq!(panels.csv().lines().last(), Some("b,(b),3,2"));
    }
}
