//! Tells what differs between two drawings: the words, the places, or only the looks.
//!
//! Both are read by the library that also rasterises them, so that what is compared is what is seen:
//! texts and shapes where they stand on the page, with the colours and sizes that they have there.
//! Another way to write the same drawing is no difference.

mod align;
mod items;

use crate::{Result, png::tree};
use align::{Pair, align};
use items::{Drawing, Item};
use std::fmt;

/// How far a text may move, in pt, before that is a difference: nobody sees it.
const TEXT_MOVE: f64 = 0.01;
/// How far a corner of a shape may move: ECharts writes paths to a tenth of a pt, and a number that
/// differs in its last bit may fall to the other side.
const SHAPE_MOVE: f64 = 0.11;

/// What kind of difference it is, from the gravest to the lightest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Another text, or other words for who cannot see the drawing.
    Text,
    /// Something stands elsewhere, has another form, is new, or is gone.
    Geometry,
    /// Colours, line widths, opacities, sizes and weights of letters.
    Style,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Text => "text",
            Kind::Geometry => "geometry",
            Kind::Style => "style",
        })
    }
}

/// One difference; displays as what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: Kind,
    /// In words, such as ``text `Odd`: font size 8 → 9``.
    pub what: String,
    /// How often the same change is met.
    pub times: usize,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.times {
            1 => f.write_str(&self.what),
            times => write!(f, "{} ({times} times)", self.what),
        }
    }
}

/// All differences between two SVGs, the gravest kind first and otherwise in drawing order; none if a
/// reader cannot tell them apart.
///
/// Errors: unreadable SVG.
pub fn compare(committed: &str, made: &str) -> Result<Vec<Change>> {
    let (before, after) = (Drawing::of(&tree(committed)?), Drawing::of(&tree(made)?));
    let mut changes = Changes::default();
    for element in ["title", "desc"] {
        let (before, after) = (described(committed, element), described(made, element));
        if before != after {
            let name = if element == "title" { "title" } else { "alternative text" };
            changes.add(Kind::Text, format!("{name}: `{before}` → `{after}`"));
        }
    }
    if before.size != after.size {
        let [width, height] = before.size;
        let [new_width, new_height] = after.size;
        changes.add(Kind::Geometry, format!("the drawing: {width} × {height} pt → {new_width} × {new_height} pt"));
    }
    for pair in align(&before.items, &after.items) {
        match pair {
            Pair::Both(before, after) => changes.between(before, after),
            Pair::Gone(item) => changes.add(item.kind_if_missing(), format!("{item} is gone")),
            Pair::New(item) => changes.add(item.kind_if_missing(), format!("{item} is new")),
        }
    }
    changes.0.sort_by_key(|change| change.kind);
    Ok(changes.0)
}

/// The text of the first such element.
fn described<'a>(svg: &'a str, element: &str) -> &'a str {
    let (start, end) = (format!("<{element}>"), format!("</{element}>"));
    let text = svg.split_once(&start).and_then(|(_, rest)| rest.split_once(&end));
    text.map_or("", |(text, _)| text)
}

#[derive(Default)]
struct Changes(Vec<Change>);

impl Changes {
    fn add(&mut self, kind: Kind, what: String) {
        match self.0.iter_mut().find(|change| change.kind == kind && change.what == what) {
            Some(change) => change.times += 1,
            None => self.0.push(Change { kind, what, times: 1 }),
        }
    }

    fn between(&mut self, before: &Item, after: &Item) {
        let tolerance = match (before, after) {
            (Item::Text(before_text), Item::Text(after_text)) => {
                if before_text.content != after_text.content {
                    self.add(Kind::Text, format!("{before} is now `{}`", after_text.content));
                }
                TEXT_MOVE
            }
            _ => SHAPE_MOVE,
        };
        match before.moved(after) {
            None => self.add(Kind::Geometry, format!("{before} has another form")),
            Some(distance) if distance > tolerance => {
                self.add(Kind::Geometry, format!("{before} moved by {distance:.2} pt"));
            }
            Some(_) => {}
        }
        for (name, value) in before.style() {
            let new = after.style().iter().find(|(other, _)| other == name).map_or("none", |(_, value)| value);
            if value != new {
                // The same change of many shapes is told once; a text is told by its words.
                let of = if let Item::Text(_) = before { format!("{before}: ") } else { "shapes: ".to_owned() };
                self.add(Kind::Style, format!("{of}{name} {value} → {new}"));
            }
        }
    }
}

#[cfg(test)]
mod tests;
