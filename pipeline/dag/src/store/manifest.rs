//! Manifests: what a stage made, and of what. And the form in which they are written down.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::problem::Problem;
use crate::stage::Stage;

/// What a stage made: the digest of each output, and everything that its key was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) key: Digest,
    pub(crate) stage: String,
    pub(crate) ingredients: Ingredients,
    pub(crate) outputs: Vec<Made>,
    pub(crate) milliseconds: u64,
}

/// What the key of a stage is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ingredients {
    pub(crate) code: Digest,
    pub(crate) parameters: String,
    pub(crate) inputs: Vec<Used>,
}

/// An input as it was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Used {
    pub(crate) role: String,
    pub(crate) path: String,
    pub(crate) digest: Digest,
}

impl Manifest {
    /// The digests of the outputs in the order in which a stage declares them, if they are one for each and no more:
    /// a remote store could name what nobody asked for.
    pub(crate) fn digests(&self, stage: &Stage) -> Option<Vec<Digest>> {
        if self.outputs.len() != stage.outputs.len() {
            return None;
        }
        let digest = |role: &str| self.outputs.iter().find(|made| made.role == role).map(|made| made.digest);
        stage.outputs.iter().map(|output| digest(&output.role)).collect()
    }
}

impl Ingredients {
    /// The digest of the input with a role.
    pub(crate) fn digest(&self, role: &str) -> Option<Digest> {
        self.inputs.iter().find(|input| input.role == role).map(|input| input.digest)
    }
}

impl Used {
    /// What to say when the file is found to hold something else.
    pub(crate) fn has_changed(&self) -> Problem {
        Problem::new("the input changed while the stage ran")
            .in_file(&self.path)
            .help("run again when the file is left alone")
    }
}

/// An output as it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Made {
    pub(crate) role: String,
    pub(crate) digest: Digest,
    pub(crate) bytes: u64,
    /// Beside a content that is stored here its permissions tell; a remote store keeps none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) executable: bool,
}

/// Writes a value as a text whose first line is the digest of the rest.
pub(crate) fn write_text(value: &impl Serialize, mut to: impl Write) -> io::Result<()> {
    let body = serde_json::to_string(value)?;
    writeln!(to, "{}\n{body}", Digest::of(body.as_bytes()))
}

/// Reads such a text back. A damaged one gives `None`.
pub(crate) fn read_text<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    let (sum, body) = text.split_once('\n')?;
    let body = body.strip_suffix('\n')?;
    if Digest::from_hex(sum)? != Digest::of(body.as_bytes()) {
        return None;
    }
    serde_json::from_str(body).ok()
}
