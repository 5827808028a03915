use proptest::prelude::*;

use super::*;
use crate::compile::OwnedTrie;
use crate::fold::fold_literal;
use crate::pack::{PackedNode, PackedTrie};

impl Automaton {
    /// The automaton of literals, compiled and loaded.
    pub(crate) fn of(literals: &[&[u8]]) -> Self {
        let trie = OwnedTrie::build(literals).unwrap();
        Self::load(&trie.packed(), literals.len()).unwrap()
    }
}

fn found(literals: &[&str], text: &str) -> Vec<(u32, usize)> {
    let bytes: Vec<&[u8]> = literals.iter().map(|literal| literal.as_bytes()).collect();
    let found = warm_and_cold(&bytes).into_iter().map(|automaton| {
        let mut found = Vec::new();
        automaton.run(text.as_bytes(), |literal, end| {
            found.push((literal, end));
            Flow::Continue
        });
        found.sort_unstable();
        found
    });
    let found: Vec<_> = found.collect();
    assert!(found.iter().all(|other| *other == found[0]), "{found:?}");
    found[0].clone()
}

fn with_rows(literals: &[&[u8]], warm_entries: usize) -> Automaton {
    let trie = OwnedTrie::build(literals).unwrap();
    Automaton::load_with(&trie.packed(), literals.len(), warm_entries).unwrap()
}

/// The same automaton with all of its states warm, some, and none but the root.
fn warm_and_cold(literals: &[&[u8]]) -> Vec<Automaton> {
    let build = |warm_entries| with_rows(literals, warm_entries);
    [1 << 20, 4 * 30, 0].map(build).into_iter().collect()
}

/// Where each literal ends, by folding every prefix of the text and comparing.
fn expected(literals: &[&str], text: &str) -> Vec<(u32, usize)> {
    let mut expected = Vec::new();
    for (number, literal) in (0_u32..).zip(literals) {
        for end in 1..=text.len() {
            let prefix = &text.as_bytes()[..end];
            if !prefix.last().unwrap().is_ascii_whitespace() && *prefix.last().unwrap() != 0x0b {
                let mut folded = vec![b' '];
                folded.extend(fold_literal(prefix));
                if !literal.is_empty() && folded.ends_with(literal.as_bytes()) {
                    expected.push((number, end));
                }
            }
        }
    }
    expected.sort_unstable();
    expected
}

#[test]
fn literals_inside_literals_are_all_found() {
    assert_eq!(found(&["he", "she", "his", "hers"], "uSHErs"), [(0, 4), (1, 4), (3, 6)]);
    assert_eq!(found(&["a", "a"], "A"), [(0, 1), (1, 1)]);
    assert_eq!(found(&[], "text"), []);
    assert_eq!(found(&["", "x"], "xx"), [(1, 1), (1, 2)]);
}

#[test]
fn a_run_of_whitespace_is_one_space() {
    assert_eq!(found(&["a b c"], "a \t\n b\r\nc"), [(0, 9)]);
    assert_eq!(found(&["a b"], "ab"), []);
    assert_eq!(found(&["a b", "b a"], "a   b   a"), [(0, 5), (1, 9)]);
}

#[test]
fn a_search_can_be_stopped() {
    let mut calls = 0;
    Automaton::of(&[b"a"]).run(b"aaaa", |_, _| {
        calls += 1;
        Flow::Stop
    });
    assert_eq!(calls, 1);
}

#[test]
fn literals_beyond_the_limit_are_refused() {
    let long = vec![b'a'; MAX_STATES];
    assert!(OwnedTrie::build(&[&long]).is_none());
    assert!(OwnedTrie::build(&[&long[1..]]).is_some());
}

#[test]
fn occurrences_across_lanes_and_blocks_are_found_in_order() {
    let literals: [&[u8]; 4] = [b"needle", b"two words", b"a", b"xxxx"];
    let automaton = Automaton::of(&literals);
    let long_run = " ".repeat(3000);
    for unit in [
        "needle ",
        "two words,",
        "....needle..........",
        "xxxxx",
        &format!("two{long_run}words"),
        "a",
    ] {
        for length in [200, 255, 256, 300, 1000, 4096, 4097, 9000, 20_000] {
            let text: String = unit.chars().cycle().take(length).collect();
            let (mut found, mut plain) = (Vec::new(), Vec::new());
            automaton.run(text.as_bytes(), |literal, end| {
                found.push((literal, end));
                Flow::Continue
            });
            automaton.run_plainly(text.as_bytes(), 0, 0, &mut |literal, end| {
                plain.push((literal, end));
                Flow::Continue
            });
            assert_eq!(found, plain, "{length} bytes");
            assert!(!plain.is_empty() || length < 3100);
        }
    }
}

proptest! {
    #[test]
    fn lanes_find_what_plain_steps_find(text in "(needle|two +words|[a-z ]{1,9}|x{1,9}){0,400}") {
        let literals: [&[u8]; 5] = [b"needle", b"two words", b"e t", b"xxxx", b"words needle two"];
        let automaton = Automaton::of(&literals);
        let (mut found, mut plain) = (Vec::new(), Vec::new());
        automaton.run(text.as_bytes(), |literal, end| { found.push((literal, end)); Flow::Continue });
        automaton.run_plainly(text.as_bytes(), 0, 0, &mut |literal, end| { plain.push((literal, end)); Flow::Continue });
        prop_assert_eq!(found, plain);
    }

    #[test]
    fn occurrences_are_those_of_a_plain_search(
        literals in proptest::collection::vec("[ab\u{e9}]{1,2}( [ab]{1,2}){0,2}", 0..6),
        text in "[abAB\u{e9} \\n]{0,40}",
    ) {
        let literals: Vec<&str> = literals.iter().map(String::as_str).collect();
        prop_assert_eq!(found(&literals, &text), expected(&literals, &text));
    }
}

#[test]
fn warm_and_cold_states_find_the_same() {
    // So many literals that most states are cold, with beginnings and ends in common.
    let words = [
        "ignore",
        "all",
        "previous",
        "zebra",
        "quartz",
        "rules",
        "xylophone",
        "now",
    ];
    let literals: Vec<String> = (0..512)
        .map(|number| {
            [number % 8, number / 8 % 8, number / 64]
                .map(|word| words[word])
                .join(" ")
        })
        .chain((0..64).map(|number| format!("{}{number:x}jqx", words[number % 8])))
        .collect();
    let bytes: Vec<&[u8]> = literals.iter().map(|literal| literal.as_bytes()).collect();
    let automaton = with_rows(&bytes, 200 * 40);
    let cold = automaton.links.len();
    assert!(automaton.states() > cold + 100 && cold > 1000, "{automaton:?}");
    let text: String = (0..2000_usize)
        .map(|number| words[number * number / 7 % 8])
        .flat_map(|word| [word, if word.len() % 2 == 0 { " " } else { " \n" }])
        .collect();
    let mut found = Vec::new();
    automaton.run(text.as_bytes(), |literal, end| {
        found.push((literal, end));
        Flow::Continue
    });
    found.sort_unstable();
    let mut expected = Vec::new();
    let folded = String::from_utf8(fold_literal(text.as_bytes())).unwrap();
    let squeezed: Vec<usize> = text
        .bytes()
        .enumerate()
        .filter(|(place, byte)| !byte.is_ascii_whitespace() || !text.as_bytes()[place - 1].is_ascii_whitespace())
        .map(|(place, _)| place + 1)
        .collect();
    for (number, literal) in (0_u32..).zip(&literals) {
        let ends = (0..folded.len()).filter(|start| folded[*start..].starts_with(literal.as_str()));
        expected.extend(ends.map(|start| (number, squeezed[start + literal.len() - 1])));
    }
    expected.sort_unstable();
    assert!(expected.len() > 1000);
    assert_eq!(found, expected);
}

#[test]
fn a_trie_whose_numbers_do_not_fit_each_other_is_refused() {
    let literals: [&[u8]; 3] = [b"he", b"she", b"hers"];
    let trie = OwnedTrie::build(&literals).unwrap();
    let packed = trie.packed();
    let fits = |packed: PackedTrie<'_>, literals: usize| Automaton::load(&packed, literals).is_ok();
    assert!(fits(packed, 3));
    assert!(!fits(packed, 2));
    assert!(!fits(PackedTrie::default(), 0));
    for at in 0..packed.nodes.len() {
        for byte in [0, 1, 7, u8::MAX] {
            let mut nodes = packed.nodes.to_vec();
            nodes[at] = byte;
            let changed = PackedTrie {
                nodes: &nodes,
                ..packed
            };
            // It need not be noticed, but whatever is loaded comes to an end.
            if let Ok(automaton) = Automaton::load(&changed, 3) {
                automaton.run(b"ushers she hers", |_, _| Flow::Continue);
            }
        }
    }
    let cut = &packed.nodes[..packed.nodes.len() - PackedNode::BYTES];
    assert!(!fits(PackedTrie { nodes: cut, ..packed }, 3));
}
