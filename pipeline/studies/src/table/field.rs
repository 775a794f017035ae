//! Columns as the Table Schema of Frictionless tells them: what a data dictionary is made of. Each
//! parquet carries those of its columns in its own metadata.

use std::io::Cursor;

use dag::Problem;
use polars_core::prelude::{Column, DataType};
use polars_io::prelude::{ParquetReader, SerReader as _};
use serde::{Deserialize, Serialize};

use super::broken;

/// The key of a table's schema among the metadata of its file.
pub(super) const KEY: &str = "table-schema";

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// The type, as Table Schema calls it.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// Unit as printed on an axis; absent for texts, counts and ratios.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) unit: String,
    /// What it holds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
}

/// All columns of a table, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fields {
    pub(crate) fields: Vec<Field>,
}

impl Field {
    /// A column of a frame.
    pub(super) fn of(column: &Column, unit: &str, description: &str) -> Self {
        let kind = match column.dtype() {
            DataType::Boolean => "boolean",
            // pandas, which many read parquet with, has no integer that is missing.
            data if data.is_integer() && column.null_count() == 0 => "integer",
            data if data.is_primitive_numeric() => "number",
            DataType::String => "string",
            _ => "any",
        };
        Self {
            name: column.name().to_string(),
            kind: kind.to_owned(),
            unit: unit.to_owned(),
            description: description.to_owned(),
        }
    }
}

impl Fields {
    /// The columns of a parquet, from its metadata.
    pub(crate) fn of_parquet(bytes: Vec<u8>) -> Result<Self, Problem> {
        let mut reader = ParquetReader::new(Cursor::new(bytes));
        let metadata = reader.get_metadata().map_err(|error| broken(&error))?;
        let entries = metadata.key_value_metadata().iter().flatten();
        let schema = entries.filter(|entry| entry.key == KEY).find_map(|entry| entry.value.as_deref());
        let schema = schema.ok_or_else(|| {
            Problem::new(format!("the table does not tell its columns: no `{KEY}` in its metadata"))
                .help("write tables with `Rows::write` or `write_raw`")
        })?;
        serde_json::from_str(schema).map_err(|error| Problem::new(format!("its `{KEY}`: {error}")))
    }
}

/// The columns of a CSV as this program writes them: names in the first line, with the unit as in
/// `Latency [ms]`, numbers or texts below it. A column without a single value is one of texts.
///
/// # Errors
/// When it is no CSV, or lines differ in length.
pub(crate) fn fields_of_csv(text: &str) -> Result<Fields, Problem> {
    let broken = |error: csv::Error| Problem::new(error.to_string()).expected("a CSV with names in its first line");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> = reader.headers().map_err(broken)?.iter().map(str::to_owned).collect();
    let (mut filled, mut numeric) = (vec![false; names.len()], vec![true; names.len()]);
    for row in reader.records() {
        let row = row.map_err(broken)?;
        for ((cell, filled), numeric) in row.iter().zip(&mut filled).zip(&mut numeric) {
            *filled |= !cell.is_empty();
            *numeric &= cell.is_empty() || cell.parse::<f64>().is_ok();
        }
    }
    let field = |((name, filled), numeric): ((String, bool), bool)| {
        let (told, unit) = name.strip_suffix(']').and_then(|name| name.rsplit_once(" [")).unwrap_or((&name, ""));
        let kind = if filled && numeric { "number" } else { "string" };
        let (unit, description) = (unit.to_owned(), told.to_owned());
        Field { name, kind: kind.to_owned(), unit, description }
    };
    Ok(Fields { fields: names.into_iter().zip(filled).zip(numeric).map(field).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_csv_tells_names_units_and_types() {
        let csv = "series,Latency [ms],share of [x],note,none\n\"a, b\",0.1,inf,1,\nc,,-2e-7,x,\n";
        let fields = fields_of_csv(csv).unwrap().fields;
        let told: Vec<_> = fields.iter().map(|f| (&*f.name, &*f.kind, &*f.unit, &*f.description)).collect();
        assert_eq!(
            told,
            [
                ("series", "string", "", "series"),
                ("Latency [ms]", "number", "ms", "Latency"),
                ("share of [x]", "number", "x", "share of"),
                ("note", "string", "", "note"),
                ("none", "string", "", "none"),
            ]
        );
        assert!(fields_of_csv("a,b\n1\n").is_err());
    }
}
