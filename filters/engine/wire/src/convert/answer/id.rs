//! Ids of answers, each dialect's with its own beginning.

use crate::convert::Context;

/// The provider's id where it begins as the dialect wants it, one of the context's otherwise.
pub(in crate::convert) fn id(beginning: &str, given: &str, context: &Context) -> String {
    if given.starts_with(beginning) {
        given.to_owned()
    } else {
        format!("{beginning}{}", context.id)
    }
}

/// The provider's name of the model, or the application's.
pub(in crate::convert) fn model<'a>(given: &'a str, context: &'a Context) -> &'a str {
    if given.is_empty() { &context.model } else { given }
}
