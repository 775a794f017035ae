//! The parts of a record: cells, maps in a fixed order, axes and series.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

/// A list of cells of different types: `cells!["W-int8_A-int8", 36.39]`.
macro_rules! cells {
    ($($cell:expr),* $(,)?) => { [$($crate::record::Cell::from($cell)),*] };
}
pub(crate) use cells;

/// One cell of a table, or one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A number that does not exist: `null`.
    Missing,
    /// A count or an index.
    Integer(i64),
    /// A finite number.
    Number(f64),
    /// A text.
    Text(String),
}

impl Cell {
    /// The number in the cell, NaN if it is missing, `None` if the cell is a text.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Cell::Missing => Some(f64::NAN),
            // Counts and indices stay far below 2^53.
            Cell::Integer(number) => Some(*number as f64),
            Cell::Number(number) => Some(*number),
            Cell::Text(_) => None,
        }
    }

    /// Whether the cell, as the label of a row, reads `label`.
    pub fn is_label(&self, label: &str) -> bool {
        match self {
            Cell::Integer(number) => label.parse() == Ok(*number),
            Cell::Text(text) => text == label,
            Cell::Number(_) | Cell::Missing => false,
        }
    }
}

impl fmt::Display for Cell {
    /// As in JSON, but a text without quotes and a missing number as `NaN`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Missing => f.pad("NaN"),
            Cell::Integer(number) => f.pad(&number.to_string()),
            Cell::Number(number) => f.pad(&format!("{number:?}")),
            Cell::Text(text) => f.pad(text),
        }
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        if number.is_finite() { Cell::Number(number) } else { Cell::Missing }
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Cell::Missing, Cell::from)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Cell::Integer(number)
    }
}

impl From<i32> for Cell {
    fn from(number: i32) -> Self {
        Cell::Integer(number.into())
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Cell::Integer(number.into())
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        i64::try_from(number).map_or(Cell::Number(number as f64), Cell::Integer)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Missing => serializer.serialize_unit(),
            Cell::Integer(number) => serializer.serialize_i64(*number),
            Cell::Number(number) => number.serialize(serializer),
            Cell::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CellVisitor;
        impl Visitor<'_> for CellVisitor {
            type Value = Cell;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a text or null")
            }
            fn visit_unit<E>(self) -> Result<Cell, E> {
                Ok(Cell::Missing)
            }
            fn visit_i64<E>(self, number: i64) -> Result<Cell, E> {
                Ok(Cell::Integer(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Cell, E> {
                Ok(i64::try_from(number).map_or(Cell::Number(number as f64), Cell::Integer))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Cell, E> {
                Ok(Cell::from(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Cell, E> {
                Ok(Cell::from(text))
            }
        }
        deserializer.deserialize_any(CellVisitor)
    }
}

/// A map from names to `T` that keeps the order in which the names were set.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T>(Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named::new()
    }
}

impl<T> Named<T> {
    /// An empty map.
    pub const fn new() -> Self {
        Named(Vec::new())
    }

    /// Sets `name`, which keeps its place if it was set before.
    pub fn set(&mut self, name: impl Into<String>, value: T) {
        let name = name.into();
        match self.0.iter_mut().find(|(key, _)| *key == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// What `name` stands for.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.iter().find(|(key, _)| *key == name).map(|(_, v)| v)
    }

    /// All names with what they stand for.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no name is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamedVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for NamedVisitor<T> {
            type Value = Named<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
                let mut named = Named::new();
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    if named.get(&name).is_some() {
                        return Err(A::Error::custom(format!("`{name}` occurs twice")));
                    }
                    named.0.push((name, value));
                }
                Ok(named)
            }
        }
        deserializer.deserialize_map(NamedVisitor(PhantomData))
    }
}

/// How an axis maps values to places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Equal steps for equal differences.
    #[default]
    Linear,
    /// Equal steps for equal ratios.
    Log,
    /// One place for each category.
    Categorical,
}

/// An axis of a figure.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// What is shown, without its unit.
    pub label: String,
    /// The unit of the values; `None` if they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The lower end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// How values map to places.
    #[serde(default)]
    pub scale: Scale,
}

impl Axis {
    /// A linear axis with that label.
    pub fn new(label: impl Into<String>) -> Self {
        Axis { label: label.into(), ..Axis::default() }
    }

    /// Sets the unit.
    #[must_use]
    pub fn unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// Sets both ends.
    #[must_use]
    pub fn range(mut self, min: f64, max: f64) -> Self {
        self.min = Some(min);
        self.max = Some(max);
        self
    }

    /// Sets the scale.
    #[must_use]
    pub fn scale(mut self, scale: Scale) -> Self {
        self.scale = scale;
        self
    }
}

/// What a series is in its figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Points whose order has no meaning.
    Scatter,
    /// Points joined in their order.
    Path,
    /// The end points of a fitted line.
    Fit,
    /// A confidence band around a fitted line.
    CiBand,
    /// One bar for each category.
    Bars,
}

/// One series of a figure. Which arrays it has depends on its role: points, paths and fits have `x`
/// and `y`, bars `category` and `value`, bands `x`, `lower` and `upper`; arrays are equally long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The name, as in the legend.
    pub name: String,
    /// What the series is in its figure.
    pub role: Role,
    /// Categories of bars.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<String>,
    /// Lengths of bars, in the unit of the value axis.
    #[serde(default, with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub value: Vec<f64>,
    /// Places along the x axis.
    #[serde(default, with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub x: Vec<f64>,
    /// Places along the y axis.
    #[serde(default, with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub y: Vec<f64>,
    /// Lower edge of a band.
    #[serde(default, with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub lower: Vec<f64>,
    /// Upper edge of a band.
    #[serde(default, with = "nullable", skip_serializing_if = "Vec::is_empty")]
    pub upper: Vec<f64>,
}

impl Series {
    fn new(name: impl Into<String>, role: Role) -> Self {
        Series {
            name: name.into(),
            role,
            category: Vec::new(),
            value: Vec::new(),
            x: Vec::new(),
            y: Vec::new(),
            lower: Vec::new(),
            upper: Vec::new(),
        }
    }

    /// Points whose order has no meaning.
    pub fn scatter(name: impl Into<String>, x: Vec<f64>, y: Vec<f64>) -> Self {
        Series { x, y, ..Series::new(name, Role::Scatter) }
    }

    /// Points joined in their order.
    pub fn path(name: impl Into<String>, x: Vec<f64>, y: Vec<f64>) -> Self {
        Series { x, y, ..Series::new(name, Role::Path) }
    }

    /// A fitted line, given by its end points.
    pub fn fit(name: impl Into<String>, x: [f64; 2], y: [f64; 2]) -> Self {
        Series { x: x.to_vec(), y: y.to_vec(), ..Series::new(name, Role::Fit) }
    }

    /// A confidence band between `lower` and `upper` at each `x`, which must increase.
    pub fn band(name: impl Into<String>, x: Vec<f64>, lower: Vec<f64>, upper: Vec<f64>) -> Self {
        Series { x, lower, upper, ..Series::new(name, Role::CiBand) }
    }

    /// Bars; a bar that does not exist is NaN.
    pub fn bars<C: Into<String>>(
        name: impl Into<String>,
        category: impl IntoIterator<Item = C>,
        value: Vec<f64>,
    ) -> Self {
        let category = category.into_iter().map(Into::into).collect();
        Series { category, value, ..Series::new(name, Role::Bars) }
    }

    /// Checks that the series has the arrays of its role, equally long, and no others.
    ///
    /// # Errors
    /// Says in words what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        let arrays = [
            ("category", self.category.len(), self.role == Role::Bars),
            ("value", self.value.len(), self.role == Role::Bars),
            ("x", self.x.len(), self.role != Role::Bars),
            ("y", self.y.len(), !matches!(self.role, Role::Bars | Role::CiBand)),
            ("lower", self.lower.len(), self.role == Role::CiBand),
            ("upper", self.upper.len(), self.role == Role::CiBand),
        ];
        let length = if self.role == Role::Bars { self.category.len() } else { self.x.len() };
        for (name, found, belongs) in arrays {
            let expected = if belongs { length } else { 0 };
            if found != expected {
                return Err(format!("`{name}` has {found} values, expected {expected}"));
            }
        }
        if self.role == Role::CiBand && !self.x.is_sorted_by(|a, b| a < b) {
            return Err("the `x` of a band must increase".to_owned());
        }
        Ok(())
    }
}

/// Arrays of numbers in which `null` stands for NaN.
mod nullable {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        let finite = |number: &f64| number.is_finite().then_some(*number);
        numbers.iter().map(finite).collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let numbers = Vec::<Option<f64>>::deserialize(deserializer)?;
        Ok(numbers.into_iter().map(|number| number.unwrap_or(f64::NAN)).collect())
    }
}
