//! Event streams, cut in different ways.
#![no_main]

use bartizan_verdict::Endpoint;
use bartizan_wire::sse::{Decoder, SseError};
use bartizan_wire::usage::StreamUsage;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    for limit in [16, 100, 10_000] {
        let whole = events([stream].into_iter(), limit);
        for size in [1, 2, 3, 7] {
            assert_eq!(whole, events(stream.chunks(size), limit));
        }
        assert_eq!(whole, events(stream.split_inclusive(|&byte| byte == b'\r'), limit));
    }
    for &endpoint in Endpoint::ALL {
        let mut usage = StreamUsage::new(endpoint);
        let _ = Decoder::new(10_000).push(stream, |event| usage.observe(&event));
        assert!(usage.finish(7).total() <= 4_000_000_000);
    }
});

type Events = (Vec<[String; 3]>, Option<SseError>);

fn events<'a>(pieces: impl Iterator<Item = &'a [u8]>, limit: usize) -> Events {
    let mut decoder = Decoder::new(limit);
    let mut seen = Vec::new();
    for piece in pieces {
        let outcome = decoder.push(piece, |event| {
            seen.push([event.name, event.data, event.id].map(str::to_owned))
        });
        if let Err(error) = outcome {
            return (seen, Some(error));
        }
    }
    (seen, None)
}
