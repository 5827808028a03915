//! Kinds of numbers: native only, as they travel in packs.

pub(super) mod americas;
pub(super) mod asia_pacific_africa;
pub(super) mod devices;
pub(super) mod europe;
pub(super) mod europe_north_east;
