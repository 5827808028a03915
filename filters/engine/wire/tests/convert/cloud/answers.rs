use bartizan_wire::convert::answer::{from_converse, from_gemini};
use bartizan_wire::convert::neutral::{Answer, Citation, Content, Finish, Place, Placed, Source};
use bartizan_wire::convert::tokens;
use serde_json::{Value, json};

use super::context;
use crate::gather::{answer, call, cited, counts, text, thinking};

fn gemini(parts: Value, reason: &str) -> Result<Answer, String> {
    let body = json!({"candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": reason}]});
    from_gemini::read(body, &context()).map_err(|error| error.to_string())
}

fn converse(content: Value, reason: &str) -> Result<Answer, String> {
    let body = json!({"output": {"message": {"role": "assistant", "content": content}}, "stopReason": reason});
    from_converse::read(body).map_err(|error| error.to_string())
}

#[test]
fn parts_of_gemini_are_read() {
    let signed = |id: &str, signature: &str| Content::ToolCall {
        id: id.to_owned(),
        name: "look".to_owned(),
        arguments: "{\"q\":1}".to_owned(),
        signature: Some(Placed::new(signature.to_owned(), Place::root())),
    };
    let picture = Content::Image {
        source: Source::Base64 {
            media_type: "image/png".to_owned(),
            data: "BBBB".to_owned(),
        },
        detail: None,
    };
    let table = [
        (
            json!([{"text": "Hello"}]),
            "STOP",
            answer(vec![text("Hello")], Finish::Stop),
        ),
        (
            json!([{"text": "Hm.", "thought": true}, {"text": "Hello", "thoughtSignature": "c2ln"}]),
            "STOP",
            answer(
                vec![thinking("Hm.", None), text("Hello"), thinking("", Some("c2ln"))],
                Finish::Stop,
            ),
        ),
        // Nobody is told thoughts, and so nobody brings the signature back.
        (
            json!([{"text": "Hello", "thoughtSignature": "c2ln"}]),
            "STOP",
            answer(vec![text("Hello")], Finish::Stop),
        ),
        (
            json!([{"functionCall": {"name": "look", "args": {"q": 1}}, "thoughtSignature": "c2ln"},
                {"functionCall": {"id": "own", "name": "look"}}]),
            "STOP",
            answer(
                vec![signed("call_0_0a1b2c3d", "c2ln"), call("own", "look", "{}")],
                Finish::ToolCalls,
            ),
        ),
        (
            json!([{"executableCode": {"code": "1"}}, {"text": "1"}]),
            "SAFETY",
            answer(vec![text("1")], Finish::ContentFilter),
        ),
        (
            json!([{"text": "1"}]),
            "MAX_TOKENS",
            answer(vec![text("1")], Finish::Length),
        ),
        (json!([{"text": "1"}]), "OTHER", answer(vec![text("1")], Finish::Stop)),
        (
            json!([{"functionCall": {"id": "own", "name": "look"}}]),
            "UNEXPECTED_TOOL_CALL",
            answer(vec![call("own", "look", "{}")], Finish::ToolCalls),
        ),
        (
            json!([{"inlineData": {"mimeType": "image/png", "data": "AAAA"}, "thought": true},
                {"inlineData": {"mimeType": "image/png", "data": "BBBB"}}]),
            "STOP",
            answer(vec![picture], Finish::Stop),
        ),
        (json!([]), "RECITATION", answer(vec![], Finish::ContentFilter)),
    ];
    for (parts, reason, expected) in table {
        assert_eq!(gemini(parts.clone(), reason), Ok(expected), "{parts} {reason}");
    }
    for parts in [json!([]), json!([{"text": "Hm.", "thought": true}])] {
        assert_eq!(
            gemini(parts, "MALFORMED_FUNCTION_CALL"),
            Err("$.candidates[0].finishReason: expected the reason of an answer, found a string".to_owned())
        );
    }
    assert_eq!(
        gemini(
            json!([{"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}}]),
            "STOP"
        ),
        Err(
            "$.candidates[0].content.parts[0].inlineData.mimeType: expected the type of a picture, found a string"
                .to_owned()
        )
    );
}

#[test]
fn a_blocked_prompt_is_an_answer_without_words() {
    let body = json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "modelVersion": "gemini-3-flash",
        "responseId": "r1", "usageMetadata": {"promptTokenCount": 7}});
    let expected = Answer {
        id: "r1".to_owned(),
        model: "gemini-3-flash".to_owned(),
        usage: Some(counts(7, 0, 0, 0, None)),
        ..answer(vec![], Finish::ContentFilter)
    };
    assert_eq!(from_gemini::read(body, &context()), Ok(expected));
    let nothing = from_gemini::read(json!({"modelVersion": "m"}), &context());
    assert_eq!(
        nothing.unwrap_err().to_string(),
        "$.candidates: missing, expected an array"
    );
}

#[test]
fn geminis_citations_count_characters() {
    let body = json!({"candidates": [{"content": {"parts": [{"text": "Grün ist es."}]}, "finishReason": "STOP",
        "groundingMetadata": {
            "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
            "groundingSupports": [{"segment": {"startIndex": 0, "endIndex": 5, "text": "Grün"}, "groundingChunkIndices": [0, 9]}]}}]});
    let citation = Citation {
        text: Some("Grün".to_owned()),
        title: Some("A".to_owned()),
        url: Some("https://a.example".to_owned()),
        document: None,
        range: Some((0, 4)),
        unit: Some("answer"),
        raw: None,
    };
    let expected = answer(vec![cited("Grün ist es.", vec![citation])], Finish::Stop);
    assert_eq!(from_gemini::read(body, &context()), Ok(expected));
}

#[test]
fn usage_adds_up_alike() {
    let body = |usage: Value| json!({"candidates": [{"content": {"parts": [{"text": "x"}]}}], "usageMetadata": usage});
    let table = [
        (
            json!({"promptTokenCount": 10, "cachedContentTokenCount": 4, "candidatesTokenCount": 3, "thoughtsTokenCount": 5,
                "toolUsePromptTokenCount": 2, "totalTokenCount": 20}),
            Some(counts(12, 4, 0, 8, Some(5))),
        ),
        (json!({"promptTokenCount": -1}), None),
        (json!({"promptTokenCount": 1, "candidatesTokenCount": 1e30}), None),
        (json!("much"), None),
    ];
    for (usage, expected) in table {
        let answer = from_gemini::read(body(usage.clone()), &context()).unwrap();
        assert_eq!(answer.usage, expected, "{usage}");
    }
    let body = |usage: Value| json!({"output": {"message": {"content": [{"text": "x"}]}}, "usage": usage});
    let table = [
        (
            json!({"inputTokens": 10, "outputTokens": 3, "totalTokens": 19, "cacheReadInputTokens": 4, "cacheWriteInputTokens": 2}),
            Some(counts(16, 4, 2, 3, None)),
        ),
        (json!({"inputTokens": 1.5}), None),
        (json!([]), None),
    ];
    for (usage, expected) in table {
        assert_eq!(
            from_converse::read(body(usage.clone())).unwrap().usage,
            expected,
            "{usage}"
        );
    }
}

#[test]
fn blocks_of_converse_are_read() {
    let citation = Citation {
        text: Some("A tree.".to_owned()),
        title: Some("Trees".to_owned()),
        url: None,
        document: Some(0),
        range: Some((3, 10)),
        unit: Some("char"),
        raw: None,
    };
    let table = [
        (
            json!([{"text": "Hello"}]),
            "end_turn",
            answer(vec![text("Hello")], Finish::Stop),
        ),
        (
            json!([{"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
                {"reasoningContent": {"redactedContent": "AAAA"}},
                {"toolUse": {"toolUseId": "t1", "name": "look", "input": {"q": 1}}}]),
            "tool_use",
            answer(
                vec![
                    thinking("Hm.", Some("c2ln")),
                    Content::RedactedThinking {
                        data: "AAAA".to_owned(),
                    },
                    call("t1", "look", "{\"q\":1}"),
                ],
                Finish::ToolCalls,
            ),
        ),
        (
            json!([{"citationsContent": {"content": [{"text": "There is "}, {"text": "a tree."}], "citations": [{
                "title": "Trees", "sourceContent": [{"text": "A tree."}],
                "location": {"documentChar": {"documentIndex": 0, "start": 3, "end": 10}}}]}}]),
            "end_turn",
            answer(vec![cited("There is a tree.", vec![citation])], Finish::Stop),
        ),
        (
            json!([{"image": {"format": "png", "source": {"bytes": "AAAA"}}}, {"text": "x"}]),
            "end_turn",
            answer(
                vec![
                    Content::Image {
                        source: Source::Base64 {
                            media_type: "image/png".to_owned(),
                            data: "AAAA".to_owned(),
                        },
                        detail: None,
                    },
                    text("x"),
                ],
                Finish::Stop,
            ),
        ),
        (
            json!([{"image": {"format": "png"}}, {"text": "x"}]),
            "guardrail_intervened",
            answer(vec![text("x")], Finish::ContentFilter),
        ),
        (
            json!([]),
            "model_context_window_exceeded",
            answer(vec![], Finish::ContextWindow),
        ),
    ];
    for (content, reason, expected) in table {
        assert_eq!(converse(content.clone(), reason), Ok(expected), "{content} {reason}");
    }
    assert_eq!(
        converse(json!([]), "malformed_tool_use"),
        Err("$.stopReason: expected the reason of an answer, found a string".to_owned())
    );
    let body = json!({"output": {"message": {"content": []}}, "stopReason": "stop_sequence",
        "additionalModelResponseFields": {"stop_sequence": "END"}});
    let answer = from_converse::read(body).unwrap();
    assert_eq!(answer.choices[0].finish, Finish::StopSequence(Some("END".to_owned())));
}

#[test]
fn counts_of_tokens_are_read() {
    assert_eq!(tokens::from_gemini::read(json!({"totalTokens": 7})), Ok(7));
    assert_eq!(tokens::from_converse::read(json!({"inputTokens": 7})), Ok(7));
    let missing = tokens::from_gemini::read(json!({})).unwrap_err();
    assert_eq!(missing.to_string(), "$.totalTokens: missing, expected a whole number");
    let wrong = tokens::from_converse::read(json!({"inputTokens": "7"})).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "$.inputTokens: expected a whole number, found a string"
    );
}
