//! Loading the automaton: rows for the states that are likely to be met, links for the others.

use super::{Automaton, Link, MAX_STATES};
use crate::pack::{LoadError, PackedNode, PackedTrie};

/// Entries in the rows of warm states, at most: 1 MiB.
const WARM_ENTRIES: usize = 256 << 10;
/// Entries in 64 bytes.
const LINE: usize = 16;
const ROOT: u32 = 0;

impl Automaton {
    /// The automaton of so many literals. A literal is named by its position in the list of which the trie was built.
    pub(crate) fn load(packed: &PackedTrie<'_>, literals: usize) -> Result<Self, LoadError> {
        Self::load_with(packed, literals, WARM_ENTRIES)
    }

    /// As [`Self::load`], with so many entries in the rows of warm states.
    pub(super) fn load_with(packed: &PackedTrie<'_>, literals: usize, warm_entries: usize) -> Result<Self, LoadError> {
        let trie = Trie::read(packed, literals).ok_or(LoadError::Inconsistent("the literals cannot be read"))?;
        Ok(trie.number(warm_entries))
    }
}

/// The literals as they share beginnings.
struct Trie {
    classes: [u8; 256],
    /// Classes that there are.
    stride: usize,
    /// The class of a space.
    space: u8,
    /// In breadth-first order.
    nodes: Vec<Node>,
    /// For each literal the node in which it ends.
    ends: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Node {
    /// Its first child; the others follow that.
    first: u32,
    packed: PackedNode,
}

impl Trie {
    /// Reads a trie; none if its numbers do not fit each other.
    fn read(packed: &PackedTrie<'_>, literals: usize) -> Option<Self> {
        let classes: [u8; 256] = packed.classes.try_into().ok()?;
        let stride = classes.iter().max().map_or(1, |class| usize::from(*class) + 1);
        let (nodes, rest) = packed.nodes.as_chunks::<{ PackedNode::BYTES }>();
        let (ends, odd) = packed.ends.as_chunks::<2>();
        let sizes_fit = rest.is_empty() && odd.is_empty() && ends.len() == literals;
        if nodes.is_empty() || nodes.len() > MAX_STATES || !sizes_fit {
            return None;
        }
        let mut trie = Self {
            space: classes.get(usize::from(b' ')).copied().unwrap_or(0),
            classes,
            stride,
            nodes: Vec::with_capacity(nodes.len()),
            ends: Vec::with_capacity(ends.len()),
        };
        let mut children = 1_u32;
        for (place, bytes) in (0_u32..).zip(nodes) {
            let packed = PackedNode::from_bytes(*bytes);
            let fits = match trie.nodes.get(usize::from(packed.suffix)).filter(|_| place < children) {
                // The parent and the suffix of a node come before it. What is rare or matches does so longer, too.
                Some(suffix) => suffix.packed.rarity <= packed.rarity && (packed.matches || !suffix.packed.matches),
                None => place == ROOT && packed.rarity == 0 && !packed.matches && !packed.ends_in_space,
            };
            if !fits || usize::from(packed.class) >= stride {
                return None;
            }
            trie.nodes.push(Node {
                first: children,
                packed,
            });
            children += u32::from(packed.children);
        }
        for end in ends {
            let end = u16::from_le_bytes(*end);
            trie.ends.push(u32::from(end));
            if usize::from(end) >= nodes.len() {
                return None;
            }
        }
        (children as usize == nodes.len()).then_some(trie)
    }

    fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }

    fn suffix(&self, node: u32) -> u32 {
        self.node(node).map_or(ROOT, |node| u32::from(node.packed.suffix))
    }

    /// Gives each node its final number, rows to the warm ones and links to the others.
    fn number(&self, warm_entries: usize) -> Automaton {
        // After the classes, which of the matching states it is; in whole lines of the processor's cache.
        let stride = (self.stride + 1).next_multiple_of(LINE);
        let most = self.warm_rarity(warm_entries / stride);
        let take = |warm: bool, matching: bool, kind: &mut Vec<u32>| {
            for (place, node) in (0_u32..).zip(&self.nodes) {
                if (node.packed.rarity <= most) == warm && node.packed.matches == matching {
                    kind.push(place);
                }
            }
            kind.len()
        };
        let (mut warm, mut cold) = (Vec::new(), Vec::new());
        let plain = take(true, false, &mut warm);
        let warm_matching = take(true, true, &mut warm) - plain;
        let cold_matching = take(false, true, &mut cold);
        take(false, false, &mut cold);
        let offset = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let beyond = warm.len() * stride;
        let mut states = vec![0_u32; self.nodes.len()];
        let offsets = (0..beyond).step_by(stride).zip(&warm);
        for (state, place) in offsets.chain((beyond..).zip(&cold)) {
            if let Some(slot) = states.get_mut(*place as usize) {
                *slot = offset(state);
            }
        }
        let suffix = |place: &u32| state_of(&states, self.suffix(*place));
        let mut automaton = Automaton {
            classes: self.classes,
            stride,
            rows: self.rows(&warm, plain, &states, stride),
            links: Vec::with_capacity(cold.len()),
            children: Vec::new(),
            first_match: offset(plain * stride),
            past_match: offset(beyond + cold_matching),
            matches: Vec::new(),
            suffixes: warm.iter().skip(plain).map(suffix).collect(),
            literals: Vec::new(),
        };
        self.link(&cold, &states, &mut automaton);
        self.end(warm_matching + cold_matching, &states, &mut automaton);
        automaton
    }

    /// The greatest rarity so that no more nodes than that are no rarer. The root has none.
    ///
    /// A node's parent and its suffix are no rarer than itself: they are warm if it is.
    fn warm_rarity(&self, most: usize) -> u8 {
        let mut counts = [0_usize; 256];
        for node in &self.nodes {
            if let Some(count) = counts.get_mut(usize::from(node.packed.rarity)) {
                *count += 1;
            }
        }
        let (mut sum, mut rarest) = (0, 0);
        for (rarity, count) in (0_u8..=u8::MAX).zip(counts) {
            sum += count;
            if sum > most.max(1) {
                break;
            }
            rarest = rarity;
        }
        rarest
    }

    /// The rows of warm nodes: that of its suffix, with its own children in it. Those from `plain` on match.
    fn rows(&self, warm: &[u32], plain: usize, states: &[u32], stride: usize) -> Vec<u32> {
        let mut rows = Vec::with_capacity(warm.len() * stride);
        for (number, place) in warm.iter().enumerate() {
            let start = rows.len();
            if *place == ROOT {
                rows.resize(stride, ROOT);
            } else {
                // A suffix is shorter, and matching only if the node is: it has its row already.
                let suffix = state_of(states, self.suffix(*place)) as usize;
                rows.extend_from_within(suffix.min(start.saturating_sub(stride))..(suffix + stride).min(start));
            }
            self.own_steps(*place, &mut |class, next| {
                if let Some(slot) = rows.get_mut(start + usize::from(class)) {
                    *slot = state_of(states, next);
                }
            });
            if let Some(last) = rows.last_mut() {
                *last = u32::try_from(number.saturating_sub(plain)).unwrap_or(0);
            }
        }
        rows
    }

    fn link(&self, cold: &[u32], states: &[u32], automaton: &mut Automaton) {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        for place in cold {
            let first = automaton.children.len();
            self.own_steps(*place, &mut |class, next| {
                automaton.children.push((class, state_of(states, next)));
            });
            automaton.links.push(Link {
                first: count(first),
                count: count(automaton.children.len() - first),
                suffix: state_of(states, self.suffix(*place)),
            });
        }
    }

    /// Calls `step` with each class with which a node goes on by itself, and where.
    fn own_steps(&self, place: u32, step: &mut dyn FnMut(u8, u32)) {
        let Some(Node { first, packed }) = self.node(place) else {
            return;
        };
        for next in *first..first + u32::from(packed.children) {
            step(self.node(next).map_or(0, |child| child.packed.class), next);
        }
        // Further whitespace is the same run. Literals have no two spaces in a row, so there is no such child.
        if packed.ends_in_space {
            step(self.space, place);
        }
    }

    /// Groups the literals by the matching node in which they end.
    fn end(&self, matching: usize, states: &[u32], automaton: &mut Automaton) {
        let place_of = |node: u32| {
            let state = state_of(states, node);
            automaton.is_match(state).then(|| automaton.place_of_match(state))
        };
        let mut counts = vec![0_u32; matching];
        for node in &self.ends {
            if let Some(count) = place_of(*node).and_then(|place| counts.get_mut(place)) {
                *count += 1;
            }
        }
        let mut matches = Vec::with_capacity(counts.len());
        let mut first = 0;
        for count in counts {
            matches.push((first, 0));
            first += count;
        }
        let mut literals = vec![0_u32; self.ends.len()];
        for (literal, node) in (0_u32..).zip(&self.ends) {
            let Some((first, count)) = place_of(*node).and_then(|place| matches.get_mut(place)) else {
                continue;
            };
            if let Some(slot) = literals.get_mut((*first + *count) as usize) {
                *slot = literal;
            }
            *count += 1;
        }
        automaton.matches = matches;
        automaton.literals = literals;
    }
}

fn state_of(states: &[u32], node: u32) -> u32 {
    states.get(node as usize).copied().unwrap_or(ROOT)
}
