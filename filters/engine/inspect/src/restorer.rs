//! Masks that are undone in the answer, for whoever wrote what they stand for.
//!
//! A placeholder is not restored in an address: text that the model was made to repeat could otherwise carry the value
//! out in a link.

use bartizan_prompt::{Edits, Span};

use crate::address::Address;
use crate::vault::{Held, Vault};

/// Puts values back into one text of an answer, as it flows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restorer {
    /// What may be the beginning of a placeholder; not delivered yet.
    held: String,
    address: Address,
}

// === impl Restorer ===

impl Restorer {
    /// Appends `text` to `out` with values in place of their placeholders; what may become one is kept until the next
    /// piece.
    pub(crate) fn push(&mut self, vault: &Vault, text: &str, out: &mut String) {
        let mut rest = text;
        loop {
            if self.held.is_empty() {
                let plain = rest.bytes().position(|byte| byte == b'[').unwrap_or(rest.len());
                let (plain, after) = rest.split_at_checked(plain).unwrap_or((rest, ""));
                self.address.pass(plain);
                out.push_str(plain);
                rest = after;
            }
            let mut characters = rest.chars();
            let Some(character) = characters.next() else {
                return;
            };
            rest = characters.as_str();
            if let Some(value) = self.step(vault, Some(character), out) {
                out.push_str(value);
            }
        }
    }

    /// The text has ended: appends what is held.
    pub(crate) fn finish(&mut self, out: &mut String) {
        self.release(out);
    }

    /// Whether something is held.
    pub(crate) const fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Reads a character; `None` is where another text begins. Appends to `out` what can be delivered, and gives the
    /// value if the character ended a placeholder.
    fn step<'v>(&mut self, vault: &'v Vault, character: Option<char>, out: &mut String) -> Option<&'v str> {
        let Some(next) = character else {
            self.release(out);
            self.address.step(None);
            return None;
        };
        if next != '[' && self.held.is_empty() {
            self.address.step(character);
            out.push(next);
            return None;
        }
        if next == '[' {
            // No placeholder has one within.
            self.release(out);
        }
        self.held.push(next);
        match vault.look_up(&self.held) {
            Held::Begun if !self.address.is_open() => None,
            Held::Value(value) => {
                self.held.clear();
                // What follows may continue either.
                self.address.pass(value);
                self.address.pass("]");
                Some(value)
            }
            Held::Begun | Held::Other => {
                self.release(out);
                None
            }
        }
    }

    fn release(&mut self, out: &mut String) {
        out.push_str(&self.held);
        self.address.pass(&self.held);
        self.held.clear();
    }
}

/// Puts values back into a text that is there as a whole.
pub(crate) fn restore(vault: &Vault, span: &Span<'_>, edits: &mut Edits) {
    let (mut restorer, mut passed, mut start) = (Restorer::default(), String::new(), 0);
    span.characters(&mut |character, range| {
        if character == Some('[') {
            start = range.start;
        }
        passed.clear();
        if let Some(value) = restorer.step(vault, character, &mut passed) {
            // A key is left as it is.
            let _ = edits.mask(span, start..range.end, value);
        }
    });
}

#[cfg(test)]
mod tests;
