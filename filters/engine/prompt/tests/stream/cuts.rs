//! However the bytes of a stream are cut, the same leaves, and it ends the same way.

use bartizan_prompt::StreamFormat;
use proptest::prelude::*;

use crate::support::{ATTACK, SECRET, run};

const FORMATS: [StreamFormat; 3] = [
    StreamFormat::ChatCompletions,
    StreamFormat::Responses,
    StreamFormat::Messages,
];

/// Pieces of streams: whole events of all formats, parts of them, and what is none.
fn fragment() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        4 => Just("grey".to_owned()),
        4 => Just(" heron".to_owned()),
        1 => Just(SECRET.to_owned()),
        1 => Just(ATTACK.to_owned()),
        1 => Just("open ".to_owned()),
        1 => Just(r"\u00e9\n".to_owned()),
        1 => Just("é🏰".to_owned()),
    ];
    let index = 0..3_u8;
    let event = (text, index, 0..14_u8).prop_map(|(text, index, shape)| match shape {
        0..3 => format!(r#"data: {{"id":"c","choices":[{{"index":{index},"delta":{{"content":"{text}"}}}}]}}"#),
        3 => format!(r#"data: {{"choices":[{{"delta":{{"tool_calls":[{{"index":{index},"function":{{"arguments":"{text}"}}}}]}}}}]}}"#),
        4 => format!(r#"data: {{"choices":[{{"index":{index},"delta":{{}},"finish_reason":"stop"}}]}}"#),
        5..7 => format!(r#"data: {{"type":"content_block_delta","index":{index},"delta":{{"type":"text_delta","text":"{text}"}}}}"#),
        7 => format!(r#"data: {{"type":"content_block_delta","index":{index},"delta":{{"partial_json":"{text}"}}}}"#),
        8 => format!("event: content_block_stop\r\ndata: {{\"type\":\"content_block_stop\",\"index\":{index}}}"),
        9..11 => format!(r#"data: {{"type":"response.output_text.delta","output_index":{index},"delta":"{text}"}}"#),
        11 => format!(r#"data: {{"type":"response.output_text.done","output_index":{index},"text":"{text}"}}"#),
        12 => format!(": {text}"),
        _ => "data: [DONE]".to_owned(),
    });
    prop_oneof![
        20 => (event, prop_oneof![9 => Just("\n\n"), 2 => Just("\r\n\r\n"), 1 => Just("\n")]).prop_map(|(event, end)| event + end),
        1 => prop_oneof![Just("\n"), Just("\r"), Just("data: "), Just("{"), Just("\u{feff}")].prop_map(str::to_owned),
    ]
}

proptest! {
    #[test]
    fn nothing_depends_on_the_cuts(
        fragments in prop::collection::vec(fragment(), 1..20),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let stream = fragments.concat();
        let mut places: Vec<_> = places.iter().map(|place| place.index(stream.len() + 1)).collect();
        places.sort_unstable();
        let mut start = 0;
        let mut pieces: Vec<&[u8]> = Vec::new();
        for place in places.into_iter().chain([stream.len()]) {
            pieces.push(&stream.as_bytes()[start..place]);
            start = place;
        }
        for format in FORMATS {
            let whole = run(format, [stream.as_bytes()]);
            prop_assert_eq!(&run(format, pieces.iter().copied()), &whole);
            prop_assert_eq!(&run(format, stream.as_bytes().chunks(1)), &whole);
            prop_assert!(!whole.0.contains(SECRET) && !whole.0.contains(ATTACK), "{}", whole.0);
        }
    }
}
