//! Group: configurations as means of their runs, and networks as sums of their modules.

pub(super) mod groups;
pub(super) mod networks;
