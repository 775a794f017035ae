//! Finds the ECharts source inside the package of charming, checks it against a pinned SHA-256, copies
//! it to `OUT_DIR/echarts.min.js`, and compiles it to `OUT_DIR/echarts.bytecode`; the crate includes
//! both. Compiling takes 0.1 s, which no drawing has to wait for.
//!
//! charming ships `src/asset/echarts-5.5.1.min.js` but exports it through no feature that builds
//! offline, so the file is reached by path. Whatever way the path is found, the digest decides.

use rquickjs::{CatchResultExt, Context, Module, Runtime, WriteOptions};
use sha2::{Digest, Sha256};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const PACKAGE: &str = "charming";
const VERSION: &str = "0.6.0";
const ASSET: &str = "src/asset/echarts-5.5.1.min.js";
/// SHA-256 of `dist/echarts.min.js` of the npm package echarts 5.5.1.
const SHA256: &str = "e84270bd0cd5bdf60fefc26d00c2a391cb2e81f4d26a7a9ee16185a54773a3cf";
/// For the parser, which goes as deep as the source is nested.
const STACK: usize = 4 << 20;

fn main() -> ExitCode {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../Cargo.lock");
    match provide_echarts() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("plot: cannot provide ECharts: {message}");
            ExitCode::FAILURE
        }
    }
}

fn provide_echarts() -> Result<(), String> {
    let source = locate()?.join(ASSET);
    let bytes = fs::read(&source)
        .map_err(|e| format!("reading {}: {e}. Is {PACKAGE} {VERSION} the locked version?", source.display()))?;
    let digest: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    if digest != SHA256 {
        return Err(format!(
            "{} has SHA-256\n  {digest}, expected\n  {SHA256}.\n\
             Another ECharts changes every figure: review it, then pin its digest in pipeline/plot/build.rs.",
            source.display()
        ));
    }
    let folder = PathBuf::from(variable("OUT_DIR")?);
    let write = |name: &str, bytes: &[u8]| {
        fs::write(folder.join(name), bytes).map_err(|e| format!("writing {}: {e}", folder.join(name).display()))
    };
    write("echarts.bytecode", &compile(&bytes).map_err(|e| format!("compiling it: {e}"))?)?;
    write("echarts.min.js", &bytes)
}

/// A module as bytecode. It is read by the interpreter that this script is linked with: both come from
/// the one version in the lock file. The bytes of numbers in it are in the order of this machine.
fn compile(source: &[u8]) -> Result<Vec<u8>, String> {
    if variable("CARGO_CFG_TARGET_ENDIAN")? != if cfg!(target_endian = "big") { "big" } else { "little" } {
        return Err("bytecode for a machine with another order of bytes cannot be made here".into());
    }
    let runtime = Runtime::new().map_err(|e| e.to_string())?;
    runtime.set_max_stack_size(STACK);
    let context = Context::full(&runtime).map_err(|e| e.to_string())?;
    context.with(|ctx| {
        Module::declare(ctx.clone(), "echarts", source)
            .and_then(|module| module.write(WriteOptions { strip_source: true, ..Default::default() }))
            .catch(&ctx)
            .map_err(|e| e.to_string())
    })
}

/// The directory of the charming package: as cargo resolves it (this follows vendoring and source
/// replacement), else in cargo's own registry cache, because `cargo metadata` needs the packages of
/// the whole workspace while `cargo build -p plot` fetches only those of this crate.
fn locate() -> Result<PathBuf, String> {
    locate_by_metadata().or_else(|by_metadata| {
        locate_in_registry().ok_or(format!("{by_metadata}\nnor is it in cargo's registry cache"))
    })
}

fn locate_by_metadata() -> Result<PathBuf, String> {
    let manifest = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("Cargo.toml");
    let output = Command::new(variable("CARGO")?)
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        .arg("--filter-platform")
        .arg(variable("TARGET")?)
        .arg("--manifest-path")
        .arg(manifest)
        .output()
        .map_err(|e| format!("running `cargo metadata`: {e}"))?;
    if !output.status.success() {
        return Err(format!("`cargo metadata`: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|e| format!("the output of `cargo metadata`: {e}"))?;
    metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == PACKAGE && package["version"] == VERSION)
        .and_then(|package| package["manifest_path"].as_str())
        .and_then(|manifest| Path::new(manifest).parent())
        .map(Path::to_path_buf)
        .ok_or(format!("{PACKAGE} {VERSION} is not among the dependencies of the workspace"))
}

fn locate_in_registry() -> Option<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let user = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?;
        Some(Path::new(&user).join(".cargo"))
    })?;
    fs::read_dir(home.join("registry/src"))
        .ok()?
        .flatten()
        .map(|index| index.path().join(format!("{PACKAGE}-{VERSION}")))
        .find(|package| package.is_dir())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|e| format!("{name}: {e}"))
}
