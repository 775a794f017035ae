//! The trial document: every function of the paper template, with made-up records.
#![cfg_attr(not(feature = "embedded"), allow(dead_code))]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use typeset::{Document, Pdf};

/// The files below a folder, by their path in it.
fn read(folder: &Path, inner: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = if inner.is_empty() { name } else { format!("{inner}/{name}") };
        if entry.file_type().unwrap().is_dir() {
            read(&entry.path(), &path, files);
        } else {
            files.insert(path, fs::read(entry.path()).unwrap());
        }
    }
}

/// The template of the papers, and the records of the trial.
pub fn files() -> BTreeMap<String, Vec<u8>> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paper = crate_folder.join("../../paper");
    let mut files = BTreeMap::new();
    read(&crate_folder.join("tests/document"), "", &mut files);
    read(&paper.join("lib"), "lib", &mut files);
    files.insert("template.typ".into(), fs::read(paper.join("template.typ")).unwrap());
    files
}

/// The trial document, dated to 2020-09-13.
pub fn trial() -> Document {
    Document { timestamp: 1_600_000_000, ..Document::new("paper.typ", files()) }
}

/// A document of the template and the records, with another text.
pub fn with_text(text: &str) -> Document {
    let mut document = trial();
    document.main = "main.typ".into();
    document.files.insert("main.typ".into(), text.as_bytes().to_vec());
    document
}

/// A document of nothing but a text. To PDF/UA-1 like any, so that the text has to set a title.
pub fn only(text: &str) -> Document {
    Document::new("main.typ", BTreeMap::from([("main.typ".to_owned(), text.as_bytes().to_vec())]))
}

/// The typst command line to test with: JOULEBOOK_TYPST, or else `typst` if it is on PATH.
pub fn real_typst() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("JOULEBOOK_TYPST") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("typst")).find(|program| program.is_file())
}

/// One test that starts programs at a time: a child that another test starts while a script is being
/// written inherits the open file, and the script is then "busy" when it is to be run.
pub fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the compressed streams of a PDF hold: the content of its pages, its fonts, the maps from
/// glyphs to text.
pub fn streams(pdf: &Pdf) -> Vec<Vec<u8>> {
    const START: &[u8] = b"\nstream\n";
    let mut streams = Vec::new();
    let mut rest = pdf.bytes.as_slice();
    while let Some(at) = rest.windows(START.len()).position(|window| window == START) {
        let (before, after) = rest.split_at(at + START.len());
        let dictionary = before.rsplit(|&byte| byte == b'<').next().unwrap();
        if dictionary.windows(12).any(|window| window == b"/FlateDecode") {
            let mut content = Vec::new();
            flate2::read::ZlibDecoder::new(after).read_to_end(&mut content).unwrap();
            streams.push(content);
        }
        rest = after;
    }
    streams
}
