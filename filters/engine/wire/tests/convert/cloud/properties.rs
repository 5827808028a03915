use bartizan_wire::convert::stream;
use bartizan_wire::convert::{Losses, answer, request};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{context, converse, feed, gemini, whole};
use crate::arbitrary;

fn gemini_answer() -> Value {
    json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": [
        {"text": "Hm.", "thought": true}, {"text": "Words.", "thoughtSignature": "c2ln"},
        {"functionCall": {"id": "k1", "name": "look", "args": {"q": 1}}, "thoughtSignature": "c2ln"}]},
        "finishReason": "STOP", "citationMetadata": {"citationSources": [{"startIndex": 0, "endIndex": 2, "uri": "https://a.example"}]},
        "groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://a.example"}}],
            "groundingSupports": [{"segment": {"endIndex": 2, "text": "W"}, "groundingChunkIndices": [0]}]}}],
        "promptFeedback": {"blockReason": "SAFETY"}, "responseId": "r", "modelVersion": "m",
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "thoughtsTokenCount": 1}})
}

fn converse_answer() -> Value {
    json!({"output": {"message": {"role": "assistant", "content": [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}}, {"reasoningContent": {"redactedContent": "AAAA"}},
        {"citationsContent": {"content": [{"text": "W"}], "citations": [{"location": {"documentChar": {"documentIndex": 0, "start": 0, "end": 1}}}]}},
        {"text": "Words."}, {"toolUse": {"toolUseId": "k1", "name": "look", "input": {}}}]}},
        "stopReason": "end_turn", "additionalModelResponseFields": {"stop_sequence": "x"},
        "usage": {"inputTokens": 3, "outputTokens": 2, "cacheReadInputTokens": 1}})
}

fn converse_events() -> Vec<Value> {
    vec![
        json!(["contentBlockStart", {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "k1", "name": "look"}}}]),
        json!(["contentBlockDelta", {"contentBlockIndex": 0, "delta": {"toolUse": {"input": "{"}}}]),
        json!(["contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "a"}}]),
        json!(["contentBlockDelta", {"contentBlockIndex": 1, "delta": {"citation": {"title": "T"}}}]),
        json!(["contentBlockDelta", {"contentBlockIndex": 2, "delta": {"reasoningContent": {"text": "a"}}}]),
        json!(["contentBlockDelta", {"contentBlockIndex": 2, "delta": {"reasoningContent": {"redactedContent": "a"}}}]),
        json!(["contentBlockStop", {"contentBlockIndex": 0}]),
        json!(["messageStop", {"stopReason": "end_turn"}]),
        json!(["metadata", {"usage": {"inputTokens": 1, "outputTokens": 1}}]),
        json!(["throttlingException", {}]),
    ]
}

fn client_request() -> Value {
    json!({"model": "m", "max_tokens": 9, "system": [{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                {"type": "document", "title": "t", "source": {"type": "text", "media_type": "text/plain", "data": "d"}}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "h", "signature": "s"}, {"type": "tool_use", "id": "k", "name": "look", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "k", "content": [{"type": "text", "text": "x"}]}]}],
        "tools": [{"name": "look", "input_schema": {}}], "tool_choice": {"type": "any"}, "thinking": {"type": "enabled", "budget_tokens": 2000}})
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused(any in arbitrary::value(), gemini in arbitrary::mutated(gemini_answer()), converse in arbitrary::mutated(converse_answer())) {
        for body in [any, gemini, converse] {
            let _ = answer::from_gemini::read(body.clone(), &context());
            let _ = answer::from_converse::read(body.clone());
            feed(stream::from_gemini::Reader::new(context()), &[("message".to_owned(), body.to_string())]);
        }
    }

    #[test]
    fn whatever_is_read_is_written(any in arbitrary::value(), body in arbitrary::mutated(client_request())) {
        for body in [any, body] {
            for read in [request::from_chat::read, request::from_messages::read, request::from_responses::read] {
                let mut losses = Losses::default();
                let Ok(request) = read(body.clone(), &mut losses) else { continue };
                for model in ["gemini-2.5-pro", "anthropic.claude-sonnet-4-5", "amazon.nova-pro-v1:0", "other"] {
                    let _ = request::to_gemini::write(&request, model, &mut losses);
                    let _ = request::to_gemini::write_count(&request, model, &mut losses);
                    let _ = request::to_converse::write(&request, model, &mut losses);
                    let _ = request::to_converse::write_count(&request, model, &mut losses);
                }
            }
        }
    }

    #[test]
    fn converse_streams_break_nothing(events in prop::collection::vec(prop::sample::select(converse_events()).prop_flat_map(arbitrary::mutated), 0..12)) {
        let events: Vec<(String, String)> = events
            .iter()
            .map(|event| (event[0].as_str().unwrap_or_default().to_owned(), event[1].to_string()))
            .collect();
        feed(stream::from_converse::Reader::default(), &events);
    }

    #[test]
    fn a_stream_comes_to_the_whole_answer(thoughts in "\\PC{1,9}", words in prop::collection::vec("\\PC{1,9}", 1..5), calls in 0..3_usize) {
        let arguments = json!({"q": words[0]});
        let gemini_calls: Vec<Value> =
            (0..calls).map(|_| json!({"functionCall": {"name": "look", "args": arguments}})).collect();
        let mut parts = vec![json!({"text": thoughts, "thought": true}), json!({"text": words.concat()})];
        parts.extend(gemini_calls.clone());
        let one = answer::from_gemini::read(
            json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}), &context()).unwrap();
        let mut pieces = vec![json!({"text": thoughts, "thought": true})];
        pieces.extend(words.iter().map(|word| json!({"text": word})));
        pieces.extend(gemini_calls);
        let mut events: Vec<Value> =
            pieces.iter().map(|piece| json!({"candidates": [{"content": {"parts": [piece]}}]})).collect();
        events.push(json!({"candidates": [{"finishReason": "STOP"}]}));
        prop_assert_eq!(gemini(&events), whole(one));

        let mut content = vec![json!({"reasoningContent": {"reasoningText": {"text": thoughts}}}), json!({"text": words.concat()})];
        let mut events = vec![
            ("messageStart", json!({"role": "assistant"})),
            ("contentBlockDelta", json!({"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": thoughts}}})),
            ("contentBlockStop", json!({"contentBlockIndex": 0})),
        ];
        events.extend(words.iter().map(|word| ("contentBlockDelta", json!({"contentBlockIndex": 1, "delta": {"text": word}}))));
        for number in 0..calls {
            let (id, index) = (format!("t{number}"), number + 2);
            content.push(json!({"toolUse": {"toolUseId": id, "name": "look", "input": arguments}}));
            events.push(("contentBlockStart", json!({"contentBlockIndex": index, "start": {"toolUse": {"toolUseId": id, "name": "look"}}})));
            events.push(("contentBlockDelta", json!({"contentBlockIndex": index, "delta": {"toolUse": {"input": arguments.to_string()}}})));
        }
        events.push(("messageStop", json!({"stopReason": "end_turn"})));
        let one = answer::from_converse::read(
            json!({"output": {"message": {"content": content}}, "stopReason": "end_turn"})).unwrap();
        prop_assert_eq!(converse(&events), whole(one));
    }
}
