//! Group: configurations as means of their runs, networks as sums of their modules, and data sets of
//! single layers.

pub(super) mod data_sets;
pub(super) mod groups;
pub(super) mod networks;
