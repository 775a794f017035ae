//! External commands: how a stage declares one, and how it is told.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where programs are looked for, unless the command declares another `PATH`.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// An external command that makes a stage's outputs, such as a script in R or Python.
///
/// It runs in a scratch folder that mirrors the workspace: the declared inputs lie at their paths,
/// the folders of the outputs are there, and nothing else is. Paths relative to the workspace are
/// right as they are, absolute ones are not; the script itself is an input. What the command wrote at
/// the paths of its outputs is taken from there when it has ended with exit code 0, and appears in
/// the workspace by rename: a command that is killed, or that fails half-way, leaves nothing behind.
///
/// Inputs up to a mebibyte are copies, larger ones are symbolic links. If one of them has changed
/// when the command ends, the stage has failed. An output is a regular file; it keeps the permission
/// to be executed, and no other.
///
/// Of the environment it sees the variables that are declared and a `PATH` of
/// `/usr/local/bin:/usr/bin:/bin`, and nothing else. Arguments and environment are part of the key;
/// the program that the arguments name is not, so tell its version by [`StageBuilder::code`] where
/// it matters. Standard input is empty. When it ends, what it started and left running is ended too.
///
/// ```
/// use dag::{Command, Stage};
///
/// let stage = Stage::new("study/stats/fit")
///     .source("script", "scripts/fit.R")
///     .source("table", "derived/study/watts.csv")
///     .output("fit", "derived/study/fit.csv")
///     .command(
///         Command::new("Rscript", ["scripts/fit.R", "derived/study/watts.csv", "derived/study/fit.csv"])
///             .env("LC_ALL", "C.UTF-8"),
///     );
/// assert_eq!(stage.id(), "study/stats/fit");
/// ```
///
/// [`StageBuilder::code`]: crate::StageBuilder::code
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    // In the order of the alphabet: the canonical text is written straight from this.
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
}

impl Command {
    /// A program, looked for in `PATH` unless it holds a `/`, and its arguments.
    pub fn new<A: Into<String>>(program: impl Into<String>, arguments: impl IntoIterator<Item = A>) -> Self {
        let program = std::iter::once(program.into());
        Self::of_arguments(program.chain(arguments.into_iter().map(Into::into)).collect())
    }

    /// A line for the shell, `/bin/sh -c`. The shell fails on the last command of a pipeline only:
    /// begin with `set -e`, and keep pipelines short, where that matters.
    pub fn shell(line: impl Into<String>) -> Self {
        Self::of_arguments(vec![SHELL[0].to_owned(), SHELL[1].to_owned(), line.into()])
    }

    /// The program first. An empty list is refused when the command is run.
    pub(crate) fn of_arguments(arguments: Vec<String>) -> Self {
        let environment = BTreeMap::from([("PATH".to_owned(), PATH.to_owned())]);
        Self { arguments, environment }
    }

    /// Sets a variable of the command's environment.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Lets a variable of this process through, if it is set here: with the value that it has now,
    /// which is part of the key.
    ///
    /// # Errors
    /// When the value is not Unicode.
    pub fn env_from_here(mut self, name: impl Into<String>) -> Result<Self, NotUnicode> {
        let name = name.into();
        match std::env::var(&name) {
            Ok(value) => {
                self.environment.insert(name, value);
            }
            Err(std::env::VarError::NotPresent) => {
                self.environment.remove(&name);
            }
            Err(std::env::VarError::NotUnicode(_)) => return Err(NotUnicode(name)),
        }
        Ok(self)
    }

    /// Program and arguments.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// The environment, sorted by name.
    pub fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The text that is part of the key.
    pub(crate) fn canonical(&self) -> String {
        // Lists and maps of strings cannot fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A variable of the environment cannot be passed on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is not Unicode, so it cannot be passed on to a command")]
pub struct NotUnicode(String);

/// As one would type it: the line for the shell, or the arguments, quoted where they must be.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&line(&self.arguments.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}

/// The line itself where the arguments are those of a shell, and otherwise the line that one would type.
fn line<'a>(arguments: &[&'a str]) -> Cow<'a, str> {
    match arguments {
        [shell, option, line] if [*shell, *option] == SHELL => Cow::Borrowed(line),
        _ => Cow::Owned(shell_line(arguments.iter().copied())),
    }
}

/// Words as one would type them to a POSIX shell, quoted where they must be.
pub fn shell_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./=:,+@%".contains(&byte);
    let quoted = |word: &'a str| {
        if !word.is_empty() && word.bytes().all(plain) {
            Cow::Borrowed(word)
        } else {
            Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
        }
    };
    words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// The arguments in a canonical text, as [`Command`] shows them.
pub(crate) fn told(arguments: &str) -> String {
    let Ok(Value::Array(list)) = serde_json::from_str(arguments) else { return arguments.to_owned() };
    let list: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    line(&list).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::to_canonical_json;

    #[test]
    fn the_text_in_the_key_is_canonical() {
        let command = Command::new("sort", ["-k", "a \"b\"\n"]).env("Z", "1").env("A", "é");
        assert_eq!(command.canonical(), to_canonical_json(&command).unwrap());
    }

    #[test]
    fn a_command_is_told_as_one_would_type_it() {
        assert_eq!(Command::shell("sort a > b").to_string(), "sort a > b");
        let command = Command::new("sort", ["-k1", "it's", ""]);
        assert_eq!(command.to_string(), r"sort -k1 'it'\''s' ''");
        assert_eq!(told(r#"["sort","-k1","it's",""]"#), command.to_string());
    }

    #[test]
    fn a_variable_that_is_not_set_here_does_not_reach_the_command() {
        let command = Command::shell("true").env_from_here("DAG_SURELY_NOT_SET").unwrap();
        assert_eq!(command.environment().map(|(name, _)| name).collect::<Vec<_>>(), ["PATH"]);
        let command = command.env_from_here("PATH").unwrap();
        assert_eq!(command.environment().next(), Some(("PATH", std::env::var("PATH").unwrap().as_str())));
    }
}
