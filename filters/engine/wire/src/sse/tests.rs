use proptest::prelude::*;

use super::*;

type Seen = (Vec<(String, String, String)>, Result<(), SseError>);

fn decode(pieces: &[&[u8]], limit: usize) -> Seen {
    let mut decoder = Decoder::new(limit);
    let mut events = Vec::new();
    for piece in pieces {
        let outcome = decoder.push(piece, |event| {
            events.push((event.name.to_owned(), event.data.to_owned(), event.id.to_owned()));
        });
        if outcome.is_err() {
            return (events, outcome);
        }
    }
    (events, Ok(()))
}

fn data_of(stream: &[u8]) -> Vec<String> {
    decode(&[stream], 1000).0.into_iter().map(|(_, data, _)| data).collect()
}

#[test]
fn streams_are_read_as_the_standard_says() {
    let table: [(&[u8], &[&str]); 14] = [
        (b"data: a\n\ndata: b\n\n", &["a", "b"]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\r\n", &["a", "b", "c"]),
        (b"data: a\ndata: b\n\n", &["a\nb"]),
        (b"data\n\n", &[""]),
        (b"data\ndata\n\n", &["\n"]),
        (b"data:a\n\ndata:  b\n\n", &["a", " b"]),
        (b": comment\ndata: a\n: more\n\n", &["a"]),
        (b"event: only\n\n", &[]),
        (b"data: lost", &[]),
        (b"data: lost\n", &[]),
        (b"\xef\xbb\xbfdata: a\n\n", &["a"]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", &[]),
        (b"Data: a\n\nretry: 10\nother: x\ndata: b\n\n", &["b"]),
        (b"data: \xff\n\n", &["\u{fffd}"]),
    ];
    for (stream, expected) in table {
        assert_eq!(data_of(stream), expected, "{}", stream.escape_ascii());
    }
}

#[test]
fn names_last_one_event_and_ids_longer() {
    let (events, _) = decode(
        &[b"id: 7\nevent: ping\ndata: a\n\ndata: b\n\nid: 8\0\ndata: c\n\n"],
        1000,
    );
    let expected = [("ping", "a", "7"), ("message", "b", "7"), ("message", "c", "7")];
    assert_eq!(
        events,
        expected.map(|(name, data, id)| (name.to_owned(), data.to_owned(), id.to_owned()))
    );
}

#[test]
fn an_event_over_the_limit_ends_the_reading() {
    let mut decoder = Decoder::new(16);
    assert_eq!(decoder.push(b"data: 0123456789", |_| {}), Ok(()));
    assert_eq!(decoder.push(b"0", |_| {}), Err(SseError { limit: 16 }));
    assert_eq!(decoder.push(b"\n\ndata: a\n\n", |_| {}), Err(SseError { limit: 16 }));
    assert_eq!(
        decode(&[b"data: 1234567\ndata: 1234567\n\n"], 16).1,
        Err(SseError { limit: 16 })
    );
}

#[test]
fn a_cut_event_is_noticed() {
    let mut decoder = Decoder::new(100);
    assert_eq!(decoder.push(b"data: a\n\n", |_| {}), Ok(()));
    assert!(!decoder.is_inside_event());
    assert_eq!(decoder.push(b"data: a\n", |_| {}), Ok(()));
    assert!(decoder.is_inside_event());
}

proptest! {
    #[test]
    fn the_cut_does_not_matter(
        lines in prop::collection::vec("(data|event|id|:|)(: ?)?[a-c\u{e9}]{0,9}", 0..12),
        ends in prop::collection::vec(prop::sample::select(vec!["\n", "\r", "\r\n"]), 12),
        size in 1_usize..9,
    ) {
        let stream: String = lines.iter().zip(ends).flat_map(|(line, end)| [line.as_str(), end]).collect();
        let pieces: Vec<_> = stream.as_bytes().chunks(size).collect();
        prop_assert_eq!(decode(&pieces, 40), decode(&[stream.as_bytes()], 40));
    }
}
