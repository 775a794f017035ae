//! A pair of axes with marks on them.

use crate::{
    Result,
    axis::Axis,
    data::{Column, DataTable},
    figure::{About, Figure, Size},
    legend::Legend,
    marks::{Dimension, Draw, Mark, Side, union},
    ticks,
};

/// One plotting area: a horizontal and a vertical axis, the marks on them, and a legend.
///
/// Margins, ticks, the place of the legend and those of labels follow from the content and the size;
/// the data table of the figure is that of the marks.
///
/// ```
/// use plot::{About, Axis, Cartesian, Corner, Legend, Line, Look, Marker, Points, Size, style::CATEGORICAL};
/// let look = Look::new(CATEGORICAL[0], Marker::Square);
/// let (latency, energy) = ([36.5, 120.5, 112.1], [1.59, 5.43, 5.10]);
/// let figure = Cartesian::new(Axis::value("Inference latency", "ms"), Axis::value("Energy", "mJ").from_zero())
///     .mark(Points::new("L4", &latency, &energy, look))
///     .mark(Line::between("L4", (36.5, 1.6), (120.5, 5.4), look.colour))
///     .legend(Legend::inside(Corner::UpperLeft).title("MCU"))
///     .figure(
///         About { id: "energy", title: "Energy against latency", alt: "Energy grows in proportion to latency." },
///         Size::pt(288.0, 216.0),
///     )?;
/// assert!(figure.svg()?.starts_with("<svg"));
/// assert!(figure.data_csv().starts_with("series,Inference latency [ms],Energy [mJ]\nL4,36.5,1.59\n"));
/// # Ok::<(), plot::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cartesian {
    pub(crate) x: Axis,
    pub(crate) left: Axis,
    pub(crate) top: Option<Axis>,
    pub(crate) right: Option<Axis>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) legend: Option<Legend>,
    pub(crate) heading: Option<String>,
    pub(crate) boxed: bool,
}

impl Cartesian {
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { x, left: y, top: None, right: None, marks: Vec::new(), legend: None, heading: None, boxed: false }
    }

    /// Adds a mark. Bands are drawn at the bottom, then bars, lines and points; marks of one kind in
    /// the order in which they are added.
    pub fn mark(mut self, mark: impl Into<Mark>) -> Self {
        self.marks.push(mark.into());
        self
    }

    /// Adds several marks.
    pub fn marks(mut self, marks: impl IntoIterator<Item = impl Into<Mark>>) -> Self {
        self.marks.extend(marks.into_iter().map(Into::into));
        self
    }

    /// A second horizontal axis on top, which says the same in other terms: it needs a range of its
    /// own, and no mark belongs to it.
    pub fn top_axis(mut self, axis: Axis) -> Self {
        self.top = Some(axis.without_grid());
        self
    }

    /// A second vertical axis, for marks that are `on_right`.
    pub fn right_axis(mut self, axis: Axis) -> Self {
        self.right = Some(axis.without_grid());
        self
    }

    pub fn legend(mut self, legend: Legend) -> Self {
        self.legend = Some(legend);
        self
    }

    /// A bold line above the axes, for a panel among others.
    pub fn heading(mut self, text: impl Into<String>) -> Self {
        self.heading = Some(text.into());
        self
    }

    /// Draws lines on all four sides.
    pub fn boxed(mut self) -> Self {
        self.boxed = true;
        self
    }

    /// The figure with this as its only panel.
    pub fn figure(self, about: About, size: Size) -> Result<Figure> {
        Figure::panels(about, size, 1, vec![self])
    }

    pub(crate) fn draws(&self) -> impl Iterator<Item = &dyn Draw> {
        self.marks.iter().map(Mark::draw)
    }

    /// For each mark of bars or boxes, which one of its kind it is, and how many there are.
    pub(crate) fn slots(&self) -> Vec<(usize, usize)> {
        let same = |a: &Mark, b: &Mark| std::mem::discriminant(a) == std::mem::discriminant(b);
        let marks = &self.marks;
        let before = |index: usize| marks[..index].iter().filter(|mark| same(mark, &marks[index])).count();
        let all = |index: usize| marks.iter().filter(|mark| same(mark, &marks[index])).count();
        (0..marks.len()).map(|index| (before(index), all(index))).collect()
    }

    /// Whether all ticks of logarithmic axes are readable without powers. Errors: see [`Axis::span`].
    fn is_readable(&self) -> std::result::Result<bool, String> {
        let horizontal = [(Some(&self.x), self.extent(Dimension::X, Side::Left)), (self.top.as_ref(), None)];
        let vertical = [Side::Left, Side::Right].map(|side| (self.vertical(side), self.extent(Dimension::Y, side)));
        for (axis, extent) in horizontal.into_iter().chain(vertical) {
            let Some(axis) = axis.filter(|axis| axis.shows_powers()) else { continue };
            let (min, max) = axis.span(extent)?;
            if !ticks::is_readable(min, max) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// One notation in a figure: powers of ten on all logarithmic axes of its panels, or on none.
    pub(crate) fn agree_on_notation(panels: &mut [Self]) -> std::result::Result<(), String> {
        for panel in panels.iter() {
            if !panel.is_readable()? {
                return Ok(());
            }
        }
        for panel in panels {
            let axes = [&mut panel.x, &mut panel.left].into_iter().chain(&mut panel.top).chain(&mut panel.right);
            axes.for_each(Axis::without_powers);
        }
        Ok(())
    }

    pub(crate) fn vertical(&self, side: Side) -> Option<&Axis> {
        match side {
            Side::Left => Some(&self.left),
            Side::Right => self.right.as_ref(),
        }
    }

    /// Checks the marks, and prepares the axes for them.
    pub(crate) fn prepared(mut self) -> std::result::Result<Self, String> {
        if self.marks.is_empty() {
            return Err("nothing to draw".into());
        }
        for mark in self.draws() {
            let vertical = self.vertical(mark.side()).ok_or("a mark is on the right axis, but there is none")?;
            mark.check(&self.x, vertical).map_err(|problem| match mark.name() {
                "" => problem,
                name => format!("series `{name}`: {problem}"),
            })?;
        }
        self.check_names()?;
        if self.right.is_some() && self.draws().all(|mark| mark.side() == Side::Left) {
            return Err("there is a right axis, but no mark on it".into());
        }
        if self.draws().any(Draw::grows_from_zero) {
            self.x.hold_zero();
            self.left.hold_zero();
        }
        Ok(self)
    }

    /// A legend needs entries, and an entry stands for one colour.
    fn check_names(&self) -> std::result::Result<(), String> {
        let named = self.draws().filter(|mark| !mark.name().is_empty());
        let icons: Vec<_> = named.filter_map(|mark| Some((mark.name(), mark.icon()?.colour))).collect();
        if self.legend.is_some() && icons.is_empty() {
            return Err("a legend, but no series with a name and one colour".into());
        }
        for (index, (name, colour)) in icons.iter().enumerate() {
            if let Some((_, other)) = icons[..index].iter().find(|(known, other)| known == name && other != colour) {
                return Err(format!("series `{name}` is both {other} and {colour}"));
            }
        }
        Ok(())
    }

    /// Least and greatest value along an axis of numbers.
    pub(crate) fn extent(&self, dimension: Dimension, side: Side) -> Option<(f64, f64)> {
        // All marks share the horizontal axis.
        let counts = |mark: &&dyn Draw| dimension == Dimension::X || mark.side() == side;
        self.draws().filter(counts).map(|mark| mark.extent(dimension)).fold(None, union)
    }

    /// Adds the data of all marks to the table of a figure.
    pub(crate) fn record(&self, table: &mut DataTable) {
        let mut own = DataTable::default();
        for mark in self.draws() {
            // A prepared panel has the axis that a mark is on.
            let vertical = self.vertical(mark.side()).unwrap_or(&self.left);
            let (x, y) = distinct(&self.x, vertical);
            mark.record(&x, &y, &mut own);
        }
        table.append(own, self.heading.as_deref());
    }
}

/// The axes with names that differ, as columns must.
fn distinct(x: &Axis, y: &Axis) -> (Axis, Axis) {
    let named = |axis: &Axis, letter: &str| {
        let Column { name, unit } = axis.quantity();
        let name = match name.as_str() {
            "" => letter.to_owned(),
            _ if x.quantity() == y.quantity() => format!("{name} ({letter})"),
            _ => name.clone(),
        };
        axis.clone().renamed(Column::new(name, unit.clone()))
    };
    (named(x, "x"), named(y, "y"))
}
