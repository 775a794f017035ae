//! Figures: specified with charming (ECharts), drawn in process to SVG and PNG, with their data.
//!
//! A figure is usually made of [`Axis`], marks ([`Points`], [`Line`], [`Band`], [`Bars`], [`Boxes`],
//! [`Heat`]) and a [`Legend`] on a [`Cartesian`]; any other ECharts chart becomes one by
//! [`Figure::new`]. Lengths are in pt on paper: a figure is drawn at the size at which it is printed.
//!
//! - [`Figure::svg`] runs ECharts' own server-side rendering in an embedded JavaScript engine. Text
//!   stays text, in Noto Sans, and is measured by the metrics of that font. The bytes depend on the
//!   specification only.
//! - [`png`] rasterises an SVG, [`Figure::data_csv`] writes the numbers behind it, [`Figure::option`]
//!   gives the same specification for an interactive chart.
//! - [`lint`] says what is wrong with a drawing; every figure should pass it in a test.
//! - [`compare`](fn@compare) says how two drawings differ, [`difference_png`] shows it.
//! - [`style`] is the house style, with a [`Registry`] that gives a thing the same look everywhere.

mod axis;
mod canonical;
mod canvas;
mod cartesian;
mod colour;
pub mod compare;
mod data;
mod difference;
mod engine;
mod error;
mod figure;
pub mod font;
mod geometry;
mod labels;
mod layout;
mod legend;
mod lint;
mod marks;
pub mod option;
mod png;
mod status;
pub mod style;
mod ticks;

pub use axis::Axis;
pub use cartesian::Cartesian;
pub use colour::{Colour, Vision};
pub use compare::compare;
pub use data::{Cell, Column, DataTable};
pub use difference::{ONLY_FIRST, ONLY_SECOND, difference_png};
pub use engine::{ECHARTS, Limits};
pub use error::{Error, Result};
pub use figure::{About, Figure, Size};
pub use geometry::Point;
pub use legend::{Corner, Legend};
pub use lint::{Finding, LEAST_SIZE, lint};
pub use marks::{Band, Bars, BoxStats, Boxes, Dash, Heat, Line, Mark, Points, Side, Step};
pub use png::png;
pub use style::{Look, Marker, Registry, Scale};
pub use ticks::Format;
