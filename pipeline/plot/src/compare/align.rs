//! Finds which item of one drawing is which of another.

use super::items::Item;

/// The longest stretches of which every item is held against every other one; beyond, they are taken
/// in their order.
const LARGEST_TABLE: usize = 4_000_000;

/// An item before, after, or both.
pub(super) enum Pair<'a> {
    Both(&'a Item, &'a Item),
    Gone(&'a Item),
    New(&'a Item),
}

/// Pairs the items of two drawings in drawing order.
pub(super) fn align<'a>(before: &'a [Item], after: &'a [Item]) -> Vec<Pair<'a>> {
    let start = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[start..], &after[start..]);
    let end = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[..before.len() - end], &after[..after.len() - end]);

    let alike = |a: &Item, b: &Item| a.is_text() == b.is_text() && a.key() == b.key();
    let same_length = before.len() == after.len();
    if same_length && before.iter().zip(after).all(|(a, b)| alike(a, b)) {
        return before.iter().zip(after).map(|(a, b)| Pair::Both(a, b)).collect();
    }
    if before.len().saturating_mul(after.len()) > LARGEST_TABLE {
        let paired = before.len().min(after.len());
        let both = before.iter().zip(after).map(|(a, b)| Pair::Both(a, b));
        let gone = before[paired..].iter().map(Pair::Gone);
        return both.chain(gone).chain(after[paired..].iter().map(Pair::New)).collect();
    }
    let pairs = longest_common(before, after, alike);
    renamed(pairs)
}

/// The longest common subsequence, by the table of the lengths of those of all ends.
fn longest_common<'a>(before: &'a [Item], after: &'a [Item], alike: impl Fn(&Item, &Item) -> bool) -> Vec<Pair<'a>> {
    let width = after.len() + 1;
    let mut lengths = vec![0_u32; (before.len() + 1) * width];
    for (i, a) in before.iter().enumerate().rev() {
        for (j, b) in after.iter().enumerate().rev() {
            lengths[i * width + j] = if alike(a, b) {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    loop {
        match (before.get(i), after.get(j)) {
            (Some(a), Some(b)) if alike(a, b) => {
                pairs.push(Pair::Both(a, b));
                (i, j) = (i + 1, j + 1);
            }
            (Some(a), Some(_)) if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] => {
                pairs.push(Pair::Gone(a));
                i += 1;
            }
            (Some(a), None) => {
                pairs.push(Pair::Gone(a));
                i += 1;
            }
            (_, Some(b)) => {
                pairs.push(Pair::New(b));
                j += 1;
            }
            (None, None) => return pairs,
        }
    }
}

/// A text that is gone and one that is new at the same place are one text with other words.
fn renamed(mut pairs: Vec<Pair<'_>>) -> Vec<Pair<'_>> {
    for place in 0..pairs.len() {
        let Pair::Gone(gone) = pairs[place] else { continue };
        if !gone.is_text() {
            continue;
        }
        let stands_there = |pair: &Pair<'_>| match pair {
            Pair::New(new) => gone.moved(new).is_some_and(|distance| distance <= super::TEXT_MOVE),
            _ => false,
        };
        if let Some(other) = pairs.iter().position(stands_there)
            && let Pair::New(new) = pairs[other]
        {
            pairs[place] = Pair::Both(gone, new);
            // Told with the text in whose place it stands.
            pairs[other] = Pair::Both(new, new);
        }
    }
    pairs
}
