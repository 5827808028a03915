//! How soon the words of an ordinary answer leave, with the sample policies.

use bartizan_inspect::{Inspector, StreamFormat, StreamedAnswer, Vault};
use bartizan_policy::Caller;

use crate::samples::inspector;

const ANSWER: &str = "Start with the leeks: slice them, wash them well, and let them drain while the pan warms up. Add \
    a spoon of butter, then the leeks, and stir now and then for about twenty minutes. When they look dry, add a little \
    water and put the lid back on. In the end you can add the beans and some salt, and taste it. It keeps for a day in \
    the fridge, and it is even better the next day.";
/// Words that may wait for those after them, at most.
const MOST_WAITING: usize = 5;

/// What the client has got of a stream after each of its words.
fn sent(inspector: &Inspector, words: impl Iterator<Item = String>) -> Vec<(String, String)> {
    let mut answer = StreamedAnswer::new(StreamFormat::ChatCompletions, Vault::default());
    let (mut came, mut left) = (String::new(), String::new());
    words
        .map(|word| {
            let event = serde_json::json!({"object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": null}]});
            let mut out = Vec::new();
            answer
                .push(
                    inspector,
                    &Caller::default(),
                    format!("data: {event}\n\n").as_bytes(),
                    &mut out,
                )
                .unwrap();
            for line in String::from_utf8(out).unwrap().lines() {
                let event = line
                    .strip_prefix("data: ")
                    .map(serde_json::from_str::<serde_json::Value>);
                let event = event.transpose().unwrap().unwrap_or_default();
                left.push_str(
                    event
                        .pointer("/choices/0/delta/content")
                        .map_or("", |text| text.as_str().unwrap()),
                );
            }
            came.push_str(&word);
            (came.clone(), left.clone())
        })
        .collect()
}

#[test]
fn words_wait_for_few_others() {
    let words = ANSWER.split_inclusive(' ').map(str::to_owned);
    let mut late = 0;
    for (came, left) in sent(&inspector(), words) {
        let waiting = came.strip_prefix(left.as_str()).unwrap();
        let waiting = waiting.split_whitespace().count();
        assert!(waiting <= MOST_WAITING, "{waiting} words wait at the end of {came:?}");
        late += usize::from(waiting > 1);
    }
    let words = ANSWER.split(' ').count();
    assert!(
        late * 4 < words,
        "after {late} of {words} words, more than that one waits"
    );
}

#[test]
fn what_begins_nothing_leaves_at_once() {
    let words = ANSWER
        .split(|sign: char| !sign.is_alphabetic())
        .filter(|word| !word.is_empty());
    let words: Vec<_> = words.map(|word| format!(" {word} –")).collect();
    let count = words.len();
    let whole = sent(&inspector(), words.into_iter())
        .into_iter()
        .filter(|(came, left)| came == left)
        .count();
    assert!(whole * 10 > count * 9, "{whole} of {count}");
}
