//! Axes as a study specifies them.

mod resolved;

pub(crate) use resolved::Resolved;

use crate::{Colour, data::Column, style, ticks::Format};

/// An axis: its title with unit, its scale, and the ticks on it.
///
/// ```
/// use plot::{Axis, Format};
/// let latency = Axis::value("Inference latency", "ms").range(0.0, 425.9).ticks_every(100.0);
/// assert_eq!(latency.title(), "Inference latency [ms]");
/// let operations = Axis::value("MACC operations", "").format(Format::Millions);
/// let models = Axis::category("Model", ["LeNet", "ResNet-20"]).inverse();
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    quantity: Column,
    kind: Kind,
    range: Range,
    ticks: Ticks,
    format: Format,
    inverse: bool,
    grid: bool,
    colour: Colour,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Value,
    Log,
    Category(Vec<String>),
}

#[derive(Clone, Debug, PartialEq)]
enum Range {
    /// The data, and this share of their span on either side.
    Padded(f64),
    /// From zero to the data and 5 % more.
    FromZero,
    Fixed(f64, f64),
}

#[derive(Clone, Debug, PartialEq)]
enum Ticks {
    Auto,
    Every(f64),
    At(Vec<f64>),
}

impl Axis {
    fn new(title: impl Into<String>, unit: impl Into<String>, kind: Kind) -> Self {
        Self {
            quantity: Column::new(title, unit),
            kind,
            range: Range::Padded(0.05),
            ticks: Ticks::Auto,
            format: Format::Plain,
            inverse: false,
            grid: true,
            colour: style::INK,
        }
    }

    /// A linear axis. The range is that of the data and 5 % on either side, unless it is set.
    /// The unit is empty for a pure number.
    pub fn value(title: impl Into<String>, unit: impl Into<String>) -> Self {
        Self::new(title, unit, Kind::Value)
    }

    /// A logarithmic axis to the base 10.
    pub fn log(title: impl Into<String>, unit: impl Into<String>) -> Self {
        Self { format: Format::Powers, ..Self::new(title, unit, Kind::Log) }
    }

    /// An axis of named categories; data refer to them by index, from 0. The title may be empty.
    pub fn category<S: Into<String>>(title: impl Into<String>, names: impl IntoIterator<Item = S>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self { grid: false, ..Self::new(title, "", Kind::Category(names)) }
    }

    /// Fixes both ends.
    pub fn range(mut self, min: f64, max: f64) -> Self {
        self.range = Range::Fixed(min, max);
        self
    }

    /// Begins a linear axis at zero (or ends it there, if all data are negative). Axes that carry
    /// bars do so by themselves.
    pub fn from_zero(mut self) -> Self {
        self.range = Range::FromZero;
        self
    }

    /// Puts ticks at the multiples of a step.
    pub fn ticks_every(mut self, step: f64) -> Self {
        self.ticks = Ticks::Every(step);
        self
    }

    /// Puts ticks at given values.
    pub fn ticks_at(mut self, values: impl IntoIterator<Item = f64>) -> Self {
        self.ticks = Ticks::At(values.into_iter().collect());
        self
    }

    /// Sets how ticks are written.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Turns the axis round: the first category of a vertical axis on top.
    pub fn inverse(mut self) -> Self {
        self.inverse = true;
        self
    }

    /// Draws no grid lines at the ticks.
    pub fn without_grid(mut self) -> Self {
        self.grid = false;
        self
    }

    /// Sets the title in the colour of the only series on the axis, where another axis stands for others.
    pub fn colour(mut self, colour: Colour) -> Self {
        self.colour = style::as_text(colour);
        self
    }

    /// A linear axis whose range follows the data.
    pub(crate) fn is_flexible(&self) -> bool {
        matches!(self.range, Range::Padded(_) | Range::FromZero) && self.kind == Kind::Value
    }

    /// `Title [unit]`.
    pub fn title(&self) -> String {
        self.quantity.header()
    }

    /// Title and unit as a column of the data table.
    pub(crate) fn quantity(&self) -> &Column {
        &self.quantity
    }

    /// Whether its ticks are powers of ten, if nothing else was asked for.
    pub(crate) fn shows_powers(&self) -> bool {
        self.kind == Kind::Log && self.format == Format::Powers
    }

    /// Writes powers of ten plainly.
    pub(crate) fn without_powers(&mut self) {
        if self.shows_powers() {
            self.format = Format::Each;
        }
    }

    pub(crate) fn renamed(mut self, quantity: Column) -> Self {
        self.quantity = quantity;
        self
    }

    pub(crate) fn is_logarithmic(&self) -> bool {
        self.kind == Kind::Log
    }

    /// Categories by index; None on axes of numbers.
    pub(crate) fn categories(&self) -> Option<&[String]> {
        match &self.kind {
            Kind::Category(names) => Some(names),
            Kind::Value | Kind::Log => None,
        }
    }

    pub(crate) fn hold_zero(&mut self) {
        if let Range::Padded(_) = self.range {
            self.range = Range::FromZero;
        }
    }

    /// Range for data between two values, or why there is none.
    pub(crate) fn span(&self, data: Option<(f64, f64)>) -> Result<(f64, f64), String> {
        if let Kind::Category(names) = &self.kind {
            return match names.len() {
                0 => Err(format!("the axis `{}` has no categories", self.title())),
                count => Ok((-0.5, count as f64 - 0.5)),
            };
        }
        let log = self.kind == Kind::Log;
        let (min, max) = match (&self.range, data) {
            (Range::Fixed(min, max), _) => (*min, *max),
            (_, None) => return Err(format!("no finite data for the axis `{}`; set its range", self.title())),
            (Range::FromZero, Some((low, high))) if !log => {
                let (low, high) = (low.min(0.0), high.max(0.0));
                let pad = 0.05 * (high - low);
                (if low < 0.0 { low - pad } else { low }, if high > 0.0 { high + pad } else { high })
            }
            (Range::Padded(share), Some((low, high))) => padded(low, high, *share, log),
            (Range::FromZero, Some((low, high))) => padded(low, high, 0.05, log),
        };
        let usable = min.is_finite() && max.is_finite() && min < max && (!log || min > 0.0);
        if usable { Ok((min, max)) } else { Err(format!("the axis `{}` cannot span {min} to {max}", self.title())) }
    }

    /// The axis on a plot where it is `length` pt long.
    pub(crate) fn resolve(&self, span: (f64, f64), length: f64, horizontal: bool) -> Resolved {
        Resolved::new(self, span, length, horizontal)
    }
}

fn padded(low: f64, high: f64, share: f64, log: bool) -> (f64, f64) {
    if log {
        let ratio = (high / low).powf(share).max(1.05);
        return (rounded(low / ratio), rounded(high * ratio));
    }
    let span = high - low;
    // A single value gets some room about it.
    let pad = if span > 0.0 { share * span } else { (0.05 * high.abs()).max(0.5) };
    (rounded(low - pad), rounded(high + pad))
}

/// To 9 significant digits: logarithms and powers differ in their last bits between machines.
fn rounded(value: f64) -> f64 {
    format!("{value:.8e}").parse().unwrap_or(value)
}

pub(crate) fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let axis = Axis::value("x", "s");
        assert_eq!(axis.span(Some((0.0, 100.0))), Ok((-5.0, 105.0)));
        assert_eq!(axis.clone().from_zero().span(Some((20.0, 100.0))), Ok((0.0, 105.0)));
        assert_eq!(axis.clone().from_zero().span(Some((-20.0, 0.0))), Ok((-21.0, 0.0)));
        assert_eq!(axis.clone().range(1.0, 2.0).span(None), Ok((1.0, 2.0)));
        assert_eq!(axis.span(Some((3.0, 3.0))), Ok((2.5, 3.5)));
        assert_eq!(Axis::category("c", ["a", "b"]).span(None), Ok((-0.5, 1.5)));
        assert!(axis.span(None).is_err());
        assert!(axis.clone().range(2.0, 1.0).span(None).is_err());
        assert!(Axis::log("x", "s").span(Some((0.0, 1.0))).is_err());
        assert!(Axis::category("c", [""; 0]).span(None).is_err());
    }
}
