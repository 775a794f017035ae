//! Which other code a Rust source file names: crates, and modules of its own crate.
//!
//! Read lexically: comments and strings are dropped, then every path that starts at `crate`,
//! `self`, `super` or a crate's name is followed, `use` groups included. A path that only a macro
//! spells would be missed; too much is harmless, it only makes more stages stale.

use std::collections::BTreeSet;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    PathSeparator,
    Open,
    Close,
    Comma,
    Star,
    /// `#` or `#!`, and the bracket behind it.
    Attribute,
    Other,
}

/// What a source file names.
#[derive(Default)]
pub(crate) struct Names {
    /// All paths, each as its segments: `use super::{a, b::C}` gives `[super, a]` and
    /// `[super, b, C]`; `stats::mean(x)` gives `[stats, mean]`; a glob ends in `*`.
    pub(crate) paths: BTreeSet<Vec<String>>,
    /// Modules that are only declared: `mod a;`.
    pub(crate) declared: BTreeSet<String>,
    /// What cannot be followed, and must not be overlooked: `#[path = …]`, `macro_use`.
    pub(crate) opaque: Option<&'static str>,
}

/// Reads a source file.
pub(crate) fn names(source: &str) -> Names {
    let tokens = tokens(source);
    let mut names = Names::default();
    // For each inline module around the place: how many braces were open where it began.
    let mut inline: Vec<usize> = Vec::new();
    let mut braces = 0;
    let mut at = 0;
    while at < tokens.len() {
        let word = |at: usize| match tokens.get(at) {
            Some(Token::Word(word)) => Some(word.as_str()),
            _ => None,
        };
        match (&tokens[at], word(at), word(at + 1)) {
            (_, Some("mod"), Some(module)) => {
                if tokens.get(at + 2) == Some(&Token::Open) {
                    inline.push(braces);
                } else {
                    names.declared.insert(module.to_owned());
                }
                at += 2;
            }
            (_, Some("use"), _) => {
                at = path(&tokens, at + 1, &[], inline.len(), true, &mut names.paths).max(at + 1);
            }
            // Who may see an item says nothing of what it needs: `pub(in crate::a)`.
            (_, Some("pub"), _) if word(at + 2) == Some("in") => {
                at = path(&tokens, at + 3, &[], inline.len(), false, &mut BTreeSet::new()).max(at + 3);
            }
            (_, Some("macro_use"), _) => {
                names.opaque = Some("macro_use");
                at += 1;
            }
            (_, Some("extern"), Some("crate")) => {
                names.opaque = Some("extern crate");
                at += 1;
            }
            (Token::Attribute, _, Some("path")) => {
                names.opaque = Some("#[path]");
                at += 1;
            }
            (Token::Open, ..) => {
                braces += 1;
                at += 1;
            }
            (Token::Close, ..) => {
                braces = braces.saturating_sub(1);
                if inline.last() == Some(&braces) {
                    inline.pop();
                }
                at += 1;
            }
            _ => at = path(&tokens, at, &[], inline.len(), false, &mut names.paths).max(at + 1),
        }
    }
    names
}

/// Reads a path, or in a `use` a tree of them, that starts at `at`; returns where it ends. Inside
/// `inline` modules of the file, as many `super` lead to the file's own module.
fn path(
    tokens: &[Token],
    mut at: usize,
    prefix: &[String],
    inline: usize,
    is_use: bool,
    found: &mut BTreeSet<Vec<String>>,
) -> usize {
    let mut segments = prefix.to_vec();
    let tree = |mut at: usize, segments: &[String], found: &mut BTreeSet<Vec<String>>| {
        while at < tokens.len() && tokens[at] != Token::Close {
            at = path(tokens, at, segments, inline, is_use, found).max(at + 1);
        }
        at + 1
    };
    if is_use && tokens.get(at) == Some(&Token::PathSeparator) {
        at += 1;
    }
    if is_use && tokens.get(at) == Some(&Token::Open) {
        return tree(at + 1, &segments, found);
    }
    loop {
        match tokens.get(at) {
            Some(Token::Word(word)) => segments.push(word.clone()),
            Some(Token::Star) if is_use => segments.push("*".to_owned()),
            _ => break,
        }
        at += 1;
        if tokens.get(at) != Some(&Token::PathSeparator) {
            break;
        }
        at += 1;
        if tokens.get(at) == Some(&Token::Open) {
            return tree(at + 1, &segments, found);
        }
    }
    // Another name for it changes nothing.
    if is_use && tokens.get(at) == Some(&Token::Word("as".to_owned())) {
        at += 2;
    }
    // Outside of `use` a word by itself is a variable or the like: what is in a module or crate is
    // behind a `::`.
    if segments.len() > prefix.len() && (is_use || segments.len() > 1) {
        let outwards = segments.iter().take(inline).take_while(|segment| *segment == "super").count();
        if outwards > 0 {
            segments.splice(..outwards, ["self".to_owned()]);
            // `self::super` is `super`.
            if segments.get(1).is_some_and(|segment| segment == "super") {
                segments.remove(0);
            }
        }
        found.insert(segments);
    }
    at
}

fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let next = chars.get(i + 1).copied();
        match c {
            '/' if next == Some('/') => {
                while i < chars.len() && chars[i] != '\n' {
                    i += 1;
                }
            }
            '/' if next == Some('*') => i = end_of_block_comment(&chars, i),
            '"' => {
                i = end_of_string(&chars, i);
                tokens.push(Token::Other);
            }
            'b' | 'c' if next == Some('r') && raw_string(&chars, i + 1).is_some() => {
                i = raw_string(&chars, i + 1).unwrap_or(i + 1);
                tokens.push(Token::Other);
            }
            'r' if raw_string(&chars, i).is_some() => {
                i = raw_string(&chars, i).unwrap_or(i + 1);
                tokens.push(Token::Other);
            }
            // A raw identifier is the word behind the mark.
            'r' if next == Some('#') => i += 2,
            // A character that is a quote or a slash would open a string or a comment.
            '\'' if next == Some('\\') => {
                i += 3;
                while i < chars.len() && chars[i] != '\'' {
                    i += 1;
                }
                i += 1;
            }
            '\'' if chars.get(i + 2) == Some(&'\'') => i += 3,
            '#' if next == Some('[') => {
                tokens.push(Token::Attribute);
                i += 2;
            }
            '#' if next == Some('!') && chars.get(i + 2) == Some(&'[') => {
                tokens.push(Token::Attribute);
                i += 3;
            }
            _ if c.is_alphabetic() || c == '_' => {
                let start = i;
                while i < chars.len() && (chars[i].is_alphanumeric() || chars[i] == '_') {
                    i += 1;
                }
                tokens.push(Token::Word(chars[start..i].iter().collect()));
            }
            ':' if next == Some(':') => {
                tokens.push(Token::PathSeparator);
                i += 2;
            }
            _ => {
                match c {
                    '{' => tokens.push(Token::Open),
                    '}' => tokens.push(Token::Close),
                    ',' => tokens.push(Token::Comma),
                    '*' => tokens.push(Token::Star),
                    c if c.is_whitespace() => {}
                    _ => tokens.push(Token::Other),
                }
                i += 1;
            }
        }
    }
    tokens
}

fn end_of_block_comment(chars: &[char], mut i: usize) -> usize {
    let mut depth = 0;
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                i += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                i += 2;
                if depth == 0 {
                    break;
                }
            }
            _ => i += 1,
        }
    }
    i
}

fn end_of_string(chars: &[char], mut i: usize) -> usize {
    i += 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// Where the raw string that starts at `i` ends, if one does.
fn raw_string(chars: &[char], i: usize) -> Option<usize> {
    let hashes = chars[i + 1..].iter().take_while(|&&c| c == '#').count();
    let mut at = i + 1 + hashes;
    if chars.get(at) != Some(&'"') {
        return None;
    }
    at += 1;
    while at < chars.len() {
        if chars[at] == '"' && chars[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        names(source).paths.into_iter().map(|p| p.join("::")).collect()
    }

    #[test]
    fn use_trees_and_plain_paths_are_followed() {
        let source =
            "use super::{clean, aggregate::{self, mean}};\nuse polars_core::prelude::*;\nfn f() { stats::mean(x) }";
        let paths = found(source);
        for path in [
            "super::clean",
            "super::aggregate::self",
            "super::aggregate::mean",
            "polars_core::prelude::*",
            "stats::mean",
        ] {
            assert!(paths.iter().any(|p| p == path), "{path} in {paths:?}");
        }
    }

    #[test]
    fn globs_other_names_and_raw_identifiers_are_followed() {
        let paths = found("use helper::*; use helper as h; use {one::A, two as b}; pub use three; super::r#move::f();");
        assert_eq!(paths, ["helper", "helper::*", "one::A", "super::move::f", "three", "two"]);
    }

    #[test]
    fn super_in_an_inline_module_is_the_file_itself() {
        let paths = found("mod tests { use super::*; use super::super::b; fn f() { {} } } use super::c;");
        assert_eq!(paths, ["self::*", "super::b", "super::c"]);
    }

    #[test]
    fn what_cannot_be_followed_is_told() {
        assert_eq!(names("#[path = \"x.rs\"] mod q;").opaque, Some("#[path]"));
        assert_eq!(names("#[macro_use] mod q;").opaque, Some("macro_use"));
        assert_eq!(names("extern crate helper as h;").opaque, Some("extern crate"));
        assert_eq!(names("fn path() {} let crate_path = 1;").opaque, None);
    }

    #[test]
    fn quotes_in_raw_bytes_and_characters_do_not_turn_code_inside_out() {
        for text in ["br#\"one \" quote\"#", "br\"\\\"", "m!['\\n','\"']", "'\\u{1F600}'", "b'\"'"] {
            assert_eq!(found(&format!("{text}; a::b")), ["a::b"], "{text}");
        }
    }

    #[test]
    fn who_may_see_an_item_is_no_path() {
        assert_eq!(found("pub(in crate::a) struct S { pub(in super::b) c: d::E } pub(crate) fn f() {}"), ["d::E"]);
    }

    #[test]
    fn a_declared_module_is_no_path() {
        let names = names("pub(crate) mod a;\nmod b { use c::d; }");
        assert_eq!(names.declared, ["a"].map(str::to_owned).into(), "b is in the file itself");
        assert!(names.paths.contains(&vec!["c".to_owned(), "d".to_owned()]));
        assert!(!names.paths.contains(&vec!["a".to_owned()]));
    }

    #[test]
    fn comments_strings_and_characters_are_not_code() {
        let source =
            "// a::b\n/* c::d /* e::f */ g::h */ let x = \"i::j\\\" k::l\"; r#\"m::n\" o::p\"#; '\"'; '\\''; q::r";
        let paths = found(source);
        assert!(paths.contains(&"q::r".to_owned()), "{paths:?}");
        assert!(!paths.iter().any(|p| p.contains("::") && p != "q::r"), "{paths:?}");
    }

    #[test]
    fn sources_that_end_anywhere_do_no_harm() {
        let source = "use a::{b, c::{d}}; /* x */ \"s\" r#\"t\"# 'c' e::f";
        for end in 0..=source.len() {
            names(&source[..end]);
        }
    }
}
