//! Values of columns and indexes: arrays of numpy, and the extension arrays of pandas over them.

use std::rc::Rc;

use super::error::PickleError;
use super::globals::{Global, Role};
use super::numpy::{Elements, Reader, mismatch};
use super::value::{Instance, Value};
use crate::cell::Cell;
use crate::frame::{Column, ColumnData};

/// Values of one or more columns of the same type.
pub(crate) struct Values {
    /// The type as pandas names it.
    pub(crate) dtype: String,
    pub(crate) columns: Vec<ColumnData>,
    /// How the file holds them, for diagnosis.
    pub(crate) layout: String,
}

/// What is to be read: the value, the place of what holds it, and the names of the columns that it
/// gives, for errors.
#[derive(Clone, Copy)]
pub(crate) struct Source<'n> {
    pub(crate) value: Value,
    pub(crate) at: usize,
    pub(crate) names: Names<'n>,
    /// How deep axes lie inside axes here.
    pub(crate) depth: usize,
}

/// Names of the columns that values belong to.
#[derive(Clone, Copy)]
pub(crate) enum Names<'n> {
    /// Columns of the frame at these positions.
    Columns { all: &'n [Column], positions: &'n [usize] },
    /// One column of labels or codes.
    Single(&'static str),
}

impl<'n> Names<'n> {
    fn len(self) -> usize {
        match self {
            Names::Columns { positions, .. } => positions.len(),
            Names::Single(_) => 1,
        }
    }

    fn get(self, number: usize) -> &'n str {
        match self {
            Names::Columns { all, positions } => {
                let column = positions.get(number).and_then(|&position| all.get(position));
                column.map_or("", |column| &column.name)
            }
            Names::Single(name) => name,
        }
    }
}

/// The state of an extension array.
#[derive(Clone, Copy)]
enum State {
    /// A dict of attributes.
    Attributes(Value),
    /// dtype and array of an `NDArrayBacked` (pandas 1.3 and later).
    Backed { dtype: Value, array: Value },
}

impl Reader<'_, '_> {
    /// The values of a block or an index.
    pub(crate) fn values(&mut self, source: Source<'_>) -> Result<Values, PickleError> {
        let Source { value, at, .. } = source;
        if self.is_array(value) {
            return self.array_values(source);
        }
        let source = Source { at: self.arena.offset_or(value, at), ..source };
        let bad = |reader: &Self| reader.structure_error(value, at, "values", "an array of numpy or pandas");
        let (role, instance) = self.maker(value).ok_or_else(|| bad(self))?;
        let (role, state) = match role {
            Role::NdArrayBacked => {
                let class = self.arguments(instance).first().copied();
                let class = class.and_then(|class| self.arena.global(class)).ok_or_else(|| bad(self))?;
                (class.role(), self.backed_state(instance, source.at)?)
            }
            role => (role, State::Attributes(instance.state)),
        };
        match role {
            Role::Categorical => self.categorical(state, source),
            Role::DatetimeArray => self.datetimes(state, source),
            Role::StringArray => self.strings(state, source),
            Role::MaskedArray => self.masked(state, source),
            _ => Err(bad(self)),
        }
    }

    /// The state of an `NDArrayBacked`: dtype, array and other attributes, in an order that differs
    /// between versions.
    fn backed_state(&self, instance: Instance, at: usize) -> Result<State, PickleError> {
        match self.arena.items(instance.state) {
            Some(&[array, dtype, ..]) if self.is_array(array) => Ok(State::Backed { dtype, array }),
            Some(&[dtype, array, ..]) => Ok(State::Backed { dtype, array }),
            _ => Err(self.structure_error(instance.state, at, "state of a pandas array", "dtype, array, attributes")),
        }
    }

    /// The first of these attributes that there is.
    fn attribute(&self, state: State, names: &[&str], at: usize) -> Result<Value, PickleError> {
        let expected = || format!("an attribute {}", names.join(" or "));
        let what = "state of a pandas array";
        match state {
            State::Attributes(attributes) => names
                .iter()
                .find_map(|name| self.arena.entry(attributes, name))
                .ok_or_else(|| self.structure_error(attributes, at, what, &expected())),
            State::Backed { .. } => Err(mismatch(at, what, &expected(), "a tuple")),
        }
    }

    fn dtype_and_array(&self, state: State, array: &[&str], at: usize) -> Result<(Value, Value), PickleError> {
        match state {
            State::Backed { dtype, array } => Ok((dtype, array)),
            State::Attributes(_) => Ok((self.attribute(state, &["_dtype"], at)?, self.attribute(state, array, at)?)),
        }
    }

    /// The lines of an array of numpy, one for each column.
    fn array_values(&mut self, source: Source<'_>) -> Result<Values, PickleError> {
        let array = self.array(source.value, source.at)?;
        let shape = array.shape;
        let elements = self.elements(&array)?;
        if shape.outer != source.names.len() {
            let expected = format!("{} column(s)", source.names.len());
            let found = shape.outer.to_string();
            return Err(mismatch(array.offset, "array of values", &expected, &found));
        }
        let mut columns = self.budget.vec(shape.outer, array.offset)?;
        for outer in 0..shape.outer {
            let name = source.names.get(outer);
            columns.push(match &elements {
                Elements::Numbers(bytes) => self.numbers(&array, bytes, outer, name)?,
                Elements::Objects(items) => self.object_cells(&array, items, outer, name)?,
            });
        }
        Ok(Values {
            dtype: array.dtype.pandas_name(),
            columns,
            layout: format!("{} {shape} {}", array.dtype.code(), array.source),
        })
    }

    /// Codes into categories; −1 is missing.
    fn categorical(&mut self, state: State, source: Source<'_>) -> Result<Values, PickleError> {
        let at = source.at;
        let (dtype, codes) = self.dtype_and_array(state, &["_codes"], at)?;
        let categories = self
            .call(dtype, Role::CategoricalDtype)
            .and_then(|dtype| self.arena.entry(dtype.state, "categories"))
            .ok_or_else(|| self.structure_error(dtype, at, "dtype of a categorical", "categories"))?;
        let categories = self.categories(categories, at, source.depth)?;
        let codes = self.array_values(Source { value: codes, ..source })?;
        let mut columns = self.budget.vec(codes.columns.len(), at)?;
        for codes in &codes.columns {
            columns.push(self.decode(&categories, codes, at)?);
        }
        Ok(Values { dtype: "category".into(), columns, layout: format!("category {}", codes.layout) })
    }

    /// The labels of an index of categories. Columns often share one, so it is read once.
    fn categories(&mut self, index: Value, at: usize, depth: usize) -> Result<Rc<ColumnData>, PickleError> {
        if let Some((_, known)) = self.categories.iter().rev().find(|(value, _)| *value == index) {
            return Ok(Rc::clone(known));
        }
        let axis = self.axis(index, at, depth + 1)?;
        let labels = Rc::new(self.single_level(axis, at, "categories")?);
        let entry = (index, Rc::clone(&labels));
        self.budget.push(&mut self.categories, entry, at)?;
        Ok(labels)
    }

    /// Looks up codes in a list of values; −1 stands for a missing one.
    pub(crate) fn decode(
        &mut self,
        values: &ColumnData,
        codes: &ColumnData,
        at: usize,
    ) -> Result<ColumnData, PickleError> {
        let what = "codes of a categorical or MultiIndex";
        let ColumnData::I64(codes) = codes else {
            return Err(mismatch(at, what, "integers", "another type"));
        };
        let valid = -1..i64::try_from(values.len()).unwrap_or(i64::MAX);
        let bad = codes.iter().find(|code| !valid.contains(code));
        if let Some(bad) = bad {
            let expected = format!("numbers from -1 to {}", valid.end - 1);
            return Err(mismatch(at, what, &expected, &bad.to_string()));
        }
        // All codes are valid, so what is not found is missing.
        let found = |code: i64| usize::try_from(code).ok();
        self.budget.take_items::<Cell>(codes.len(), at)?;
        let any_missing = codes.contains(&-1);
        let codes = codes.iter().map(|&code| found(code));
        Ok(match values {
            ColumnData::F64(values) => ColumnData::F64(codes.map(|c| lookup(values, c, f64::NAN)).collect()),
            ColumnData::Datetime(values) => {
                ColumnData::Datetime(codes.map(|c| lookup(values, c, crate::time::NAT)).collect())
            }
            ColumnData::I64(values) if !any_missing => ColumnData::I64(codes.map(|c| lookup(values, c, 0)).collect()),
            values => {
                let missing = || Cell::Float(f64::NAN);
                let cell = |code| match values {
                    ColumnData::I64(values) => values.get(code).map(|&value| Cell::Int(value)),
                    ColumnData::Bool(values) => values.get(code).map(|&value| Cell::Bool(value)),
                    ColumnData::Object(cells) => cells.get(code).cloned(),
                    ColumnData::F64(_) | ColumnData::Datetime(_) => None,
                };
                let cells = codes.map(|code| code.and_then(cell).unwrap_or_else(missing));
                ColumnData::Object(cells.collect())
            }
        })
    }

    /// Times with or without a zone. Zoned ones are kept in UTC.
    fn datetimes(&mut self, state: State, source: Source<'_>) -> Result<Values, PickleError> {
        let at = source.at;
        let (dtype, value) = self.dtype_and_array(state, &["_data", "_ndarray"], at)?;
        let mut values = self.array_values(Source { value, ..source })?;
        if !matches!(values.columns.first(), None | Some(ColumnData::Datetime(_))) {
            return Err(mismatch(at, "times", "an array of datetime64", &values.dtype));
        }
        if let Some(zoned) = self.call(dtype, Role::DatetimeTzDtype) {
            let zone = self.arena.entry(zoned.state, "tz");
            let zone = self.zone_name(zone.unwrap_or(Value::None), at)?;
            values.dtype = format!("{}, {zone}]", values.dtype.trim_end_matches(']'));
        }
        Ok(values)
    }

    /// Name of a time zone of pytz, zoneinfo or the standard library.
    fn zone_name(&self, zone: Value, at: usize) -> Result<String, PickleError> {
        let unknown = || PickleError::Unsupported {
            offset: self.arena.offset_or(zone, at),
            feature: format!("a time zone given as {}", self.arena.describe(zone)),
            hint: "; convert the times to UTC before writing the pickle",
        };
        let instance = self.arena.instance(zone).ok_or_else(unknown)?;
        let arguments = self.arguments(instance);
        let first_global = |arguments: &[Value]| {
            let first = arguments.first().copied();
            let global = first.and_then(|first| self.arena.global(first));
            global.map(Global::role)
        };
        let named = || {
            let name = arguments.first().and_then(|&name| self.arena.text(name));
            let name = name.map(|name| name.chars().take(64).collect());
            name.ok_or_else(unknown)
        };
        match self.maker(zone) {
            Some((Role::Utc, _)) => Ok("UTC".to_owned()),
            Some((Role::PytzZone | Role::ZoneInfo, _)) => named(),
            // `timezone(timedelta(0))` and no other offset.
            Some((Role::FixedZone, _)) => {
                let offset = arguments.first().and_then(|&o| self.arena.instance(o));
                let parts = offset.map(|offset| self.arguments(offset));
                match parts {
                    Some(parts) if arguments.len() == 1 && parts.iter().all(|&part| part == Value::Int(0)) => {
                        Ok("UTC".to_owned())
                    }
                    _ => Err(unknown()),
                }
            }
            // `ZoneInfo._unpickle(name, …)`, where the class method was got by `getattr`.
            None => match self.call(instance.callable, Role::GetAttr) {
                Some(method) if first_global(self.arguments(method)) == Some(Role::ZoneInfo) => named(),
                _ => Err(unknown()),
            },
            Some(_) => Err(unknown()),
        }
    }

    /// `string` and, in pandas 3, `str`: text with NA or NaN where it is missing.
    fn strings(&mut self, state: State, source: Source<'_>) -> Result<Values, PickleError> {
        let (dtype, value) = self.dtype_and_array(state, &["_ndarray"], source.at)?;
        let mut values = self.array_values(Source { value, ..source })?;
        if !matches!(values.columns.first(), None | Some(ColumnData::Object(_))) {
            return Err(mismatch(source.at, "text column", "objects", &values.dtype));
        }
        // pandas 3: StringDtype(storage, na_value), where NaN is the mark of the default `str`.
        let marker = self.call(dtype, Role::StringDtype);
        let marker = marker.and_then(|dtype| self.arguments(dtype).get(1).copied());
        let name = match marker {
            Some(Value::Float(_)) => "str",
            _ => "string",
        };
        name.clone_into(&mut values.dtype);
        Ok(values)
    }

    /// Nullable integers, floats and booleans: values with a mask of those that are missing.
    fn masked(&mut self, state: State, source: Source<'_>) -> Result<Values, PickleError> {
        let at = source.at;
        let value = self.attribute(state, &["_data"], at)?;
        let values = self.array_values(Source { value, ..source })?;
        let value = self.attribute(state, &["_mask"], at)?;
        let masks = self.array_values(Source { value, ..source })?;
        let mut columns = self.budget.vec(values.columns.len(), at)?;
        for (data, mask) in values.columns.iter().zip(&masks.columns) {
            let mask = match mask {
                ColumnData::Bool(mask) if mask.len() == data.len() => mask,
                _ => return Err(mismatch(at, "mask", "as many booleans as values", &masks.layout)),
            };
            let mut cells = self.budget.vec(mask.len(), at)?;
            for (row, &missing) in mask.iter().enumerate() {
                let cell = match data {
                    ColumnData::I64(values) => values.get(row).map(|&value| Cell::Int(value)),
                    ColumnData::F64(values) => values.get(row).map(|&value| Cell::Float(value)),
                    ColumnData::Bool(values) => values.get(row).map(|&value| Cell::Bool(value)),
                    ColumnData::Datetime(_) | ColumnData::Object(_) => {
                        return Err(mismatch(at, "nullable column", "numbers", &values.dtype));
                    }
                };
                cells.push(cell.filter(|_| !missing).unwrap_or(Cell::Missing));
            }
            columns.push(ColumnData::Object(cells));
        }
        Ok(Values { dtype: nullable_name(&values.dtype), columns, layout: format!("masked {}", values.layout) })
    }
}

fn lookup<T: Copy>(values: &[T], code: Option<usize>, missing: T) -> T {
    let found = code.and_then(|code| values.get(code));
    found.copied().unwrap_or(missing)
}

/// pandas' name of the nullable type over a plain one: `Int64`, `UInt8`, `Float32`, `boolean`.
fn nullable_name(plain: &str) -> String {
    if plain == "bool" {
        return "boolean".to_owned();
    }
    match plain.strip_prefix("uint") {
        Some(bits) => format!("UInt{bits}"),
        None => {
            let mut letters = plain.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(letters).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nullable_names_are_those_of_pandas() {
        for (plain, expected) in [("int64", "Int64"), ("uint8", "UInt8"), ("float32", "Float32"), ("bool", "boolean")] {
            assert_eq!(nullable_name(plain), expected);
        }
    }
}
