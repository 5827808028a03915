//! A provider as cheap as one can be: it reads the request and sends the same answer, in the format of the path.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// Events of a streamed answer that are text.
pub(super) const EVENTS: usize = 500;
/// Between two events of a timed stream.
const BEAT: Duration = Duration::from_millis(2);

/// When the events of the timed stream were sent.
pub(super) static SENT: Mutex<Vec<Instant>> = Mutex::new(Vec::new());

const CHAT: &str = r#"{"id":"chatcmpl-bench","object":"chat.completion","created":1,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"The ferry leaves at nine."},"finish_reason":"stop"}],"usage":{"prompt_tokens":900,"completion_tokens":6,"total_tokens":906}}"#;
const MESSAGE: &str = r#"{"id":"msg_bench","type":"message","role":"assistant","model":"bench","content":[{"type":"text","text":"The ferry leaves at nine."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":900,"output_tokens":6}}"#;

/// A streamed answer: what it begins with, a piece of text again and again, and its end.
struct Script {
    begins: &'static str,
    piece: &'static str,
    ends: &'static str,
}

const CHAT_EVENTS: Script = Script {
    begins: "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n",
    piece: "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" harbour\"},\"finish_reason\":null}]}\n\n",
    ends: "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":900,\"completion_tokens\":500}}\n\ndata: [DONE]\n\n",
};
const MESSAGE_EVENTS: Script = Script {
    begins: "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":900,\"output_tokens\":1}}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    piece: "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" harbour\"}}\n\n",
    ends: "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":500}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
};

/// What a request asks the provider to do with its stream: the model's name says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// One event at a time, each as soon as the last has left.
    Steady,
    /// The beginning, and then nothing.
    Held,
    /// One event a beat, noted in [`SENT`].
    Timed,
}

/// Events, each in a piece of its own.
struct Events {
    script: &'static Script,
    pace: Pace,
    sent: usize,
    may_send: bool,
    beat: Interval,
}

pub(super) async fn serve(listener: TcpListener) -> Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::task::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service_fn(answer)));
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Either<Full<Bytes>, Events>>, Infallible> {
    let is_messages = request.uri().path().ends_with("/messages");
    // A body that breaks off is the forwarder's failure; its own answer then ends the bench.
    let body = request
        .into_body()
        .collect()
        .await
        .map(|body| body.to_bytes())
        .unwrap_or_default();
    let says = |word: &str| body.windows(word.len()).any(|window| window == word.as_bytes());
    let (whole, script) = if is_messages {
        (MESSAGE, &MESSAGE_EVENTS)
    } else {
        (CHAT, &CHAT_EVENTS)
    };
    let streams = says("\"stream\":true");
    let content = if streams {
        let pace = if says("\"held\"") {
            Pace::Held
        } else if says("\"timed\"") {
            Pace::Timed
        } else {
            Pace::Steady
        };
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Either::Right(Events {
            script,
            pace,
            sent: 0,
            may_send: true,
            beat,
        })
    } else {
        Either::Left(Full::new(Bytes::from_static(whole.as_bytes())))
    };
    let mut answer = Response::new(content);
    let content_type = if streams {
        "text/event-stream"
    } else {
        "application/json"
    };
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    Ok(answer)
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.sent == 1 && self.pace == Pace::Held {
            return Poll::Pending;
        }
        // Otherwise hyper would write many at once.
        self.may_send = !self.may_send;
        if self.may_send {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.pace == Pace::Timed {
            if self.beat.poll_tick(context).is_pending() {
                self.may_send = true;
                return Poll::Pending;
            }
            if let Ok(mut sent) = SENT.lock() {
                sent.push(Instant::now());
            }
        }
        let text = match self.sent {
            0 => self.script.begins,
            1..=EVENTS => self.script.piece,
            sent if sent == EVENTS + 1 => self.script.ends,
            _ => return Poll::Ready(None),
        };
        self.sent += 1;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
    }
}
