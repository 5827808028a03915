//! Where credentials come from.

mod source;

pub(crate) use source::{Unreadable, read};
