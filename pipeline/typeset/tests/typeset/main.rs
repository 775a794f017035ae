//! Tests of the whole crate, in one program: each program has typst in it, and takes its time to link.

#[cfg(unix)]
mod command;
mod common;
#[cfg(feature = "embedded")]
mod embedded;
#[cfg(feature = "embedded")]
mod template;
