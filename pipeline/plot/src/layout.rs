//! Where everything stands: margins from measured text, then the legend, then labels.

use crate::{
    axis::{Axis, Resolved},
    cartesian::Cartesian,
    geometry::{Rect, Shape},
    labels::{self, Label},
    legend::{ABOVE_GAP, Measured},
    marks::{ColourBar, Dimension, Draw, Icon, Scene, Side},
    style,
};

/// Around everything.
const PADDING: f64 = 2.5;
/// Between a heading and what is under it.
const HEADING_ROW: f64 = 1.5 * style::PANEL_TITLE_SIZE;
const COLOUR_BAR_GAP: f64 = 9.0;
const COLOUR_BAR_WIDTH: f64 = 7.0;
/// The margins depend on the tick labels and these on the margins; a few rounds settle both.
const ROUNDS: usize = 12;
/// Between texts of marks and the axes.
const TEXT_CLEARANCE: f64 = 1.5;
/// Axes smaller than this cannot be read.
const LEAST_PLOT: f64 = 20.0;

/// A panel with everything in its place.
pub(crate) struct Layout<'a> {
    pub panel: &'a Cartesian,
    pub plot: Rect,
    pub x: Resolved,
    pub left: Resolved,
    pub top: Option<Resolved>,
    pub right: Option<Resolved>,
    pub heading: Option<(f64, f64)>,
    pub legend: Option<(Measured<'a>, LegendPlace)>,
    pub colour_bars: Vec<(ColourBar, Rect, Resolved)>,
    /// Of each mark.
    pub labels: Vec<Vec<Label>>,
}

pub(crate) enum LegendPlace {
    Inside(Rect),
    /// Upper left corner and width.
    Above(f64, f64, f64),
}

/// Ranges of the axes, from the data.
#[derive(Clone)]
struct Spans {
    x: (f64, f64),
    left: (f64, f64),
    top: Option<(f64, f64)>,
    right: Option<(f64, f64)>,
}

/// Widths around the plot.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Margins {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Margins {
    /// The larger of both on every side.
    pub fn max(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            right: self.right.max(other.right),
            top: self.top.max(other.top),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

impl<'a> Layout<'a> {
    /// Lays a prepared panel out in an area of the canvas, with at least the given margins.
    pub fn new(panel: &'a Cartesian, area: Rect, least: Margins) -> Result<Self, String> {
        let spans = Spans {
            x: panel.x.span(panel.extent(Dimension::X, Side::Left))?,
            left: panel.left.span(panel.extent(Dimension::Y, Side::Left))?,
            top: panel.top.as_ref().map(|axis| axis.span(None)).transpose()?,
            right: panel.right.as_ref().map(|axis| axis.span(panel.extent(Dimension::Y, Side::Right))).transpose()?,
        };
        let inside = panel.legend.as_ref().is_some_and(|legend| legend.is_inside());
        if inside {
            let layout = Self::settle(panel, spans.clone(), area, least, false)?;
            if let Some(layout) = layout.with_legend_inside() {
                return Ok(layout.with_labels());
            }
        }
        Ok(Self::settle(panel, spans, area, least, true)?.with_labels())
    }

    /// Finds the margins, and ranges that hold the texts of the marks.
    fn settle(
        panel: &'a Cartesian,
        mut spans: Spans,
        area: Rect,
        least: Margins,
        legend_above: bool,
    ) -> Result<Self, String> {
        let mut margins = Margins { left: 40.0, right: 10.0, top: 10.0, bottom: 30.0 }.max(least);
        for round in 0..ROUNDS {
            let plot = Rect::new(
                area.x + margins.left,
                area.y + margins.top,
                area.width - margins.left - margins.right,
                area.height - margins.top - margins.bottom,
            );
            if plot.width < LEAST_PLOT || plot.height < LEAST_PLOT {
                return Err(format!(
                    "{:.0} x {:.0} pt leave no room for the axes beside their labels; make the figure larger",
                    area.width, area.height
                ));
            }
            let layout = Self::on(panel, &spans, plot, area, legend_above);
            let widened = layout.widened(&mut spans);
            let mut needed = layout.margins(area).max(least);
            // Late in the rounds margins only grow, so that they settle even if ticks flip to and fro.
            if round >= ROUNDS / 2 {
                needed = needed.max(margins);
            }
            if needed == margins && !widened {
                return Ok(layout);
            }
            margins = needed;
        }
        Err("the margins do not settle; give the axes fixed ranges and ticks".into())
    }

    /// Begins flexible axes lower where texts of marks would run into the axis at their start.
    fn widened(&self, spans: &mut Spans) -> bool {
        let (mut left, mut bottom) = (0.0_f64, 0.0_f64);
        for text in self.texts() {
            left = left.max(self.plot.x + TEXT_CLEARANCE - text.x);
            bottom = bottom.max(text.bottom() + TEXT_CLEARANCE - self.plot.bottom());
        }
        let widen = |axis: &Resolved, span: &mut (f64, f64), lacking: f64, length: f64| {
            // Beyond half of the axis something else is wrong.
            let flexible = axis.axis().is_flexible() && (0.5..length / 2.0).contains(&lacking);
            if flexible {
                span.0 -= (span.1 - span.0) * lacking / (length - lacking);
            }
            flexible
        };
        let wider = widen(&self.x, &mut spans.x, left, self.plot.width);
        let taller = widen(&self.left, &mut spans.left, bottom, self.plot.height);
        wider || taller
    }

    fn texts(&self) -> impl Iterator<Item = Rect> {
        self.scenes().flat_map(|(mark, scene)| mark.texts(&scene))
    }

    fn on(panel: &'a Cartesian, spans: &Spans, plot: Rect, area: Rect, legend_above: bool) -> Self {
        let resolve = |axis: &Option<Axis>, span: Option<(f64, f64)>, horizontal: bool| {
            let length = if horizontal { plot.width } else { plot.height };
            axis.as_ref().zip(span).map(|(axis, span)| axis.resolve(span, length, horizontal))
        };
        let legend = panel.legend.as_ref().filter(|_| legend_above).map(|legend| {
            let y = area.y + PADDING + panel.heading.as_ref().map_or(0.0, |_| HEADING_ROW);
            let width = area.x + area.width - plot.x - PADDING;
            (Measured::new(legend, entries(panel)), LegendPlace::Above(plot.x, y, width))
        });
        let mut layout = Self {
            panel,
            plot,
            x: panel.x.resolve(spans.x, plot.width, true),
            left: panel.left.resolve(spans.left, plot.height, false),
            top: resolve(&panel.top, spans.top, true),
            right: resolve(&panel.right, spans.right, false),
            heading: panel.heading.as_ref().map(|_| (plot.x, area.y + PADDING)),
            legend,
            colour_bars: Vec::new(),
            labels: Vec::new(),
        };
        layout.add_colour_bars();
        layout
    }

    fn add_colour_bars(&mut self) {
        let mut x = self.plot.right() + self.right.as_ref().map_or(0.0, Resolved::depth);
        let bars: Vec<ColourBar> = self.panel.draws().filter_map(Draw::colour_bar).collect();
        for bar in bars {
            let place = Rect::new(x + COLOUR_BAR_GAP, self.plot.y, COLOUR_BAR_WIDTH, self.plot.height);
            let axis = Axis::value(bar.quantity.name.clone(), bar.quantity.unit.clone()).format(bar.format);
            let resolved = axis.resolve((bar.low, bar.high), place.height, false);
            x = place.right() + resolved.depth();
            self.colour_bars.push((bar, place, resolved));
        }
    }

    /// What the axes, texts and colour bars need around the plot, in whole pt: grid lines then fall
    /// on the same fractions in all figures.
    pub fn margins(&self, area: Rect) -> Margins {
        let plot = self.plot;
        let (before, behind) = self.x.overhang();
        let (below, over) = self.left.overhang();
        let mut left = self.left.depth().max(before);
        let mut right = behind.max(self.right.as_ref().map_or(0.0, Resolved::depth));
        let mut top = over.max(self.top.as_ref().map_or(0.0, Resolved::depth));
        let mut bottom = self.x.depth().max(below);
        if let Some(axis) = &self.top {
            left = left.max(axis.overhang().0);
            right = right.max(axis.overhang().1);
        }
        if let Some((_, place, axis)) = self.colour_bars.last() {
            right = right.max(place.right() + axis.depth() - plot.right());
        }
        for text in self.texts() {
            left = left.max(plot.x - text.x);
            right = right.max(text.right() - plot.right());
            top = top.max(plot.y - text.y);
            bottom = bottom.max(text.bottom() - plot.bottom());
        }
        if let Some((legend, LegendPlace::Above(_, _, width))) = &self.legend {
            top += legend.height_above(*width) + ABOVE_GAP;
        }
        top += self.heading.map_or(0.0, |_| HEADING_ROW);
        let whole = |margin: f64, edge: f64| (margin + PADDING + edge).ceil() - edge;
        // The plot's edges come to lie on whole pt of the canvas.
        Margins {
            left: whole(left, area.x.fract()),
            right: whole(right, 1.0 - area.right().fract()),
            top: whole(top, area.y.fract()),
            bottom: whole(bottom, 1.0 - area.bottom().fract()),
        }
    }

    /// Each mark with the axes it stands on. Indices in the option are not known yet, and not needed
    /// for laying out.
    pub fn scenes(&self) -> impl Iterator<Item = (&dyn Draw, Scene<'_>)> {
        self.panel.draws().zip(self.panel.slots()).map(|(mark, bar)| {
            let scene = Scene {
                plot: self.plot,
                x: &self.x,
                left: &self.left,
                right: self.right.as_ref(),
                x_index: 0,
                left_index: 0,
                right_index: 0,
                bar,
            };
            (mark, scene)
        })
    }

    fn shapes(&self) -> Vec<Shape> {
        self.scenes().flat_map(|(mark, scene)| mark.shapes(&scene)).collect()
    }

    /// None if no place is free.
    fn with_legend_inside(mut self) -> Option<Self> {
        let legend = self.panel.legend.as_ref()?;
        let measured = Measured::new(legend, entries(self.panel));
        let place = measured.free_place(&self.plot, &self.shapes())?;
        self.legend = Some((measured, LegendPlace::Inside(place)));
        Some(self)
    }

    fn with_labels(mut self) -> Self {
        let anchors: Vec<Vec<labels::Anchor>> = self.scenes().map(|(mark, scene)| mark.anchors(&scene)).collect();
        let mut taken = self.shapes();
        if let Some((_, LegendPlace::Inside(place))) = &self.legend {
            taken.push(Shape::Rect(*place));
        }
        let counts: Vec<usize> = anchors.iter().map(Vec::len).collect();
        let bounds = self.plot.grown(-1.0);
        let mut placed = labels::place(anchors.concat(), &bounds, &taken).into_iter();
        self.labels = counts.into_iter().map(|count| placed.by_ref().take(count).collect()).collect();
        self
    }
}

/// Named series with their symbols, each name once.
fn entries(panel: &Cartesian) -> Vec<(String, Icon)> {
    let mut entries: Vec<(String, Icon)> = Vec::new();
    for mark in panel.draws() {
        let known = entries.iter().any(|(name, _)| name == mark.name());
        if let (false, false, Some(icon)) = (known, mark.name().is_empty(), mark.icon()) {
            entries.push((mark.name().to_owned(), icon));
        }
    }
    entries
}
