use super::*;
use crate::{
    About, Axis, Cartesian, Colour, Figure, Look, Marker, Points, Size,
    style::{CATEGORICAL, STATUS},
};

const X: [f64; 4] = [0.0, 2.0, 5.0, 10.0];
const Y: [f64; 4] = [0.0, 30.0, 45.0, 100.0];

/// A figure of one series, and of a second one that stays as it is.
fn figure(y: [f64; 4], colour: Colour) -> Figure {
    let about = About { id: "compare", title: "Energy against time", alt: "Energy grows with time." };
    let panel = Cartesian::new(Axis::value("Time", "s"), Axis::value("Energy", "J"))
        .mark(Points::new("one", &X, &y, Look::new(colour, Marker::ALL[0])))
        .mark(Points::new("two", &X, &[100.0, 80.0, 20.0, 0.0], Look::new(CATEGORICAL[2], Marker::ALL[1])));
    panel.figure(about, Size::pt(216.0, 160.0)).expect("a figure")
}

fn drawn(y: [f64; 4], colour: Colour) -> String {
    figure(y, colour).svg().expect("a drawing")
}

fn changes(committed: &str, made: &str) -> Vec<Change> {
    compare(committed, made).expect("readable drawings")
}

fn kinds(changes: &[Change]) -> Vec<Kind> {
    changes.iter().map(|change| change.kind).collect()
}

#[test]
fn a_drawing_is_the_same_as_itself_however_it_is_written() {
    let svg = drawn(Y, CATEGORICAL[0]);
    assert_eq!(changes(&svg, &svg), []);
    let other = svg.replace("><path", ">\n\n<path").replace("#262626", "rgb(38,38,38)");
    assert_ne!(svg, other);
    assert_eq!(changes(&svg, &other), []);
}

#[test]
fn a_moved_point_is_geometry() {
    let (before, after) = (drawn(Y, CATEGORICAL[0]), drawn([0.0, 30.0, 55.0, 100.0], CATEGORICAL[0]));
    let found = changes(&before, &after);
    assert_eq!(kinds(&found), [Kind::Geometry], "{found:?}");
    assert!(found[0].what.contains(&CATEGORICAL[0].hex()) && found[0].what.contains("moved by"), "{found:?}");
}

#[test]
fn another_colour_is_style() {
    let found = changes(&drawn(Y, CATEGORICAL[0]), &drawn(Y, STATUS));
    assert!(!found.is_empty() && found.iter().all(|change| change.kind == Kind::Style), "{found:?}");
    let (old, new) = (CATEGORICAL[0].hex(), STATUS.hex());
    let fill = found.iter().find(|change| change.what == format!("shapes: fill {old} → {new}"));
    assert!(fill.is_some_and(|fill| fill.times >= Y.len()), "{found:?}");
}

#[test]
fn another_font_size_is_style() {
    let before = drawn(Y, CATEGORICAL[0]);
    let title = before.lines().find(|line| line.contains(">Energy [J]<")).expect("the title of an axis");
    let size = title.split_once("font-size:").and_then(|(_, rest)| rest.split_once("px")).expect("a size").0;
    let after = before.replace(title, &title.replace(&format!("font-size:{size}px"), "font-size:11px"));
    let found = changes(&before, &after);
    assert_eq!(kinds(&found), [Kind::Style], "{found:?}");
    assert_eq!(found[0].what, format!("text `Energy [J]`: font size {size} → 11"));
}

#[test]
fn words_are_text_and_the_gravest_comes_first() {
    let before = drawn(Y, CATEGORICAL[0]);
    let after = before.replace(">Time [s]<", ">Time [ms]<").replace(&CATEGORICAL[0].hex(), "#000000");
    let found = changes(&before, &after);
    assert_eq!(found[0].kind, Kind::Text, "{found:?}");
    assert_eq!(found[0].what, "text `Time [s]` is now `Time [ms]`");
    assert_eq!(found.last().map(|change| change.kind), Some(Kind::Style), "{found:?}");
    let described = before.replace("Energy grows with time.", "Energy falls with time.");
    let found = changes(&before, &described);
    assert_eq!(found[0].what, "alternative text: `Energy grows with time.` → `Energy falls with time.`");
    assert_eq!(kinds(&found), [Kind::Text]);
}

#[test]
fn what_is_new_or_gone_is_named_and_all_else_stays() {
    let before = drawn(Y, CATEGORICAL[0]);
    let place = before.rfind("<path").expect("a shape");
    let mut after = before.clone();
    after.insert_str(place, "<path d=\"M50 50L60 60L50 70Z\" fill=\"#d55e00\"/>\n<text x=\"20\" y=\"20\">new</text>\n");
    let added = changes(&before, &after);
    let told: Vec<&str> = added.iter().map(|change| change.what.as_str()).collect();
    assert_eq!(told, ["text `new` is new", "a #d55e00 shape at (50.0, 50.0) is new"]);
    assert!(changes(&after, &before).iter().all(|change| change.what.ends_with(" is gone")));
}

#[test]
fn what_nobody_sees_is_no_difference() {
    let before = drawn(Y, CATEGORICAL[0]);
    let place = before.find("transform=\"matrix(").expect("a marker");
    let end = place + before[place..].find(')').expect("its end");
    // The last number of the matrix has four decimals.
    let nudged = format!("{}04{}", &before[..end], &before[end..]);
    assert_eq!(changes(&before, &nudged), []);
    let other_size = before.replacen("height=\"160\"", "height=\"170\"", 1);
    assert_eq!(changes(&before, &other_size).first().map(|change| change.kind), Some(Kind::Geometry));
}

#[test]
fn an_unreadable_drawing_is_an_error() {
    assert!(compare("<svg", "<svg").is_err());
}
