//! Plane geometry in pt: x to the right, y down, as in SVG.

/// A point or a displacement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

/// An axis-parallel rectangle given by its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    pub fn centred(centre: Point, width: f64, height: f64) -> Self {
        Self::new(centre.x - width / 2.0, centre.y - height / 2.0, width, height)
    }

    /// The smallest rectangle that holds both points.
    pub fn spanning(a: Point, b: Point) -> Self {
        Self::new(a.x.min(b.x), a.y.min(b.y), (a.x - b.x).abs(), (a.y - b.y).abs())
    }

    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    pub fn centre(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }

    /// Grown by `by` on every side (shrunk where negative).
    pub fn grown(&self, by: f64) -> Self {
        Self::new(self.x - by, self.y - by, self.width + 2.0 * by, self.height + 2.0 * by)
    }

    /// The smallest rectangle that holds both.
    pub fn united(&self, other: &Rect) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Self::new(x, y, right - x, bottom - y)
    }

    pub fn contains(&self, other: &Rect) -> bool {
        self.x <= other.x && self.y <= other.y && other.right() <= self.right() && other.bottom() <= self.bottom()
    }

    /// Area shared with another rectangle; 0 where they only touch.
    pub fn overlap(&self, other: &Rect) -> f64 {
        let width = self.right().min(other.right()) - self.x.max(other.x);
        let height = self.bottom().min(other.bottom()) - self.y.max(other.y);
        width.max(0.0) * height.max(0.0)
    }

    pub fn intersects(&self, other: &Rect) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// The point of the rectangle that is nearest to `point`.
    pub fn nearest(&self, point: Point) -> Point {
        Point { x: point.x.max(self.x).min(self.right()), y: point.y.max(self.y).min(self.bottom()) }
    }
}

/// A straight line between two points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    pub from: Point,
    pub to: Point,
}

impl Segment {
    /// The part of the segment that lies inside the rectangle (Liang-Barsky clipping).
    pub fn clipped(&self, rect: &Rect) -> Option<Segment> {
        let (from, to, right, bottom) = (self.from, self.to, rect.right(), rect.bottom());
        // Most segments lie to one side of most rectangles.
        if (from.x < rect.x && to.x < rect.x)
            || (from.x > right && to.x > right)
            || (from.y < rect.y && to.y < rect.y)
            || (from.y > bottom && to.y > bottom)
        {
            return None;
        }
        let (dx, dy) = (self.to.x - self.from.x, self.to.y - self.from.y);
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for (step, room) in [
            (-dx, self.from.x - rect.x),
            (dx, right - self.from.x),
            (-dy, self.from.y - rect.y),
            (dy, bottom - self.from.y),
        ] {
            if step == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if step < 0.0 {
                enter = enter.max(room / step);
            } else {
                leave = leave.min(room / step);
            }
        }
        let at = |share: f64| Point { x: self.from.x + share * dx, y: self.from.y + share * dy };
        (enter < leave).then(|| Segment { from: at(enter), to: at(leave) })
    }

    /// Length of the part that lies inside the rectangle.
    pub fn length_inside(&self, rect: &Rect) -> f64 {
        self.clipped(rect).map_or(0.0, |part| (part.to.x - part.from.x).hypot(part.to.y - part.from.y))
    }

    pub fn intersects(&self, rect: &Rect) -> bool {
        self.length_inside(rect) > 0.0
    }

    /// Whether two segments cross each other at an inner point of both.
    pub fn crosses(&self, other: &Segment) -> bool {
        let side = |s: &Segment, p: Point| cross(s.from, s.to, p);
        side(self, other.from) * side(self, other.to) < 0.0 && side(other, self.from) * side(other, self.to) < 0.0
    }
}

/// What a mark covers, for keeping text away from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Rect(Rect),
    Segment(Segment),
}

impl Shape {
    pub fn intersects(&self, rect: &Rect) -> bool {
        match self {
            Shape::Rect(shape) => shape.intersects(rect),
            Shape::Segment(segment) => segment.intersects(rect),
        }
    }
}

/// A convex quadrilateral: the box of a text, possibly rotated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quad(pub [Point; 4]);

impl From<Rect> for Quad {
    fn from(rect: Rect) -> Self {
        let (left, top, right, bottom) = (rect.x, rect.y, rect.right(), rect.bottom());
        Self([(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| Point { x, y }))
    }
}

impl Quad {
    /// Whether the insides of two quadrilaterals meet (separating axes).
    pub fn intersects(&self, other: &Quad) -> bool {
        !self.separated_by_an_edge(other) && !other.separated_by_an_edge(self)
    }

    fn separated_by_an_edge(&self, other: &Quad) -> bool {
        (0..4).any(|i| {
            let (a, b) = (self.0[i], self.0[(i + 1) % 4]);
            let normal = Point { x: a.y - b.y, y: b.x - a.x };
            let (low, high) = extent_along(normal, &self.0);
            let (other_low, other_high) = extent_along(normal, &other.0);
            // A common border is no overlap; the margin takes up rounding.
            let margin = 1e-9 * normal.x.hypot(normal.y).max(1.0);
            high <= other_low + margin || other_high <= low + margin
        })
    }

    /// Whether part of the segment lies inside (Cyrus-Beck clipping).
    pub fn meets(&self, segment: &Segment) -> bool {
        let (dx, dy) = (segment.to.x - segment.from.x, segment.to.y - segment.from.y);
        let turn = cross(self.0[0], self.0[1], self.0[2]).signum();
        let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
        for i in 0..4 {
            let (a, b) = (self.0[i], self.0[(i + 1) % 4]);
            // Positive inside the edge; along the segment it changes evenly.
            let inside = turn * cross(a, b, segment.from);
            let change = turn * ((b.x - a.x) * dy - (b.y - a.y) * dx);
            if change == 0.0 {
                if inside <= 0.0 {
                    return false;
                }
            } else if change > 0.0 {
                enter = enter.max(-inside / change);
            } else {
                leave = leave.min(-inside / change);
            }
        }
        enter < leave
    }

    /// The smallest axis-parallel rectangle around it.
    pub fn bounds(&self) -> Rect {
        let (left, right) = extent_along(Point { x: 1.0, y: 0.0 }, &self.0);
        let (top, bottom) = extent_along(Point { x: 0.0, y: 1.0 }, &self.0);
        Rect::new(left, top, right - left, bottom - top)
    }
}

/// Twice the area of the triangle a, b, c; its sign says which way it turns.
fn cross(a: Point, b: Point, c: Point) -> f64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

fn extent_along(direction: Point, points: &[Point]) -> (f64, f64) {
    points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| {
        let along = direction.x * p.x + direction.y * p.y;
        (low.min(along), high.max(along))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(x1: f64, y1: f64, x2: f64, y2: f64) -> Segment {
        Segment { from: Point { x: x1, y: y1 }, to: Point { x: x2, y: y2 } }
    }

    #[test]
    fn rectangles_that_touch_do_not_intersect() {
        let a = Rect::new(0.0, 0.0, 2.0, 2.0);
        assert!(!a.intersects(&Rect::new(2.0, 0.0, 1.0, 1.0)));
        assert!(a.intersects(&Rect::new(1.0, 1.0, 9.0, 9.0)));
        assert_eq!(a.overlap(&Rect::new(1.0, 1.0, 9.0, 9.0)), 1.0);
        assert_eq!(a.overlap(&Rect::new(5.0, 5.0, 1.0, 1.0)), 0.0);
    }

    #[test]
    fn segment_clipped_to_a_rectangle() {
        let unit = Rect::new(0.0, 0.0, 1.0, 1.0);
        assert_eq!(segment(-1.0, 0.5, 3.0, 0.5).length_inside(&unit), 1.0);
        assert_eq!(segment(0.25, 0.5, 0.5, 0.5).length_inside(&unit), 0.25);
        assert_eq!(segment(-1.0, 2.0, 3.0, 2.0).length_inside(&unit), 0.0);
        assert_eq!(segment(2.0, 0.5, 3.0, 0.5).length_inside(&unit), 0.0);
        assert_eq!(segment(-1.0, 0.5, 0.5, 3.0).length_inside(&unit), 0.0);
        // Along an edge counts as inside.
        assert_eq!(segment(0.25, 1.0, 0.5, 1.0).length_inside(&unit), 0.25);
    }

    #[test]
    fn crossing_segments() {
        assert!(segment(0.0, 0.0, 2.0, 2.0).crosses(&segment(0.0, 2.0, 2.0, 0.0)));
        assert!(!segment(0.0, 0.0, 2.0, 2.0).crosses(&segment(2.0, 2.0, 3.0, 0.0)));
        assert!(!segment(0.0, 0.0, 1.0, 0.0).crosses(&segment(0.0, 1.0, 1.0, 1.0)));
    }

    #[test]
    fn rotated_boxes_are_told_apart_where_their_bounds_overlap() {
        let diamond = |x: f64| Quad([(x, -1.0), (x + 1.0, 0.0), (x, 1.0), (x - 1.0, 0.0)].map(|(x, y)| Point { x, y }));
        let corner = Quad::from(Rect::new(0.7, 0.7, 1.0, 1.0));
        assert!(diamond(0.0).bounds().intersects(&corner.bounds()));
        assert!(!diamond(0.0).intersects(&corner));
        assert!(diamond(0.0).intersects(&diamond(1.5)));
        assert!(!diamond(0.0).intersects(&diamond(2.0)));
    }

    #[test]
    fn segments_meet_quads_only_inside() {
        let unit = Quad::from(Rect::new(0.0, 0.0, 1.0, 1.0));
        assert!(unit.meets(&segment(-1.0, 0.5, 2.0, 0.5)));
        assert!(unit.meets(&segment(0.2, 0.2, 0.4, 0.3)));
        assert!(!unit.meets(&segment(-1.0, 1.0, 2.0, 1.0)));
        assert!(!unit.meets(&segment(1.5, -1.0, 1.5, 2.0)));
    }
}
