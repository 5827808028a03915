//! Building the automaton: a trie of the literals, the suffix of each of its states, and rows for those likely to be met.

use super::{Automaton, Link, MAX_STATES, TooLarge};
use crate::fold::{fold, rarity};

/// Entries in the rows of warm states, at most: 1 MiB.
const WARM_ENTRIES: usize = 256 << 10;
const SPACE: u8 = b' ';
const ROOT: u32 = 0;

impl Automaton {
    /// Builds the automaton of literals; a literal is later named by its position in this list.
    pub(crate) fn build(literals: &[&[u8]]) -> Result<Self, TooLarge> {
        Self::build_with(literals, WARM_ENTRIES)
    }

    /// As [`Self::build`], with so many entries in the rows of warm states.
    pub(super) fn build_with(literals: &[&[u8]], warm_entries: usize) -> Result<Self, TooLarge> {
        let (classes, stride) = classify(literals);
        let mut trie = Trie::new(class_of(&classes, SPACE));
        for (number, literal) in (0_u32..).zip(literals) {
            trie.insert(literal, &classes, number)?;
        }
        trie.close();
        Ok(trie.number(classes, stride, warm_entries))
    }
}

/// The class of every byte, and how many there are. Class 0 is every byte that no literal has.
fn classify(literals: &[&[u8]]) -> ([u8; 256], usize) {
    let mut used = [false; 256];
    for byte in literals.iter().flat_map(|literal| literal.iter()) {
        if let Some(slot) = used.get_mut(usize::from(*byte)) {
            *slot = true;
        }
    }
    // INVARIANT: folding maps 31 of 256 bytes onto others, so there are at most 225 classes beside 0.
    let mut of_folded = [0_u8; 256];
    let mut next = 0_u8;
    for (slot, used) in of_folded.iter_mut().zip(used) {
        if used {
            next = next.saturating_add(1);
            *slot = next;
        }
    }
    let mut classes = [0_u8; 256];
    for (byte, slot) in (0_u8..=255).zip(classes.iter_mut()) {
        *slot = class_of(&of_folded, fold(byte));
    }
    (classes, usize::from(next) + 1)
}

fn class_of(classes: &[u8; 256], byte: u8) -> u8 {
    classes.get(usize::from(byte)).copied().unwrap_or(0)
}

/// The literals as they share beginnings.
struct Trie {
    nodes: Vec<Node>,
    /// Literals, and the node in which each ends.
    ends: Vec<(u32, u32)>,
    /// Nodes in breadth-first order.
    order: Vec<u32>,
    /// The class of a space.
    space: u8,
}

#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// The class that leads here from the parent.
    class: u8,
    ends_in_space: bool,
    /// Whether a literal ends here, or in a suffix of it.
    matches: bool,
    /// Its first child and its next sibling; the root, which is neither, for none.
    child: u32,
    sibling: u32,
    /// The longest proper suffix that is a node.
    suffix: u32,
    /// How rare it is in ordinary text: the more, the rarer.
    rarity: u32,
}

impl Trie {
    fn new(space: u8) -> Self {
        Self {
            nodes: vec![Node::default()],
            ends: Vec::new(),
            order: Vec::new(),
            space,
        }
    }

    fn node(&self, node: u32) -> Node {
        self.nodes.get(node as usize).copied().unwrap_or_default()
    }

    fn children(&self, node: u32) -> impl Iterator<Item = (u32, Node)> {
        let mut next = self.node(node).child;
        std::iter::from_fn(move || {
            let (number, node) = (next, self.node(next));
            next = node.sibling;
            (number != ROOT).then_some((number, node))
        })
    }

    fn child(&self, node: u32, class: u8) -> Option<u32> {
        let child = self.children(node).find(|(_, child)| child.class == class);
        child.map(|(number, _)| number)
    }

    fn insert(&mut self, literal: &[u8], classes: &[u8; 256], number: u32) -> Result<(), TooLarge> {
        let mut place = ROOT;
        for byte in literal {
            let class = class_of(classes, *byte);
            place = match self.child(place, class) {
                Some(child) => child,
                None => self.add(place, class, *byte)?,
            };
        }
        // The empty literal would end in the root: it is never reported.
        if let Some(node) = self.nodes.get_mut(place as usize).filter(|_| place != ROOT) {
            node.matches = true;
            self.ends.push((place, number));
        }
        Ok(())
    }

    fn add(&mut self, parent: u32, class: u8, byte: u8) -> Result<u32, TooLarge> {
        if self.nodes.len() == MAX_STATES {
            return Err(TooLarge);
        }
        let number = u32::try_from(self.nodes.len()).map_err(|_| TooLarge)?;
        let above = self.nodes.get_mut(parent as usize).ok_or(TooLarge)?;
        let sibling = std::mem::replace(&mut above.child, number);
        let rarity = above.rarity.saturating_add(rarity(byte));
        self.nodes.push(Node {
            class,
            ends_in_space: byte == SPACE,
            sibling,
            rarity,
            ..Node::default()
        });
        Ok(number)
    }

    /// Finds the order and the suffix of each node.
    fn close(&mut self) {
        self.order.push(ROOT);
        let mut position = 0;
        while let Some(place) = self.order.get(position).copied() {
            position += 1;
            let mut next = self.node(place).child;
            while next != ROOT {
                let child = self.node(next);
                let suffix = if place == ROOT {
                    ROOT
                } else {
                    self.step(self.node(place).suffix, child.class)
                };
                let inherits = self.node(suffix).matches;
                if let Some(node) = self.nodes.get_mut(next as usize) {
                    node.suffix = suffix;
                    node.matches |= inherits;
                }
                self.order.push(next);
                next = child.sibling;
            }
        }
    }

    /// Where a node leads whose suffixes are known.
    fn step(&self, mut place: u32, class: u8) -> u32 {
        loop {
            if let Some(next) = self.own_step(place, class) {
                return next;
            }
            if place == ROOT {
                return ROOT;
            }
            place = self.node(place).suffix;
        }
    }

    /// Where a node leads by itself.
    fn own_step(&self, place: u32, class: u8) -> Option<u32> {
        // Further whitespace is the same run. Literals have no two spaces in a row, so there is no such child.
        if class == self.space && self.node(place).ends_in_space {
            return Some(place);
        }
        self.child(place, class)
    }

    /// Gives each node its final number, rows to the warm ones and links to the others.
    fn number(&self, classes: [u8; 256], stride: usize, warm_entries: usize) -> Automaton {
        let most = self.warm_rarity(warm_entries / stride);
        let of_kind = |warm: bool, matching: bool| {
            let nodes = self.order.iter().map(|place| (*place, self.node(*place)));
            let wanted = nodes.filter(move |(_, node)| (node.rarity <= most) == warm && node.matches == matching);
            wanted.map(|(place, _)| place).collect::<Vec<u32>>()
        };
        let [plain, warm_matching] = [of_kind(true, false), of_kind(true, true)];
        let [cold_matching, others] = [of_kind(false, true), of_kind(false, false)];
        let warm = [plain.as_slice(), &warm_matching].concat();
        let cold = [cold_matching.as_slice(), &others].concat();
        let offset = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let beyond = warm.len() * stride;
        let mut states = vec![0_u32; self.nodes.len()];
        let offsets = (0..beyond).step_by(stride).zip(&warm);
        for (state, place) in offsets.chain((beyond..).zip(&cold)) {
            if let Some(slot) = states.get_mut(*place as usize) {
                *slot = offset(state);
            }
        }
        let suffix = |place: &u32| state_of(&states, self.node(*place).suffix);
        let mut automaton = Automaton {
            classes,
            stride,
            rows: self.rows(&warm, &states, stride),
            links: Vec::with_capacity(cold.len()),
            children: Vec::new(),
            first_match: offset(plain.len() * stride),
            past_match: offset(beyond + cold_matching.len()),
            matches: Vec::new(),
            suffixes: warm_matching.iter().map(suffix).collect(),
            literals: Vec::new(),
        };
        self.link(&cold, &states, &mut automaton);
        self.end(warm_matching.len() + cold_matching.len(), &states, &mut automaton);
        automaton
    }

    /// The greatest rarity so that no more nodes than that are no rarer. The root has none.
    ///
    /// A node's parent and its suffix are no rarer than itself: they are warm if it is.
    fn warm_rarity(&self, most: usize) -> u32 {
        let mut counts = [0_usize; 256];
        for node in &self.nodes {
            if let Some(count) = counts.get_mut(node.rarity as usize) {
                *count += 1;
            }
        }
        let sums = counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        let below = sums.take_while(|sum| *sum <= most.max(1)).count();
        u32::try_from(below.saturating_sub(1)).unwrap_or(0)
    }

    /// The rows of warm nodes: that of its suffix, with its own children in it.
    fn rows(&self, warm: &[u32], states: &[u32], stride: usize) -> Vec<u32> {
        let mut rows = Vec::with_capacity(warm.len() * stride);
        for place in warm {
            let start = rows.len();
            if *place == ROOT {
                rows.resize(stride, ROOT);
            } else {
                // A suffix is shorter, and matching only if the node is: it has its row already.
                let suffix = state_of(states, self.node(*place).suffix) as usize;
                rows.extend_from_within(suffix.min(start - stride)..(suffix + stride).min(start));
            }
            for (class, next) in self.own_steps(*place) {
                if let Some(slot) = rows.get_mut(start + usize::from(class)) {
                    *slot = state_of(states, next);
                }
            }
        }
        rows
    }

    fn link(&self, cold: &[u32], states: &[u32], automaton: &mut Automaton) {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        for place in cold {
            let first = automaton.children.len();
            let children = self.own_steps(*place);
            automaton
                .children
                .extend(children.map(|(class, next)| (class, state_of(states, next))));
            automaton.links.push(Link {
                first: count(first),
                count: count(automaton.children.len() - first),
                suffix: state_of(states, self.node(*place).suffix),
            });
        }
    }

    /// All classes with which a node goes on by itself, and where.
    fn own_steps(&self, place: u32) -> impl Iterator<Item = (u8, u32)> {
        let same_run = self.node(place).ends_in_space.then_some((self.space, place));
        self.children(place)
            .map(|(child, node)| (node.class, child))
            .chain(same_run)
    }

    /// Groups the literals by the matching node in which they end.
    fn end(&self, matching: usize, states: &[u32], automaton: &mut Automaton) {
        let place_of = |node: u32| automaton.place_of_match(state_of(states, node));
        let mut counts = vec![0_u32; matching];
        for (node, _) in &self.ends {
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
        for (node, literal) in &self.ends {
            let Some((first, count)) = place_of(*node).and_then(|place| matches.get_mut(place)) else {
                continue;
            };
            if let Some(slot) = literals.get_mut((*first + *count) as usize) {
                *slot = *literal;
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
