//! Collects the code behind each stage, so that a stage is as stale as its code.

use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| std::io::Error::other("no OUT_DIR"))?;
    dag::code::cargo::Workspace::new(root, "pipeline/studies")
        .member("pipeline/rawlog")
        .member("pipeline/stats")
        .member("pipeline/plot")
        .member("pipeline/typeset")
        .emit(&out.join("code.rs"))
}
