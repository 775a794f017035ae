//! A figure: its specification, its data, and its renderings.

use crate::{
    Error, Result,
    axis::hundredths,
    canonical::Document,
    canvas::Canvas,
    cartesian::Cartesian,
    data::DataTable,
    engine::{self, Limits},
    font::Font,
    geometry::Rect,
    layout::{Layout, Margins},
    option,
    status::Strip,
    style,
};
use charming::Chart;
use serde_json::{Value, json};

/// Between panels.
const PANEL_GAP: f64 = 6.0;

/// Size in pt of the status behind the data of an interactive chart, where there is room.
const WATERMARK_SIZE: f64 = 28.0;

/// Width and height in pt at which a figure is printed, before a status strip is added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

impl Size {
    pub const fn pt(width: f64, height: f64) -> Self {
        Self { width, height }
    }
}

/// What a figure is called, and what it shows in words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct About<'a> {
    /// Unique in its project; part of ids in the SVG, so that several can stand in one page.
    pub id: &'a str,
    /// Short; a browser shows it on hovering.
    pub title: &'a str,
    /// What a reader learns from the figure, for who cannot see it.
    pub alt: &'a str,
}

/// A chart with its data and its description.
///
/// One specification serves all renderings: [`option`](Self::option) is what an interactive chart
/// needs, [`svg`](Self::svg) is the same drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    id: String,
    title: String,
    alt: String,
    size: Size,
    /// The whole option but the status.
    option: Value,
    data: DataTable,
    status: Option<String>,
    /// Of single series, where they are not alike.
    of_series: Vec<(String, String)>,
}

impl Figure {
    /// A figure of any ECharts chart: a charming chart, and an overlay (see [`option::merge`]) for
    /// what charming has no field for. Most figures are made by [`Cartesian::figure`].
    ///
    /// Errors: an empty id, title or alternative text; a size that is no paper size.
    pub fn new(about: About, size: Size, chart: Chart, overlay: Value, data: DataTable) -> Result<Self> {
        let problem = |problem: &str| Error::Specification { figure: about.id.into(), problem: problem.into() };
        for (text, name) in [(about.id, "id"), (about.title, "title"), (about.alt, "alternative text")] {
            if text.trim().is_empty() {
                return Err(problem(&format!("the {name} is empty")));
            }
        }
        let fits = |length: f64| (20.0..=2000.0).contains(&length);
        if !fits(size.width) || !fits(size.height) {
            return Err(problem("width and height must be from 20 to 2000 pt"));
        }
        let chart = serde_json::to_value(&chart).map_err(|e| problem(&e.to_string()))?;
        let mut option = style::base_option();
        option::merge(&mut option, chart);
        option::merge(&mut option, overlay);
        Ok(Self {
            id: about.id.into(),
            title: about.title.into(),
            alt: about.alt.into(),
            size,
            option,
            data,
            status: None,
            of_series: Vec::new(),
        })
    }

    /// A figure of several panels of equal size, row by row. The axes of a column begin and end at the
    /// same place, and so do those of a row.
    pub fn panels(about: About, size: Size, columns: usize, panels: Vec<Cartesian>) -> Result<Self> {
        let problem = |problem: String| Error::Specification { figure: about.id.into(), problem };
        let columns = columns.max(1);
        let rows = panels.len().div_ceil(columns).max(1);
        let share = |length: f64, count: usize| (length - PANEL_GAP * (count - 1) as f64) / count as f64;
        let (width, height) = (share(size.width, columns).floor(), share(size.height, rows).floor());
        let area = |index: usize| {
            let (column, row) = ((index % columns) as f64, (index / columns) as f64);
            Rect::new(column * (width + PANEL_GAP), row * (height + PANEL_GAP), width, height)
        };
        let panels = panels.into_iter().map(Cartesian::prepared).collect::<std::result::Result<Vec<_>, _>>();
        let mut panels = panels.map_err(problem)?;
        Cartesian::agree_on_notation(&mut panels).map_err(problem)?;
        let mut by_column = vec![Margins::default(); columns];
        let mut by_row = vec![Margins::default(); rows];
        for (index, panel) in panels.iter().enumerate().filter(|_| panels.len() > 1) {
            let layout = Layout::new(panel, area(index), Margins::default()).map_err(problem)?;
            let Margins { left, right, top, bottom } = layout.margins(area(index));
            let (column, row) = (&mut by_column[index % columns], &mut by_row[index / columns]);
            *column = column.max(Margins { left, right, ..Margins::default() });
            *row = row.max(Margins { top, bottom, ..Margins::default() });
        }
        let (mut canvas, mut data) = (Canvas::default(), DataTable::default());
        for (index, panel) in panels.iter().enumerate() {
            let least = by_column[index % columns].max(by_row[index / columns]);
            canvas.add(&Layout::new(panel, area(index), least).map_err(problem)?);
            panel.record(&mut data);
        }
        let (chart, overlay) = canvas.finish();
        Self::new(about, size, chart, overlay, data)
    }

    /// Marks the figure as, say, `SIMULATED DATA`: in a strip above the drawing, which adds to its
    /// height, and behind the data of an interactive chart.
    pub fn status_banner(mut self, text: impl Into<String>) -> Self {
        self.status = Some(text.into());
        self
    }

    /// Says of what status each series is, by its name, where a banner is of some of them only: the data
    /// tell it row by row. Rows of other series, such as guides, have none.
    pub fn status_of_series(mut self, statuses: impl IntoIterator<Item = (String, String)>) -> Self {
        self.of_series = statuses.into_iter().collect();
        self
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn alt(&self) -> &str {
        &self.alt
    }

    /// Without the status strip.
    pub fn size(&self) -> Size {
        self.size
    }

    pub fn status(&self) -> Option<&str> {
        self.status.as_deref()
    }

    pub fn data(&self) -> &DataTable {
        &self.data
    }

    /// The data as CSV, see [`DataTable::csv`]; a status stands in a column of its own.
    pub fn data_csv(&self) -> String {
        let Some(status) = &self.status else { return self.data.csv() };
        let whole = status.to_lowercase();
        let of = |series: &str| match self.of_series.iter().find(|(name, _)| name == series) {
            Some((_, status)) => status.as_str(),
            None if self.of_series.is_empty() => whole.as_str(),
            None => "",
        };
        self.data.with_remark("status", of).csv()
    }

    /// The ECharts option for an interactive chart. Functions in it are marked strings;
    /// [`option::source`] writes it as JavaScript.
    pub fn option(&self) -> Value {
        let mut option = self.option.clone();
        if let Some(status) = &self.status {
            let wide = 0.8 * self.size.width / Font::bold(1.0).width(status).max(1.0);
            let watermark = json!({
                "type": "text",
                "left": "center",
                "top": "middle",
                "z": -10,
                "silent": true,
                "rotation": 0.35,
                "style": {
                    "text": status,
                    "fill": style::STATUS.hex(),
                    "opacity": 0.15,
                    "fontSize": hundredths(wide.min(WATERMARK_SIZE)),
                    "fontWeight": "bold",
                    "fontFamily": style::font_family(),
                },
            });
            let mut elements = option["graphic"]["elements"].take();
            match elements.as_array_mut() {
                Some(elements) => elements.push(watermark),
                None => elements = json!([watermark]),
            }
            option["graphic"] = json!({ "elements": elements });
        }
        option
    }

    /// The drawing as SVG text with title and description for assistive technology. The same figure
    /// gives the same bytes, whatever was drawn before and on whichever thread.
    pub fn svg(&self) -> Result<String> {
        self.svg_within(&Limits::default())
    }

    /// As [`svg`](Self::svg), within given bounds.
    pub fn svg_within(&self, limits: &Limits) -> Result<String> {
        let Size { width, height } = self.size;
        let source = option::source(&self.option);
        let raw = engine::render(&self.id, &source, (width, height), limits)?;
        let strip = self.status.as_deref().map(|text| Strip::new(text, width));
        Ok(Document::parse(&raw)?.canonical(&slug(&self.id)).write(&self.title, &self.alt, self.size, strip))
    }
}

/// The id as it may stand in an XML id and in a URL reference.
fn slug(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Column;

    const ABOUT: About = About { id: "a.b c", title: "t", alt: "x" };

    fn figure(about: About, size: Size) -> Result<Figure> {
        Figure::new(about, size, Chart::new(), json!({}), DataTable::default())
    }

    #[test]
    fn descriptions_and_sizes_are_required() {
        assert!(figure(ABOUT, Size::pt(288.0, 216.0)).is_ok());
        let refused = |about, size| matches!(figure(about, size), Err(Error::Specification { .. }));
        assert!(refused(About { alt: " ", ..ABOUT }, Size::pt(288.0, 216.0)));
        assert!(refused(About { title: "", ..ABOUT }, Size::pt(288.0, 216.0)));
        assert!(refused(ABOUT, Size::pt(f64::NAN, 216.0)));
        assert!(refused(ABOUT, Size::pt(288.0, 1e9)));
    }

    #[test]
    fn ids_become_slugs() {
        assert_eq!(slug("fig2.l4.lenet<>"), "fig2-l4-lenet--");
    }

    #[test]
    fn the_status_stands_in_the_data_of_each_series() {
        let mut data = DataTable::new([Column::new("x", "")]);
        ["a", "b", ""].into_iter().for_each(|series| data.push(series, [1.0.into()]));
        let figure = Figure::new(ABOUT, Size::pt(100.0, 100.0), Chart::new(), json!({}), data).expect("a figure");
        let figure = figure.status_banner("SIMULATED");
        assert_eq!(figure.data_csv(), "series,x,status\na,1,simulated\nb,1,simulated\n,1,simulated\n");
        let figure = figure.status_of_series([("a".into(), "measured".into()), ("b".into(), "simulated".into())]);
        assert_eq!(figure.data_csv(), "series,x,status\na,1,measured\nb,1,simulated\n,1,\n");
    }

    #[test]
    fn logarithmic_axes_of_a_figure_have_one_notation() {
        let panel = |x: [f64; 2]| {
            let look = style::Look::nth(0);
            let points = crate::Points::new("p", &x, &[0.01, 100.0], look);
            Cartesian::new(crate::Axis::log("x", "MAC"), crate::Axis::log("y", "J")).mark(points)
        };
        let drawn = |panels: Vec<Cartesian>| {
            let figure = Figure::panels(ABOUT, Size::pt(300.0, 120.0), 2, panels).expect("a figure");
            figure.svg().expect("drawn")
        };
        let plain = drawn(vec![panel([1.0, 100.0]), panel([0.1, 1000.0])]);
        assert!(plain.contains(">0.01<") && plain.contains(">1000<") && !plain.contains(">10¹<"), "{plain}");
        let powers = drawn(vec![panel([1.0, 100.0]), panel([1e3, 1e9])]);
        assert!(powers.contains(">10¹<") && powers.contains(">10⁹<") && powers.contains(">-</tspan>"), "{powers}");
        assert!(!powers.contains(">100<") && !powers.contains(">0.01<"), "{powers}");
    }

    #[test]
    fn the_status_is_in_the_interactive_option() {
        let marked = figure(ABOUT, Size::pt(100.0, 100.0)).map(|f| f.status_banner("SIMULATED").option());
        let text = &marked.expect("a figure")["graphic"]["elements"][0]["style"]["text"];
        assert_eq!(text, "SIMULATED");
    }
}
