//! Answers that stream: judged, masked or broken off as they flow.

use std::rc::Rc;

use bartizan_host::{AnswerFlow, Host, Piece, PieceFlow, Place, Response, Trailers};
use bartizan_inspect::{Ended, Side, StreamFormat, StreamedAnswer, Unreadable, Vault};
use bartizan_verdict::{Action, Endpoint, Reason, header};
use bartizan_wire::Refusal;

use crate::stream::{message, reply};
use crate::{Outcome, ThreatScanStream};

/// What the access log calls the verdict on an answer that streamed: its headers had left before it was known.
const NOTE: &str = "bartizan_answer";

/// An answer on its way.
#[derive(Debug)]
pub(crate) struct Streamed {
    answer: StreamedAnswer,
    format: StreamFormat,
    /// Whether it was told what became of it.
    is_told: bool,
    /// What the access log was last told.
    noted: Option<Action>,
}

// === impl Streamed ===

impl Streamed {
    /// An answer of this endpoint that has not begun, to a request with these masks.
    fn new(endpoint: Endpoint, vault: Vault) -> Self {
        let format = match endpoint {
            Endpoint::ChatCompletions | Endpoint::Embeddings | Endpoint::Models => StreamFormat::ChatCompletions,
            Endpoint::Responses => StreamFormat::Responses,
            Endpoint::Messages | Endpoint::CountTokens => StreamFormat::Messages,
            Endpoint::Mcp => StreamFormat::Mcp,
        };
        Self {
            answer: StreamedAnswer::new(format, vault),
            format,
            is_told: false,
            noted: None,
        }
    }

    /// What it has come to so far.
    fn outcome(&self) -> Outcome {
        self.answer.judgement().action.into()
    }

    /// Tells the access log what has been found so far, as nobody can once the client has left.
    fn note(&mut self, host: &dyn Host, action: Action) {
        if self.noted.replace(action) != Some(action) {
            host.note(NOTE, action.as_str());
        }
    }

    fn reason(&self, ended: &Ended) -> Reason {
        match ended {
            Ended::Blocked => self.answer.judgement().reason(),
            Ended::Unreadable(Unreadable::TooLarge) => Reason::AnswerTooLarge,
            Ended::Unreadable(_) => Reason::AnswerUnreadable,
            Ended::Failed => Reason::FilterFailed,
        }
    }
}

// === impl ThreatScanStream: an answer that streams ===

impl ThreatScanStream {
    /// The headers of an answer that is to be judged as it flows.
    pub(crate) fn open_streamed(&mut self, response: &Response<'_>) -> AnswerFlow {
        let Some(call) = &self.call else {
            return AnswerFlow::Pass;
        };
        let reason = match response.header("content-encoding") {
            Ok(encoding) if encoding.as_ref().is_none_or(|name| name == b"identity") => {
                // What leaves may be longer or shorter.
                if response.remove_header("content-length").is_ok() {
                    let vault = std::mem::take(&mut self.vault);
                    let mut streamed = Streamed::new(call.endpoint, vault);
                    streamed.note(response.host(), Action::Allow);
                    self.streamed = Some(streamed);
                    self.tell(response);
                    return AnswerFlow::Rewrite;
                }
                Reason::FilterFailed
            }
            Ok(_) => Reason::AnswerUnreadable,
            Err(_) => Reason::FilterFailed,
        };
        let id = response.request_id();
        let refusal = Refusal::new(reason);
        let refusal = id.as_deref().map_or(refusal, |id| refusal.request_id(id));
        let body = refusal.body(call.dialect);
        self.verdict = Action::Block;
        self.count(response.host(), Side::Answer, Outcome::Refused(reason));
        AnswerFlow::Replace(Box::new(reply(reason, body, response.elapsed_us())))
    }

    /// A piece of it.
    pub(crate) fn judge_piece(&mut self, piece: &Piece<'_>) -> PieceFlow {
        let (Some(inspector), Some(mut streamed)) = (self.inspector.as_ref().map(Rc::clone), self.streamed.take())
        else {
            return PieceFlow::Pass;
        };
        let caller = self.caller();
        let mut out = Vec::with_capacity(piece.bytes().len());
        let pushed = streamed.answer.push(&inspector, &caller, piece.bytes(), &mut out);
        let judged = match piece.place() {
            Place::Last => pushed.and_then(|()| streamed.answer.finish(&inspector, &caller, &mut out)),
            Place::Middle => pushed,
        };
        let flow = match judged {
            Err(ended) => {
                let reason = streamed.reason(&ended);
                out.extend_from_slice(&self.last_event(piece, &streamed, reason));
                self.settle(piece.host(), &mut streamed, Outcome::Refused(reason));
                PieceFlow::End(out)
            }
            Ok(()) => {
                let found = streamed.answer.judgement().action;
                streamed.note(piece.host(), found);
                if piece.place() == Place::Last {
                    let outcome = streamed.outcome();
                    self.settle(piece.host(), &mut streamed, outcome);
                }
                if out == piece.bytes() {
                    PieceFlow::Pass
                } else {
                    PieceFlow::Replace(out)
                }
            }
        };
        self.streamed = Some(streamed);
        flow
    }

    /// Its trailers, before which nothing can be put any more: what is still kept back does not leave.
    pub(crate) fn close_streamed(&mut self, trailers: &Trailers<'_>) {
        let (Some(inspector), Some(mut streamed)) = (self.inspector.as_ref().map(Rc::clone), self.streamed.take())
        else {
            return;
        };
        let mut left = Vec::new();
        let outcome = match streamed.answer.finish(&inspector, &self.caller(), &mut left) {
            Ok(()) if left.is_empty() => streamed.outcome(),
            Ok(()) => Outcome::Refused(Reason::AnswerUnreadable),
            Err(ended) => Outcome::Refused(streamed.reason(&ended)),
        };
        self.settle(trailers.host(), &mut streamed, outcome);
        // A client that cannot be told has the answer all the same.
        let _ = trailers.set(header::VERDICT, self.verdict.as_str().as_bytes());
        self.streamed = Some(streamed);
    }

    /// The request is over, maybe in the middle of its answer.
    pub(crate) fn drop_streamed(&mut self, host: &dyn Host) {
        if let Some(mut streamed) = self.streamed.take() {
            let outcome = streamed.outcome();
            self.settle(host, &mut streamed, outcome);
        }
    }

    /// Counts what became of it and tells the access log; only the first call does anything.
    fn settle(&mut self, host: &dyn Host, streamed: &mut Streamed, outcome: Outcome) {
        if std::mem::replace(&mut streamed.is_told, true) {
            return;
        }
        let judgement = streamed.answer.judgement();
        let action = match outcome {
            Outcome::Refused(_) => Action::Block,
            _ => judgement.action,
        };
        self.verdict = self.verdict.max(action);
        self.count_found(host, Side::Answer, judgement, action);
        self.count(host, Side::Answer, outcome);
        streamed.note(host, action);
    }

    /// What ends an answer that is broken off: the error of its dialect.
    fn last_event(&self, piece: &Piece<'_>, streamed: &Streamed, reason: Reason) -> Vec<u8> {
        let Some(call) = &self.call else {
            return Vec::new();
        };
        let message = match reason {
            Reason::ContentBlocked | Reason::ContentUnscannable => message("answer", streamed.answer.judgement()),
            _ => reason.text().to_owned(),
        };
        let id = piece.request_id();
        let refusal = Refusal::new(reason).message(&message);
        let refusal = id.as_deref().map_or(refusal, |id| refusal.request_id(id));
        match streamed.format {
            StreamFormat::Responses => refusal.response_event(streamed.answer.next_number()),
            StreamFormat::ChatCompletions | StreamFormat::Messages | StreamFormat::Mcp => refusal.event(call.dialect),
        }
    }
}
