use std::rc::Rc;

use bartizan_host::{
    AnswerFlow, BodyFollows, Call, Encoding, Flow, Host, HostError, Metrics, Piece, PieceFlow, Reply, Request,
    Response, Stopwatch, Stream, Trailers,
};
use bartizan_inspect::{Fault, Inspector, Judgement, Side, Surface, Vault};
use bartizan_policy::{Caller, FailureMode};
use bartizan_verdict::{Action, Dialect, Endpoint, HasAnthropicVersion, Mode, Reason, header};
use bartizan_wire::Refusal;

use crate::streamed::Streamed;
use crate::{Meter, Outcome};

/// The media type of a whole answer.
const JSON: &[u8] = b"application/json";

/// One request and its answer.
#[derive(Debug)]
pub struct ThreatScanStream {
    pub(crate) inspector: Option<Rc<Inspector>>,
    metrics: Rc<Metrics<Meter>>,
    stopwatch: Stopwatch,
    /// What auth told of the request.
    pub(crate) call: Option<Call>,
    /// Its path, if an exception asks for it.
    path: String,
    /// The model it asks for, if an exception asks for it; empty if it names none.
    model: String,
    /// The strictest of what was decided so far; a request that nothing was decided about has not passed.
    pub(crate) verdict: Action,
    /// What masks of the request stand for that the answer gets back. It ends with the exchange.
    pub(crate) vault: Vault,
    answer: Answer,
    /// What is known of an answer that streams.
    pub(crate) streamed: Option<Streamed>,
}

/// How an answer is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Passing,
    /// It streams, and policy does not want it judged.
    Unscanned,
    /// It streams, and is judged as it does.
    Streaming,
    /// Held, to be judged.
    Held,
    /// Held, to be refused: it is no JSON.
    Unreadable,
}

impl Stream for ThreatScanStream {
    fn request_headers(&mut self, request: &Request<'_>) -> Flow {
        self.stopwatch.start(request.host());
        #[cfg(feature = "trap")]
        trap(request);
        match self.open(request) {
            Ok(flow) => {
                self.stopwatch.stop(request.host());
                flow
            }
            Err(reason) => self.refuse(request, &Refusal::new(reason), reason),
        }
    }

    fn request_complete(&mut self, request: &Request<'_>) -> Flow {
        self.stopwatch.start(request.host());
        let flow = self.judge_request(request);
        if flow == Flow::Continue {
            self.stopwatch.stop(request.host());
        }
        flow
    }

    fn response_headers(&mut self, response: &Response<'_>) -> AnswerFlow {
        self.answer = self.classify(response);
        match self.answer {
            Answer::Held | Answer::Unreadable => AnswerFlow::Hold,
            Answer::Streaming => self.open_streamed(response),
            Answer::Passing | Answer::Unscanned => {
                self.count(response.host(), Side::Answer, Outcome::Unscanned);
                self.tell(response);
                AnswerFlow::Pass
            }
        }
    }

    fn response_piece(&mut self, piece: &Piece<'_>) -> PieceFlow {
        self.stopwatch.start(piece.host());
        let flow = self.judge_piece(piece);
        self.stopwatch.stop(piece.host());
        flow
    }

    fn response_complete(&mut self, response: &Response<'_>) -> Flow {
        self.stopwatch.start(response.host());
        let flow = self.judge_answer(response);
        if flow == Flow::Continue {
            self.stopwatch.stop(response.host());
            self.tell(response);
        }
        flow
    }

    fn response_trailers(&mut self, trailers: &Trailers<'_>) {
        self.close_streamed(trailers);
    }

    fn done(&mut self, host: &dyn Host) {
        self.drop_streamed(host);
        self.metrics.record(host, Meter::RequestTime, &self.stopwatch);
    }
}

// === impl ThreatScanStream: the request ===

impl ThreatScanStream {
    pub(crate) fn new(inspector: Option<Rc<Inspector>>, metrics: Rc<Metrics<Meter>>) -> Self {
        let stopwatch = metrics.stopwatch();
        Self {
            inspector,
            metrics,
            stopwatch,
            call: None,
            path: String::new(),
            model: String::new(),
            verdict: Action::Block,
            vault: Vault::default(),
            answer: Answer::Passing,
            streamed: None,
        }
    }

    /// Judges what the headers tell.
    fn open(&mut self, request: &Request<'_>) -> Result<Flow, Reason> {
        let refused = |_: HostError| Reason::FilterFailed;
        self.call = Call::of(request);
        let inspector = self.inspector.as_deref().ok_or(Reason::FilterFailed)?;
        let call = self.call.as_ref().ok_or(Reason::FilterFailed)?;
        if call.endpoint == Endpoint::Models {
            return Ok(self.pass(request.host(), Action::Allow, Outcome::Unscanned));
        }
        if inspector.asks_for_path() {
            let path = request.header(":path").map_err(refused)?.unwrap_or_default();
            self.path = String::from_utf8(path).unwrap_or_default();
        }
        if inspector.mode(Side::Request) == Mode::Off {
            return Ok(self.pass(request.host(), Action::Allow, Outcome::Unscanned));
        }
        let encoding = match call.encoding {
            Encoding::Identity => None,
            // Filters before this one undo those they know.
            Encoding::Named => request.header("content-encoding").map_err(refused)?,
        };
        if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
            return Err(Reason::UnsupportedEncoding);
        }
        if request.body_follows() == BodyFollows::No {
            return Err(Reason::EmptyBody);
        }
        Ok(Flow::Pause)
    }

    fn judge_request(&mut self, request: &Request<'_>) -> Flow {
        let (Some(inspector), Some(surface)) = (self.inspector.as_deref(), self.surface()) else {
            return self.refuse(request, &Refusal::new(Reason::FilterFailed), Reason::FilterFailed);
        };
        let failure_mode = inspector.failure_mode();
        let judged = match request.body() {
            Ok(body) if body.is_empty() => {
                return self.refuse(request, &Refusal::new(Reason::EmptyBody), Reason::EmptyBody);
            }
            // Envoy's own limit covers answers too, so it may be higher.
            Ok(body) if body.len() > inspector.max_body_bytes() => {
                return self.refuse(request, &Refusal::new(Reason::BodyTooLarge), Reason::BodyTooLarge);
            }
            Ok(body) => {
                if inspector.asks_for_model() {
                    self.model = model_of(&body);
                }
                inspector.judge(Side::Request, surface, &body, &self.caller())
            }
            Err(_) => Err(Fault::Failed),
        };
        if judged.as_ref().is_ok_and(Judgement::is_clean) {
            return self.pass(request.host(), Action::Allow, Outcome::Allow);
        }
        let judged = judged.and_then(|judgement| match &judgement.masked {
            // WHY only now: the headers are still held, and a request that stays as it is keeps its length.
            Some(masked) => request
                .remove_header("content-length")
                .and_then(|()| request.replace_body(masked))
                .map(|()| judgement)
                .map_err(|_| Fault::Failed),
            None => Ok(judgement),
        });
        match judged {
            Ok(mut judgement) => {
                self.vault = std::mem::take(&mut judgement.vault);
                self.count_found(request.host(), Side::Request, &judgement, judgement.action);
                if judgement.action == Action::Block {
                    let (reason, message) = (judgement.reason(), message("request", &judgement));
                    let mut refusal = Refusal::new(reason).message(&message);
                    if let Some(place) = &judgement.refused_at {
                        refusal = refusal.place(place);
                    }
                    return self.refuse(request, &refusal, reason);
                }
                self.pass(request.host(), judgement.action, judgement.action.into())
            }
            Err(Fault::Unreadable(error)) => {
                let message = error.to_string();
                let refusal = Refusal::new(error.reason()).message(&message).place(error.path());
                self.refuse(request, &refusal, error.reason())
            }
            Err(Fault::Failed) => match failure_mode {
                FailureMode::FailOpen => self.pass(request.host(), Action::Allow, Outcome::FailedOpen),
                FailureMode::FailClosed => {
                    self.refuse(request, &Refusal::new(Reason::FilterFailed), Reason::FilterFailed)
                }
            },
        }
    }

    fn pass(&mut self, host: &dyn Host, verdict: Action, outcome: Outcome) -> Flow {
        self.verdict = verdict;
        self.count(host, Side::Request, outcome);
        Flow::Continue
    }

    fn refuse(&mut self, request: &Request<'_>, refusal: &Refusal<'_>, reason: Reason) -> Flow {
        let id = request.header(header::REQUEST_ID).ok().flatten();
        let id = id.and_then(|id| String::from_utf8(id).ok());
        let refusal = match &id {
            Some(id) => refusal.request_id(id),
            None => *refusal,
        };
        let body = refusal.body(self.dialect().unwrap_or_else(|| dialect_of(request)));
        self.count(request.host(), Side::Request, Outcome::Refused(reason));
        self.stopwatch.stop(request.host());
        Flow::reply(reply(reason, body, request.elapsed_us()))
    }
}

// === impl ThreatScanStream: the answer ===

impl ThreatScanStream {
    /// Decides how an answer is treated, by its headers.
    fn classify(&self, response: &Response<'_>) -> Answer {
        let chat = self.call.as_ref().is_some_and(|call| call.endpoint != Endpoint::Models);
        if !chat {
            let _ = take_judged_mark(response);
            return Answer::Passing;
        }
        let status = told(response, ":status");
        let media_type = told(response, "content-type");
        // What nearly every answer is, and what the rest of this would come to.
        if status == b"200" && media_type == JSON && self.mode_of_answers() != Mode::Off {
            return Answer::Held;
        }
        // 202 is what is said of a notification to an MCP server, which is nothing, and of a job: that it was accepted.
        if status.first() != Some(&b'2') || status == b"202" {
            return Answer::Passing;
        }
        let media_type = media_type.split(|byte| *byte == b';').next().unwrap_or_default();
        let media_type = media_type.trim_ascii();
        let streams = media_type.eq_ignore_ascii_case(b"text/event-stream");
        if streams && take_judged_mark(response) {
            return Answer::Passing;
        }
        if self.mode_of_answers() == Mode::Off {
            return if streams { Answer::Unscanned } else { Answer::Passing };
        }
        if streams {
            return Answer::Streaming;
        }
        // An answer that is compressed all the same is no JSON, and found out when it is read.
        if media_type.eq_ignore_ascii_case(JSON) {
            Answer::Held
        } else {
            Answer::Unreadable
        }
    }

    /// How far findings in the answer are acted upon: not at all before there is a configuration.
    fn mode_of_answers(&self) -> Mode {
        let inspector = self.inspector.as_deref();
        inspector.map_or(Mode::Off, |inspector| inspector.mode(Side::Answer))
    }

    fn judge_answer(&mut self, response: &Response<'_>) -> Flow {
        let (Some(inspector), Some(dialect), Some(surface)) =
            (self.inspector.as_deref(), self.dialect(), self.surface())
        else {
            return Flow::Continue;
        };
        let failure_mode = inspector.failure_mode();
        let judged = match (self.answer, response.body()) {
            (Answer::Held, Ok(body)) => inspector.judge_answer(surface, &body, &self.caller(), &self.vault),
            (Answer::Held, Err(_)) => Err(Fault::Failed),
            (Answer::Unreadable | Answer::Passing | Answer::Unscanned | Answer::Streaming, _) => {
                return self.refuse_answer(
                    response,
                    dialect,
                    Reason::AnswerUnreadable,
                    Reason::AnswerUnreadable.text(),
                );
            }
        };
        if judged.as_ref().is_ok_and(Judgement::is_clean) {
            self.count(response.host(), Side::Answer, Outcome::Allow);
            return Flow::Continue;
        }
        let judged = judged.and_then(|judgement| match &judgement.masked {
            Some(masked) => replace_body(response, masked)
                .map(|()| judgement)
                .map_err(|_| Fault::Failed),
            None => Ok(judgement),
        });
        match judged {
            Ok(judgement) => {
                self.count_found(response.host(), Side::Answer, &judgement, judgement.action);
                if judgement.action == Action::Block {
                    let (reason, message) = (judgement.reason(), message("answer", &judgement));
                    return self.refuse_answer(response, dialect, reason, &message);
                }
                self.verdict = self.verdict.max(judgement.action);
                self.count(response.host(), Side::Answer, judgement.action.into());
                Flow::Continue
            }
            Err(Fault::Unreadable(_)) => self.refuse_answer(
                response,
                dialect,
                Reason::AnswerUnreadable,
                Reason::AnswerUnreadable.text(),
            ),
            Err(Fault::Failed) => match failure_mode {
                FailureMode::FailOpen => {
                    self.count(response.host(), Side::Answer, Outcome::FailedOpen);
                    Flow::Continue
                }
                FailureMode::FailClosed => {
                    self.refuse_answer(response, dialect, Reason::FilterFailed, Reason::FilterFailed.text())
                }
            },
        }
    }

    /// Puts a refusal in the place of an answer that is held; if Envoy refuses that, sends it as a reply.
    fn refuse_answer(&mut self, response: &Response<'_>, dialect: Dialect, reason: Reason, message: &str) -> Flow {
        self.verdict = Action::Block;
        self.count(response.host(), Side::Answer, Outcome::Refused(reason));
        let id = response.request_id();
        let refusal = Refusal::new(reason).message(message);
        let refusal = id.as_deref().map_or(refusal, |id| refusal.request_id(id));
        let body = refusal.body(dialect);
        // An empty body has no buffer that could be replaced.
        let replaced = response.body().is_ok_and(|held| !held.is_empty()) && replace(response, reason, &body).is_ok();
        if replaced {
            return Flow::Continue;
        }
        self.stopwatch.stop(response.host());
        Flow::reply(reply(reason, body, response.elapsed_us()))
    }

    /// What the client is told of both messages. An answer without it is still an answer.
    pub(crate) fn tell(&self, response: &Response<'_>) {
        let verdict = self.verdict.as_str();
        let _ = match self.answer {
            Answer::Passing | Answer::Held | Answer::Unreadable => {
                response.set_header(header::VERDICT, verdict.as_bytes())
            }
            Answer::Streaming => tell_of(response, verdict, ";answer=streaming"),
            Answer::Unscanned => tell_of(response, verdict, ";answer=unscanned"),
        };
    }
}

// === impl ThreatScanStream: both ===

impl ThreatScanStream {
    fn dialect(&self) -> Option<Dialect> {
        self.call.as_ref().map(|call| call.dialect)
    }

    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller {
            tenant: self.call.as_ref().map_or("", |call| &call.tenant),
            model: &self.model,
            path: &self.path,
        }
    }

    fn surface(&self) -> Option<Surface> {
        self.call.as_ref().map(|call| call.endpoint.into())
    }

    pub(crate) fn count(&self, host: &dyn Host, side: Side, outcome: Outcome) {
        self.metrics.count(host, Meter::Judged(side, outcome));
    }

    pub(crate) fn count_found(&self, host: &dyn Host, side: Side, judgement: &Judgement, action: Action) {
        for category in &judgement.categories {
            self.metrics.count(host, Meter::Found(side, *category, action));
        }
        for kind in &judgement.unscannable {
            self.metrics.count(host, Meter::Unscannable(side, *kind));
        }
    }
}

/// What a header says; nothing if it is not there.
#[inline(never)]
fn told(response: &Response<'_>, name: &str) -> Vec<u8> {
    response.header(name).ok().flatten().unwrap_or_default()
}

#[cold]
fn tell_of(response: &Response<'_>, verdict: &str, answer: &str) -> Result<(), HostError> {
    let mut told = verdict.to_owned();
    told.push_str(answer);
    response.set_header(header::VERDICT, told.as_bytes())
}

/// Takes off the mark of an answer that was judged before it was stored, and says whether it was there; only events ever
/// are. Judged twice, they would be cut anew, and a client that comes again after the last one it got would miss what was
/// kept back then.
fn take_judged_mark(response: &Response<'_>) -> bool {
    let judged = response.header(header::JUDGED).is_ok_and(|told| told.is_some());
    if judged {
        let _ = response.remove_header(header::JUDGED);
    }
    judged
}

/// The model that a request asks for, or nothing; a body that cannot be read is refused for that.
fn model_of(body: &[u8]) -> String {
    let model = bartizan_wire::skim(body).ok().and_then(|facts| facts.model);
    model.map_or_else(String::new, |model| model.decode().into_owned())
}

pub(crate) fn reply(reason: Reason, body: Vec<u8>, elapsed_us: u64) -> Reply {
    Reply::json(reason.status(), body)
        .with(header::VERDICT, Action::Block.as_str())
        .with(header::OVERHEAD, elapsed_us.to_string())
}

/// The dialect of a request that auth has said nothing of.
fn dialect_of(request: &Request<'_>) -> Dialect {
    let path = request.header(":path").ok().flatten().unwrap_or_default();
    let anthropic = match request.header("anthropic-version") {
        Ok(Some(_)) => HasAnthropicVersion::Yes,
        Ok(None) | Err(_) => HasAnthropicVersion::No,
    };
    Dialect::of(core::str::from_utf8(&path).unwrap_or_default(), anthropic)
}

fn replace(response: &Response<'_>, reason: Reason, body: &[u8]) -> Result<(), HostError> {
    response.set_header(":status", reason.status().to_string().as_bytes())?;
    response.set_header("content-type", b"application/json")?;
    response.remove_header("content-encoding")?;
    replace_body(response, body)
}

fn replace_body(response: &Response<'_>, body: &[u8]) -> Result<(), HostError> {
    response.remove_header("content-length")?;
    response.replace_body(body)
}

/// Names the categories, never the rules: what exactly was found would help to get round it.
pub(crate) fn message(what: &str, judgement: &Judgement) -> String {
    if let Some(place) = &judgement.refused_at {
        let kinds = listed(judgement.unscannable.iter().map(|kind| kind.as_str()));
        return format!(
            "The {what} was refused by policy: it has content that cannot be scanned ({kinds}), at {place}."
        );
    }
    let names = listed(judgement.categories.iter().map(|category| category.as_str()));
    if names.is_empty() {
        return format!("The {what} was blocked by policy: it has too much in it to be checked.");
    }
    format!("The {what} was blocked by policy: {names}.")
}

fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut list = String::new();
    for name in names {
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(name);
    }
    list
}

#[cfg(feature = "trap")]
#[expect(
    clippy::panic,
    reason = "the end-to-end test of a crashing VM needs one that crashes"
)]
fn trap(request: &Request<'_>) {
    if let Ok(Some(_)) = request.header("x-test-trap") {
        panic!("x-test-trap");
    }
}
