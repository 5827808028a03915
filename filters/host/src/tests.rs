use std::cell::RefCell;
use std::rc::Rc;

use crate::{
    AnswerFlow, BodyFollows, Filter, Flow, Headers, Host, Meter, MetricKind, Metrics, Piece, PieceFlow, Place, Reply,
    Request, Response, SAMPLE, Stream, Swap, Trailers,
    fake::{Ending, Exchange, World},
};

/// Does as it is told, and keeps a record of what it was asked.
#[derive(Clone, Default)]
struct Script {
    request: Option<fn() -> Flow>,
    complete: Option<fn() -> Flow>,
    answer: Option<fn() -> AnswerFlow>,
    answer_complete: Option<fn() -> Flow>,
    piece: Option<fn(&[u8], Place) -> PieceFlow>,
    seen: Rc<RefCell<Vec<String>>>,
}

impl Script {
    fn note(&self, what: impl Into<String>) {
        self.seen.borrow_mut().push(what.into());
    }

    fn seen(&self) -> String {
        self.seen.borrow().join(" ")
    }

    fn run(&self) -> Exchange<Self> {
        Exchange::new(&World::default(), self)
    }
}

impl Filter for Script {
    type Stream = Self;

    fn unconfigured() -> Self {
        Self::default()
    }

    fn configure(&mut self, _: &dyn Host, _: &[u8]) -> Result<(), String> {
        Ok(())
    }

    fn stream(&self) -> Self {
        self.clone()
    }
}

impl Stream for Script {
    fn request_headers(&mut self, request: &Request<'_>) -> Flow {
        self.note(if request.body_follows() == BodyFollows::Yes {
            "headers+"
        } else {
            "headers"
        });
        self.request.map_or(Flow::Continue, |flow| flow())
    }

    fn request_complete(&mut self, request: &Request<'_>) -> Flow {
        let body = String::from_utf8(request.body().unwrap()).unwrap();
        request.set_header("x-held", b"still").unwrap();
        self.note(format!("complete:{body}"));
        self.complete.map_or(Flow::Continue, |flow| flow())
    }

    fn response_headers(&mut self, _: &Response<'_>) -> AnswerFlow {
        self.note("answer");
        self.answer.map_or(AnswerFlow::Pass, |flow| flow())
    }

    fn response_chunk(&mut self, chunk: &[u8]) {
        self.note(format!("chunk:{}", String::from_utf8_lossy(chunk)));
    }

    fn response_complete(&mut self, response: &Response<'_>) -> Flow {
        self.note(format!(
            "whole:{}",
            String::from_utf8(response.body().unwrap()).unwrap()
        ));
        self.answer_complete.map_or(Flow::Continue, |flow| flow())
    }

    fn response_piece(&mut self, piece: &Piece<'_>) -> PieceFlow {
        self.note(format!("piece:{}", String::from_utf8_lossy(piece.bytes())));
        self.piece
            .map_or(PieceFlow::Pass, |flow| flow(piece.bytes(), piece.place()))
    }

    fn response_trailers(&mut self, trailers: &Trailers<'_>) {
        self.note("trailers");
        trailers.remove("x-used").unwrap();
    }

    fn done(&mut self, _: &dyn Host) {
        self.note("done");
    }
}

fn refuse() -> Flow {
    Flow::reply(Reply::new(403, b"no".to_vec()))
}

fn trailers() -> Headers {
    Headers(
        [("x-used", "1"), ("x-kept", "2")]
            .map(|(name, value)| (name.to_owned(), value.into()))
            .into(),
    )
}

const PIECES: &[&[u8]] = &[b"on", b"e"];

#[test]
fn a_body_is_complete_however_it_ends() {
    for ending in [Ending::LastPiece, Ending::EmptyPiece, Ending::Trailers(trailers())] {
        let script = Script {
            request: Some(|| Flow::Pause),
            ..Script::default()
        };
        let mut exchange = script.run();
        exchange.request_ending(Headers::default(), PIECES, &ending);
        assert_eq!(script.seen(), "headers+ complete:one", "{ending:?}");
        assert_eq!(exchange.forwarded().unwrap().headers.get("x-held"), Some(&b"still"[..]));
    }
}

#[test]
fn a_request_without_a_body_is_complete_at_once() {
    let script = Script {
        request: Some(|| Flow::Pause),
        ..Script::default()
    };
    script.run().request(&[], &[]);
    assert_eq!(script.seen(), "headers complete:");
}

#[test]
fn a_request_that_goes_on_is_left_alone() {
    let script = Script::default();
    script.run().request(&[], PIECES);
    assert_eq!(script.seen(), "headers+");
}

#[test]
fn after_a_reply_only_the_end_is_seen() {
    let at_headers = Script {
        request: Some(refuse),
        ..Script::default()
    };
    let at_body = Script {
        request: Some(|| Flow::Pause),
        complete: Some(refuse),
        ..Script::default()
    };
    for (script, seen) in [(at_headers, "headers+ done"), (at_body, "headers+ complete:one done")] {
        let mut exchange = script.run();
        exchange.request(&[], PIECES).finish();
        assert_eq!(exchange.reply().map(|reply| reply.status), Some(403));
        assert_eq!(exchange.forwarded(), None);
        assert_eq!(script.seen(), seen);
    }
}

#[test]
fn answers_are_passed_watched_held_or_replaced() {
    let ends = [Ending::LastPiece, Ending::EmptyPiece, Ending::Trailers(trailers())];
    type Case<'a> = (fn() -> AnswerFlow, [&'a str; 3]);
    let table: [Case<'_>; 5] = [
        (|| AnswerFlow::Pass, ["", "", " trailers"]),
        (
            || AnswerFlow::Watch,
            [
                " chunk:on chunk:e",
                " chunk:on chunk:e chunk:",
                " chunk:on chunk:e trailers",
            ],
        ),
        (
            || AnswerFlow::Rewrite,
            [
                " piece:on piece:e",
                " piece:on piece:e piece:",
                " piece:on piece:e trailers",
            ],
        ),
        (|| AnswerFlow::Hold, [" whole:one", " whole:one", " whole:one trailers"]),
        (
            || AnswerFlow::Replace(Box::new(Reply::new(502, Vec::new()))),
            ["", "", ""],
        ),
    ];
    for (flow, expected) in table {
        for (ending, expected) in ends.iter().zip(expected) {
            let script = Script {
                answer: Some(flow),
                ..Script::default()
            };
            let mut exchange = script.run();
            exchange.request(&[], &[]);
            let answer = exchange.response(&[(":status", "200")], PIECES, ending);
            assert_eq!(script.seen(), format!("headers answer{expected}"), "{ending:?}");
            assert!(answer.trailers.0.len() < 2, "what is removed does not reach the client");
        }
    }
}

#[test]
fn an_answer_is_rewritten_as_it_flows() {
    let script = Script {
        answer: Some(|| AnswerFlow::Rewrite),
        piece: Some(|piece, place| match (piece, place) {
            (b"e", _) => PieceFlow::Pass,
            (_, Place::Middle) => PieceFlow::Replace(b"gon".to_vec()),
            (_, Place::Last) => PieceFlow::Replace(b"!".to_vec()),
        }),
        ..Script::default()
    };
    let mut exchange = script.run();
    exchange.request(&[], &[]);
    let answer = exchange.response(&[(":status", "200")], PIECES, &Ending::EmptyPiece);
    assert_eq!(answer.body, b"gone!");
    assert!(!exchange.hung_up());
}

#[test]
fn an_answer_that_is_ended_is_broken_off_behind_its_last_bytes() {
    let end: fn(&[u8], Place) -> PieceFlow = |_, _| PieceFlow::End(b"end".to_vec());
    for broken in [None, Some("read a body"), Some("replace a body")] {
        let script = Script {
            answer: Some(|| AnswerFlow::Rewrite),
            piece: Some(end),
            ..Script::default()
        };
        let mut exchange = script.run();
        exchange.request(&[], &[]);
        if let Some(call) = broken {
            exchange.break_call(call);
        }
        let answer = exchange.response(
            &[(":status", "200")],
            &[b"one", b"two", b"six"],
            &Ending::Trailers(trailers()),
        );
        assert_eq!(
            answer.body,
            if broken.is_none() { &b"end"[..] } else { b"" },
            "{broken:?}"
        );
        assert!(!exchange.hung_up(), "Envoy would crash");
        exchange.tick();
        assert!(exchange.hung_up() && !script.seen().contains("two") && !script.seen().contains("trailers"));
    }
}

#[test]
fn whoever_makes_an_answer_that_is_ended_need_not_say_more_to_be_hung_up_on() {
    let script = Script {
        answer: Some(|| AnswerFlow::Rewrite),
        piece: Some(|_, _| PieceFlow::End(Vec::new())),
        ..Script::default()
    };
    let mut exchange = script.run();
    exchange.request(&[], &[]);
    exchange.tick();
    assert!(!exchange.hung_up(), "it goes on");
    exchange.response(&[(":status", "200")], &[b"one"], &Ending::EmptyPiece);
    exchange.tick();
    exchange.tick();
    assert!(exchange.hung_up());
}

#[test]
fn a_held_answer_can_still_be_replaced() {
    let script = Script {
        answer: Some(|| AnswerFlow::Hold),
        answer_complete: Some(refuse),
        ..Script::default()
    };
    for pieces in [&[][..], PIECES] {
        let mut exchange = script.run();
        exchange.request(&[], &[]);
        let answer = exchange.response(&[(":status", "200")], pieces, &Ending::LastPiece);
        assert_eq!(answer.headers.get(":status"), Some(&b"403"[..]));
    }
}

#[test]
#[should_panic(expected = "in this phase")]
fn the_fake_refuses_what_envoy_refuses() {
    #[derive(Default)]
    struct Late;
    impl Filter for Late {
        type Stream = Self;
        fn unconfigured() -> Self {
            Self
        }
        fn configure(&mut self, _: &dyn Host, _: &[u8]) -> Result<(), String> {
            Ok(())
        }
        fn stream(&self) -> Self {
            Self
        }
    }
    impl Stream for Late {
        fn request_headers(&mut self, _: &Request<'_>) -> Flow {
            Flow::Continue
        }
        fn response_headers(&mut self, response: &Response<'_>) -> AnswerFlow {
            // Legal for a response; the request's headers left long ago.
            let request = Request {
                host: response.host,
                traffic: response.traffic,
                body_follows: BodyFollows::No,
            };
            let _ = request.header(":path");
            AnswerFlow::Pass
        }
    }
    let mut exchange = Exchange::new(&World::default(), &Late);
    exchange.request(&[], &[]);
    exchange.response(&[], &[], &Ending::LastPiece);
}

#[test]
fn a_swap_needs_the_version_that_was_read() {
    let world = World::default();
    assert_eq!(world.shared("key"), Ok(None));
    world.create_shared("key", b"one").unwrap();
    let read = world.shared("key").unwrap().unwrap();
    assert_eq!(world.swap_shared("key", b"two", read.version), Ok(Swap::Stored));
    assert_eq!(world.swap_shared("key", b"three", read.version), Ok(Swap::Stale));
    assert_eq!(world.shared_value("key").unwrap(), b"two");
}

#[derive(Clone, Copy)]
struct Time;

impl Meter for Time {
    fn all() -> Vec<Self> {
        vec![Self]
    }

    fn index(self) -> usize {
        0
    }

    fn name(self) -> String {
        "time".to_owned()
    }

    fn kind(self) -> MetricKind {
        MetricKind::Histogram
    }
}

#[test]
fn one_request_in_so_many_is_timed_beginning_with_the_first() {
    let world = World::default();
    world.tick(1_000);
    let metrics = Metrics::define(&world);
    for _ in 0..=SAMPLE {
        let mut stopwatch = metrics.stopwatch();
        stopwatch.start(&world);
        stopwatch.stop(&world);
        metrics.record(&world, Time, &stopwatch);
    }
    assert_eq!(world.recorded("time"), [1, 1]);
}
