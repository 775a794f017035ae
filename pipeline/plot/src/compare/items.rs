//! A drawing as a list of what is seen: texts and shapes in absolute places, with resolved styles.

use crate::Colour;
use resvg::{
    tiny_skia::{self, PathSegment, Transform},
    usvg::{self, Group, Node, Paint, Tree},
};
use std::fmt;

/// What a drawing shows, in drawing order.
pub(super) struct Drawing {
    /// Width and height in pt.
    pub(super) size: [f32; 2],
    pub(super) items: Vec<Item>,
}

/// Names and values of what an item looks like.
type Style = Vec<(&'static str, String)>;

#[derive(Debug, PartialEq)]
pub(super) enum Item {
    Text(Text),
    Shape(Shape),
}

#[derive(Debug, PartialEq)]
pub(super) struct Text {
    pub(super) content: String,
    /// Where it is anchored, and a second point that tells its direction.
    points: Vec<[f64; 2]>,
    style: Style,
}

#[derive(Debug, PartialEq)]
pub(super) struct Shape {
    /// One letter for each piece of the outline, as in SVG.
    form: String,
    /// All its corners and control points, and the corners of the box that it is clipped to.
    points: Vec<[f64; 2]>,
    style: Style,
}

impl Drawing {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut items = Vec::new();
        walk(tree.root(), 1.0, None, &mut items);
        Self { size: [tree.size().width(), tree.size().height()], items }
    }
}

impl Item {
    /// What must be alike for two items to be the same thing before and after.
    pub(super) fn key(&self) -> &str {
        match self {
            Item::Text(text) => &text.content,
            Item::Shape(shape) => &shape.form,
        }
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self, Item::Text(_))
    }

    pub(super) fn style(&self) -> &[(&'static str, String)] {
        match self {
            Item::Text(text) => &text.style,
            Item::Shape(shape) => &shape.style,
        }
    }

    fn points(&self) -> &[[f64; 2]] {
        match self {
            Item::Text(text) => &text.points,
            Item::Shape(shape) => &shape.points,
        }
    }

    /// How far the point that moved most has moved, in pt; `None` if the items are of different form.
    pub(super) fn moved(&self, other: &Item) -> Option<f64> {
        let same_form = match (self, other) {
            (Item::Text(_), Item::Text(_)) => true,
            (Item::Shape(one), Item::Shape(other)) => one.form == other.form,
            _ => false,
        };
        let (points, others) = (self.points(), other.points());
        let distance = |(a, b): (&[f64; 2], &[f64; 2])| (a[0] - b[0]).hypot(a[1] - b[1]);
        // NaN counts as far: a place that is none is not the same place.
        let farthest =
            points.iter().zip(others).map(distance).fold(0.0, |a: f64, b| if b > a || b.is_nan() { b } else { a });
        let farthest = if farthest.is_nan() { f64::INFINITY } else { farthest };
        (same_form && points.len() == others.len()).then_some(farthest)
    }

    /// The kind of change if the item is there only before or only after.
    pub(super) fn kind_if_missing(&self) -> super::Kind {
        if self.is_text() { super::Kind::Text } else { super::Kind::Geometry }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Text(text) => write!(f, "text `{}`", text.content),
            Item::Shape(shape) => {
                let value = |wanted: &str| shape.style.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
                let colour = value("fill").filter(|fill| *fill != "none").or(value("stroke"));
                let [x, y] = shape.points.first().copied().unwrap_or_default();
                write!(f, "a {} shape at ({x:.1}, {y:.1})", colour.map_or("colourless", String::as_str))
            }
        }
    }
}

fn walk(group: &Group, opacity: f32, clip: Option<[[f64; 2]; 2]>, items: &mut Vec<Item>) {
    let opacity = opacity * group.opacity().get();
    let own = group.clip_path().map(|path| {
        let bounds = path.root().bounding_box();
        let transform = group.abs_transform().pre_concat(path.transform());
        [(bounds.left(), bounds.top()), (bounds.right(), bounds.bottom())].map(|(x, y)| map(transform, x, y))
    });
    // The innermost clip is enough to tell that one has moved: the outer ones hold other shapes, too.
    let clip = own.or(clip);
    for node in group.children() {
        match node {
            Node::Group(group) => walk(group, opacity, clip, items),
            Node::Path(path) if path.is_visible() => items.push(Item::Shape(shape(path, opacity, clip))),
            Node::Text(node) => items.extend(text(node, opacity).map(Item::Text)),
            Node::Path(_) | Node::Image(_) => {}
        }
    }
}

fn map(transform: Transform, x: f32, y: f32) -> [f64; 2] {
    let mut point = tiny_skia::Point::from_xy(x, y);
    transform.map_point(&mut point);
    [point.x.into(), point.y.into()]
}

fn text(node: &usvg::Text, opacity: f32) -> Option<Text> {
    let content: String = node.chunks().iter().map(|chunk| chunk.text()).collect();
    if content.trim().is_empty() {
        return None;
    }
    let transform = node.abs_transform();
    let (_, scale) = transform.get_scale();
    let (mut points, mut style) = (Vec::new(), Style::new());
    for chunk in node.chunks() {
        let (x, y) = (chunk.x().unwrap_or(0.0), chunk.y().unwrap_or(0.0));
        points.extend([map(transform, x, y), map(transform, x + 1.0, y)]);
        style.push(("anchor", format!("{:?}", chunk.anchor()).to_lowercase()));
        for span in chunk.spans() {
            style.push(("font size", number(span.font_size().get() * scale)));
            style.push(("font weight", span.font().weight().to_string()));
            style.push(("font style", format!("{:?}", span.font().style()).to_lowercase()));
            let families = span.font().families().iter().map(ToString::to_string);
            style.push(("font", families.collect::<Vec<_>>().join(", ")));
            style.push(("baseline", format!("{:?}", span.dominant_baseline()).to_lowercase()));
            style.extend(painted(span.fill(), opacity));
        }
    }
    Some(Text { content, points, style })
}

fn shape(path: &usvg::Path, opacity: f32, clip: Option<[[f64; 2]; 2]>) -> Shape {
    let transform = path.abs_transform();
    let (mut form, mut points) = (String::new(), Vec::new());
    for segment in path.data().segments() {
        let (letter, corners) = match segment {
            PathSegment::MoveTo(p) => ('M', vec![p]),
            PathSegment::LineTo(p) => ('L', vec![p]),
            PathSegment::QuadTo(c, p) => ('Q', vec![c, p]),
            PathSegment::CubicTo(c, d, p) => ('C', vec![c, d, p]),
            PathSegment::Close => ('Z', Vec::new()),
        };
        form.push(letter);
        points.extend(corners.into_iter().map(|point| map(transform, point.x, point.y)));
    }
    points.extend(clip.into_iter().flatten());
    let mut style: Style = painted(path.fill(), opacity).into();
    let stroke = path.stroke();
    let (sx, sy) = transform.get_scale();
    let scale = (sx * sy).abs().sqrt();
    style.push(("stroke", stroke.map_or_else(none, |stroke| colour(stroke.paint()))));
    style.push(("stroke opacity", stroke.map_or_else(none, |stroke| number(opacity * stroke.opacity().get()))));
    style.push(("line width", stroke.map_or_else(none, |stroke| number(stroke.width().get() * scale))));
    let dashes = stroke.and_then(|stroke| stroke.dasharray());
    let dashes = dashes.map(|dashes| dashes.iter().map(|dash| number(dash * scale)).collect::<Vec<_>>().join(" "));
    style.push(("dashes", dashes.unwrap_or_else(none)));
    style.push(("line ends", stroke.map_or_else(none, |stroke| format!("{:?}", stroke.linecap()).to_lowercase())));
    style.push(("line joins", stroke.map_or_else(none, |stroke| format!("{:?}", stroke.linejoin()).to_lowercase())));
    Shape { form, points, style }
}

fn none() -> String {
    "none".to_owned()
}

fn painted(fill: Option<&usvg::Fill>, opacity: f32) -> [(&'static str, String); 2] {
    let paint = fill.map_or_else(none, |fill| colour(fill.paint()));
    [("fill", paint), ("fill opacity", fill.map_or_else(none, |fill| number(opacity * fill.opacity().get())))]
}

fn colour(paint: &Paint) -> String {
    let hex = |c: usvg::Color| Colour::rgb(u32::from_be_bytes([0, c.red, c.green, c.blue])).hex();
    let stops = |stops: &[usvg::Stop]| {
        let stop = |stop: &usvg::Stop| format!("{} {}", hex(stop.color()), number(stop.offset().get()));
        stops.iter().map(stop).collect::<Vec<_>>().join(", ")
    };
    match paint {
        Paint::Color(colour) => hex(*colour),
        Paint::LinearGradient(gradient) => format!("gradient of {}", stops(gradient.stops())),
        Paint::RadialGradient(gradient) => format!("radial gradient of {}", stops(gradient.stops())),
        Paint::Pattern(_) => "pattern".to_owned(),
    }
}

/// To a thousandth: what is read from texts of few digits passes through single precision.
fn number(value: f32) -> String {
    let rounded = (f64::from(value) * 1000.0).round() / 1000.0;
    rounded.to_string()
}
