//! Disguises undone: views of any text are bounded, and lead back into it.
#![no_main]

use std::sync::LazyLock;

use bartizan_scan::undo::{Evidence, Hints, MOST_FREE, MOST_TIMES, Scratch, Tables, views};
use libfuzzer_sys::fuzz_target;

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::built_in);

fuzz_target!(|text: &str| {
    let mut bytes = 0;
    let _ = views(text, Hints::STRANGE.and(Hints::JOINED), &TABLES, &mut Scratch::default(), &mut |view| {
        bytes += view.text.len();
        let whole = view.map.raw(0..view.text.len());
        for (at, character) in view.text.char_indices() {
            let raw = view.map.raw(at..at + character.len_utf8());
            assert!(text.get(raw.clone()).is_some(), "{raw:?} is not on characters");
            assert!(whole.start <= raw.start && raw.end <= whole.end);
            // What was made of nothing has no place of its own.
            for more in [0..at + character.len_utf8(), at..view.text.len()] {
                let enclosing = view.map.raw(more);
                assert!(raw.is_empty() || (enclosing.start <= raw.start && raw.end <= enclosing.end));
            }
        }
    });
    assert!(bytes <= MOST_TIMES * text.len() + MOST_FREE);
    assert!(Evidence::of(text).total() <= text.chars().count());
});
