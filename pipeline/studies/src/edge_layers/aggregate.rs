//! Select, join and group: the data sets, and the printed tables.

pub(super) mod agreement;
pub(super) mod campaign;
pub(super) mod counts;
pub(super) mod data_sets;
pub(super) mod desktop;
pub(super) mod examples;
pub(super) mod history;
pub(super) mod printed;
