//! What the first few bytes of a match can be: worked out in the control plane, so that most places of a text are passed
//! by without a DFA.

use super::{AHEAD, Before, Dfa, PackedDfa, State};

impl<B: AsRef<[u8]>> PackedDfa<B> {
    /// By class of bytes: a bit for each [`Before`] after which a match can begin with it, and then one for each of the
    /// [`AHEAD`] places after the first byte at which it can stand, or anything can as a match has ended.
    pub(crate) fn beginnings(&self) -> Vec<u8> {
        let dfa = Dfa::unfold(self);
        let mut of_class = vec![0_u8; dfa.stride.saturating_sub(1)];
        let mut reached = States::none(&dfa);
        for before in Before::ALL {
            let start = dfa.start(before);
            for (class, bits) in of_class.iter_mut().enumerate() {
                let next = dfa.step(start, class);
                *bits |= u8::from(!dfa.is_dead(next)) << before as u8;
                reached.add(next);
            }
        }
        let mut ended = false;
        for place in 0..AHEAD {
            ended |= reached.list.iter().any(|state| dfa.is_match(*state));
            let mut further = States::none(&dfa);
            for (class, bits) in of_class.iter_mut().enumerate() {
                let mut live = ended;
                for state in &reached.list {
                    let next = dfa.step(*state, class);
                    live |= !dfa.is_dead(next);
                    further.add(next);
                }
                *bits |= u8::from(live) << (Before::ALL.len() + place);
            }
            reached = further;
        }
        of_class
    }
}

/// Some of a DFA's states, each once, without the dead one.
struct States {
    list: Vec<State>,
    known: Vec<bool>,
}

impl States {
    fn none(dfa: &Dfa) -> Self {
        let states = dfa.table.len().checked_div(dfa.stride).unwrap_or(0);
        Self {
            list: Vec::new(),
            known: vec![false; states],
        }
    }

    fn add(&mut self, state: State) {
        if let Some(known) = self.known.get_mut(usize::from(state.0))
            && state.0 != 0
            && !*known
        {
            *known = true;
            self.list.push(state);
        }
    }
}
