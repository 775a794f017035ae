//! Arrays and scalars of numpy, as objects of the graph describe them.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use super::budget::Budget;
use super::dtype::{Dtype, Element};
use super::error::PickleError;
use super::globals::{Global, Role};
use super::value::{Arena, Instance, Object, Value, quoted};
use crate::frame::ColumnData;

/// Reads values out of an object graph, on a budget.
///
/// The parts of a frame add their methods beside the types they read; none of them recurses along
/// references of the graph but [`Reader::axis`](super::axes), which counts its depth.
pub(crate) struct Reader<'g, 'a> {
    pub(crate) arena: &'g Arena<'a>,
    pub(crate) budget: &'g mut Budget,
    /// Indexes of categories that were read already.
    pub(crate) categories: Vec<(Value, Rc<ColumnData>)>,
}

/// An error about a part of the frame made at `offset`.
pub(crate) fn mismatch(offset: usize, what: &str, expected: &str, found: &str) -> PickleError {
    PickleError::BadStructure { offset, what: what.to_owned(), expected: expected.to_owned(), found: found.to_owned() }
}

/// An array of numpy; the elements are still where the file has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NdArray {
    /// Where the array's object was made.
    pub(crate) offset: usize,
    pub(crate) dtype: Dtype,
    pub(crate) shape: Shape,
    /// Whether the elements of one column of a two-dimensional array are neighbours in memory,
    /// instead of those of one row (Fortran order).
    fortran: bool,
    /// Which function of numpy rebuilds the array.
    pub(crate) source: &'static str,
    /// Bytes of the elements, or the list of objects.
    data: Value,
}

/// One or two dimensions; a single one is `inner`, with `outer` = 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) dimensions: usize,
    pub(crate) outer: usize,
    pub(crate) inner: usize,
}

/// As `14x462`, or `462` for a single dimension.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dimensions {
            1 => write!(f, "{}", self.inner),
            _ => write!(f, "{}x{}", self.outer, self.inner),
        }
    }
}

/// The elements of an array whose number agrees with the shape.
pub(crate) enum Elements<'g> {
    Numbers(Cow<'g, [u8]>),
    Objects(&'g [Value]),
}

impl NdArray {
    /// Positions, in the order of the file, of the elements in line `outer` of the array.
    fn positions(&self, outer: usize) -> impl ExactSizeIterator<Item = usize> + use<> {
        let shape = self.shape;
        let (start, step) = if self.fortran { (outer, shape.outer) } else { (outer * shape.inner, 1) };
        (0..shape.inner).map(move |inner| start + inner * step)
    }
}

impl<'g> Reader<'g, '_> {
    /// Whether the value is the result of a call of something with this role.
    pub(crate) fn call(&self, value: Value, role: Role) -> Option<Instance> {
        let instance = self.arena.instance(value)?;
        let global = self.arena.global(instance.callable)?;
        (global.role() == role).then_some(instance)
    }

    /// The role of the class or function that made the value.
    pub(crate) fn maker(&self, value: Value) -> Option<(Role, Instance)> {
        let instance = self.arena.instance(value)?;
        let global = self.arena.global(instance.callable)?;
        Some((global.role(), instance))
    }

    pub(crate) fn arguments(&self, instance: Instance) -> &'g [Value] {
        self.arena.items(instance.arguments).unwrap_or_default()
    }

    pub(crate) fn structure_error(&self, value: Value, at: usize, what: &str, expected: &str) -> PickleError {
        let offset = self.arena.offset_or(value, at);
        mismatch(offset, what, expected, &self.arena.describe(value))
    }

    /// A size or count: an integer that is not negative.
    pub(crate) fn size(&self, value: Value, at: usize, what: &str) -> Result<usize, PickleError> {
        match value {
            Value::Int(number) => usize::try_from(number).ok(),
            _ => None,
        }
        .ok_or_else(|| self.structure_error(value, at, what, "a size"))
    }

    /// Whether the value is an array (and not, say, an extension array of pandas).
    pub(crate) fn is_array(&self, value: Value) -> bool {
        matches!(self.maker(value), Some((Role::Reconstruct | Role::FromBuffer, _)))
    }

    /// An array as `_reconstruct` with its state or `_frombuffer` gives it.
    pub(crate) fn array(&self, value: Value, at: usize) -> Result<NdArray, PickleError> {
        let arena = self.arena;
        let offset = arena.offset_or(value, at);
        let bad = || self.structure_error(value, at, "array", "a numpy array");
        let (role, instance) = self.maker(value).ok_or_else(bad)?;
        let arguments = self.arguments(instance);
        let (source, shape, dtype, fortran, data) = match role {
            Role::Reconstruct => {
                let class = arguments.first().and_then(|&class| arena.global(class));
                if class.map(Global::role) != Some(Role::NdArray) {
                    return Err(bad());
                }
                let state = arena.items(instance.state).unwrap_or_default();
                let &[_version, shape, dtype, Value::Bool(fortran), data] = state else {
                    return Err(self.structure_error(
                        instance.state,
                        offset,
                        "state of an array",
                        "version, shape, dtype, order, data",
                    ));
                };
                ("_reconstruct", shape, dtype, fortran, data)
            }
            Role::FromBuffer => {
                let &[data, dtype, shape, order] = arguments else {
                    return Err(bad());
                };
                ("_frombuffer", shape, dtype, arena.text(order) == Some("F"), data)
            }
            _ => return Err(bad()),
        };
        Ok(NdArray {
            offset,
            dtype: Dtype::read(arena, dtype, offset)?,
            shape: self.shape(shape, offset)?,
            fortran,
            source,
            data,
        })
    }

    fn shape(&self, value: Value, at: usize) -> Result<Shape, PickleError> {
        let what = "shape of an array";
        match self.arena.items(value) {
            Some(&[inner]) => Ok(Shape { dimensions: 1, outer: 1, inner: self.size(inner, at, what)? }),
            Some(&[outer, inner]) => {
                Ok(Shape { dimensions: 2, outer: self.size(outer, at, what)?, inner: self.size(inner, at, what)? })
            }
            _ => Err(self.structure_error(value, at, what, "one or two dimensions")),
        }
    }

    /// The array's elements, checked to be as many as the shape says.
    pub(crate) fn elements(&mut self, array: &NdArray) -> Result<Elements<'g>, PickleError> {
        let arena = self.arena;
        let elements = match array.dtype.element {
            Element::Object => {
                let items = arena
                    .items(array.data)
                    .ok_or_else(|| self.structure_error(array.data, array.offset, "array of objects", "a list"))?;
                Elements::Objects(items)
            }
            _ => Elements::Numbers(self.bytes(array.data, array.offset)?),
        };
        let (found, size, unit) = match &elements {
            Elements::Objects(items) => (items.len(), 1, "objects"),
            Elements::Numbers(bytes) => (bytes.len(), array.dtype.element.size(), "bytes"),
        };
        let Shape { outer, inner, .. } = array.shape;
        let expected = outer.checked_mul(inner).and_then(|n| n.checked_mul(size));
        if expected != Some(found) {
            let expected = format!("{} elements of {size} {unit}", array.shape);
            let found = format!("{found} {unit}");
            return Err(mismatch(array.offset, "data of an array", &expected, &found));
        }
        Ok(elements)
    }

    /// Bytes, however the protocol wrote them.
    pub(crate) fn bytes(&mut self, value: Value, at: usize) -> Result<Cow<'g, [u8]>, PickleError> {
        let arena = self.arena;
        if let Some(Object::Bytes(bytes)) = arena.get(value) {
            return Ok(Cow::Borrowed(bytes));
        }
        let bad = || self.structure_error(value, at, "data of an array", "bytes");
        // Protocol 2 has none and calls `codecs.encode(text, "latin1")`, or `bytes()` if empty;
        // `bytearray(bytes)` and `bytearray(text, "latin-1")` come from protocols below 5.
        let (Role::Encode | Role::Bytes, instance) = self.maker(value).ok_or_else(bad)? else {
            return Err(bad());
        };
        let arguments = self.arguments(instance);
        let source = arguments.first().map(|&source| arena.get(source));
        match (source, arguments.get(1).map(|&encoding| arena.text(encoding))) {
            (None, None) => Ok(Cow::Borrowed(&[])),
            (Some(Some(Object::Bytes(bytes))), None) => Ok(Cow::Borrowed(bytes)),
            (Some(Some(Object::Text(text))), Some(Some("latin1" | "latin-1"))) => {
                let count = text.chars().count();
                let mut bytes = self.budget.vec(count, at)?;
                for character in text.chars() {
                    bytes.push(
                        u8::try_from(character)
                            .map_err(|_| self.structure_error(value, at, "data of an array", "Latin-1 text"))?,
                    );
                }
                Ok(Cow::Owned(bytes))
            }
            _ => Err(bad()),
        }
    }

    /// Line `outer` of an array of numbers, in the type in which columns keep them. `column` is
    /// named in errors.
    pub(crate) fn numbers(
        &mut self,
        array: &NdArray,
        bytes: &[u8],
        outer: usize,
        column: &str,
    ) -> Result<ColumnData, PickleError> {
        let positions = array.positions(outer);
        self.budget.take_items::<u64>(positions.len(), array.offset)?;
        let view = View { bytes, big_endian: array.dtype.is_big_endian() };
        let floats = |read: fn(&View<'_>, usize) -> f64| {
            ColumnData::F64(array.positions(outer).map(|at| read(&view, at)).collect())
        };
        let integers = |read: fn(&View<'_>, usize) -> i64| {
            ColumnData::I64(array.positions(outer).map(|at| read(&view, at)).collect())
        };
        Ok(match array.dtype.element {
            Element::F64 => floats(|view, at| f64::from_bits(u64::from_le_bytes(view.element(at)))),
            Element::F32 => floats(|view, at| f32::from_bits(u32::from_le_bytes(view.element(at))).into()),
            Element::I64 => integers(|view, at| i64::from_le_bytes(view.element(at))),
            Element::I32 => integers(|view, at| i32::from_le_bytes(view.element(at)).into()),
            Element::I16 => integers(|view, at| i16::from_le_bytes(view.element(at)).into()),
            Element::I8 => integers(|view, at| i8::from_le_bytes(view.element(at)).into()),
            Element::U32 => integers(|view, at| u32::from_le_bytes(view.element(at)).into()),
            Element::U16 => integers(|view, at| u16::from_le_bytes(view.element(at)).into()),
            Element::U8 => integers(|view, at| u8::from_le_bytes(view.element(at)).into()),
            Element::U64 => {
                let mut values = Vec::with_capacity(positions.len());
                for (row, at) in positions.enumerate() {
                    let value = u64::from_le_bytes(view.element(at));
                    values.push(i64::try_from(value).map_err(|_| PickleError::Unsupported {
                        offset: array.offset,
                        feature: format!("the unsigned integer {value} (column `{}`, row {row})", quoted(column)),
                        hint: "; integers up to 2^63-1 can be read",
                    })?);
                }
                ColumnData::I64(values)
            }
            Element::Bool => ColumnData::Bool(positions.map(|at| view.element::<1>(at) != [0]).collect()),
            Element::Datetime(unit) => {
                let factor = unit.nanoseconds();
                let mut values = Vec::with_capacity(positions.len());
                for (row, at) in positions.enumerate() {
                    let value = i64::from_le_bytes(view.element(at));
                    // NaT is the least integer in every unit.
                    let scaled = match value {
                        i64::MIN => Some(i64::MIN),
                        value => value.checked_mul(factor),
                    };
                    values.push(scaled.ok_or_else(|| PickleError::Unsupported {
                        offset: array.offset,
                        feature: format!("a time outside 1677 to 2262 (column `{}`, row {row})", quoted(column)),
                        hint: "",
                    })?);
                }
                ColumnData::Datetime(values)
            }
            Element::Object => {
                let what = format!("column `{}`", quoted(column));
                return Err(self.structure_error(array.data, array.offset, &what, "numbers"));
            }
        })
    }

    /// The objects in line `outer` of an array of objects.
    pub(crate) fn objects(
        array: &NdArray,
        items: &'g [Value],
        outer: usize,
    ) -> impl ExactSizeIterator<Item = Value> + use<'g> {
        let positions = array.positions(outer);
        // The number of items was checked against the shape by `elements`.
        positions.map(move |at| items.get(at).copied().unwrap_or(Value::None))
    }

    /// `scalar(dtype, bytes)`: one number of numpy.
    pub(crate) fn scalar(&mut self, instance: Instance, at: usize) -> Result<ColumnData, PickleError> {
        let &[dtype, data] = self.arguments(instance) else {
            return Err(self.structure_error(instance.arguments, at, "scalar of numpy", "a dtype and bytes"));
        };
        let array = NdArray {
            offset: at,
            dtype: Dtype::read(self.arena, dtype, at)?,
            shape: Shape { dimensions: 1, outer: 1, inner: 1 },
            fortran: false,
            source: "scalar",
            data,
        };
        match self.elements(&array)? {
            Elements::Numbers(bytes) => self.numbers(&array, &bytes, 0, "scalar"),
            Elements::Objects(_) => Err(self.structure_error(data, at, "scalar of numpy", "a number")),
        }
    }
}

/// Elements of fixed width in a byte string.
struct View<'b> {
    bytes: &'b [u8],
    big_endian: bool,
}

impl View<'_> {
    /// Element number `at`, little-endian. The positions of a checked array are all inside.
    fn element<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut element = [0; N];
        let start = at.saturating_mul(N);
        if let Some(bytes) = self.bytes.get(start..start.saturating_add(N)) {
            element.copy_from_slice(bytes);
        }
        if self.big_endian {
            element.reverse();
        }
        element
    }
}
