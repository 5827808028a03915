//! Refusals in each dialect: whatever they repeat, they are what the dialect's clients read.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bartizan_verdict::{Dialect, Reason};
use bartizan_wire::Refusal;
use bartizan_wire::sse::Decoder;
use proptest::prelude::*;
use serde_json::{Value, json};

fn body(refusal: &Refusal<'_>, dialect: Dialect) -> Value {
    serde_json::from_slice(&refusal.body(dialect)).unwrap()
}

#[test]
fn every_reason_fits_each_envelope() {
    for &reason in Reason::ALL {
        let refusal = Refusal::new(reason).request_id("r-1");
        let openai = json!({"error": {
            "message": reason.text(), "type": reason.error_type(Dialect::OpenAi), "param": null, "code": reason.code(),
        }});
        let anthropic = json!({"type": "error", "request_id": "r-1", "error": {
            "type": reason.error_type(Dialect::Anthropic), "message": reason.text(),
        }});
        assert_eq!(body(&refusal, Dialect::OpenAi), openai);
        assert_eq!(body(&refusal, Dialect::Anthropic), anthropic);
        let mcp = json!({"jsonrpc": "2.0", "id": null, "error": {
            "code": reason.json_rpc_code(), "message": reason.text(),
            "data": {"code": reason.code(), "place": null, "request_id": "r-1"},
        }});
        assert_eq!(body(&refusal, Dialect::Mcp), mcp);
    }
}

#[test]
fn a_message_replaces_the_public_text() {
    let refusal = Refusal::new(Reason::WrongType)
        .message("$.n: expected a number")
        .place("$.n");
    assert_eq!(
        body(&refusal, Dialect::OpenAi)["error"]["message"],
        "$.n: expected a number"
    );
    assert_eq!(body(&refusal, Dialect::OpenAi)["error"]["param"], "$.n");
    assert_eq!(body(&refusal, Dialect::Anthropic)["request_id"], Value::Null);
}

#[test]
fn streams_end_as_their_dialect_ends() {
    let refusal = Refusal::new(Reason::ProviderCut);
    let event = |dialect| String::from_utf8(refusal.event(dialect)).unwrap();
    assert!(event(Dialect::OpenAi).starts_with("data: {\"error\":{"));
    assert!(event(Dialect::OpenAi).ends_with("}}\n\ndata: [DONE]\n\n"));
    assert!(event(Dialect::Anthropic).starts_with("event: error\ndata: {\"type\":\"error\","));
    assert!(event(Dialect::Anthropic).ends_with("}\n\n"));
    assert!(event(Dialect::Mcp).starts_with("event: message\ndata: {\"jsonrpc\":\"2.0\","));
}

proptest! {
    #[test]
    fn nothing_repeated_breaks_out(message in "[\\x00-\\x7f\u{e9}\u{2028}]{0,30}", place in any::<String>()) {
        for &dialect in Dialect::ALL {
            let refusal = Refusal::new(Reason::WrongType).message(&message).place(&place).request_id(&place);
            prop_assert_eq!(&body(&refusal, dialect)["error"]["message"], &Value::from(message.as_str()));
            let mut data = Vec::new();
            Decoder::new(100_000).push(&refusal.event(dialect), |event| data.push(event.data.to_owned())).unwrap();
            prop_assert_eq!(data[0].as_bytes(), refusal.body(dialect));
        }
    }
}
