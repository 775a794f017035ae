//! Links the program at a fixed address on Linux: it carries a compiler of typst and an ECharts, and
//! to relocate all their tables at every start would cost more memory than a build with nothing to
//! do needs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
