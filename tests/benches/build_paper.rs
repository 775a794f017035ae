//! How long the real binary takes: `cargo bench --bench build_paper`, with JOULEBOOK_MIRROR set.
//! Benches are built with the dev profile, which is what `cargo xtask` runs.

#[path = "../support/mod.rs"]
mod support;

use support::{Workspace, mirror};

fn main() {
    if mirror().is_some() {
        divan::main();
    }
}

/// From raw files in place to the papers, with nothing in the store.
#[divan::bench(sample_count = 7, sample_size = 1)]
fn from_raw_to_papers(bencher: divan::Bencher<'_, '_>) {
    let Some(mirror) = mirror() else { return };
    bencher.with_inputs(|| Workspace::with_raw(&mirror)).bench_values(|workspace| {
        assert!(workspace.run(&["--quiet", "build-paper"]).status.success());
        workspace
    });
}

/// A build with everything fresh.
#[divan::bench(sample_count = 51, sample_size = 1)]
fn nothing_to_do(bencher: divan::Bencher<'_, '_>) {
    let Some(mirror) = mirror() else { return };
    let workspace = Workspace::with_raw(&mirror);
    assert!(workspace.run(&["--quiet", "build-paper"]).status.success());
    bencher.bench(|| assert!(workspace.run(&["--quiet", "build-paper"]).status.success()));
}
