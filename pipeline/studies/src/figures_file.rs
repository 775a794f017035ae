//! What authors set of figures: reads `paper/<study>/figures.toml`, and says where it is wrong.
//!
//! ```toml
//! ["fig6.absolute"]                          # a name with a dot stands in quotes
//! size = [222, 176]
//! markers = { size = 5, opacity = 0.8 }
//! [fig4]
//! size = [260, 206]
//! x = { range = [201300, 216350] }
//! y = { range = [8.4, 12.5], ticks = 0.5 }
//! ```
//!
//! Each figure has a table, called as its stage makes it, and the file is the only place of what it holds. Which
//! keys a table has is the type of what the figure's function takes (`figure_keys.rs`); it is part of the parameters of
//! the figure's stage.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::Table;
use toml::de::{DeTable, ValueDeserializer};

/// The name of the file, which stands beside the sources of the paper and is none of them.
pub(crate) const FILE: &str = "figures.toml";

/// What the table of a figure holds.
pub(crate) trait Keys: DeserializeOwned + Serialize + Send + Sync + 'static {}

impl<T: DeserializeOwned + Serialize + Send + Sync + 'static> Keys for T {}

/// What is wrong with the figures of a study.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct FiguresError(Vec<String>);

impl FiguresError {
    /// One error of those of several studies; none where there are none.
    pub(crate) fn of_all(errors: impl IntoIterator<Item = Self>) -> Result<(), Self> {
        let problems: Vec<String> = errors.into_iter().flat_map(|Self(problems)| problems).collect();
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }
}

/// The file of a study while its stages are declared.
pub(crate) struct FiguresFile {
    study: String,
    /// The path below the workspace.
    path: String,
    text: String,
    tables: Table,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    /// Figures that were declared.
    figures: BTreeSet<String>,
    problems: Vec<String>,
}

impl FiguresFile {
    /// Reads the file of a study. One that cannot be read is told of by [`FiguresFile::check`], and so is one that
    /// is missing if the study has figures.
    pub(crate) fn read(root: &Path, study: &str) -> Self {
        let path = format!("paper/{study}/{FILE}");
        let (text, problem) = match std::fs::read_to_string(root.join(&path)) {
            Ok(text) => (text, None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (String::new(), None),
            Err(error) => (String::new(), Some(format!("cannot read {path}: {error}"))),
        };
        let file = Self::parse(study, path, text);
        file.found().problems.extend(problem);
        file
    }

    fn parse(study: &str, path: String, text: String) -> Self {
        let parsed = toml::from_str(&text);
        let mut file = Self { study: study.to_owned(), path, text, tables: Table::new(), found: Mutex::default() };
        match parsed {
            Ok(tables) => file.tables = tables,
            Err(error) => file.problem(error.span().map(|span| span.start), error.message()),
        }
        file
    }

    /// What the file says of a figure; `None` if that is wrong, which [`FiguresFile::check`] tells.
    pub(crate) fn keys<K: Keys>(&self, figure: &str) -> Option<K> {
        self.found().figures.insert(figure.to_owned());
        match self.tables.get(figure).map(|table| K::deserialize(table.clone())) {
            Some(Ok(keys)) => Some(keys),
            Some(Err(error)) => {
                let (at, message) = self.whereabouts::<K>(figure).unwrap_or_else(|| (None, error.message().to_owned()));
                let help = "the head of the file tells what each key means";
                self.problem(at, &format!("figure {figure}: {message}; {help}"));
                None
            }
            // Of a file that is missing, or no TOML, nothing more can be said.
            None if self.tables.is_empty() && !self.found().problems.is_empty() => None,
            None => {
                let name = if figure.contains('.') { format!("\"{figure}\"") } else { figure.to_owned() };
                // Of a file that is missing one figure tells for all.
                let missing = if self.text.is_empty() { "the file is missing or empty: " } else { "" };
                self.problem(None, &format!("{missing}expected a table [{name}] with the size of the figure {figure}"));
                None
            }
        }
    }

    /// Checks what was found, and that each table is of a figure.
    ///
    /// # Errors
    /// Everything that is wrong, each with its line.
    pub(crate) fn check(&self) -> Result<(), FiguresError> {
        let figures = self.found().figures.clone();
        let mut known = false;
        for name in self.tables.keys().filter(|name| !figures.contains(*name)) {
            let mut dotted = figures.iter().filter(|figure| figure.starts_with(&format!("{name}.")));
            let message = match dotted.find(|figure| self.is_nested(figure)) {
                Some(figure) => format!("`{name}` is no figure; a name with a dot stands in quotes: [\"{figure}\"]"),
                None if known => format!("`{name}` is no figure"),
                None => {
                    known = true;
                    let all: Vec<&str> = figures.iter().map(String::as_str).collect();
                    format!("`{name}` is no figure; expected one of {}", all.join(", "))
                }
            };
            let document = DeTable::parse(&self.text).ok();
            let at = document.and_then(|document| {
                let keys = document.get_ref().keys();
                keys.into_iter().find(|key| key.get_ref() == name.as_str()).map(|key| key.span().start)
            });
            self.problem(at, &message);
        }
        let problems = std::mem::take(&mut self.found().problems);
        if problems.is_empty() { Ok(()) } else { Err(FiguresError(problems)) }
    }

    /// Whether the name of a figure was written without quotes: as tables within each other.
    fn is_nested(&self, figure: &str) -> bool {
        let mut parts = figure.split('.');
        let first = parts.next().and_then(|part| self.tables.get(part));
        parts.try_fold(first, |table, part| Some(table?.as_table()?.get(part))).is_some_and(|found| found.is_some())
    }

    /// Where the table of a figure is wrong, and how.
    fn whereabouts<K: Keys>(&self, figure: &str) -> Option<(Option<usize>, String)> {
        let document = DeTable::parse(&self.text).ok()?.into_inner();
        let table = document.into_iter().find_map(|(key, table)| (key.get_ref() == figure).then_some(table))?;
        let begin = table.span().start;
        let error = K::deserialize(ValueDeserializer::from(table)).err()?;
        Some((Some(error.span().map_or(begin, |span| span.start)), error.message().to_owned()))
    }

    /// Notes a problem, at a byte offset if it is known.
    fn problem(&self, at: Option<usize>, message: &str) {
        let Self { study, path, .. } = self;
        let before = at.and_then(|at| self.text.get(..at));
        let line = before.map(|before| format!(":{}", before.matches('\n').count() + 1)).unwrap_or_default();
        self.found().problems.push(format!("{path}{line}: {message} (study {study})"));
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Sized {
        size: [f64; 2],
    }

    fn file(text: &str) -> FiguresFile {
        FiguresFile::parse("zoo", "paper/zoo/figures.toml".to_owned(), text.to_owned())
    }

    /// What is told of a file whose only figure is `fig.1`.
    fn told(text: &str) -> String {
        let file = file(text);
        assert!(file.keys::<Sized>("fig.1").is_none(), "{text}");
        file.check().unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, part) in [
            ("\n[\"fig.1\"]\nsise = [1, 2]\n", 3, "unknown field `sise`, expected `size`"),
            ("[\"fig.1\"]\nsize = [1, 2]\n\nx = 3\n", 4, "unknown field `x`, expected `size`"),
            ("[\"fig.1\"]\nsize = \"100\"\n", 2, "string \"100\", expected an array of length 2"),
            ("# one\n[\"fig.1\"]\n", 2, "missing field `size`"),
            ("\"fig.1\" = 7\n", 1, "integer `7`"),
        ] {
            let told = told(text);
            let place = format!("paper/zoo/figures.toml:{line}: figure fig.1: ");
            assert!(told.starts_with(&place) && told.contains(part) && told.contains("study zoo"), "{told}");
        }
    }

    #[test]
    fn each_figure_has_a_table_and_each_table_a_figure() {
        assert!(told("").contains("the file is missing or empty: expected a table [\"fig.1\"]"));
        assert!(told("[two]\nsize = [100, 100]").contains("figures.toml: expected a table [\"fig.1\"]"));
        let dotted = told("[fig.1]\nsize = [100, 100]\n");
        assert!(dotted.contains("a name with a dot stands in quotes: [\"fig.1\"]"), "{dotted}");
        let file = file("[\"fig.1\"]\nsize = [100, 100]\n\n[fig2]\nsize = [100, 100]\n");
        assert!(file.keys::<Sized>("fig.1").is_some());
        let told = file.check().unwrap_err().to_string();
        assert!(told.contains("figures.toml:4: `fig2` is no figure; expected one of fig.1"), "{told}");
    }

    #[test]
    fn of_two_names_with_dots_the_one_that_stands_there_is_told() {
        let file = file("[\"fig.1\"]\nsize = [100, 100]\n[fig.2]\nsize = [100, 100]\n");
        assert!(file.keys::<Sized>("fig.1").is_some() && file.keys::<Sized>("fig.2").is_none());
        let told = file.check().unwrap_err().to_string();
        assert!(
            told.contains("figures.toml:3: `fig` is no figure; a name with a dot stands in quotes: [\"fig.2\"]"),
            "{told}"
        );
    }

    #[test]
    fn what_is_no_toml_is_told_once() {
        let file = file("[\"fig.1\"]\nsize = [100 100]\n");
        assert!(file.keys::<Sized>("fig.1").is_none());
        let told = file.check().unwrap_err().to_string();
        assert!(told.starts_with("paper/zoo/figures.toml:2: "), "{told}");
        assert!(!told.contains("expected a table"), "{told}");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_an_error_and_one_that_is_not_needed_may_be_missing() {
        let root = tempfile::tempdir().unwrap();
        FiguresFile::read(root.path(), "zoo").check().unwrap();
        std::fs::create_dir_all(root.path().join("paper/zoo/figures.toml")).unwrap();
        let told = FiguresFile::read(root.path(), "zoo").check().unwrap_err().to_string();
        assert!(told.starts_with("cannot read paper/zoo/figures.toml"), "{told}");
    }
}
