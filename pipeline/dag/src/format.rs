//! The formats of what the engine keeps: a name and a number, in a file `VERSION`.
//!
//! A program writes one format. What a newer one wrote it leaves alone, since it cannot know what it
//! would spoil; what an older one wrote is renewed where that is known to be possible.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::Error;

/// A format that this program writes.
pub(crate) struct Format {
    name: &'static str,
    number: u32,
    /// The oldest one that can be renewed by writing down the new number.
    oldest: u32,
    /// What to do about another format.
    otherwise: &'static str,
}

/// The engine's folder. 2: builds hold a lock on the store, which a program of format 1 would not.
pub(crate) const FOLDER: Format =
    Format { name: "dag folder", number: 2, oldest: 1, otherwise: "remove the folder: it only saves work" };

/// The store. Before it had a file VERSION it had the same files.
pub(crate) const STORE: Format =
    Format { name: "dag store", number: 1, oldest: 1, otherwise: "name another folder for the store" };

/// What a folder's file VERSION says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The format that this program writes.
    Current,
    /// An older one that can be renewed.
    Older,
    /// There is no such file.
    None,
}

impl Format {
    /// The text of the file.
    pub(crate) fn text(&self) -> String {
        format!("{} {}\n", self.name, self.number)
    }

    /// Checks the format of a folder, if it is there. Writes nothing.
    pub(crate) fn check(&self, folder: &Path) -> Result<Found, Error> {
        match fs::read_to_string(folder.join("VERSION")) {
            Ok(text) => self.check_text(&text, &folder.display().to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::None),
            Err(error) => Err(Error::Folder { folder: folder.to_owned(), error }),
        }
    }

    /// Checks what stands in the file VERSION of `place`.
    pub(crate) fn check_text(&self, text: &str, place: &str) -> Result<Found, Error> {
        let number = text.trim_end().strip_prefix(self.name).and_then(|rest| rest.strip_prefix(' ')?.parse().ok());
        let help = match number {
            Some(number) if number == self.number => return Ok(Found::Current),
            Some(number) if (self.oldest..self.number).contains(&number) => return Ok(Found::Older),
            Some(number) if number > self.number => "a newer version of this program wrote it: use that one",
            Some(_) => "an older version of this program wrote it: use that one",
            None => "something else wrote it: leave it alone",
        };
        // Only a beginning: what something else wrote can be of any length.
        let found = text.trim().chars().take(60).collect();
        let (known, help) = (self.text().trim().to_owned(), format!("{help}, or {}", self.otherwise));
        Err(Error::Version { folder: place.into(), found, known, help })
    }
}

/// Keeps backup programs away: everything here can be made again.
pub(crate) const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    # Made by builds; it can be removed whenever none is at work.\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_older_and_foreign_formats_are_told_apart() {
        let format = Format { name: "dag folder", number: 5, oldest: 3, otherwise: "remove it" };
        let check = |text: &str| format.check_text(text, "here").map_err(|error| error.to_string());
        assert_eq!(check("dag folder 5\n"), Ok(Found::Current));
        assert_eq!((check("dag folder 3\n"), check("dag folder 4")), (Ok(Found::Older), Ok(Found::Older)));
        for (text, word) in [("dag folder 6\n", "newer"), ("dag folder 2", "older"), ("dag store 5", "something else")]
        {
            let error = check(text).unwrap_err();
            for part in [word, "here", text.trim_end(), "dag folder 5", "remove it"] {
                assert!(error.contains(part), "{part:?} is missing in {error}");
            }
        }
        assert!(check("").is_err());
    }
}
