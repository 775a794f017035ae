//! Finds what makes a drawing hard to read: text over text or under lines, text cut off at the edge,
//! text too small, glyphs that the typeface lacks.
//!
//! The SVG is read back by the library that also rasterises it and that typst uses, and the boxes
//! are those of the glyphs as shaped there. That is independent of how the layout measured them.

use crate::{
    Colour, Result, font,
    geometry::{Point, Quad, Rect, Segment},
    png::tree,
};
use resvg::{
    tiny_skia::{PathSegment, Transform},
    usvg::{self, Group, Node, Paint, Tree},
};
use std::fmt;

/// Text below this size cannot be read in print, in pt.
pub const LEAST_SIZE: f64 = 6.0;
/// Shapes that stand out less than this from white, such as grid lines and bands, may pass under text.
const FAINT: f64 = 1.45;
/// Boxes of glyphs may come this near in pt before they count as overlapping.
const CLEARANCE: f64 = 0.3;

/// A fault of a drawing; displays as a sentence.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// Two texts run into each other.
    Overlap { text: String, other: String },
    /// Part of a text lies outside the drawing.
    Outside { text: String },
    /// A line or the edge of a mark runs through a text.
    Crossed { text: String, at: Point },
    /// A text is smaller than [`LEAST_SIZE`].
    Small { text: String, size: f64 },
    /// The typeface has no glyph for a character.
    Glyph { text: String, character: char },
    /// A text is not set in the one typeface.
    Typeface { text: String, family: String },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Overlap { text, other } => write!(f, "`{text}` and `{other}` overlap"),
            Finding::Outside { text } => write!(f, "`{text}` is cut off at the edge"),
            Finding::Crossed { text, at } => {
                write!(f, "a line runs through `{text}` at ({:.1}, {:.1})", at.x, at.y)
            }
            Finding::Small { text, size } => write!(f, "`{text}` is only {size} pt high"),
            Finding::Glyph { text, character } => {
                write!(f, "`{text}` has {character:?}, which the typeface lacks")
            }
            Finding::Typeface { text, family } => write!(f, "`{text}` is set in `{family}`"),
        }
    }
}

/// All faults of an SVG, in drawing order; none for a good figure.
///
/// Errors: unreadable SVG.
pub fn lint(svg: &str) -> Result<Vec<Finding>> {
    let tree = tree(svg)?;
    let canvas = Rect::new(0.0, 0.0, tree.size().width().into(), tree.size().height().into());
    let drawn = Drawn::of(&tree);
    let mut findings = Vec::new();
    for (index, text) in drawn.texts.iter().enumerate() {
        let name = || text.content.clone();
        findings.extend(text.faults.iter().cloned());
        // Antialiasing may touch the edge.
        if !canvas.grown(0.05).contains(&text.quad.bounds()) {
            findings.push(Finding::Outside { text: name() });
        }
        let overlapping = drawn.texts[..index].iter().filter(|other| other.grown.intersects(&text.grown));
        findings.extend(overlapping.map(|other| Finding::Overlap { text: other.content.clone(), other: name() }));
        if let Some(at) = drawn.crossing(text) {
            findings.push(Finding::Crossed { text: name(), at });
        }
    }
    Ok(findings)
}

struct Text {
    content: String,
    /// Around the outlines of the glyphs.
    quad: Quad,
    grown: Quad,
    /// Number of shapes drawn before.
    after: usize,
    faults: Vec<Finding>,
}

/// A shape that is plain to see.
struct Mark {
    bounds: Rect,
    outline: Vec<Segment>,
    /// Hides what is under it, within these bounds.
    covers: bool,
    /// Is itself too faint to disturb text.
    faint: bool,
}

#[derive(Default)]
struct Drawn {
    texts: Vec<Text>,
    marks: Vec<Mark>,
}

impl Drawn {
    fn of(tree: &Tree) -> Self {
        let mut drawn = Self::default();
        drawn.walk(tree.root(), 1.0, None);
        drawn
    }

    fn walk(&mut self, group: &Group, opacity: f32, clip: Option<Rect>) {
        let opacity = opacity * group.opacity().get();
        let own_clip = group
            .clip_path()
            .map(|path| quad(path.root().bounding_box(), group.abs_transform().pre_concat(path.transform())).bounds());
        let clip = match (clip, own_clip) {
            (Some(outer), Some(inner)) => Some(common(&outer, &inner)),
            (outer, inner) => outer.or(inner),
        };
        for node in group.children() {
            match node {
                Node::Group(group) => self.walk(group, opacity, clip),
                Node::Path(path) if path.is_visible() => self.marks.extend(mark(path, opacity, clip)),
                Node::Text(node) => self.texts.extend(text(node, self.marks.len())),
                Node::Path(_) | Node::Image(_) => {}
            }
        }
    }

    /// A point at which something dark runs through a text and is not hidden under a box that the
    /// text stands on.
    fn crossing(&self, text: &Text) -> Option<Point> {
        let bounds = text.quad.bounds();
        let before = self.marks.get(..text.after).unwrap_or_default();
        let hidden =
            before.iter().rposition(|mark| mark.covers && mark.bounds.contains(&bounds)).map_or(0, |cover| cover + 1);
        self.marks
            .iter()
            .skip(hidden)
            .filter(|mark| !mark.faint && mark.bounds.grown(0.1).intersects(&bounds))
            .flat_map(|mark| &mark.outline)
            .find(|segment| text.quad.meets(segment))
            .map(|segment| {
                let part = segment.clipped(&bounds).unwrap_or(*segment);
                Rect::spanning(part.from, part.to).centre()
            })
    }
}

fn text(node: &usvg::Text, after: usize) -> Option<Text> {
    let content: String = node.chunks().iter().map(|chunk| chunk.text()).collect();
    let ink = node.flattened().bounding_box();
    if content.trim().is_empty() {
        return None;
    }
    let transform = node.abs_transform();
    let quad = quad(ink, transform);
    let margin = CLEARANCE as f32 / 2.0;
    let grown =
        usvg::Rect::from_ltrb(ink.left() - margin, ink.top() - margin, ink.right() + margin, ink.bottom() + margin);
    let mut faults: Vec<Finding> = font::missing_glyphs(&content)
        .into_iter()
        .map(|character| Finding::Glyph { text: content.clone(), character })
        .collect();
    for span in node.chunks().iter().flat_map(|chunk| chunk.spans()) {
        let (_, scale) = transform.get_scale();
        let size = (f64::from(span.font_size().get() * scale) * 100.0).round() / 100.0;
        if size < LEAST_SIZE {
            faults.push(Finding::Small { text: content.clone(), size });
        }
        let family = match span.font().families().first() {
            Some(usvg::FontFamily::Named(family)) => family.clone(),
            other => format!("{other:?}"),
        };
        if family != font::FAMILY {
            faults.push(Finding::Typeface { text: content.clone(), family });
        }
    }
    let grown = grown.map_or(quad, |grown| self::quad(grown, transform));
    Some(Text { content, quad, grown, after, faults })
}

fn mark(path: &usvg::Path, opacity: f32, clip: Option<Rect>) -> Option<Mark> {
    let transform = path.abs_transform();
    let all = quad(path.data().bounds(), transform).bounds();
    let bounds = clip.map_or(all, |clip| common(&all, &clip));
    let fill = path.fill().map(|fill| seen(fill.paint(), opacity * fill.opacity().get()));
    let stroke = path.stroke().map(|stroke| seen(stroke.paint(), opacity * stroke.opacity().get()));
    let outline = outline(path.data(), transform);
    let clipped = outline.iter().filter_map(|segment| segment.clipped(&bounds.grown(0.01))).collect();
    let paints = [fill, stroke];
    let solid = path.fill().is_some_and(|fill| opacity * fill.opacity().get() > 0.8);
    Some(Mark {
        bounds,
        outline: clipped,
        covers: solid && is_upright_box(&outline),
        faint: paints.iter().flatten().all(|colour| colour.contrast(Colour::WHITE) < FAINT),
    })
}

/// The colour of a paint on white.
fn seen(paint: &Paint, opacity: f32) -> Colour {
    let solid = |colour: &usvg::Color| Colour::rgb(u32::from_be_bytes([0, colour.red, colour.green, colour.blue]));
    let colour = match paint {
        Paint::Color(colour) => solid(colour),
        Paint::LinearGradient(gradient) => darkest(gradient.stops(), solid),
        Paint::RadialGradient(gradient) => darkest(gradient.stops(), solid),
        Paint::Pattern(_) => Colour::rgb(0),
    };
    Colour::WHITE.towards(colour, opacity.into())
}

fn darkest(stops: &[usvg::Stop], solid: impl Fn(&usvg::Color) -> Colour) -> Colour {
    let contrast = |colour: &Colour| colour.contrast(Colour::WHITE);
    let colours = stops.iter().map(|stop| solid(&stop.color()));
    colours.max_by(|a, b| contrast(a).total_cmp(&contrast(b))).unwrap_or(Colour::WHITE)
}

/// Number of straight pieces that a curve is taken for.
const PIECES: u32 = 8;

fn outline(path: &resvg::tiny_skia::Path, transform: Transform) -> Vec<Segment> {
    let map = |x: f32, y: f32| {
        let mut point = resvg::tiny_skia::Point::from_xy(x, y);
        transform.map_point(&mut point);
        Point { x: point.x.into(), y: point.y.into() }
    };
    let mut segments = Vec::new();
    let (mut start, mut last) = ((0.0, 0.0), (0.0, 0.0));
    let mut line = |from: (f32, f32), to: (f32, f32)| {
        segments.push(Segment { from: map(from.0, from.1), to: map(to.0, to.1) });
    };
    for segment in path.segments() {
        let controls = match segment {
            PathSegment::MoveTo(p) => {
                start = (p.x, p.y);
                last = start;
                continue;
            }
            PathSegment::Close => {
                line(last, start);
                last = start;
                continue;
            }
            PathSegment::LineTo(p) => {
                line(last, (p.x, p.y));
                last = (p.x, p.y);
                continue;
            }
            // A quadratic curve is a cubic one with its control point taken twice, near enough here.
            PathSegment::QuadTo(c, p) => [last, (c.x, c.y), (c.x, c.y), (p.x, p.y)],
            PathSegment::CubicTo(c, d, p) => [last, (c.x, c.y), (d.x, d.y), (p.x, p.y)],
        };
        for piece in 1..=PIECES {
            let to = bezier(controls, piece as f32 / PIECES as f32);
            line(last, to);
            last = to;
        }
    }
    segments
}

fn bezier(controls: [(f32, f32); 4], t: f32) -> (f32, f32) {
    let weights = [(1.0 - t).powi(3), 3.0 * t * (1.0 - t).powi(2), 3.0 * t * t * (1.0 - t), t.powi(3)];
    controls.iter().zip(weights).fold((0.0, 0.0), |(x, y), (c, w)| (x + w * c.0, y + w * c.1))
}

/// Four straight sides along the axes.
fn is_upright_box(outline: &[Segment]) -> bool {
    let along = |s: &Segment| (s.from.x - s.to.x).abs() < 1e-3 || (s.from.y - s.to.y).abs() < 1e-3;
    (4..=5).contains(&outline.len()) && outline.iter().all(along)
}

fn quad(rect: usvg::Rect, transform: Transform) -> Quad {
    let (left, top, right, bottom) = (rect.left(), rect.top(), rect.right(), rect.bottom());
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
    Quad(corners.map(|(x, y)| {
        let mut point = resvg::tiny_skia::Point::from_xy(x, y);
        transform.map_point(&mut point);
        Point { x: point.x.into(), y: point.y.into() }
    }))
}

fn common(a: &Rect, b: &Rect) -> Rect {
    let (x, y) = (a.x.max(b.x), a.y.max(b.y));
    let (width, height) = (a.right().min(b.right()) - x, a.bottom().min(b.bottom()) - y);
    Rect::new(x, y, width.max(0.0), height.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(content: &str) -> Vec<String> {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"50\" \
             font-family=\"Noto Sans\" font-size=\"8\">{content}</svg>"
        );
        let found = lint(&svg).expect("well-formed");
        found.iter().map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn clean_drawings_have_no_findings() {
        assert!(findings("<text x=\"5\" y=\"20\">left</text><text x=\"60\" y=\"20\">right</text>").is_empty());
    }

    #[test]
    fn overlapping_texts() {
        let found = findings("<text x=\"5\" y=\"20\">left</text><text x=\"12\" y=\"22\">right</text>");
        assert_eq!(found, ["`left` and `right` overlap"]);
    }

    #[test]
    fn slanted_texts_side_by_side_do_not_overlap() {
        let label = |x: f64| format!("<text x=\"{x}\" y=\"45\" transform=\"rotate(-45 {x} 45)\">slanted</text>");
        assert!(findings(&format!("{}{}", label(10.0), label(25.0))).is_empty());
        assert_eq!(findings(&format!("{}{}", label(10.0), label(14.0))).len(), 1);
    }

    #[test]
    fn text_beyond_the_edge() {
        assert_eq!(findings("<text x=\"90\" y=\"20\">long text</text>"), ["`long text` is cut off at the edge"]);
        assert_eq!(findings("<text x=\"5\" y=\"3\">Top</text>"), ["`Top` is cut off at the edge"]);
    }

    #[test]
    fn lines_through_text() {
        let text = "<text x=\"10\" y=\"20\">label</text>";
        let line = |stroke: &str| format!("<path d=\"M0 18H100\" fill=\"none\" stroke=\"{stroke}\"/>");
        assert_eq!(findings(&format!("{}{text}", line("#333"))).len(), 1);
        assert_eq!(findings(&format!("{text}{}", line("#333"))).len(), 1);
        assert!(findings(&format!("{}{text}", line("#e2e2e2"))).is_empty());
        // A box under the text hides the line.
        let cover = "<rect x=\"5\" y=\"10\" width=\"50\" height=\"20\" fill=\"#fff\"/>";
        assert!(findings(&format!("{}{cover}{text}", line("#333"))).is_empty());
        assert_eq!(findings(&format!("{cover}{}{text}", line("#333"))).len(), 1);
    }

    #[test]
    fn marks_under_text_count_unless_they_hold_all_of_it() {
        let text = "<text x=\"20\" y=\"20\">label</text>";
        let bar = |width: u32| format!("<rect x=\"5\" y=\"5\" width=\"{width}\" height=\"30\" fill=\"#0072b2\"/>");
        assert!(findings(&format!("{}{text}", bar(80))).is_empty());
        assert_eq!(findings(&format!("{}{text}", bar(25))).len(), 1);
        let point = "<circle cx=\"28\" cy=\"18\" r=\"1\" fill=\"#0072b2\"/>";
        assert_eq!(findings(&format!("{point}{text}")).len(), 1);
    }

    #[test]
    fn clipped_lines_are_not_seen() {
        let clip = "<clipPath id=\"c\"><rect x=\"0\" y=\"30\" width=\"100\" height=\"20\"/></clipPath>";
        let line = "<g clip-path=\"url(#c)\"><path d=\"M15 0V50\" fill=\"none\" stroke=\"#333\"/></g>";
        let text = |y: u32| format!("<text x=\"10\" y=\"{y}\">label</text>");
        assert!(findings(&format!("{clip}{line}{}", text(20))).is_empty());
        assert_eq!(findings(&format!("{clip}{line}{}", text(45))).len(), 1);
    }

    #[test]
    fn size_glyphs_and_typeface() {
        let found = findings("<text x=\"5\" y=\"20\" font-size=\"5\">tiny</text><text x=\"50\" y=\"20\">国</text>");
        assert_eq!(found, ["`tiny` is only 5 pt high", "`国` has '国', which the typeface lacks"]);
        let serif = findings("<text x=\"5\" y=\"20\" font-family=\"Times\">serif</text>");
        assert_eq!(serif, ["`serif` is set in `Times`"]);
    }
}
