//! Calls of tools, and which of them a result answers.
//!
//! Some servers number their calls anew in every answer, and what one provider takes for an id has characters that another
//! refuses. Here each call of a conversation gets an id that no other has.

use std::collections::{HashMap, VecDeque};

use crate::convert::neutral::Role;

/// Calls so far.
#[derive(Debug)]
pub(super) struct Calls {
    /// Of each id in the client's body, the calls of the last turn that has it, in order.
    known: HashMap<String, (usize, VecDeque<Call>)>,
    /// How often an id was wanted.
    given: HashMap<String, u64>,
    last: Role,
    turn: usize,
    /// What an id may be made of.
    plain: fn(&str) -> String,
    longest: usize,
}

/// A call that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The id that it was given.
    pub(super) id: String,
    /// Its tool.
    pub(super) name: String,
}

// === impl Calls ===

impl Calls {
    /// No calls yet. `plain` makes an id of allowed characters; it is cut to so many of them.
    pub(super) fn new(plain: fn(&str) -> String, longest: usize) -> Self {
        Self {
            known: HashMap::new(),
            given: HashMap::new(),
            last: Role::User,
            turn: 0,
            plain,
            longest,
        }
    }

    /// Begins a message; an answer behind a question is a new turn.
    pub(super) fn begin(&mut self, role: Role) {
        if role == Role::Assistant && self.last != Role::Assistant {
            self.turn += 1;
        }
        self.last = role;
    }

    /// The id of a call.
    pub(super) fn call(&mut self, id: &str, name: &str) -> String {
        let given = self.give(id);
        let turn = self.turn;
        let (last, calls) = self.known.entry(id.to_owned()).or_default();
        if *last != turn {
            *last = turn;
            calls.clear();
        }
        calls.push_back(Call {
            id: given.clone(),
            name: name.to_owned(),
        });
        given
    }

    /// The call that a result answers: the last of its id, and of several in one turn the first without a result.
    pub(super) fn result(&mut self, id: &str) -> Option<Call> {
        let (_, calls) = self.known.get_mut(id)?;
        if calls.len() > 1 {
            calls.pop_front()
        } else {
            calls.front().cloned()
        }
    }

    /// The id of the call that a result answers.
    pub(super) fn answered(&mut self, id: &str) -> String {
        self.result(id)
            .map_or_else(|| self.cut(id, self.longest), |call| call.id)
    }

    fn give(&mut self, id: &str) -> String {
        let plain = self.cut(id, self.longest);
        let number = self.given.entry(plain.clone()).or_default();
        *number += 1;
        if *number == 1 {
            return plain;
        }
        let mut number = *number;
        // WHY cut first: there has to be room for the number.
        let short = self.cut(id, self.longest.saturating_sub(20));
        let mut numbered = format!("{short}_{number}");
        while self.given.contains_key(&numbered) {
            number += 1;
            numbered = format!("{short}_{number}");
        }
        self.given.insert(plain, number);
        self.given.insert(numbered.clone(), 1);
        numbered
    }

    fn cut(&self, id: &str, length: usize) -> String {
        let mut plain = (self.plain)(id);
        if let Some((end, _)) = plain.char_indices().nth(length) {
            plain.truncate(end);
        }
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls() -> Calls {
        Calls::new(|id| id.replace('.', "_"), 40)
    }

    #[test]
    fn no_two_calls_have_one_id() {
        let mut calls = calls();
        calls.begin(Role::Assistant);
        let long = "x".repeat(60);
        let table = [
            ("a", "a"),
            ("a", "a_2"),
            ("a_3", "a_3"),
            ("a", "a_4"),
            ("b.c", "b_c"),
            ("b_c", "b_c_2"),
            (&long, &"x".repeat(40)),
            (&long, &format!("{}_2", "x".repeat(20))),
        ];
        for (id, expected) in table {
            assert_eq!(calls.call(id, "look"), expected, "{id}");
        }
    }

    #[test]
    fn a_result_answers_the_call_before_it() {
        let mut calls = calls();
        let name = |call: Option<Call>| call.map(|call| call.name).unwrap_or_default();
        calls.begin(Role::Assistant);
        calls.call("0", "near");
        calls.begin(Role::User);
        assert_eq!(name(calls.result("0")), "near");
        assert_eq!(name(calls.result("0")), "near");
        calls.begin(Role::Assistant);
        calls.call("0", "far");
        calls.begin(Role::User);
        assert_eq!(
            (calls.answered("0").as_str(), name(calls.result("0"))),
            ("0_2", "far".into())
        );
        // Several at once, of one id: in their order.
        calls.begin(Role::Assistant);
        calls.call("0", "left");
        calls.call("0", "right");
        calls.begin(Role::User);
        assert_eq!(name(calls.result("0")), "left");
        assert_eq!(name(calls.result("0")), "right");
        assert_eq!((calls.result("1"), calls.answered("b.c").as_str()), (None, "b_c"));
    }

    #[test]
    fn no_number_is_tried_twice() {
        let mut calls = calls();
        for number in 0..20_000 {
            calls.call(if number % 2 == 0 { "a" } else { "b" }, "look");
        }
        assert_eq!(calls.given.len(), 20_000);
    }
}
