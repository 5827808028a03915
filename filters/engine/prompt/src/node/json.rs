//! Any JSON.

use super::Shape;

/// Every string is text, and so is every key that is more than a name.
pub(super) static ANYTHING: Shape = Shape::ANY;
