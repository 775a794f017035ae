//! Collects the code behind each stage, so that a stage is as stale as its code.

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    // Asked when it runs, not when it was compiled: a checkout may have been moved in between.
    let folder = |name: &str| {
        let set = std::env::var_os(name).map(PathBuf::from);
        set.ok_or_else(|| std::io::Error::other(format!("{name} is not set: this script is run by cargo")))
    };
    let root = folder("CARGO_MANIFEST_DIR")?.join("../..").canonicalize()?;
    let out = folder("OUT_DIR")?;
    code::Workspace::new(root, "pipeline/studies")
        .member("pipeline/rawlog")
        .member("pipeline/stats")
        .member("pipeline/plot")
        .member("pipeline/report")
        .member("pipeline/typeset")
        .emit(&out.join("code.rs"))
}
