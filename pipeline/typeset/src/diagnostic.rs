//! Diagnostics of the compiler, the same from either backend.

use std::fmt;

/// An error or a warning about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it stops the document.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where, unless it is about the document as a whole.
    pub at: Option<Location>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// From where the code at [`Diagnostic::at`] was reached, the innermost first: an error in a
    /// function of a template leads so to the line of the paper that called it.
    pub trace: Vec<Call>,
}

/// How grave a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// There is no result.
    Error,
    /// There is a result, to be looked at.
    Warning,
}

/// A place in a file of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Path in the document.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A step on the way to an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What was being done, as in "while calling `value`".
    pub step: String,
    /// Where.
    pub at: Location,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(at) = &self.at {
            write!(out, "{at}: ")?;
        }
        write!(out, "{}: {}", self.severity, self.message)?;
        for hint in &self.hints {
            write!(out, "\n  hint: {hint}")?;
        }
        for call in &self.trace {
            write!(out, "\n  {} at {}", call.step, call.at)?;
        }
        Ok(())
    }
}

/// Reads the diagnostics that the typst command line prints in its `human` format, which unlike
/// `short` has the hints and the calls:
///
/// ```text
/// error: unknown variable: widht
///   ┌─ lib/table.typ:3:7
///   │
/// 3 │ #rect(widht)
///   │       ^^^^^
///   = hint: if you meant …
///
///   while calling `frame` at paper.typ:9:1
///     #frame
/// ```
///
/// The one-line form `file:line:column: error: message` is understood as well. What is neither is
/// passed over: an empty result means that there is no diagnostic in the text.
pub(crate) fn parse(text: &str) -> Vec<Diagnostic> {
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    // Where the next line may continue something.
    let mut open = Open::Nothing;
    for line in text.lines() {
        if let Some(diagnostic) = header(line) {
            diagnostics.push(diagnostic);
            open = Open::Message;
            continue;
        }
        let Some(current) = diagnostics.last_mut() else { continue };
        let bare = line.trim_start();
        let indent = line.len() - bare.len();
        if let Some(place) = bare.strip_prefix("┌─ ") {
            current.at = current.at.take().or_else(|| location(place));
            open = Open::Nothing;
        } else if let Some(hint) = bare.strip_prefix("= ") {
            current.hints.push(hint.strip_prefix("hint: ").unwrap_or(hint).to_owned());
            open = Open::Hint { indent: indent + 2 };
        } else if let Some(call) = call(line) {
            current.trace.push(call);
            open = Open::Nothing;
        } else {
            match open {
                Open::Message if !bare.is_empty() => {
                    current.message.push('\n');
                    current.message.push_str(line);
                }
                Open::Hint { indent: least } if !bare.is_empty() && indent >= least => {
                    if let Some(hint) = current.hints.last_mut() {
                        hint.push('\n');
                        hint.push_str(bare);
                    }
                }
                _ => open = Open::Nothing,
            }
        }
    }
    diagnostics
}

/// What a line of the text may continue.
#[derive(Clone, Copy)]
enum Open {
    Nothing,
    Message,
    Hint { indent: usize },
}

/// The line that starts a diagnostic, in either form.
fn header(line: &str) -> Option<Diagnostic> {
    const WORDS: [(&str, Severity); 2] = [("error: ", Severity::Error), ("warning: ", Severity::Warning)];
    let diagnostic = |severity, message: &str, at| Diagnostic {
        severity,
        message: message.to_owned(),
        at,
        hints: Vec::new(),
        trace: Vec::new(),
    };
    for (word, severity) in WORDS {
        if let Some(message) = line.strip_prefix(word) {
            return Some(diagnostic(severity, message, None));
        }
        // A message may quote such a word itself: the place has to stand before the first one.
        if let Some((place, message)) = line.split_once(&format!(": {word}"))
            && let Some(at) = location(place)
        {
            return Some(diagnostic(severity, message, Some(at)));
        }
    }
    None
}

/// `file:line:column`, in which typst counts columns from 0.
fn location(text: &str) -> Option<Location> {
    let (rest, column) = text.trim_end().rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    let column = column.parse::<usize>().ok()?.checked_add(1)?;
    (!file.is_empty()).then_some(Location { file: file.to_owned(), line: line.parse().ok()?, column })
}

/// `  while calling `f` at file:line:column`.
fn call(line: &str) -> Option<Call> {
    let step = line.strip_prefix("  while ")?;
    let (step, place) = step.rsplit_once(" at ")?;
    Some(Call { step: format!("while {step}"), at: location(place)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, line: usize, column: usize) -> Location {
        Location { file: file.into(), line, column }
    }

    #[test]
    fn reads_the_human_format() {
        let text = "\
warning: unknown font family: nowhere
  ┌─ lib/a.typ:3:22
  │
3 │ #set text(font: \"nowhere\")
  │                       ^^^^

error: panicked with: \"no record\"
   ┌─ lib/value.typ:10:2
   │
10 │   panic(\"no record\")
   │   ^^^^^^^^^^^^^^^^^^
   = hint: first line
     second line
   = hint: another

  while calling `value` at paper.typ:9:0
    #value(\"x\")
  while importing `a at b` at main.typ:1:8
    #import \"paper.typ\"

error: export failed
  = hint: give alt
";
        let found = parse(text);
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].severity, Severity::Warning);
        assert_eq!(found[0].at, Some(at("lib/a.typ", 3, 23)));
        assert_eq!(found[1].message, "panicked with: \"no record\"");
        assert_eq!(found[1].at, Some(at("lib/value.typ", 10, 3)));
        assert_eq!(found[1].hints, ["first line\nsecond line", "another"]);
        assert_eq!(
            found[1].trace,
            [
                Call { step: "while calling `value`".into(), at: at("paper.typ", 9, 1) },
                Call { step: "while importing `a at b`".into(), at: at("main.typ", 1, 9) },
            ]
        );
        assert_eq!((found[2].at.clone(), found[2].hints.as_slice()), (None, &["give alt".to_owned()][..]));
    }

    #[test]
    fn reads_the_short_format() {
        let found = parse("a:b.typ:7:0: error: got error: twice\nwarning: loose\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].at, Some(at("a:b.typ", 7, 1)));
        assert_eq!(found[0].message, "got error: twice");
        assert_eq!((found[1].severity, found[1].at.clone()), (Severity::Warning, None));
    }

    #[test]
    fn reads_a_message_of_several_lines() {
        let found = parse("error: failed to load file\n  in two ways\n\nnoise\n");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "failed to load file\n  in two ways");
    }

    #[test]
    fn finds_nothing_in_other_text() {
        for text in ["", "Segmentation fault\n", "an error: no\n", "  = hint: lost\n┌─ a:1:1\n"] {
            assert_eq!(parse(text), [], "{text:?}");
        }
    }

    #[test]
    fn prints_place_hints_and_calls() {
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            message: "no record".into(),
            at: Some(at("a.typ", 1, 2)),
            hints: vec!["write it".into()],
            trace: vec![Call { step: "while calling `value`".into(), at: at("b.typ", 3, 4) }],
        };
        assert_eq!(
            diagnostic.to_string(),
            "a.typ:1:2: error: no record\n  hint: write it\n  while calling `value` at b.typ:3:4"
        );
    }
}
