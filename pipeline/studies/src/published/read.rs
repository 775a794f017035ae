//! From the tree of fields to entries and quirks.

use std::collections::BTreeSet;
use std::path::Path;

use super::fields::{Fields, Reader, Value};
use super::{
    Drawing, Entry, Expected, Points, Published, PublishedError, Quirk, Recomputable, SCHEMA, Token, Tolerance,
};
use crate::record::{Kind, Role, Series};

/// The parameters of a line, in the order in which scipy prints them.
const LINE: [&str; 5] = ["slope", "intercept", "rvalue", "pvalue", "stderr"];

/// Digits of a commit that tell it to a reader.
const SHORT_COMMIT: usize = 7;

pub(super) fn published(file: &Path, text: &str) -> Result<Published, PublishedError> {
    let root = Fields::parse(file, text)?;
    let reader = Reader::new(file, "file", &root);
    if let Some(schema) = reader.token("schema")?
        && schema.text() != SCHEMA
    {
        return Err(reader.wrong("schema", format!("expected {SCHEMA}, found `{schema}`")));
    }
    let study = reader.required_text("study")?;

    let mut entries = Vec::new();
    for (place, fields) in tables(&reader, "entry")?.into_iter().enumerate() {
        entries.push(entry(file, place, fields, false)?);
    }
    if entries.is_empty() {
        return Err(reader.wrong("entry", "expected at least one [[entry]]"));
    }
    if let Some(summary) = reader.table("summary")? {
        let reader = Reader::new(file, "summary", summary);
        if let Some(count) = reader.count("entries")?
            && count != entries.len()
        {
            let problem = format!("says {count}, but the file has {} entries", entries.len());
            return Err(reader.wrong("entries", problem));
        }
    }
    for (place, fields) in tables(&reader, "derived")?.into_iter().enumerate() {
        entries.push(entry(file, place, fields, true)?);
    }
    let mut quirks = Vec::new();
    for (place, fields) in tables(&reader, "quirk")?.into_iter().enumerate() {
        quirks.push(quirk(file, place, fields)?);
    }

    let mut ids = BTreeSet::new();
    for entry in &entries {
        if !ids.insert(entry.id.as_str()) {
            let reader = Reader::new(file, format!("entry `{}`", entry.id), &entry.fields);
            return Err(reader.wrong("id", "an earlier entry has the same id"));
        }
    }
    Ok(Published { file: file.to_owned(), study, entries, quirks })
}

/// The tables of `[[name]]`.
fn tables<'a>(reader: &Reader<'a>, name: &str) -> Result<Vec<&'a Fields>, PublishedError> {
    let items = reader.list(name)?.unwrap_or_default();
    items.iter().map(|item| item.as_table().ok_or_else(|| reader.wrong(name, "expected tables"))).collect()
}

fn quirk(file: &Path, place: usize, fields: &Fields) -> Result<Quirk, PublishedError> {
    let id = Reader::new(file, format!("quirk number {}", place + 1), fields).required_text("id")?;
    let reader = Reader::new(file, format!("quirk `{id}`"), fields);
    Ok(Quirk {
        applies_to: reader.required_text("applies_to")?,
        upstream_does: reader.required_text("upstream_does")?,
        fields: fields.clone(),
        id,
    })
}

fn entry(file: &Path, place: usize, fields: &Fields, derived: bool) -> Result<Entry, PublishedError> {
    let id = Reader::new(file, format!("entry number {}", place + 1), fields).required_text("id")?;
    let reader = Reader::new(file, format!("entry `{id}`"), fields);
    let (kind, recomputable, source) = if derived {
        let text = reader.text("text")?.filter(|text| !text.trim().is_empty());
        let kind = if reader.fields.get("kind").is_some() { kind(&reader)? } else { Kind::Table };
        let stated = reader.fields.get("status").is_some();
        let recomputable = if stated { recomputable(&reader)? } else { Recomputable::Yes };
        let source = text.map_or_else(|| "not published".to_owned(), |text| format!("not published: {text}"));
        (kind, recomputable, source)
    } else {
        (kind(&reader)?, recomputable(&reader)?, source(&reader)?)
    };
    let shape = match reader.list("shape")? {
        None => None,
        Some(_) => match reader.coordinates("shape")?.as_slice() {
            [rows, columns] => Some([*rows as usize, *columns as usize]),
            _ => return Err(reader.wrong("shape", "expected [rows, columns]")),
        },
    };
    let (columns, expected) = expected(&reader)?;
    if reader.flag("values_on_file")? == Some(true) && expected == Expected::Nothing {
        return Err(reader.wrong("values_on_file", "is true, but the entry holds no values"));
    }
    Ok(Entry {
        kind,
        title: reader.text("title")?,
        source,
        origin: reader.text("origin")?,
        recomputable,
        why: reader.text("why")?.or(reader.text("status_note")?),
        note: reader.text("note")?,
        basis: reader.text("basis")?,
        superseded: reader.flag("superseded")?.unwrap_or(false),
        derived,
        columns,
        rows_total: reader.count("rows_total")?,
        shape,
        n: reader.count("n")?,
        n_points: reader.count("n_points")?,
        cells_lost: reader.count("cells")?.zip(reader.count("cells_ok")?).map_or(0, |(all, ok)| all.saturating_sub(ok)),
        expected,
        tolerance: Tolerance {
            absolute: reader.number("tolerance")?,
            relative: reader.number("rel_tolerance")?,
            cut: cut(&reader)?,
            band_spread: reader.number("band_spread_between_two_unseeded_runs_of_y_span")?,
        },
        fields: fields.clone(),
        line: reader.line(),
        id,
    })
}

fn kind(reader: &Reader<'_>) -> Result<Kind, PublishedError> {
    match reader.required_text("kind")?.as_str() {
        "table" => Ok(Kind::Table),
        "regression" => Ok(Kind::Regression),
        "scalar" => Ok(Kind::Scalar),
        "figure" => Ok(Kind::Figure),
        other => Err(reader.wrong("kind", format!("expected table, regression, scalar or figure, found `{other}`"))),
    }
}

fn recomputable(reader: &Reader<'_>) -> Result<Recomputable, PublishedError> {
    match reader.required_text("status")?.as_str() {
        "recomputable" => Ok(Recomputable::Yes),
        "partly" => Ok(Recomputable::Partly),
        "not recomputable" => Ok(Recomputable::No),
        other => {
            Err(reader
                .wrong("status", format!("expected `recomputable`, `partly` or `not recomputable`, found `{other}`")))
        }
    }
}

/// Whether the entry says that its prints were cut off, not rounded.
fn cut(reader: &Reader<'_>) -> Result<bool, PublishedError> {
    match reader.text("digits")?.as_deref() {
        None => Ok(false),
        Some("cut") => Ok(true),
        Some(other) => Err(reader.wrong("digits", format!("expected `cut`, found `{other}`"))),
    }
}

/// The source, in words if it stands as a table.
fn source(reader: &Reader<'_>) -> Result<String, PublishedError> {
    let Some(Value::Table(place)) = reader.fields.get("source") else {
        return reader.required_text("source");
    };
    let parts = ["file", "commit", "cell", "prompt"].map(|name| (name, place.get(name)));
    let mut source = String::new();
    for (name, value) in parts {
        if let Some(token) = value.and_then(Value::as_token) {
            let text = token.text();
            let (before, text) = match name {
                "commit" => (" at ", text.get(..SHORT_COMMIT).unwrap_or(text)),
                "cell" => (", cell ", text),
                "prompt" => (" ", text),
                _ => ("", text),
            };
            source.push_str(before);
            source.push_str(text);
        }
    }
    Ok(source)
}

/// The names of the columns and the values.
fn expected(reader: &Reader<'_>) -> Result<(Option<Vec<String>>, Expected), PublishedError> {
    let columns = reader.texts("columns")?;
    for field in ["display_rows", "rows"] {
        if let Some(rows) = reader.rows(field)?
            && !rows.is_empty()
        {
            let Some(columns) = columns else {
                return Err(reader.wrong(field, "needs `columns`"));
            };
            check_rows(reader, field, columns.len(), &rows)?;
            return Ok((Some(columns), Expected::Table(rows)));
        }
    }
    if let Some(drawing) = drawing(reader)? {
        return Ok((columns, Expected::Drawing(drawing)));
    }
    if let Some(points) = points(reader)? {
        return Ok((columns, Expected::Points(points)));
    }
    for (field, column) in [("values", "value"), ("order", "order")] {
        let Some(Value::List(_)) = reader.fields.get(field) else { continue };
        let values = reader.tokens(field)?.unwrap_or_default();
        return match columns {
            Some(names) if names.len() == values.len() => {
                Ok((None, Expected::Values(names.into_iter().zip(values).collect())))
            }
            Some(names) => Err(reader.wrong(field, format!("has {} values for {} columns", values.len(), names.len()))),
            None => {
                let rows = values.into_iter().map(|value| vec![value]).collect();
                Ok((Some(vec![column.to_owned()]), Expected::Table(rows)))
            }
        };
    }
    let values = values(reader)?;
    if values.is_empty() {
        return Ok((columns, Expected::Nothing));
    }
    Ok((columns, Expected::Values(values)))
}

fn check_rows(reader: &Reader<'_>, field: &str, columns: usize, rows: &[Vec<Token>]) -> Result<(), PublishedError> {
    let width = rows.first().map_or(columns, Vec::len);
    if width != columns && width != columns + 1 {
        return Err(reader.wrong(field, format!("rows have {width} cells for {columns} columns")));
    }
    for (number, row) in rows.iter().enumerate() {
        if row.len() != width {
            let problem = format!("row {number} has {} cells, expected {width}", row.len());
            return Err(reader.wrong(field, problem));
        }
    }
    match reader.count("rows_total")? {
        Some(total) if total != rows.len() => {
            Err(reader.wrong(field, format!("{} rows, but `rows_total` says {total}", rows.len())))
        }
        _ => Ok(()),
    }
}

/// Values by name: the parameters of a line, `value`, and the tables `values` and `values_text`.
fn values(reader: &Reader<'_>) -> Result<Vec<(String, Token)>, PublishedError> {
    let mut values = Vec::new();
    for name in LINE.into_iter().chain(["value"]) {
        if let Some(token) = reader.token(name)? {
            values.push((name.to_owned(), token.clone()));
        }
    }
    for field in ["values", "values_text"] {
        // A bare number is a count of values, not a value.
        let Some(Value::Table(table)) = reader.fields.get(field) else { continue };
        for item in table.iter() {
            let Some(token) = item.value.as_token() else {
                let problem = format!("`{}` must be a text or a number", item.name);
                return Err(reader.wrong(field, problem));
            };
            values.push((item.name.clone(), token.clone()));
        }
    }
    Ok(values)
}

fn drawing(reader: &Reader<'_>) -> Result<Option<Drawing>, PublishedError> {
    // A text says in words what the figure shows.
    let Some(Value::List(items)) = reader.fields.get("series") else { return Ok(None) };
    let mut drawing = Drawing { x_span: span(reader, "x_axis")?, y_span: span(reader, "y_axis")?, series: Vec::new() };
    for item in items {
        let Some(fields) = item.as_table() else {
            return Err(reader.wrong("series", "expected tables"));
        };
        let series = series(reader, fields)?;
        let problem = if drawing.series.iter().any(|other| other.name == series.name) {
            Some("occurs twice")
        } else if !drawing.carries(&series) {
            Some("lies on an axis without `min` and `max`")
        } else {
            None
        };
        if let Some(problem) = problem {
            return Err(reader.wrong("series", format!("`{}` {problem}", series.name)));
        }
        drawing.series.push(series);
    }
    Ok(Some(drawing))
}

fn series(entry: &Reader<'_>, fields: &Fields) -> Result<Series, PublishedError> {
    let within = |error: PublishedError| match error {
        PublishedError::Entry { problem, .. } => entry.wrong("series", problem),
        other => other,
    };
    let reader = Reader::new(Path::new(""), "", fields);
    let name = reader.required_text("key").map_err(within)?;
    let role = match reader.required_text("role").map_err(within)?.as_str() {
        "scatter" => Role::Scatter,
        "path" => Role::Path,
        "fit" => Role::Fit,
        "ci_band" => Role::CiBand,
        "bars" => Role::Bars,
        other => {
            let problem = format!("`{name}`: expected the role scatter, path, fit, ci_band or bars, found `{other}`");
            return Err(entry.wrong("series", problem));
        }
    };
    let numbers = |field| reader.coordinates(field).map_err(within);
    let series = Series {
        role,
        category: reader.texts("category").map_err(within)?.unwrap_or_default(),
        value: numbers("value")?,
        x: numbers("x")?,
        y: numbers("y")?,
        lower: numbers("lower")?,
        upper: numbers("upper")?,
        name,
    };
    match series.check() {
        Ok(()) => Ok(series),
        Err(problem) => Err(entry.wrong("series", format!("`{}`: {problem}", series.name))),
    }
}

/// The length of an axis, `None` if it shows categories.
fn span(reader: &Reader<'_>, axis: &str) -> Result<Option<f64>, PublishedError> {
    let Some(fields) = reader.table(axis)? else { return Ok(None) };
    let text = |name| fields.get(name).and_then(Value::as_token).map(Token::text);
    match text("scale") {
        Some("categorical") => return Ok(None),
        None | Some("linear") => {}
        Some(other) => {
            let problem = format!("expected the scale linear or categorical, found `{other}`");
            return Err(reader.wrong(axis, problem));
        }
    }
    let end = |name| {
        let token = fields.get(name).and_then(Value::as_token);
        token.and_then(Token::decimal).map(|decimal| decimal.value)
    };
    let (Some(min), Some(max)) = (end("min"), end("max")) else { return Ok(None) };
    if min == max {
        return Err(reader.wrong(axis, "`min` and `max` are equal"));
    }
    Ok(Some((max - min).abs()))
}

fn points(reader: &Reader<'_>) -> Result<Option<Points>, PublishedError> {
    // A text says why there are none.
    let Some(Value::List(_)) = reader.fields.get("points") else { return Ok(None) };
    let mut points = Vec::new();
    for row in reader.rows("points")?.unwrap_or_default() {
        let [x, y] = row.as_slice() else {
            return Err(reader.wrong("points", "expected pairs [x, y]"));
        };
        if x.decimal().is_none() || y.decimal().is_none() {
            return Err(reader.wrong("points", format!("`{x}`, `{y}` are not numbers")));
        }
        points.push((x.clone(), y.clone()));
    }
    let reading_error = reader
        .number("reading_error")?
        .ok_or_else(|| reader.wrong("reading_error", "is missing, but there are `points`"))?;
    let unread = reader.tokens("unread")?.unwrap_or_default();
    Ok(Some(Points { points, reading_error, unread }))
}
