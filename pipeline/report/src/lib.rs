//! The report page: one HTML file without network, for a reviewer who has ten minutes.
//!
//! It is put together from parts, so that a change of one figure makes a part anew and not all:
//!
//! - the [`shell`]: style, scripts, fonts and the chart library, with places for the rest;
//! - a [`Fragment`] for each study: its verdict, claims, figures and tables as HTML, and in
//!   [packs](pack) what is only unfolded when a reader asks for it;
//! - a [`Run`]: what is of one machine and one moment, such as durations, and the graph of stages.
//!
//! The first two are outputs of stages and the same bytes everywhere; [`page`] joins them with the last.
//! The page shows verdicts, claims and drawings without JavaScript, and the files of its style and its
//! scripts are in `page/`, plain as they are written.

mod fragment;
pub mod html;
mod overview;
pub mod pack;
mod page;
mod run;
mod shell;

pub use fragment::{Counts, Fragment, Tone};
pub use page::{Part, page};
pub use run::{File, Run, Stage};
pub use shell::shell;
