//! The content of a published-values file as a tree: fields in the order of the file, each with its
//! line, numbers as the text that stands there.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{PublishedError, Token};

/// A value in the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text or a number, as written.
    Token(Token),
    /// `true` or `false`.
    Flag(bool),
    /// A list.
    List(Vec<Value>),
    /// A table.
    Table(Fields),
}

impl Value {
    /// What it is, for messages.
    fn describe(&self) -> String {
        match self {
            Value::Token(token) => format!("`{token}`"),
            Value::Flag(flag) => format!("`{flag}`"),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
        }
    }

    /// The items of a list, `None` if it is something else.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The fields of a table, `None` if it is something else.
    pub fn as_table(&self) -> Option<&Fields> {
        match self {
            Value::Table(fields) => Some(fields),
            _ => None,
        }
    }

    /// The text or number, `None` if it is something else.
    pub fn as_token(&self) -> Option<&Token> {
        match self {
            Value::Token(token) => Some(token),
            _ => None,
        }
    }
}

/// A table: names with values, in the order of the file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields(Vec<Field>);

/// One field of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// What it holds.
    pub value: Value,
}

impl Fields {
    /// Parses the text of a file.
    pub(super) fn parse(file: &Path, text: &str) -> Result<Fields, PublishedError> {
        let lines = Lines::of(text);
        let table = DeTable::parse(text).map_err(|error| PublishedError::Syntax {
            file: file.to_owned(),
            line: lines.line(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        Ok(Fields::convert(&lines, table.get_ref()))
    }

    fn convert(lines: &Lines, table: &DeTable<'_>) -> Fields {
        let mut fields: Vec<(usize, &str, &Spanned<DeValue<'_>>)> =
            table.iter().map(|(key, value)| (key.span().start, key.get_ref().as_ref(), value)).collect();
        // The parser sorts by name.
        fields.sort_by_key(|(offset, _, _)| *offset);
        Fields(
            fields
                .into_iter()
                .map(|(offset, name, value)| Field {
                    name: name.to_owned(),
                    line: lines.line(offset),
                    value: convert(lines, value.get_ref()),
                })
                .collect(),
        )
    }

    /// The value called `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.field(name).map(|field| &field.value)
    }

    /// The value reached by following the names from table to table.
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        let (last, tables) = path.split_last()?;
        let mut fields = self;
        for name in tables {
            fields = fields.get(name)?.as_table()?;
        }
        fields.get(last)
    }

    /// The fields in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.0.iter()
    }

    /// The field called `name`.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.iter().find(|field| field.name == name)
    }
}

fn convert(lines: &Lines, value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(string) => Value::Token(Token::new(string.as_ref())),
        DeValue::Integer(integer) => Value::Token(Token::new(integer.to_string())),
        DeValue::Float(float) => Value::Token(Token::new(float.as_str())),
        DeValue::Datetime(datetime) => Value::Token(Token::new(datetime.to_string())),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Array(items) => Value::List(items.iter().map(|item| convert(lines, item.get_ref())).collect()),
        DeValue::Table(table) => Value::Table(Fields::convert(lines, table)),
    }
}

/// Where the lines of a text end, to tell the line of a byte offset.
struct Lines {
    ends: Vec<usize>,
}

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at);
        Lines { ends: ends.collect() }
    }

    /// The line, from 1, of a byte offset.
    fn line(&self, offset: usize) -> usize {
        1 + self.ends.partition_point(|&end| end < offset)
    }
}

/// Reads the fields of one entry, with errors that say where.
pub(super) struct Reader<'a> {
    file: &'a Path,
    entry: String,
    pub(super) fields: &'a Fields,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a Path, entry: impl Into<String>, fields: &'a Fields) -> Self {
        Reader { file, entry: entry.into(), fields }
    }

    /// The line where the entry begins.
    pub(super) fn line(&self) -> usize {
        self.fields.iter().next().map_or(1, |field| field.line)
    }

    /// The error that a field is not as expected.
    pub(super) fn wrong(&self, field: &str, problem: impl Into<String>) -> PublishedError {
        PublishedError::Entry {
            file: PathBuf::from(self.file),
            line: self.fields.field(field).map_or(self.line(), |found| found.line),
            entry: self.entry.clone(),
            problem: format!("`{field}`: {}", problem.into()),
        }
    }

    fn unexpected(&self, field: &str, expected: &str, found: &Value) -> PublishedError {
        self.wrong(field, format!("expected {expected}, found {}", found.describe()))
    }

    pub(super) fn token(&self, field: &str) -> Result<Option<&'a Token>, PublishedError> {
        match self.fields.get(field) {
            None => Ok(None),
            Some(Value::Token(token)) => Ok(Some(token)),
            Some(other) => Err(self.unexpected(field, "a text or a number", other)),
        }
    }

    pub(super) fn text(&self, field: &str) -> Result<Option<String>, PublishedError> {
        Ok(self.token(field)?.map(|token| token.text().to_owned()))
    }

    pub(super) fn required_text(&self, field: &str) -> Result<String, PublishedError> {
        self.text(field)?.ok_or_else(|| self.wrong(field, "is missing"))
    }

    pub(super) fn flag(&self, field: &str) -> Result<Option<bool>, PublishedError> {
        match self.fields.get(field) {
            None => Ok(None),
            Some(Value::Flag(flag)) => Ok(Some(*flag)),
            Some(other) => Err(self.unexpected(field, "true or false", other)),
        }
    }

    pub(super) fn count(&self, field: &str) -> Result<Option<usize>, PublishedError> {
        self.token(field)?
            .map(|token| {
                token.text().parse().map_err(|_| self.wrong(field, format!("expected a count, found `{token}`")))
            })
            .transpose()
    }

    pub(super) fn number(&self, field: &str) -> Result<Option<f64>, PublishedError> {
        self.token(field)?.map(|token| self.finite(field, token)).transpose()
    }

    fn finite(&self, field: &str, token: &Token) -> Result<f64, PublishedError> {
        match token.decimal() {
            Some(decimal) => Ok(decimal.value),
            None => Err(self.wrong(field, format!("expected a number, found `{token}`"))),
        }
    }

    pub(super) fn list(&self, field: &str) -> Result<Option<&'a [Value]>, PublishedError> {
        match self.fields.get(field) {
            None => Ok(None),
            Some(Value::List(items)) => Ok(Some(items)),
            Some(other) => Err(self.unexpected(field, "a list", other)),
        }
    }

    pub(super) fn tokens(&self, field: &str) -> Result<Option<Vec<Token>>, PublishedError> {
        let Some(items) = self.list(field)? else { return Ok(None) };
        let mut tokens = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::Token(token) => tokens.push(token.clone()),
                other => return Err(self.unexpected(field, "texts or numbers", other)),
            }
        }
        Ok(Some(tokens))
    }

    pub(super) fn texts(&self, field: &str) -> Result<Option<Vec<String>>, PublishedError> {
        let tokens = self.tokens(field)?;
        Ok(tokens.map(|tokens| tokens.iter().map(|token| token.text().to_owned()).collect()))
    }

    /// A list of numbers, in which "NaN" stands for a missing one. Empty if the field is absent.
    pub(super) fn coordinates(&self, field: &str) -> Result<Vec<f64>, PublishedError> {
        let mut numbers = Vec::new();
        for token in self.tokens(field)?.unwrap_or_default() {
            numbers.push(if token.is_missing() { f64::NAN } else { self.finite(field, &token)? });
        }
        Ok(numbers)
    }

    /// A list of rows. A cell that is itself a list becomes the text `[a, b]`.
    pub(super) fn rows(&self, field: &str) -> Result<Option<Vec<Vec<Token>>>, PublishedError> {
        let Some(items) = self.list(field)? else { return Ok(None) };
        let mut rows = Vec::with_capacity(items.len());
        for item in items {
            let Value::List(cells) = item else {
                return Err(self.unexpected(field, "rows", item));
            };
            let row: Option<Vec<Token>> = cells.iter().map(cell).collect();
            rows.push(row.ok_or_else(|| self.wrong(field, "a cell is a table"))?);
        }
        Ok(Some(rows))
    }

    pub(super) fn table(&self, field: &str) -> Result<Option<&'a Fields>, PublishedError> {
        match self.fields.get(field) {
            None => Ok(None),
            Some(Value::Table(fields)) => Ok(Some(fields)),
            Some(other) => Err(self.unexpected(field, "a table", other)),
        }
    }
}

fn cell(value: &Value) -> Option<Token> {
    match value {
        Value::Token(token) => Some(token.clone()),
        Value::Flag(flag) => Some(Token::new(flag.to_string())),
        Value::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(|item| Some(cell(item)?.text().to_owned())).collect();
            Some(Token::new(format!("[{}]", items?.join(", "))))
        }
        Value::Table(_) => None,
    }
}
