//! Axes: the row index, and the index that holds the columns' names.

use super::error::PickleError;
use super::extension::{Names, Source};
use super::globals::{Global, Role};
use super::numpy::{Reader, mismatch};
use super::value::Value;
use crate::cell::Cell;
use crate::frame::{ColumnData, Index, IndexKind, Labels, Level, range_len};

/// How deep an index may lie inside an index. pandas needs three: a MultiIndex, of which a level is
/// categorical, of which the categories are an index.
const MAX_DEPTH: usize = 4;

impl Reader<'_, '_> {
    /// An index of any kind.
    ///
    /// This is the one place where reading follows references to any depth that the file asks for,
    /// hence the limit.
    pub(crate) fn axis(&mut self, value: Value, at: usize, depth: usize) -> Result<Index, PickleError> {
        let offset = self.arena.offset_or(value, at);
        if depth > MAX_DEPTH {
            let expected = format!("an index inside an index at most {MAX_DEPTH} deep");
            return Err(mismatch(offset, "index", &expected, "a deeper one"));
        }
        let bad = || self.structure_error(value, at, "axis", "an index of pandas");
        let instance = self.call(value, Role::NewIndex).ok_or_else(bad)?;
        let &[class, attributes] = self.arguments(instance) else {
            return Err(bad());
        };
        let kind = match self.arena.global(class).map(Global::role) {
            Some(Role::Index(kind)) => kind,
            _ => return Err(bad()),
        };
        let labels = match kind {
            IndexKind::Range => self.range(attributes, offset)?,
            IndexKind::Multi => self.multi(attributes, offset, depth)?,
            _ => {
                let value = self.index_attribute(attributes, "data", offset)?;
                let values = self.values(Source { value, at: offset, names: Names::Single("index"), depth })?;
                let data = values.columns.into_iter().next();
                let data =
                    data.ok_or_else(|| self.structure_error(value, offset, "labels of an index", "one column"))?;
                let name = self.arena.entry(attributes, "name");
                Labels::Levels(vec![Level { name: self.label(name.unwrap_or(Value::None), offset)?, data }])
            }
        };
        Ok(Index { kind, labels })
    }

    fn index_attribute(&self, attributes: Value, name: &str, at: usize) -> Result<Value, PickleError> {
        self.arena.entry(attributes, name).ok_or_else(|| {
            let expected = format!("an entry {name}");
            self.structure_error(attributes, at, "attributes of an index", &expected)
        })
    }

    fn range(&mut self, attributes: Value, at: usize) -> Result<Labels, PickleError> {
        let number = |name| match self.index_attribute(attributes, name, at)? {
            Value::Int(number) => Ok(number),
            other => Err(self.structure_error(other, at, "RangeIndex", "an integer")),
        };
        let (start, stop, step) = (number("start")?, number("stop")?, number("step")?);
        if step == 0 {
            return Err(mismatch(at, "RangeIndex", "a step that is not 0", "0"));
        }
        let name = self.arena.entry(attributes, "name");
        Ok(Labels::Range { name: self.label(name.unwrap_or(Value::None), at)?, start, stop, step })
    }

    fn multi(&mut self, attributes: Value, at: usize, depth: usize) -> Result<Labels, PickleError> {
        let arena = self.arena;
        let list = |value: Value| arena.items(value).unwrap_or_default();
        let levels = list(self.index_attribute(attributes, "levels", at)?);
        // `codes` were called `labels` up to pandas 0.23.
        let codes = match arena.entry(attributes, "codes") {
            Some(codes) => list(codes),
            None => list(self.index_attribute(attributes, "labels", at)?),
        };
        let names = list(self.index_attribute(attributes, "names", at)?);
        if levels.is_empty() || levels.len() != codes.len() {
            let expected = "as many lists of codes as levels";
            let found = format!("{} for {}", codes.len(), levels.len());
            return Err(mismatch(at, "MultiIndex", expected, &found));
        }
        let mut columns = self.budget.vec(levels.len(), at)?;
        for (i, (&level, &codes)) in levels.iter().zip(codes).enumerate() {
            let axis = self.axis(level, at, depth + 1)?;
            let labels = self.single_level(axis, at, "a level of a MultiIndex")?;
            let codes = self.values(Source { value: codes, at, names: Names::Single("codes"), depth })?;
            let codes =
                codes.columns.first().ok_or_else(|| mismatch(at, "codes of a MultiIndex", "one column", "none"))?;
            let name = names.get(i).copied().unwrap_or(Value::None);
            columns.push(Level { name: self.label(name, at)?, data: self.decode(&labels, codes, at)? });
        }
        let rows = columns.first().map_or(0, |level| level.data.len());
        if columns.iter().any(|level| level.data.len() != rows) {
            return Err(mismatch(at, "MultiIndex", "codes of equal length", "unequal ones"));
        }
        Ok(Labels::Levels(columns))
    }

    /// The labels of an index that may have but one level; `what` it serves as is named in errors.
    pub(crate) fn single_level(&mut self, axis: Index, at: usize, what: &str) -> Result<ColumnData, PickleError> {
        match axis.labels {
            Labels::Range { start, stop, step, .. } => {
                let count = range_len(start, stop, step);
                let mut labels = self.budget.vec(count, at)?;
                // Every label lies between start and stop, the one after the last perhaps not.
                labels.extend(std::iter::successors(Some(start), |l| l.checked_add(step)).take(count));
                Ok(ColumnData::I64(labels))
            }
            Labels::Levels(levels) => {
                let mut levels = levels.into_iter();
                match (levels.next(), levels.next()) {
                    (Some(level), None) => Ok(level.data),
                    _ => Err(PickleError::Unsupported {
                        offset: at,
                        feature: format!("a MultiIndex as {what}"),
                        hint: "; give it single labels before writing the pickle",
                    }),
                }
            }
        }
    }

    /// The names of the columns. Numbers as names are written out.
    pub(crate) fn column_names(&mut self, value: Value, at: usize) -> Result<Vec<String>, PickleError> {
        let axis = self.axis(value, at, 0)?;
        let at = self.arena.offset_or(value, at);
        let labels = self.single_level(axis, at, "the names of the columns")?;
        let mut names = self.budget.vec(labels.len(), at)?;
        for label in labels.cells() {
            let name = label.to_string();
            self.budget.take(name.capacity(), at)?;
            names.push(name);
        }
        Ok(names)
    }

    /// A name of an index or level.
    fn label(&mut self, value: Value, at: usize) -> Result<Option<String>, PickleError> {
        let cell = match value {
            Value::None => return Ok(None),
            value => self.cell(value, at, "name of an index", 0)?,
        };
        let name = match cell {
            Cell::Text(text) => text.to_string(),
            cell => crate::cell::CellRef::Object(&cell).to_string(),
        };
        self.budget.take(name.capacity(), at)?;
        Ok(Some(name))
    }
}
