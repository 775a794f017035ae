//! The dtypes of numpy: which kinds of elements are read, and which are refused by name.

use super::error::PickleError;
use super::globals::{Global, Role};
use super::value::{Arena, Value};

/// The kinds of numpy elements that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool,
    /// `datetime64`, counted from 1970 in the given unit.
    Datetime(TimeUnit),
    /// Python objects.
    Object,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    Second,
    Milli,
    Micro,
    Nano,
}

impl TimeUnit {
    pub(crate) fn nanoseconds(self) -> i64 {
        match self {
            Self::Second => 1_000_000_000,
            Self::Milli => 1_000_000,
            Self::Micro => 1_000,
            Self::Nano => 1,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Milli => "ms",
            Self::Micro => "us",
            Self::Nano => "ns",
        }
    }
}

impl Element {
    /// Bytes of one element; 0 for objects.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Object => 0,
            Self::I8 | Self::U8 | Self::Bool => 1,
            Self::I16 | Self::U16 => 2,
            Self::F32 | Self::I32 | Self::U32 => 4,
            Self::F64 | Self::I64 | Self::U64 | Self::Datetime(_) => 8,
        }
    }

    /// The dtype's name as pandas prints it.
    pub(crate) fn pandas_name(self) -> String {
        match self {
            Self::F32 => "float32".into(),
            Self::F64 => "float64".into(),
            Self::I8 => "int8".into(),
            Self::I16 => "int16".into(),
            Self::I32 => "int32".into(),
            Self::I64 => "int64".into(),
            Self::U8 => "uint8".into(),
            Self::U16 => "uint16".into(),
            Self::U32 => "uint32".into(),
            Self::U64 => "uint64".into(),
            Self::Bool => "bool".into(),
            Self::Datetime(unit) => format!("datetime64[{}]", unit.name()),
            Self::Object => "object".into(),
        }
    }

    fn code(self) -> String {
        match self {
            Self::F32 => "f4".into(),
            Self::F64 => "f8".into(),
            Self::I8 => "i1".into(),
            Self::I16 => "i2".into(),
            Self::I32 => "i4".into(),
            Self::I64 => "i8".into(),
            Self::U8 => "u1".into(),
            Self::U16 => "u2".into(),
            Self::U32 => "u4".into(),
            Self::U64 => "u8".into(),
            Self::Bool => "b1".into(),
            Self::Datetime(unit) => format!("M8[{}]", unit.name()),
            Self::Object => "O8".into(),
        }
    }
}

/// A numpy dtype: kind of element and byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dtype {
    pub(crate) element: Element,
    big_endian: bool,
}

impl Dtype {
    /// numpy's short form, as `<f8` or `|O8`.
    pub(crate) fn code(self) -> String {
        let order = match self.element {
            Element::Object => '|',
            element if element.size() == 1 => '|',
            _ if self.big_endian => '>',
            _ => '<',
        };
        format!("{order}{}", self.element.code())
    }

    /// The dtype as a column's name of it: byte order is named only where it is unusual.
    pub(crate) fn pandas_name(self) -> String {
        if self.big_endian { self.code() } else { self.element.pandas_name() }
    }

    pub(crate) fn is_big_endian(self) -> bool {
        self.big_endian
    }

    /// Reads `numpy.dtype(code, False, True)` with its state.
    pub(crate) fn read(arena: &Arena<'_>, value: Value, at: usize) -> Result<Self, PickleError> {
        let offset = arena.offset_or(value, at);
        let bad = |found: Value| PickleError::BadStructure {
            offset,
            what: "dtype of an array".into(),
            expected: "a numpy dtype".into(),
            found: arena.describe(found),
        };
        let instance = arena.instance(value).ok_or_else(|| bad(value))?;
        if arena.global(instance.callable).map(Global::role) != Some(Role::Dtype) {
            return Err(bad(value));
        }
        let code = arena.items(instance.arguments).and_then(|items| items.first());
        let code = code.ok_or_else(|| bad(instance.arguments))?;
        let code = arena.text(*code).ok_or_else(|| bad(*code))?;
        // (version, byte order, subdtype, names, fields, size, alignment, flags[, (metadata, unit)])
        let state = arena.items(instance.state).unwrap_or_default();
        let order = state.get(1).and_then(|&order| arena.text(order));
        let structured = state.get(2..5).unwrap_or_default();
        if structured.iter().any(|&part| part != Value::None) {
            return Err(unsupported(offset, "a structured array (dtype with fields)"));
        }
        let element = match code {
            "f4" => Element::F32,
            "f8" => Element::F64,
            "i1" => Element::I8,
            "i2" => Element::I16,
            "i4" => Element::I32,
            "i8" => Element::I64,
            "u1" => Element::U8,
            "u2" => Element::U16,
            "u4" => Element::U32,
            "u8" => Element::U64,
            "b1" => Element::Bool,
            "O8" | "O4" | "O" => Element::Object,
            "M8" => Element::Datetime(time_unit(arena, state.get(8).copied(), offset)?),
            "m8" => return Err(unsupported(offset, "a time difference (dtype timedelta64)")),
            "c8" => return Err(unsupported(offset, "a complex number (dtype complex64)")),
            "c16" => return Err(unsupported(offset, "a complex number (dtype complex128)")),
            "f2" => return Err(unsupported(offset, "a half precision number (dtype float16)")),
            "f12" | "f16" => {
                return Err(unsupported(offset, "an extended precision number (long double)"));
            }
            other => {
                let kind = match other.chars().next() {
                    Some('U') => "text of fixed width",
                    Some('S' | 'a') => "bytes of fixed width",
                    Some('V') => "raw bytes",
                    _ => "an unknown element",
                };
                let code: String = other.chars().take(20).collect();
                return Err(unsupported(offset, &format!("{kind} (numpy dtype `{code}`)")));
            }
        };
        Ok(Self { element, big_endian: order == Some(">") })
    }
}

fn unsupported(offset: usize, feature: &str) -> PickleError {
    PickleError::Unsupported {
        offset,
        feature: feature.to_owned(),
        hint: "; convert the column with `astype` before writing the pickle",
    }
}

/// The unit of a `datetime64`: `(metadata, (unit, count, …))` in the dtype's state.
fn time_unit(arena: &Arena<'_>, state: Option<Value>, offset: usize) -> Result<TimeUnit, PickleError> {
    let unit = state.and_then(|pair| arena.items(pair)?.get(1).copied()).and_then(|unit| arena.items(unit));
    let (name, count) = match unit {
        Some(&[name, count, ..]) => (name, count),
        _ => (Value::None, Value::None),
    };
    // The name is written as bytes: in protocol 2 inside a call of `codecs.encode`.
    let name = match arena.instance(name) {
        Some(call) => arena.items(call.arguments).and_then(|items| items.first().copied()).unwrap_or(name),
        None => name,
    };
    match (arena.text(name), count) {
        (Some("s"), Value::Int(1)) => Ok(TimeUnit::Second),
        (Some("ms"), Value::Int(1)) => Ok(TimeUnit::Milli),
        (Some("us"), Value::Int(1)) => Ok(TimeUnit::Micro),
        (Some("ns"), Value::Int(1)) => Ok(TimeUnit::Nano),
        _ => Err(unsupported(offset, "a datetime64 in another unit than s, ms, us or ns")),
    }
}
