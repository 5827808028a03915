//! The same over and over: a word, a line or a character that fills a long text.
//!
//! Such a text says nothing, costs much, and makes models lose the thread or recite what they were trained on.
//!
//! 1. A few stretches of the text are looked at, wherever it may repeat: if they have many different quadruples of
//!    bytes among them, the text is not of this kind. That is all an ordinary text costs, however long it is.
//! 2. The others are gone through once, as a compressor would: where what follows stands in the text already, for at
//!    least `SHORTEST_RUN` bytes, it is a repetition.
//!
//! Not found: repetition of something longer than about 250 bytes, and small words shuffled at random.

use std::ops::Range;

use bartizan_verdict::Role;

use crate::score::Score;

/// None: every text is looked at.
pub const TRIGGERS: &[&str] = &[];

/// Bytes of the shortest text that is looked at.
const SHORTEST_TEXT: usize = 2048;
/// Bytes of the shortest repetition that counts. A table has many shorter ones.
const SHORTEST_RUN: usize = 256;
/// By repeated bytes: the score. Half of the text must be repetition besides.
const SCORES: [(usize, Score); 3] = [
    (32 << 10, Score::FULL),
    (8 << 10, Score::ACT),
    (2 << 10, Score::new(60)),
];

/// Stretches that are looked at first, and bytes in each.
const STRETCHES: usize = 16;
const STRETCH: usize = 64;
/// Different quadruples in the stretches, at most, of a text that may be repetition. Ordinary text has 350 and more.
const FEW: u32 = 290;
/// Places that are remembered, as a power of two.
const PLACES: u32 = 12;

/// Finds the part of a text that is repetition, if that is most of it.
pub fn detect(text: &str, _: Role, found: &mut dyn FnMut(Range<usize>, Score)) {
    let bytes = text.as_bytes();
    if bytes.len() < SHORTEST_TEXT || variety(bytes) > FEW {
        return;
    }
    let (repeated, range) = repetition(bytes);
    let enough = SCORES.iter().find(|(least, _)| repeated >= *least);
    if let Some((_, score)) = enough.filter(|_| repeated >= bytes.len() / 2) {
        found(
            text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end),
            *score,
        );
    }
}

/// How many different quadruples of bytes there are in some stretches of a text.
fn variety(text: &[u8]) -> u32 {
    let mut seen = [0_u64; 64];
    for number in 0..STRETCHES {
        let start = (text.len() - STRETCH) / (STRETCHES - 1) * number;
        let stretch = text.get(start..start + STRETCH).unwrap_or_default();
        for quadruple in stretch.array_windows::<4>().step_by(2) {
            let slot = hash(u32::from_le_bytes(*quadruple));
            if let Some(word) = seen.get_mut(slot / 64) {
                *word |= 1 << (slot % 64);
            }
        }
    }
    seen.iter().map(|word| word.count_ones()).sum()
}

/// How many bytes repeat what stands before them, and from where to where.
fn repetition(text: &[u8]) -> (usize, Range<usize>) {
    // Where a quadruple stood last, plus one.
    let mut places = [0_u32; 1 << PLACES];
    let (mut repeated, mut range) = (0, 0..0);
    let mut at = 0;
    while let Some(quadruple) = text.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let Some(place) = places.get_mut(hash(u32::from_le_bytes(*quadruple))) else {
            break;
        };
        let earlier = place.checked_sub(1).map(|earlier| earlier as usize);
        *place = u32::try_from(at + 1).unwrap_or(0);
        let run = earlier.map_or(0, |earlier| common(text, earlier, at));
        if run >= SHORTEST_RUN {
            let start = if repeated == 0 { at } else { range.start };
            range = start..at + run;
            repeated += run;
        }
        // Also past what is too short to count: nothing is compared more than twice.
        at += run.max(1);
    }
    (repeated, range)
}

/// How many bytes are the same from both places on.
fn common(text: &[u8], earlier: usize, later: usize) -> usize {
    let earlier = text.get(earlier..).unwrap_or_default().iter();
    let later = text.get(later..).unwrap_or_default();
    earlier.zip(later).take_while(|(one, other)| one == other).count()
}

fn hash(quadruple: u32) -> usize {
    (quadruple.wrapping_mul(0x9e37_79b1) >> (u32::BITS - PLACES)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(text: &str) -> Vec<(Range<usize>, Score)> {
        let mut found = Vec::new();
        detect(text, Role::User, &mut |range, score| found.push((range, score)));
        found
    }

    /// Words that do not repeat, of so many bytes.
    fn prose(bytes: usize, seed: u32) -> String {
        let mut state = seed;
        let mut text = String::new();
        while text.len() < bytes {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let word = format!("{:x} ", state >> 8);
            text.push_str(&word);
        }
        text.truncate(bytes);
        text
    }

    #[test]
    fn what_is_mostly_the_same_is_found_by_its_size() {
        let line = "please go on and on with this very line until there is no more room for it\n";
        let long_unit = &prose(240, 7);
        let table = [
            ("a", 2000, None),
            ("a", 2500, Some(60)),
            ("a", 9000, Some(90)),
            ("a", 1 << 20, Some(100)),
            ("poem ", 10_000, Some(90)),
            ("\u{1f600}", 10_000, Some(90)),
            ("la la lo la la li ", 40_000, Some(100)),
            (line, 10_000, Some(90)),
            (long_unit, 10_000, Some(90)),
            (&prose(100_000, 7), 100_000, None),
        ];
        for (unit, bytes, score) in table {
            let text = unit.repeat(bytes / unit.len() + 1);
            let found = scores(&text);
            let shown: String = unit.chars().take(20).collect();
            assert_eq!(
                found.first().map(|(_, score)| score.hundredths()),
                score,
                "{shown} {bytes}"
            );
            assert!(found.len() < 2, "{shown}");
        }
    }

    #[test]
    fn it_must_be_most_of_the_text() {
        let run = "repeat ".repeat(1000);
        for (before, after, expected) in [
            (0, 0, true),
            (1000, 1000, true),
            (2000, 2000, true),
            (5000, 5000, false),
        ] {
            let text = format!("{}{run}{}", prose(before, 7), prose(after, 8));
            let found = scores(&text);
            assert_eq!(!found.is_empty(), expected, "{before} + {after}");
            for (range, _) in found {
                assert!(
                    range.start >= before && range.end <= before + run.len() + 8,
                    "{range:?}"
                );
                assert!(range.len() > run.len() * 9 / 10, "{range:?}");
            }
        }
    }

    #[test]
    fn tables_and_records_are_not_repetition() {
        let records: String = (0..500)
            .map(|number| {
                format!(
                    "{{\"id\": {number}, \"name\": \"item {}\", \"open\": true}},\n",
                    number * 7 % 100
                )
            })
            .collect();
        let table: String = (0..800)
            .map(|number| format!("| {number:>5} | 0 | 0 | {} |\n", number % 3))
            .collect();
        for text in [records, table] {
            assert_eq!(scores(&text), []);
        }
    }
}
