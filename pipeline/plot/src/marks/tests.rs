//! The layout keeps text off the marks, so it has to know where ECharts draws them: what
//! [`Draw::shapes`] foretells is compared with the drawing here.

use super::*;
use crate::{
    About, Cartesian, Figure, Look, Marker, Size, layout::Layout, layout::Margins, png::tree, style::CATEGORICAL,
};
use resvg::usvg::{Group, Node, Paint};

const SIZE: Size = Size::pt(300.0, 200.0);

fn figure(panel: Cartesian) -> crate::Result<Figure> {
    panel.figure(About { id: "marks", title: "t", alt: "a" }, SIZE)
}

fn problem(panel: Cartesian) -> String {
    figure(panel).expect_err("a specification that cannot be drawn").to_string()
}

/// Boxes of the paths that are filled or drawn in a colour, in drawing order.
fn drawn(panel: Cartesian, colour: Colour) -> Vec<Rect> {
    fn walk(group: &Group, colour: Colour, found: &mut Vec<Rect>) {
        for node in group.children() {
            match node {
                Node::Group(group) => walk(group, colour, found),
                Node::Path(path) => {
                    let paints = [path.fill().map(|f| f.paint()), path.stroke().map(|s| s.paint())];
                    let has = paints.into_iter().flatten().any(|paint| match paint {
                        Paint::Color(c) => format!("#{:02x}{:02x}{:02x}", c.red, c.green, c.blue) == colour.hex(),
                        _ => false,
                    });
                    let b = path.abs_bounding_box();
                    if has {
                        found.push(Rect::new(b.x().into(), b.y().into(), b.width().into(), b.height().into()));
                    }
                }
                _ => {}
            }
        }
    }
    let svg = figure(panel).and_then(|figure| figure.svg()).expect("a drawing");
    let mut found = Vec::new();
    walk(tree(&svg).expect("readable").root(), colour, &mut found);
    found
}

/// The rectangles that the mark of this index foretells.
fn foretold(panel: &Cartesian, index: usize) -> Vec<Rect> {
    let mut panels = [panel.clone().prepared().expect("a valid panel")];
    Cartesian::agree_on_notation(&mut panels).expect("axes with a span");
    let [panel] = panels;
    let area = Rect::new(0.0, 0.0, SIZE.width, SIZE.height);
    let layout = Layout::new(&panel, area, Margins::default()).expect("room");
    let (mark, scene) = layout.scenes().nth(index).expect("the mark");
    let shapes = mark.shapes(&scene);
    shapes
        .into_iter()
        .filter_map(|shape| match shape {
            Shape::Rect(rect) => Some(rect),
            Shape::Segment(_) => None,
        })
        .collect()
}

fn assert_near(drawn: &Rect, foretold: &Rect, tolerance: f64) {
    let off = [
        drawn.x - foretold.x,
        drawn.y - foretold.y,
        drawn.right() - foretold.right(),
        drawn.bottom() - foretold.bottom(),
    ];
    assert!(off.iter().all(|off| off.abs() <= tolerance), "{drawn:?} {foretold:?}");
}

#[test]
fn points_are_where_they_are_foretold() {
    for marker in Marker::ALL {
        let panel = Cartesian::new(Axis::value("x", "s"), Axis::log("y", "J")).mark(Points::new(
            "p",
            &[1.0, 2.0, 5.0],
            &[1.0, 30.0, 400.0],
            Look::new(CATEGORICAL[3], marker),
        ));
        let (drawn, foretold) = (drawn(panel.clone(), CATEGORICAL[3]), foretold(&panel, 0));
        assert_eq!((drawn.len(), foretold.len()), (3, 3));
        for (drawn, foretold) in drawn.iter().zip(&foretold) {
            // Shapes other than the circle need not fill their box; the box includes the white edge.
            assert!(foretold.contains(drawn), "{marker:?} {drawn:?} {foretold:?}");
            assert!(drawn.grown(1.0).contains(&foretold.grown(-0.5)), "{marker:?} {drawn:?} {foretold:?}");
        }
    }
}

#[test]
fn grouped_bars_are_where_they_are_foretold() {
    let names = ["a", "b", "c"];
    for lying in [false, true] {
        let (numbers, categories) = (Axis::value("v", "J"), Axis::category("c", names).inverse());
        let panel = if lying { Cartesian::new(numbers, categories) } else { Cartesian::new(categories, numbers) };
        let panel = panel
            .mark(Bars::new("one", &[3.0, -2.0, 5.0], CATEGORICAL[0]))
            .mark(Bars::new("two", &[1.0, 4.0, f64::NAN], CATEGORICAL[1]).missing(""))
            .mark(Bars::new("three", &[2.0, 2.5, 1.0], CATEGORICAL[2]));
        for (index, colour) in CATEGORICAL[..3].iter().enumerate() {
            let foretold = foretold(&panel, index);
            let foretold: Vec<&Rect> = foretold.iter().filter(|bar| bar.width * bar.height > 0.0).collect();
            let drawn = drawn(panel.clone(), *colour);
            assert_eq!(drawn.len(), foretold.len());
            for (drawn, foretold) in drawn.iter().zip(foretold) {
                assert_near(drawn, foretold, 0.6);
            }
        }
    }
}

#[test]
fn grouped_boxes_and_their_outliers_are_where_they_are_foretold() {
    let stats = |median: f64| BoxStats {
        lower_whisker: median - 2.0,
        lower_quartile: median - 1.0,
        median,
        upper_quartile: median + 1.5,
        upper_whisker: median + 3.0,
    };
    for lying in [false, true] {
        let (numbers, categories) = (Axis::value("v", "J"), Axis::category("c", ["a", "b"]));
        let panel = if lying { Cartesian::new(numbers, categories) } else { Cartesian::new(categories, numbers) };
        let panel = panel
            .mark(Boxes::new("one", &[stats(5.0), stats(7.0)], CATEGORICAL[0]).outliers(&[(1, 14.0)]))
            .mark(Boxes::new("two", &[stats(6.0), stats(4.0)], CATEGORICAL[1]).outliers(&[(0, 0.5), (1, 12.0)]));
        for (index, colour) in CATEGORICAL[..2].iter().enumerate() {
            let (drawn, foretold) = (drawn(panel.clone(), *colour), foretold(&panel, index));
            assert_eq!(drawn.len(), foretold.len());
            for (drawn, foretold) in drawn.iter().zip(&foretold) {
                assert_near(drawn, foretold, 0.6);
            }
        }
    }
}

#[test]
fn lines_are_clipped_and_break_at_missing_values() {
    let axes = || Cartesian::new(Axis::value("x", "").range(0.0, 10.0), Axis::value("y", "").range(0.0, 10.0));
    let line = Line::new("l", &[0.0, 4.0, f64::NAN, 6.0, 10.0], &[1.0, 2.0, 3.0, 2.0, 1.0], CATEGORICAL[0]);
    let has_length = |shape: &Shape| matches!(shape, Shape::Segment(s) if s.from != s.to);
    let strokes = |line: Line| {
        let panel = axes().mark(line).prepared().expect("valid");
        let layout = Layout::new(&panel, Rect::new(0.0, 0.0, 300.0, 200.0), Margins::default()).expect("room");
        layout.scenes().flat_map(|(mark, scene)| mark.shapes(&scene)).filter(has_length).count()
    };
    assert_eq!(strokes(line.clone()), 2);
    assert_eq!(strokes(line.clone().step(Step::AtEnd)), 4);
    assert_eq!(strokes(line.step(Step::AtMiddle)), 6);
    let svg = figure(axes().mark(Line::between("fit", (-5.0, -5.0), (50.0, 50.0), CATEGORICAL[0])));
    let svg = svg.and_then(|figure| figure.svg()).expect("a drawing");
    assert!(svg.contains("<clipPath id=\"marks-0\">"), "{svg}");
}

#[test]
fn a_band_covers_what_is_between_its_bounds() {
    let x = [0.0, 5.0, 10.0];
    let band = Band::new("b", &x, &[1.0, 4.0, 2.0], &[3.0, 8.0, 9.0], CATEGORICAL[0]);
    let panel = Cartesian::new(Axis::value("x", ""), Axis::value("y", "")).mark(band);
    let drawn = drawn(panel.clone(), CATEGORICAL[0]);
    let panel = panel.prepared().expect("valid");
    let layout = Layout::new(&panel, Rect::new(0.0, 0.0, SIZE.width, SIZE.height), Margins::default()).expect("room");
    let (mark, scene) = layout.scenes().next().expect("the band");
    let shapes = mark.shapes(&scene);
    let at = |x: f64, y: f64| Rect::centred(scene.point(Side::Left, x, y).expect("finite"), 4.0, 4.0);
    let covered = |rect: Rect| shapes.iter().any(|shape| shape.intersects(&rect));
    assert!(covered(at(5.0, 6.0)) && covered(at(8.0, 5.0)) && !covered(at(5.0, 2.0)) && !covered(at(1.0, 8.0)));
    let (low, high) = (at(0.0, 1.0).centre(), at(10.0, 9.0).centre());
    assert_eq!(drawn.len(), 1);
    assert_near(&drawn[0], &Rect::spanning(low, high), 0.1);
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let axes = || Cartesian::new(Axis::value("x", "s"), Axis::value("y", "J"));
    let bars = || Cartesian::new(Axis::category("c", ["a", "b"]), Axis::value("y", "J"));
    let look = Look::nth(0);
    assert_eq!(problem(axes()), "figure marks: nothing to draw");
    assert_eq!(
        problem(axes().mark(Points::new("p", &[1.0], &[1.0, 2.0], look))),
        "figure marks: series `p`: 2 values of y for 1 data"
    );
    for (panel, expected) in [
        (axes().mark(Points::new("p", &[1.0], &[2.0], look).labels(["a", "b"])), "2 labels for 1 data"),
        (axes().mark(Points::new("p", &[f64::NAN], &[2.0], look)), "no finite data for the axis `x [s]`"),
        (axes().mark(Bars::new("b", &[1.0], CATEGORICAL[0])), "one axis of categories"),
        (bars().mark(Bars::new("b", &[1.0], CATEGORICAL[0])), "1 values for 2 data"),
        (bars().mark(Points::new("p", &[2.0], &[1.0], look)), "2 is not the index of one of the 2 categories"),
        (bars().mark(Boxes::new("b", &[], CATEGORICAL[0])), "0 boxes for 2 data"),
        (axes().mark(Points::new("p", &[1.0], &[2.0], look).on_right()), "on the right axis, but there is none"),
        (axes().mark(Points::new("p", &[1.0], &[2.0], look)).right_axis(Axis::value("z", "")), "no mark on it"),
        (axes().mark(Band::new("b", &[1.0], &[f64::NAN], &[2.0], CATEGORICAL[0])), "a corner at NaN"),
        (axes().mark(Heat::new("h", "", &[vec![1.0]])), "two axes of categories"),
        (
            Cartesian::new(Axis::category("c", ["a"]), Axis::log("y", "J")).mark(Bars::new(
                "b",
                &[1.0],
                CATEGORICAL[0],
            )),
            "bars grow from zero",
        ),
        (
            axes().mark(Points::new("p", &[1.0], &[2.0], look)).mark(Line::new("p", &[1.0], &[2.0], CATEGORICAL[1])),
            "series `p` is both #0072b2 and #d55e00",
        ),
        (
            axes().mark(Points::new("", &[1.0], &[2.0], look)).legend(crate::Legend::above()),
            "a legend, but no series with a name",
        ),
    ] {
        let found = problem(panel);
        assert!(found.contains(expected), "{found}");
    }
    let tiny = axes().mark(Points::new("p", &[1.0], &[2.0], look));
    let tiny = tiny.figure(About { id: "marks", title: "t", alt: "a" }, Size::pt(60.0, 40.0));
    assert!(tiny.is_err_and(|error| error.to_string().contains("make the figure larger")));
}

/// Colours and shapes can be explained by series without data, in place of the series that have both.
#[test]
fn series_that_are_unlisted_have_no_legend_entry() {
    let look = |colour| Look::new(colour, Marker::Circle);
    let [blue, vermilion, ..] = CATEGORICAL;
    let axes = || Cartesian::new(Axis::value("x", ""), Axis::value("y", ""));
    let points = || Points::new("measured", &[1.0, 2.0], &[1.0, 2.0], look(blue));
    let explained = Points::new("network", &[], &[], look(vermilion));
    let panel = axes().mark(points().unlisted()).mark(explained).legend(crate::Legend::above());
    let svg = figure(panel.clone()).and_then(|figure| figure.svg()).expect("a drawing");
    assert!(svg.contains(">network<") && !svg.contains(">measured<"));
    assert_eq!((drawn(panel.clone(), blue).len(), drawn(panel.clone(), vermilion).len()), (2, 1));
    let csv = figure(panel).expect("a figure").data_csv();
    assert!(csv.contains("measured,1,1") && !csv.contains("network"), "{csv}");
    let listed = figure(axes().mark(points()).legend(crate::Legend::above())).and_then(|figure| figure.svg());
    assert!(listed.expect("a drawing").contains(">measured<"));
}
