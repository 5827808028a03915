use bartizan_verdict::Role;

use crate::node::{Node, Word};

/// An array or object that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The meaning of an object, or of an array's elements.
    pub(super) node: Node,
    pub(super) container: Container,
    /// Whose texts are in it; not known in a message that has not told.
    pub(super) role: Option<Role>,
    /// Number of spans before it.
    pub(super) first_record: usize,
    /// Offset of its first byte.
    pub(super) start: usize,
    pub(super) told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Array,
    Object,
}

/// What an object has told so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// The role that it names.
    pub(super) role: Option<Role>,
    /// What its `type` says.
    pub(super) word: Word,
    /// Whether the member is there that has to be.
    pub(super) required: bool,
    /// Whether one of its own texts may turn out to be base64.
    pub(super) sealable: bool,
}
