//! Input that would run as a script in the page it is put into.
//!
//! The judgement is that of the [model of attacks](crate::payload), which comes with the pack.

#[cfg(test)]
mod tests;

pub use super::nothing as detect;

/// Literals of which a text has one if it is longer than a few lines and an attack: see [`Detector::triggers`].
///
/// [`Detector::triggers`]: super::Detector::triggers
pub const TRIGGERS: &[&str] = &[
    "<",
    "alert(",
    "alert`",
    "=alert",
    "(alert",
    "confirm(",
    "confirm`",
    "prompt(",
    "prompt`",
    "onerror",
    "onload",
    "onfocus",
    "onclick",
    "onmouse",
    "ontoggle",
    "onbegin",
    "onstart",
    "fromcharcode",
    "atob",
    "data:",
    "\\x3c",
    "\\u003c",
    "+adw-",
    "{{",
    "constructor",
    "expression(",
    "settimeout",
    "setinterval",
    "![]",
    "&colon;",
    "&#",
    "'>",
    "\">",
    "import(",
    "sendbeacon",
    "top[",
    "self[",
    "window[",
    "moz-binding",
    "function(",
    "call`",
    "<script",
    "script:",
    "script>",
    "document.",
    "eval(",
    "eval`",
    "onresize",
    "window.",
    ".cookie",
    "location=",
    "srcdoc",
    "formaction",
];
