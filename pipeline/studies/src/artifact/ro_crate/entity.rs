//! Parts of entities: references, addresses, media types, and the versions of what the program rests on.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::sources::Pin;

/// The crates that shape what is made: data frames, typesetting, charts and the engine they are drawn in, pictures.
const SHAPING: [&str; 6] = ["charming", "notosans", "polars-core", "resvg", "rquickjs", "typst"];

#[derive(Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

/// Names and versions of the crates that shape what is made, from the text of `Cargo.lock`.
pub(super) fn dependencies(lock: &str) -> Result<Vec<(String, String)>, toml::de::Error> {
    let lock: Lock = toml::from_str(lock)?;
    let shaping = lock.package.into_iter().filter(|package| SHAPING.contains(&&*package.name));
    Ok(shaping.map(|package| (package.name, package.version)).collect())
}

/// References to entities: one as itself, several as a list.
pub(super) fn refs<I: AsRef<str>>(ids: impl IntoIterator<Item = I>) -> Value {
    let mut refs: Vec<Value> = ids.into_iter().map(|id| json!({"@id": id.as_ref()})).collect();
    if refs.len() == 1 { refs.remove(0) } else { Value::Array(refs) }
}

/// Where a raw file is to be had.
pub(super) fn file_url(pin: &Pin) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let path: String = pin.upstream_path.bytes().map(encode).collect();
    format!("https://raw.githubusercontent.com/{}/{}/{path}", pin.repository, pin.commit)
}

/// The media type of a file, by the ending of its name.
pub(super) fn encoding(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("cff") => "application/yaml",
        Some("csv") => "text/csv",
        Some("html") => "text/html",
        Some("json") => "application/json",
        Some("md") => "text/markdown",
        Some("parquet") => "application/vnd.apache.parquet",
        Some("pdf") => "application/pdf",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("toml") => "application/toml",
        Some("pkl" | "npy" | "npz" | "zip") => "application/octet-stream",
        _ => "text/plain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_that_shapes_what_is_made_is_in_the_lock_once() {
        let found = dependencies(include_str!("../../../../../Cargo.lock")).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, SHAPING);
    }

    #[test]
    fn addresses_are_encoded() {
        let pin = Pin {
            path: "a".to_owned(),
            bytes: 1,
            sha256: String::new(),
            repository: "o/r".to_owned(),
            commit: "c".to_owned(),
            upstream_path: "data/a b+é.csv".to_owned(),
            read_by: None,
            line: 1,
        };
        assert_eq!(file_url(&pin), "https://raw.githubusercontent.com/o/r/c/data/a%20b%2B%C3%A9.csv");
    }
}
