//! The allow-list: every class and function that a pickle may name, and what it means for a table.
//!
//! Naming one runs nothing: it becomes a [`Global`], a number in a table. What is not in the table is
//! an error; features of pandas that are known but not read are told apart from foreign names, so
//! that the error can say what the file contains.

use crate::frame::IndexKind as Kind;

/// What the interpretation of a frame does with a global.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    DataFrame,
    BlockManager,
    /// Makes a block from values, placement and number of dimensions.
    MakeBlock,
    /// `functools.partial`, around [`Role::MakeBlock`] in pandas 1.3.
    Partial,
    BlockPlacement,
    /// `_new_Index(class, state)` and its like.
    NewIndex,
    Index(Kind),
    /// `_reconstruct(ndarray, …)`: an array that `BUILD` fills.
    Reconstruct,
    /// `_frombuffer(buffer, dtype, shape, order)`: an array of protocol 5.
    FromBuffer,
    /// `scalar(dtype, bytes)`: one number.
    Scalar,
    NdArray,
    Dtype,
    Slice,
    /// `codecs.encode(text, "latin1")`: how protocol 2 writes bytes.
    Encode,
    /// `bytes()` or `bytearray(…)`.
    Bytes,
    Set,
    /// `getattr(class, name)`, for class methods.
    GetAttr,
    /// `__pyx_unpickle_NDArrayBacked(class, …)`: an extension array that `BUILD` fills.
    NdArrayBacked,
    Categorical,
    CategoricalDtype,
    DatetimeArray,
    DatetimeTzDtype,
    /// Nullable integers, floats or booleans: values and a mask.
    MaskedArray,
    StringArray,
    StringDtype,
    /// `pandas.NA`.
    Missing,
    /// A time zone that is UTC by its class alone.
    Utc,
    /// `pytz._p(name, …)`.
    PytzZone,
    /// `datetime.timezone(offset)`.
    FixedZone,
    /// `zoneinfo.ZoneInfo`.
    ZoneInfo,
    /// The type of a number or text: a cell may hold one.
    ScalarType,
    /// Occurs beside the data and does not matter for them.
    Beside,
}

/// A global on the allow-list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Global(u16);

/// Why a global is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A known thing that the reader does not support: what it is.
    Feature(&'static str),
    /// Nothing that belongs in a table.
    Foreign,
}

impl Global {
    pub(crate) fn resolve(module: &str, name: &str) -> Result<Self, Refused> {
        let module = match module {
            "__builtin__" => "builtins",
            "numpy._core.multiarray" => "numpy.core.multiarray",
            "numpy._core.numeric" => "numpy.core.numeric",
            other => other,
        };
        let found = ALLOWED.iter().position(|&(m, n, _)| m == module && n == name);
        if let Some(index) = found {
            return Ok(Self(index as u16));
        }
        let feature = REFUSED
            .iter()
            .find(|&&(prefix, names, _)| module.starts_with(prefix) && (names.is_empty() || names.contains(&name)));
        Err(match feature {
            Some(&(_, _, feature)) => Refused::Feature(feature),
            None => Refused::Foreign,
        })
    }

    pub(crate) fn role(self) -> Role {
        ALLOWED.get(usize::from(self.0)).map_or(Role::Beside, |entry| entry.2)
    }

    /// Module and name, as current numpy 1.x and Python 3 call them.
    pub(crate) fn dotted_name(self) -> String {
        match ALLOWED.get(usize::from(self.0)) {
            Some((module, name, _)) => format!("{module}.{name}"),
            None => String::new(),
        }
    }
}

/// Module, name, role.
const ALLOWED: &[(&str, &str, Role)] = &[
    ("pandas.core.frame", "DataFrame", Role::DataFrame),
    ("pandas", "DataFrame", Role::DataFrame),
    ("pandas.core.internals.managers", "BlockManager", Role::BlockManager),
    ("pandas.core.internals", "BlockManager", Role::BlockManager),
    ("pandas._libs.internals", "_unpickle_block", Role::MakeBlock),
    ("pandas.core.internals.blocks", "new_block", Role::MakeBlock),
    ("pandas._libs.internals", "BlockPlacement", Role::BlockPlacement),
    ("functools", "partial", Role::Partial),
    // Axes.
    ("pandas.core.indexes.base", "_new_Index", Role::NewIndex),
    ("pandas.core.indexes.datetimes", "_new_DatetimeIndex", Role::NewIndex),
    ("pandas.core.indexes.base", "Index", Role::Index(Kind::Plain)),
    ("pandas.core.indexes.numeric", "Int64Index", Role::Index(Kind::Int64)),
    ("pandas.core.indexes.numeric", "UInt64Index", Role::Index(Kind::UInt64)),
    ("pandas.core.indexes.numeric", "Float64Index", Role::Index(Kind::Float64)),
    ("pandas.core.indexes.range", "RangeIndex", Role::Index(Kind::Range)),
    ("pandas.core.indexes.datetimes", "DatetimeIndex", Role::Index(Kind::Datetime)),
    ("pandas.core.indexes.category", "CategoricalIndex", Role::Index(Kind::Categorical)),
    ("pandas.core.indexes.multi", "MultiIndex", Role::Index(Kind::Multi)),
    ("pandas", "Index", Role::Index(Kind::Plain)),
    ("pandas", "RangeIndex", Role::Index(Kind::Range)),
    ("pandas", "DatetimeIndex", Role::Index(Kind::Datetime)),
    ("pandas", "CategoricalIndex", Role::Index(Kind::Categorical)),
    ("pandas", "MultiIndex", Role::Index(Kind::Multi)),
    // Arrays of numpy. FrozenNDArray held the codes of a MultiIndex up to pandas 0.25.
    ("numpy.core.multiarray", "_reconstruct", Role::Reconstruct),
    ("numpy.core.multiarray", "scalar", Role::Scalar),
    ("numpy.core.numeric", "_frombuffer", Role::FromBuffer),
    ("numpy", "ndarray", Role::NdArray),
    ("pandas.core.indexes.frozen", "FrozenNDArray", Role::NdArray),
    ("numpy", "dtype", Role::Dtype),
    // Built-in helpers of pickling.
    ("builtins", "slice", Role::Slice),
    ("builtins", "getattr", Role::GetAttr),
    ("builtins", "bytes", Role::Bytes),
    ("builtins", "bytearray", Role::Bytes),
    ("builtins", "set", Role::Set),
    ("builtins", "frozenset", Role::Set),
    ("_codecs", "encode", Role::Encode),
    // Extension arrays of pandas.
    ("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked", Role::NdArrayBacked),
    ("pandas.core.arrays.categorical", "Categorical", Role::Categorical),
    ("pandas", "Categorical", Role::Categorical),
    ("pandas.core.dtypes.dtypes", "CategoricalDtype", Role::CategoricalDtype),
    ("pandas", "CategoricalDtype", Role::CategoricalDtype),
    ("pandas.core.arrays.datetimes", "DatetimeArray", Role::DatetimeArray),
    ("pandas.arrays", "DatetimeArray", Role::DatetimeArray),
    ("pandas.core.dtypes.dtypes", "DatetimeTZDtype", Role::DatetimeTzDtype),
    ("pandas", "DatetimeTZDtype", Role::DatetimeTzDtype),
    ("pandas.core.arrays.integer", "IntegerArray", Role::MaskedArray),
    ("pandas.core.arrays.floating", "FloatingArray", Role::MaskedArray),
    ("pandas.core.arrays.boolean", "BooleanArray", Role::MaskedArray),
    ("pandas.arrays", "IntegerArray", Role::MaskedArray),
    ("pandas.arrays", "FloatingArray", Role::MaskedArray),
    ("pandas.arrays", "BooleanArray", Role::MaskedArray),
    ("pandas.core.arrays.string_", "StringArray", Role::StringArray),
    ("pandas.arrays", "StringArray", Role::StringArray),
    ("pandas.core.arrays.string_", "StringDtype", Role::StringDtype),
    ("pandas", "StringDtype", Role::StringDtype),
    ("pandas._libs.missing", "NA", Role::Missing),
    ("pandas", "NA", Role::Missing),
    // The dtype of a masked array repeats what its values say.
    ("pandas.core.arrays.integer", "Int8Dtype", Role::Beside),
    ("pandas.core.arrays.integer", "Int16Dtype", Role::Beside),
    ("pandas.core.arrays.integer", "Int32Dtype", Role::Beside),
    ("pandas.core.arrays.integer", "Int64Dtype", Role::Beside),
    ("pandas.core.arrays.integer", "UInt8Dtype", Role::Beside),
    ("pandas.core.arrays.integer", "UInt16Dtype", Role::Beside),
    ("pandas.core.arrays.integer", "UInt32Dtype", Role::Beside),
    ("pandas.core.arrays.integer", "UInt64Dtype", Role::Beside),
    ("pandas.core.arrays.floating", "Float32Dtype", Role::Beside),
    ("pandas.core.arrays.floating", "Float64Dtype", Role::Beside),
    ("pandas.core.arrays.boolean", "BooleanDtype", Role::Beside),
    ("pandas", "Int8Dtype", Role::Beside),
    ("pandas", "Int16Dtype", Role::Beside),
    ("pandas", "Int32Dtype", Role::Beside),
    ("pandas", "Int64Dtype", Role::Beside),
    ("pandas", "UInt8Dtype", Role::Beside),
    ("pandas", "UInt16Dtype", Role::Beside),
    ("pandas", "UInt32Dtype", Role::Beside),
    ("pandas", "UInt64Dtype", Role::Beside),
    ("pandas", "Float32Dtype", Role::Beside),
    ("pandas", "Float64Dtype", Role::Beside),
    ("pandas", "BooleanDtype", Role::Beside),
    // Time zones.
    ("pytz", "_UTC", Role::Utc),
    ("pytz", "_p", Role::PytzZone),
    ("datetime", "timezone", Role::FixedZone),
    ("datetime", "timedelta", Role::Beside),
    ("zoneinfo", "ZoneInfo", Role::ZoneInfo),
    // Frequencies of a DatetimeIndex.
    ("pandas.tseries.offsets", "Day", Role::Beside),
    ("pandas.tseries.offsets", "Hour", Role::Beside),
    ("pandas.tseries.offsets", "Minute", Role::Beside),
    ("pandas.tseries.offsets", "Second", Role::Beside),
    ("pandas.tseries.offsets", "Milli", Role::Beside),
    ("pandas.tseries.offsets", "Micro", Role::Beside),
    ("pandas.tseries.offsets", "Nano", Role::Beside),
    ("pandas._libs.tslibs.offsets", "Day", Role::Beside),
    ("pandas._libs.tslibs.offsets", "Hour", Role::Beside),
    ("pandas._libs.tslibs.offsets", "Minute", Role::Beside),
    ("pandas._libs.tslibs.offsets", "Second", Role::Beside),
    ("pandas._libs.tslibs.offsets", "Milli", Role::Beside),
    ("pandas._libs.tslibs.offsets", "Micro", Role::Beside),
    ("pandas._libs.tslibs.offsets", "Nano", Role::Beside),
    // Types as cells.
    ("numpy", "float16", Role::ScalarType),
    ("numpy", "float32", Role::ScalarType),
    ("numpy", "float64", Role::ScalarType),
    ("numpy", "int8", Role::ScalarType),
    ("numpy", "int16", Role::ScalarType),
    ("numpy", "int32", Role::ScalarType),
    ("numpy", "int64", Role::ScalarType),
    ("numpy", "uint8", Role::ScalarType),
    ("numpy", "uint16", Role::ScalarType),
    ("numpy", "uint32", Role::ScalarType),
    ("numpy", "uint64", Role::ScalarType),
    ("numpy", "bool", Role::ScalarType),
    ("numpy", "bool_", Role::ScalarType),
    ("builtins", "int", Role::ScalarType),
    ("builtins", "float", Role::ScalarType),
    ("builtins", "bool", Role::ScalarType),
    ("builtins", "str", Role::ScalarType),
];

/// Beginning of the module, names (all of the module if empty), what it is.
const REFUSED: &[(&str, &[&str], &str)] = &[
    ("pandas", &["Series"], "a Series instead of a DataFrame"),
    ("pandas.core.arrays.sparse", &[], "a sparse column"),
    ("pandas._libs.sparse", &[], "a sparse column"),
    ("pandas.core.sparse", &[], "a sparse frame"),
    ("pandas", &["SparseDtype", "SparseArray"], "a sparse column"),
    ("pandas.core.arrays.period", &[], "a column of time periods"),
    ("pandas.core.indexes.period", &[], "an index of time periods"),
    ("pandas._libs.tslibs.period", &[], "a time period"),
    ("pandas._libs", &["_period_unpickle", "Period"], "a time period"),
    ("pandas", &["PeriodDtype", "PeriodArray"], "a column of time periods"),
    ("pandas.core.arrays.interval", &[], "a column of intervals"),
    ("pandas.core.indexes.interval", &[], "an index of intervals"),
    ("pandas._libs.interval", &[], "an interval"),
    ("pandas", &["IntervalDtype", "IntervalArray", "IntervalIndex"], "a column of intervals"),
    ("pandas.core.arrays.timedeltas", &[], "a column of time differences (timedelta64)"),
    ("pandas.core.indexes.timedeltas", &[], "an index of time differences"),
    ("pandas", &["TimedeltaArray", "TimedeltaIndex"], "a column of time differences (timedelta64)"),
    ("pandas._libs.tslibs.timedeltas", &[], "a time difference in a cell"),
    ("pandas._libs.tslibs.timestamps", &[], "a pandas Timestamp in a cell"),
    ("pandas", &["Timestamp"], "a pandas Timestamp in a cell"),
    ("pandas._libs.tslibs.nattype", &[], "a missing time in a cell"),
    ("pandas.core.arrays.string_arrow", &[], "a text column kept by Arrow"),
    ("pandas.core.arrays.arrow", &[], "a column kept by Arrow"),
    ("pandas.core.arrays._arrow_string_mixins", &[], "a text column kept by Arrow"),
    ("pandas.arrays", &["ArrowStringArray", "ArrowExtensionArray"], "a column kept by Arrow"),
    ("pandas", &["ArrowDtype"], "a column kept by Arrow"),
    ("pyarrow", &[], "a column kept by Arrow"),
    ("pandas.core.internals.array_manager", &[], "a frame kept by columns"),
    ("pandas.core.panel", &[], "a three-dimensional table"),
    ("datetime", &["datetime"], "a time in a cell"),
    ("datetime", &["date"], "a date in a cell"),
    ("datetime", &["time"], "a time of day in a cell"),
    ("decimal", &["Decimal"], "a decimal number in a cell"),
    ("fractions", &["Fraction"], "a fraction in a cell"),
    ("uuid", &["UUID"], "a UUID in a cell"),
    ("pathlib", &[], "a path in a cell"),
    ("collections", &["OrderedDict", "defaultdict", "deque", "Counter"], "a container of Python's collections module"),
    ("builtins", &["complex"], "a complex number in a cell"),
    ("numpy.ma", &[], "a masked array of numpy"),
    ("numpy", &["matrix", "memmap", "recarray", "record"], "a special array of numpy"),
    ("scipy", &[], "an object of scipy"),
    ("geopandas", &[], "a geographic frame"),
    ("shapely", &[], "a geometry"),
    ("dateutil.tz", &[], "a time zone of dateutil"),
    ("pytz", &["_FixedOffset"], "a fixed-offset time zone of pytz"),
    ("pandas.tseries.offsets", &[], "a calendar frequency of a DatetimeIndex"),
    ("pandas._libs.tslibs.offsets", &[], "a calendar frequency of a DatetimeIndex"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_have_one_name() {
        for module in ["numpy.core.multiarray", "numpy._core.multiarray"] {
            let global = Global::resolve(module, "_reconstruct").unwrap();
            assert_eq!(global.role(), Role::Reconstruct);
            assert_eq!(global.dotted_name(), "numpy.core.multiarray._reconstruct");
        }
        let slice = Global::resolve("__builtin__", "slice").unwrap();
        assert_eq!(slice.dotted_name(), "builtins.slice");
    }

    #[test]
    fn features_are_told_from_foreign_names() {
        let sparse = Global::resolve("pandas.core.arrays.sparse.array", "SparseArray");
        assert!(matches!(sparse, Err(Refused::Feature(text)) if text.contains("sparse")));
        assert_eq!(Global::resolve("os", "system"), Err(Refused::Foreign));
        assert_eq!(Global::resolve("builtins", "eval"), Err(Refused::Foreign));
        assert_eq!(Global::resolve("pandas.core.frame", "read_pickle"), Err(Refused::Foreign));
    }

    #[test]
    fn no_name_is_listed_twice() {
        for (i, (module, name, _)) in ALLOWED.iter().enumerate() {
            let later = &ALLOWED[i + 1..];
            assert!(!later.iter().any(|(m, n, _)| m == module && n == name), "{module}.{name}");
        }
    }
}
