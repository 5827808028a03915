//! What a client is told when it is refused: whole bodies, and events within a stream, in each dialect.
//!
//! Envelopes: <https://platform.openai.com/docs/guides/error-codes>, <https://docs.anthropic.com/en/api/errors>,
//! <https://www.jsonrpc.org/specification#error_object>.

use bartizan_verdict::{Dialect, Reason};

use crate::json::escape_into;

/// A refusal, ready to be written in any dialect.
///
/// ```
/// use bartizan_verdict::{Dialect, Reason};
/// use bartizan_wire::Refusal;
///
/// let refusal = Refusal::new(Reason::WrongType).place("$.messages");
/// assert_eq!(
///     String::from_utf8(refusal.body(Dialect::OpenAi))?,
///     r#"{"error":{"message":"The body has a value of the wrong type. Place: $.messages","type":"invalid_request_error","param":"$.messages","code":"wrong_type"}}"#,
/// );
/// # Ok::<(), std::string::FromUtf8Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    reason: Reason,
    message: Option<&'a str>,
    place: Option<&'a str>,
    request_id: Option<&'a str>,
}

// === impl Refusal ===

impl<'a> Refusal<'a> {
    /// A refusal with the public text of its reason.
    #[must_use]
    pub const fn new(reason: Reason) -> Self {
        Self {
            reason,
            message: None,
            place: None,
            request_id: None,
        }
    }

    /// Says something more exact than the reason's public text. It is escaped, so it may repeat what a client sent.
    #[must_use]
    pub const fn message(mut self, message: &'a str) -> Self {
        self.message = Some(message);
        self
    }

    /// Names the place in the request: OpenAI's `param`; also the end of the message if none is set.
    #[must_use]
    pub const fn place(mut self, place: &'a str) -> Self {
        self.place = Some(place);
        self
    }

    /// Sets the id that Envoy gave the request: Anthropic's `request_id`.
    #[must_use]
    pub const fn request_id(mut self, request_id: &'a str) -> Self {
        self.request_id = Some(request_id);
        self
    }

    /// The body of a refusal that is a whole answer; `application/json`.
    #[must_use]
    pub fn body(&self, dialect: Dialect) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        match dialect {
            Dialect::OpenAi => self.write_openai(&mut out),
            Dialect::Anthropic => self.write_anthropic(&mut out),
            Dialect::Mcp => self.write_mcp(&mut out),
        }
        out
    }

    /// The last event of a stream that is broken off; `text/event-stream`.
    ///
    /// OpenAI's SDKs raise on an `error` in the data and stop at `[DONE]`; Anthropic's raise on the event's name.
    #[must_use]
    pub fn event(&self, dialect: Dialect) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        match dialect {
            Dialect::OpenAi => {
                out.extend_from_slice(b"data: ");
                self.write_openai(&mut out);
                out.extend_from_slice(b"\n\ndata: [DONE]\n\n");
            }
            Dialect::Anthropic => {
                out.extend_from_slice(b"event: error\ndata: ");
                self.write_anthropic(&mut out);
                out.extend_from_slice(b"\n\n");
            }
            Dialect::Mcp => {
                out.extend_from_slice(b"event: message\ndata: ");
                self.write_mcp(&mut out);
                out.extend_from_slice(b"\n\n");
            }
        }
        out
    }

    /// The last event of a stream of OpenAI's responses that is broken off.
    ///
    /// Their own `error` events have code and message at the top; the SDKs raise on an `error` in the data, which is
    /// there too. `number` is its place among the events, where that is known.
    #[must_use]
    pub fn response_event(&self, number: Option<u64>) -> Vec<u8> {
        let mut out = Vec::with_capacity(384);
        out.extend_from_slice(b"event: error\ndata: {\"type\":\"error\",\"code\":\"");
        escape_into(&mut out, self.reason.code());
        out.extend_from_slice(b"\",\"message\":\"");
        self.write_message(&mut out);
        out.extend_from_slice(b"\",\"param\":");
        write_optional(&mut out, self.place);
        if let Some(number) = number {
            out.extend_from_slice(b",\"sequence_number\":");
            out.extend_from_slice(number.to_string().as_bytes());
        }
        out.push(b',');
        self.write_error(&mut out);
        out.extend_from_slice(b"}\n\n");
        out
    }

    fn write_openai(&self, out: &mut Vec<u8>) {
        out.push(b'{');
        self.write_error(out);
        out.push(b'}');
    }

    fn write_error(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"error\":{\"message\":\"");
        self.write_message(out);
        out.extend_from_slice(b"\",\"type\":\"");
        escape_into(out, self.reason.error_type(Dialect::OpenAi));
        out.extend_from_slice(b"\",\"param\":");
        write_optional(out, self.place);
        out.extend_from_slice(b",\"code\":\"");
        escape_into(out, self.reason.code());
        out.extend_from_slice(b"\"}");
    }

    fn write_anthropic(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"type\":\"error\",\"error\":{\"type\":\"");
        escape_into(out, self.reason.error_type(Dialect::Anthropic));
        out.extend_from_slice(b"\",\"message\":\"");
        self.write_message(out);
        out.extend_from_slice(b"\"},\"request_id\":");
        write_optional(out, self.request_id);
        out.push(b'}');
    }

    /// A response of JSON-RPC to no request in particular, as one that could not be read is answered.
    fn write_mcp(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":");
        out.extend_from_slice(self.reason.json_rpc_code().to_string().as_bytes());
        out.extend_from_slice(b",\"message\":\"");
        self.write_message(out);
        out.extend_from_slice(b"\",\"data\":{\"code\":\"");
        escape_into(out, self.reason.code());
        out.extend_from_slice(b"\",\"place\":");
        write_optional(out, self.place);
        out.extend_from_slice(b",\"request_id\":");
        write_optional(out, self.request_id);
        out.extend_from_slice(b"}}}");
    }

    fn write_message(&self, out: &mut Vec<u8>) {
        match (self.message, self.place) {
            (Some(message), _) => escape_into(out, message),
            (None, None) => escape_into(out, self.reason.text()),
            (None, Some(place)) => {
                escape_into(out, self.reason.text());
                out.extend_from_slice(b" Place: ");
                escape_into(out, place);
            }
        }
    }
}

fn write_optional(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => {
            out.push(b'"');
            escape_into(out, text);
            out.push(b'"');
        }
        None => out.extend_from_slice(b"null"),
    }
}
