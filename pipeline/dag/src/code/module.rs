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
    Other,
}

/// What a source file names.
#[derive(Default)]
pub(super) struct Names {
    /// All paths, each as its segments: `use super::{a, b::C}` gives `[super, a]` and
    /// `[super, b, C]`; `stats::mean(x)` gives `[stats, mean]`.
    pub(super) paths: BTreeSet<Vec<String>>,
    /// Modules that are only declared: `mod a;`.
    pub(super) declared: BTreeSet<String>,
}

/// Reads a source file.
pub(super) fn names(source: &str) -> Names {
    let tokens = tokens(source);
    let mut names = Names::default();
    let mut at = 0;
    while at < tokens.len() {
        if let (Some(Token::Word(keyword)), Some(Token::Word(module))) = (tokens.get(at), tokens.get(at + 1))
            && keyword == "mod"
        {
            names.declared.insert(module.clone());
            at += 2;
        } else {
            at = path(&tokens, at, &[], &mut names.paths).max(at + 1);
        }
    }
    names
}

/// Reads a path or a `use` tree that starts at `at`; returns where it ends.
fn path(tokens: &[Token], mut at: usize, prefix: &[String], found: &mut BTreeSet<Vec<String>>) -> usize {
    let mut segments = prefix.to_vec();
    while let Some(Token::Word(word)) = tokens.get(at) {
        segments.push(word.clone());
        at += 1;
        if tokens.get(at) != Some(&Token::PathSeparator) {
            break;
        }
        at += 1;
        if tokens.get(at) == Some(&Token::Open) {
            at += 1;
            while at < tokens.len() && tokens[at] != Token::Close {
                at = path(tokens, at, &segments, found).max(at + 1);
            }
            return at + 1;
        }
    }
    // A word by itself is a variable or the like: what is in a module or crate is behind a `::`.
    if segments.len() > prefix.len().max(1) {
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
            // A raw string; a raw identifier `r#type` is taken for the word behind it.
            'r' if raw_string(&chars, i).is_some() && !ends_in_word(&chars, i) => {
                i = raw_string(&chars, i).unwrap_or(i + 1);
                tokens.push(Token::Other);
            }
            // A character that is a quote or a slash would open a string or a comment.
            '\'' if next == Some('\\') => i = (i + 3).min(chars.len()),
            '\'' if chars.get(i + 2) == Some(&'\'') => i += 3,
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
                    c if c.is_whitespace() => {}
                    _ => tokens.push(Token::Other),
                }
                i += 1;
            }
        }
    }
    tokens
}

fn ends_in_word(chars: &[char], i: usize) -> bool {
    i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_')
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
        for path in
            ["super::clean", "super::aggregate::self", "super::aggregate::mean", "polars_core::prelude", "stats::mean"]
        {
            assert!(paths.iter().any(|p| p == path), "{path} in {paths:?}");
        }
    }

    #[test]
    fn a_declared_module_is_no_path() {
        let names = names("pub(super) mod a;\nmod b { use c::d; }");
        assert_eq!(names.declared, ["a", "b"].map(str::to_owned).into());
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
