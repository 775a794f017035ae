//! Bits of HTML that several parts of the page have.

use maud::{Markup, html};

/// Digits of a digest that are shown; the whole of it is a title away.
const SHORT: usize = 12;

/// What a number, figure or table rests on, where that is not what was published: nobody may overlook it.
/// Nothing for published data.
pub fn mark(status: &str) -> Markup {
    html! { @if status != "published" { strong.mark { (status) } } }
}

/// The strip above a figure or table that is not of published data, as in the figures themselves.
pub fn strip(status: &str) -> Markup {
    html! { @if status != "published" { p.strip { (status) " data" } } }
}

/// A verdict, told by word, sign and colour.
pub fn verdict(class: &str, words: &str) -> Markup {
    html! { span class={ "verdict " (class) } { (words) } }
}

/// A digest, shortened.
pub fn digest(sha256: &str) -> Markup {
    let short = sha256.get(..SHORT).unwrap_or(sha256);
    html! { code.digest title={ "SHA-256 " (sha256) } { (short) } }
}

/// A sentence for people, in which what stands between backticks is to be typed.
pub fn words(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

/// The id of a stage, which may break after a slash.
pub fn stage(id: &str) -> Markup {
    html! { code { @for part in id.split_inclusive('/') { (part) @if part.ends_with('/') { wbr; } } } }
}

/// A count with its noun: `1 artifact`, `2 artifacts`.
pub fn count(number: usize, noun: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{end}")
}

/// A duration as people say it.
pub fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{:.1} s", milliseconds as f64 / 1e3),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_published_bears_no_mark() {
        assert_eq!(mark("published").0, "");
        assert!(mark("simulated").0.contains("simulated") && strip("reconstructed").0.contains("reconstructed data"));
    }

    #[test]
    fn commands_in_sentences_are_code() {
        assert_eq!(words("type `a <b>`, then wait").0, "type <code>a &lt;b&gt;</code>, then wait");
    }

    #[test]
    fn counts_and_durations_read_as_words() {
        assert_eq!((count(1, "value"), count(0, "value")), ("1 value".to_owned(), "0 values".to_owned()));
        assert_eq!([7, 1_260, 61_900].map(duration), ["7 ms", "1.3 s", "1 min 1 s"]);
    }
}
