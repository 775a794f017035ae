//! The power of the idle board: `idling_power.json`, and the sentence that stood in its place until
//! October 2024.

use serde::Deserialize;

use crate::json::{self, JsonError};
use crate::text::{Field, LineEnds, Lines, TextError};

const SENTENCE: &str = "The average idling power measured: ";

/// The mean power of the idle board.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Idle {
    /// The power in µW: a mean of mV times mA.
    #[serde(rename = "avg_idle_power")]
    pub microwatt: f64,
    /// When it was measured, as `20241121-051743`; the sentence does not tell.
    #[serde(default)]
    pub timestamp: Option<String>,
    /// The unit that the sentence names. One version says `mW`, of the same number: it is µW in any case.
    #[serde(skip)]
    pub labelled: Option<&'static str>,
}

/// Why an idle power could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdleError {
    /// Of the sentence.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Of the JSON object.
    #[error(transparent)]
    Json(#[from] JsonError),
}

impl Idle {
    /// Reads either form.
    ///
    /// # Errors
    /// [`IdleError`], naming the line.
    pub fn read(bytes: &[u8]) -> Result<Self, IdleError> {
        let mut lines = Lines::new(bytes, LineEnds::LineFeed);
        match lines.next_text() {
            Ok(Some((line, text))) if text.starts_with("The ") => Ok(sentence(line, text)?),
            _ => Ok(json::document(bytes, "the idle power: an object with `avg_idle_power`, or one sentence")?),
        }
    }
}

fn sentence(line: u64, text: &str) -> Result<Idle, TextError> {
    let whole = Field { line, name: "sentence", text };
    let parts = text.strip_prefix(SENTENCE).and_then(|rest| rest.trim_end().split_once(' '));
    let (number, unit) = parts.ok_or_else(|| whole.wrong("the average idling power measured, with a unit"))?;
    let labelled = match unit {
        "muW" => "muW",
        "mW" => "mW",
        _ => return Err(Field { line, name: "unit", text: unit }.wrong("muW or mW")),
    };
    let microwatt = Field { line, name: "idle power", text: number }.number()?;
    Ok(Idle { microwatt, timestamp: None, labelled: Some(labelled) })
}
