//! The literals as they share beginnings: what the filter makes its automaton of.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::automaton::MAX_STATES;
use crate::fold::{fold, rarity};
use crate::pack::{PackedNode, PackedTrie};

const SPACE: u8 = b' ';
const ROOT: usize = 0;

/// A trie as it is packed; see [`PackedTrie`].
#[derive(Debug)]
pub(crate) struct OwnedTrie {
    classes: Vec<u8>,
    nodes: Vec<u8>,
    ends: Vec<u8>,
}

impl OwnedTrie {
    /// The trie of folded literals; a literal is later named by its position in this list. None if they are too many
    /// or too long together.
    pub(crate) fn build(literals: &[&[u8]]) -> Option<Self> {
        let classes = classify(literals);
        let mut nodes = vec![Node::default()];
        let mut ends = Vec::with_capacity(literals.len());
        for literal in literals {
            let mut place = ROOT;
            for byte in *literal {
                place = child(&mut nodes, place, *byte)?;
            }
            // The empty literal would end in the root: it is never reported.
            if let Some(node) = nodes.get_mut(place).filter(|_| place != ROOT) {
                node.matches = true;
            }
            ends.push(place);
        }
        let order = close(&mut nodes);
        Some(Self::pack(&nodes, &order, &ends, &classes))
    }

    pub(crate) fn packed(&self) -> PackedTrie<'_> {
        PackedTrie {
            classes: &self.classes,
            nodes: &self.nodes,
            ends: &self.ends,
        }
    }

    fn pack(nodes: &[Node], order: &[usize], ends: &[usize], classes: &[u8; 256]) -> Self {
        let mut numbers = vec![0_u16; nodes.len()];
        for (number, place) in (0_u16..=u16::MAX).zip(order) {
            if let Some(slot) = numbers.get_mut(*place) {
                *slot = number;
            }
        }
        let number = |place: usize| numbers.get(place).copied().unwrap_or(0);
        let class = |byte: u8| classes.get(usize::from(byte)).copied().unwrap_or(0);
        let packed = order
            .iter()
            .filter_map(|place| nodes.get(*place))
            .map(|node| PackedNode {
                class: if node.depth == 0 { 0 } else { class(node.byte) },
                children: u8::try_from(node.children.len()).unwrap_or(u8::MAX),
                suffix: number(node.suffix),
                rarity: u8::try_from(node.rarity).unwrap_or(u8::MAX),
                ends_in_space: node.depth > 0 && node.byte == SPACE,
                matches: node.matches,
            });
        Self {
            classes: classes.to_vec(),
            nodes: packed.flat_map(PackedNode::to_bytes).collect(),
            ends: ends.iter().flat_map(|place| number(*place).to_le_bytes()).collect(),
        }
    }
}

/// The class of every byte. Class 0 is every byte that no literal has; of the others the commonest come first, so that
/// what text asks of a row of the automaton lies side by side.
fn classify(literals: &[&[u8]]) -> [u8; 256] {
    let used: BTreeSet<u8> = literals.iter().flat_map(|literal| literal.iter().copied()).collect();
    // INVARIANT: folding maps 31 of 256 bytes onto others, so there are at most 225 classes beside 0.
    let mut bytes: Vec<u8> = used.into_iter().collect();
    bytes.sort_by_key(|byte| rarity(*byte));
    let mut of_folded = [0_u8; 256];
    for (class, byte) in (1_u8..=u8::MAX).zip(bytes) {
        if let Some(slot) = of_folded.get_mut(usize::from(byte)) {
            *slot = class;
        }
    }
    let mut classes = [0_u8; 256];
    for (byte, slot) in (0_u8..=255).zip(classes.iter_mut()) {
        *slot = of_folded.get(usize::from(fold(byte))).copied().unwrap_or(0);
    }
    classes
}

#[derive(Clone, Debug, Default)]
struct Node {
    byte: u8,
    depth: usize,
    /// Whether a literal ends here, or in a suffix of it.
    matches: bool,
    children: BTreeMap<u8, usize>,
    /// The longest proper suffix that is a node.
    suffix: usize,
    /// How rare it is in ordinary text: the more, the rarer.
    rarity: u32,
}

/// The child of a node by that byte, made if there is none; none if there are as many nodes as may be.
fn child(nodes: &mut Vec<Node>, place: usize, byte: u8) -> Option<usize> {
    let number = nodes.len();
    let parent = nodes.get_mut(place)?;
    if let Some(child) = parent.children.get(&byte) {
        return Some(*child);
    }
    if number == MAX_STATES {
        return None;
    }
    parent.children.insert(byte, number);
    let (rarity, depth) = (parent.rarity.saturating_add(rarity(byte)), parent.depth + 1);
    nodes.push(Node {
        byte,
        depth,
        rarity,
        ..Node::default()
    });
    Some(number)
}

/// Finds the suffix of each node, and the breadth-first order.
fn close(nodes: &mut [Node]) -> Vec<usize> {
    let mut order = Vec::with_capacity(nodes.len());
    let mut waiting = VecDeque::from([ROOT]);
    while let Some(place) = waiting.pop_front() {
        order.push(place);
        let (children, above) = match nodes.get(place) {
            Some(node) => (node.children.clone(), node.suffix),
            None => continue,
        };
        for (byte, next) in children {
            let suffix = if place == ROOT { ROOT } else { step(nodes, above, byte) };
            let inherits = nodes.get(suffix).is_some_and(|node| node.matches);
            if let Some(node) = nodes.get_mut(next) {
                node.suffix = suffix;
                node.matches |= inherits;
            }
            waiting.push_back(next);
        }
    }
    order
}

/// Where a node leads whose suffixes are known.
fn step(nodes: &[Node], mut place: usize, byte: u8) -> usize {
    while let Some(node) = nodes.get(place) {
        // Further whitespace is the same run. Literals have no two spaces in a row, so there is no such child.
        if byte == SPACE && node.depth > 0 && node.byte == SPACE {
            return place;
        }
        if let Some(next) = node.children.get(&byte) {
            return *next;
        }
        if place == ROOT {
            break;
        }
        place = node.suffix;
    }
    ROOT
}
