//! Places the labels of points: beside their points, over nothing else, with a thin leader line
//! where a label stands apart.
//!
//! Every label has candidates on rings about its point. The labels are set one by one, those in the
//! thickest crowd first, each on its cheapest candidate. Passes over all labels then move each to
//! what is cheapest among the others, until none moves. If labels still collide or stand far off,
//! threshold accepting (Dueck and Scheuer 1990) looks for something better. It draws from a fixed
//! sequence, and nothing here depends on the last bits of a library function: the same points give
//! the same places on every machine.

use crate::{
    font::Font,
    geometry::{Point, Rect, Segment, Shape},
    marks::Side,
    style,
};

/// A point that wants a label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Anchor {
    /// Coordinates in data, for the drawing.
    pub data: [f64; 2],
    pub side: Side,
    /// Place on the canvas.
    pub at: Point,
    pub radius: f64,
    pub text: String,
}

/// A label with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    pub anchor: Anchor,
    /// Around the letters.
    pub rect: Rect,
    pub leader: Option<Segment>,
}

/// Gaps in pt between the edge of the point and the label, ring by ring; and from which gap on there
/// are how many candidates in a ring.
const RINGS: [f64; 16] = [1.0, 3.0, 5.0, 7.5, 10.0, 13.0, 17.0, 21.0, 26.0, 32.0, 39.0, 47.0, 57.0, 70.0, 87.0, 110.0];
const DIRECTIONS: [(f64, usize); 3] = [(0.0, 16), (12.0, 32), (30.0, 64)];
/// From this gap on a leader line is drawn.
const LEADER_FROM: f64 = 4.5;
const PASSES: usize = 40;
/// Moves tried for each label, and the threshold of the first one: so much worse it may make things.
/// The threshold falls to nothing.
const MOVES: usize = 1000;
const THRESHOLD: f64 = 300.0;
/// Kept free around every label.
const CLEARANCE: f64 = 0.6;

/// What each fault of a candidate costs, in pt of distance from the point.
mod cost {
    pub const OUTSIDE: f64 = 5000.0;
    pub const ON_LABEL: f64 = 1000.0;
    pub const ON_MARK: f64 = 800.0;
    pub const LEADER_ON_LABEL: f64 = 800.0;
    pub const LEADERS_CROSS: f64 = 150.0;
    pub const LEADER_ON_MARK: f64 = 30.0;
    /// Having a leader at all.
    pub const LEADER: f64 = 6.0;
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    rect: Rect,
    leader: Option<Segment>,
    /// Around both, with clearance.
    hull: Rect,
    /// Cost before the other labels are looked at.
    own: f64,
}

/// Places all labels within `bounds`; `marks` are kept free where there is room.
pub(crate) fn place(anchors: Vec<Anchor>, bounds: &Rect, marks: &[Shape]) -> Vec<Label> {
    let font = Font::regular(style::VALUE_SIZE);
    let candidates: Vec<Vec<Candidate>> = anchors
        .iter()
        .map(|anchor| {
            let Rect { width, height, .. } = font.letters(&anchor.text, anchor.at);
            candidates(anchor, width, height, bounds, marks)
        })
        .collect();
    let mut placing = Placing { candidates: &candidates, chosen: vec![None; anchors.len()] };
    for index in by_crowd(&anchors) {
        placing.chosen[index] = placing.cheapest(index);
    }
    placing.settle();
    if placing.is_crowded() {
        placing.search();
        placing.settle();
    }
    let chosen = placing.chosen;
    anchors
        .into_iter()
        .zip(chosen)
        .filter_map(|(anchor, chosen)| chosen.map(|Candidate { rect, leader, .. }| Label { anchor, rect, leader }))
        .collect()
}

/// Indices of the anchors, those with most others nearby first.
fn by_crowd(anchors: &[Anchor]) -> Vec<usize> {
    let near = |a: &Anchor, b: &Anchor| (a.at.x - b.at.x).abs() < 60.0 && (a.at.y - b.at.y).abs() < 25.0;
    let crowd = |index: usize| anchors.iter().filter(|other| near(&anchors[index], other)).count();
    let mut order: Vec<usize> = (0..anchors.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(crowd(*index)));
    order
}

/// The labels on their way to their places; all were chosen once before the first pass ends.
#[derive(Clone)]
struct Placing<'a> {
    candidates: &'a [Vec<Candidate>],
    chosen: Vec<Option<Candidate>>,
}

impl Placing<'_> {
    /// The candidate that costs least among the labels as they are.
    fn cheapest(&self, index: usize) -> Option<Candidate> {
        let mut best: Option<(f64, Candidate)> = None;
        for candidate in &self.candidates[index] {
            // Its own cost alone may already be too much.
            if best.is_some_and(|(cost, _)| candidate.own >= cost) {
                continue;
            }
            let cost = candidate.own + self.conflicts(index, candidate);
            if best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, *candidate));
            }
        }
        best.map(|(_, candidate)| candidate)
    }

    /// A plain loop, and copies of nothing: it runs millions of times.
    fn conflicts(&self, index: usize, candidate: &Candidate) -> f64 {
        let mut sum = 0.0;
        for other in 0..self.chosen.len() {
            if let Some(chosen) = &self.chosen[other]
                && other != index
                && candidate.hull.intersects(&chosen.hull)
            {
                sum += conflict(candidate, chosen);
            }
        }
        sum
    }

    /// Moves single labels until none gains by it.
    fn settle(&mut self) {
        for _ in 0..PASSES {
            let before: Vec<Rect> = self.chosen.iter().flatten().map(|candidate| candidate.rect).collect();
            for index in 0..self.chosen.len() {
                self.chosen[index] = self.cheapest(index);
            }
            if self.chosen.iter().flatten().map(|candidate| candidate.rect).eq(before) {
                break;
            }
        }
    }

    /// Labels collide or need leaders.
    fn is_crowded(&self) -> bool {
        let chosen = self.chosen.iter().enumerate();
        chosen
            .filter_map(|(index, candidate)| candidate.map(|candidate| (index, candidate)))
            .any(|(index, candidate)| candidate.leader.is_some() || self.conflicts(index, &candidate) > 0.0)
    }

    /// Threshold accepting: moves single labels to and fro, and keeps the best that was seen.
    fn search(&mut self) {
        let mut numbers = SplitMix(1);
        let sorted: Vec<Vec<Candidate>> = self
            .candidates
            .iter()
            .map(|candidates| {
                let mut sorted = candidates.clone();
                sorted.sort_by(|a, b| a.own.total_cmp(&b.own));
                sorted
            })
            .collect();
        let moves = MOVES * self.chosen.len();
        // Relative to where the search begins.
        let (mut total, mut least) = (0.0, 0.0);
        let mut best = self.chosen.clone();
        for step in 0..moves {
            let threshold = THRESHOLD * (1.0 - step as f64 / moves as f64).powi(2);
            let index = numbers.below(self.chosen.len());
            // Squared, so that the cheap ones are drawn more often.
            let draw = numbers.next_unit().powi(2);
            let candidate = sorted[index].get((draw * sorted[index].len() as f64) as usize);
            let (Some(current), Some(candidate)) = (self.chosen[index], candidate) else { continue };
            let change = candidate.own - current.own;
            let conflicts = self.conflicts(index, &current);
            if change >= threshold + conflicts {
                continue;
            }
            let change = change + self.conflicts(index, candidate) - conflicts;
            if change < threshold {
                self.chosen[index] = Some(*candidate);
                total += change;
                if total < least - 1e-9 {
                    least = total;
                    best.clone_from(&self.chosen);
                }
            }
        }
        self.chosen = best;
    }
}

/// A sequence of numbers that look random (SplitMix64).
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to just below 1.
    fn next_unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next_unit() * count as f64) as usize
    }
}

/// Of candidates whose hulls meet.
fn conflict(a: &Candidate, b: &Candidate) -> f64 {
    let mut sum = 0.0;
    let shared = a.rect.grown(CLEARANCE).overlap(&b.rect);
    if shared > 0.0 {
        sum += cost::ON_LABEL + shared;
    }
    for (leader, rect) in [(&a.leader, &b.rect), (&b.leader, &a.rect)] {
        if leader.is_some_and(|leader| leader.intersects(&rect.grown(CLEARANCE))) {
            sum += cost::LEADER_ON_LABEL;
        }
    }
    match (&a.leader, &b.leader) {
        (Some(a), Some(b)) if a.crosses(b) => sum + cost::LEADERS_CROSS,
        _ => sum,
    }
}

fn candidates(anchor: &Anchor, width: f64, height: f64, bounds: &Rect, marks: &[Shape]) -> Vec<Candidate> {
    let mut all = Vec::new();
    for gap in RINGS {
        let count = DIRECTIONS.iter().rfind(|(from, _)| *from <= gap).map_or(1, |(_, count)| *count);
        for step in 0..count {
            let angle = std::f64::consts::TAU * step as f64 / count as f64;
            let (ahead, up) = (rounded(angle.cos()), rounded(angle.sin()));
            let reach = anchor.radius + gap;
            // The box turns about the point: beside it to the right, then over its corner, then on top.
            let centre = Point {
                x: anchor.at.x + reach * ahead + width / 2.0 * (1.5 * ahead).clamp(-1.0, 1.0),
                y: anchor.at.y - reach * up - height / 2.0 * (1.5 * up).clamp(-1.0, 1.0),
            };
            let rect = Rect::centred(centre, width, height);
            // Near, right and above read best.
            let preference = gap + 0.6 * (1.0 - ahead) + 0.3 * (1.0 - up);
            all.push(candidate(anchor, rect, preference, bounds, marks));
        }
    }
    all
}

/// Without the last bits, in which sines and cosines differ between machines.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn candidate(anchor: &Anchor, rect: Rect, preference: f64, bounds: &Rect, marks: &[Shape]) -> Candidate {
    let nearest = rect.nearest(anchor.at);
    let distance = ((nearest.x - anchor.at.x).powi(2) + (nearest.y - anchor.at.y).powi(2)).sqrt();
    let leader = (distance > anchor.radius + LEADER_FROM).then(|| {
        let start = anchor.radius / distance;
        let from = Point {
            x: anchor.at.x + (nearest.x - anchor.at.x) * start,
            y: anchor.at.y + (nearest.y - anchor.at.y) * start,
        };
        Segment { from, to: nearest }
    });
    let mut own = preference;
    if !bounds.contains(&rect) {
        own += cost::OUTSIDE + rect.width * rect.height - bounds.overlap(&rect);
    }
    let clear = rect.grown(CLEARANCE);
    own += cost::ON_MARK * marks.iter().filter(|mark| mark.intersects(&clear)).count() as f64;
    if let Some(leader) = leader {
        own += cost::LEADER;
        // Its own point begins where the leader begins.
        let crossed = marks.iter().filter(|mark| match mark {
            Shape::Rect(mark) => leader.length_inside(mark) > 1.0,
            Shape::Segment(mark) => leader.crosses(mark),
        });
        own += cost::LEADER_ON_MARK * crossed.count() as f64;
    }
    let around = leader.map_or(rect, |leader| rect.united(&Rect::spanning(leader.from, leader.to)));
    Candidate { rect, leader, hull: around.grown(CLEARANCE), own }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Rect = Rect::new(0.0, 0.0, 400.0, 250.0);

    fn anchors(points: impl IntoIterator<Item = (f64, f64)>) -> Vec<Anchor> {
        points
            .into_iter()
            .enumerate()
            .map(|(index, (x, y))| Anchor {
                data: [x, y],
                side: Side::Left,
                at: Point { x, y },
                radius: 2.5,
                text: format!("network_gj{index}"),
            })
            .collect()
    }

    fn marks(anchors: &[Anchor]) -> Vec<Shape> {
        anchors.iter().map(|anchor| Shape::Rect(Rect::centred(anchor.at, 5.0, 5.0))).collect()
    }

    fn assert_free(labels: &[Label], marks: &[Shape]) {
        for (index, label) in labels.iter().enumerate() {
            let struck = labels
                .iter()
                .find(|other| other.leader.is_some_and(|leader| *other != label && leader.intersects(&label.rect)));
            assert!(struck.is_none(), "a leader runs through {}", label.anchor.text);
            assert!(BOUNDS.contains(&label.rect), "{} is outside", label.anchor.text);
            assert!(!marks.iter().any(|mark| mark.intersects(&label.rect)), "{} covers a mark", label.anchor.text);
            for other in &labels[..index] {
                assert!(!label.rect.intersects(&other.rect), "{} and {}", label.anchor.text, other.anchor.text);
            }
        }
    }

    #[test]
    fn a_lone_point_has_its_label_beside_it() {
        let found = place(anchors([(100.0, 100.0)]), &BOUNDS, &[]);
        assert!(found[0].rect.x > 102.0 && found[0].rect.x < 105.0);
        assert_eq!((found[0].rect.centre().y.round(), found[0].leader), (97.0, None));
    }

    #[test]
    fn labels_stay_inside_at_the_edges() {
        let points = [(398.0, 125.0), (2.0, 125.0), (200.0, 2.0), (200.0, 248.0), (398.0, 2.0)];
        let anchors = anchors(points);
        let marks = marks(&anchors);
        assert_free(&place(anchors, &BOUNDS, &marks), &marks);
    }

    #[test]
    fn thirty_five_labels_in_a_crowd() {
        // Three clumps, denser than any figure of the studies: golden angle spirals.
        let spiral = |n: usize, x: f64, y: f64, spread: f64| {
            (0..n).map(move |i| {
                let (angle, radius) = (i as f64 * 2.399963, spread * (i as f64).sqrt());
                (x + radius * angle.cos(), y + radius * angle.sin())
            })
        };
        let points =
            spiral(15, 90.0, 160.0, 12.0).chain(spiral(12, 210.0, 90.0, 14.0)).chain(spiral(8, 330.0, 60.0, 18.0));
        let anchors = anchors(points);
        assert_eq!(anchors.len(), 35);
        let marks = marks(&anchors);
        let labels = place(anchors.clone(), &BOUNDS, &marks);
        assert_eq!(labels.len(), 35);
        assert_free(&labels, &marks);
        assert_eq!(labels, place(anchors, &BOUNDS, &marks));
    }

    #[test]
    fn labels_keep_off_lines() {
        let line = Shape::Segment(Segment { from: Point { x: 0.0, y: 120.0 }, to: Point { x: 400.0, y: 80.0 } });
        let anchors = anchors((1..8).map(|i| (i as f64 * 45.0, 118.0 - i as f64 * 4.0)));
        let mut marks = marks(&anchors);
        marks.push(line);
        assert_free(&place(anchors, &BOUNDS, &marks), &marks);
    }
}
