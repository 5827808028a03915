use std::fmt::Write;

use bartizan_prompt::SpanKind;
use bartizan_verdict::Role;

use crate::{BLIND, Blind, FLOWS, PARTS, Part, Side, Surface};

const HEAD: &str = "\
# What is scanned

<!-- Written by `make surfaces` from tests/surface; do not edit. -->

Every place where a request or an answer can have text is a row below, and a test: the same attack is found in it, masked
in it or reported in it, wherever among its like it stands. A string under a field that no API has is text, too. *Whose* is
the role that thresholds and exceptions of policies go by.

`/v1/messages/count_tokens` is scanned as `/v1/messages` is; its answer is a number. The answer of `/v1/embeddings` is
figures.

";

const FLOWS_HEAD: &str = "\
## Answers that stream

Texts that come in pieces are judged as if they came whole, whatever the pieces are: what could still become a finding waits
for what follows. What a tool is to be called with is kept until it is whole. What comes whole in an event is judged with it.

| API | place | whose | what | comes |
|---|---|---|---|---|
";

const BLIND_HEAD: &str = "\
## What cannot be scanned

Some content has no text, or none that we can get at. `spec.unscannable` of the ThreatPolicy says what becomes of a message
with it: `refuse` answers 400 `content_unscannable` and names the place; `audit`, the default, lets it pass with
`x-bartizan-verdict: audit` and counts it in `bartizan_threat_scan_request_unscannable_total` or
`bartizan_threat_scan_answer_unscannable_total` by its kind; `allow` lets it pass. It never passes as if it had been scanned.

Base64 in the place of a file is scanned when it stands for text, whatever it is called. An address is scanned as text; what
is fetched from it is not seen. What a provider's own tools read while it answers (web and file search, MCP servers that it
calls) reaches its model unseen; what of it stands in the answer is scanned.

| API | message | place | kind |
|---|---|---|---|
";

/// The page that tells what is scanned and what cannot be.
#[must_use]
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for parts in PARTS {
        let Some(first) = parts.first() else { continue };
        // Writing to a String cannot fail.
        let _ = writeln!(page, "## {}: {}\n", api(first.surface), message(first.side));
        page.push_str("| place | whose | what |\n|---|---|---|\n");
        for Part { name, role, kind, .. } in parts {
            let role = owner(*role, *kind);
            let _ = writeln!(page, "| {name} | {role} | {} |", kind.as_str());
        }
        page.push('\n');
    }
    page.push_str(FLOWS_HEAD);
    for flow in FLOWS {
        let role = owner(flow.role, flow.kind);
        let (kind, arrival) = (flow.kind.as_str(), flow.arrival.as_str());
        let _ = writeln!(
            page,
            "| {} | {} | {role} | {kind} | {arrival} |",
            api(flow.surface),
            flow.name
        );
    }
    page.push('\n');
    page.push_str(BLIND_HEAD);
    for Blind {
        surface,
        side,
        name,
        kind,
        ..
    } in BLIND
    {
        let _ = writeln!(
            page,
            "| {} | {} | {name} | `{}` |",
            api(*surface),
            message(*side),
            kind.as_str()
        );
    }
    page
}

/// Whose words a text is judged as. What a tool is called with is the tool's, whoever calls it.
fn owner(role: Role, kind: SpanKind) -> Role {
    if kind == SpanKind::ToolCall { Role::Tool } else { role }
}

const fn api(surface: Surface) -> &'static str {
    match surface {
        Surface::Chat => "`/v1/chat/completions`",
        Surface::Responses => "`/v1/responses`",
        Surface::Embeddings => "`/v1/embeddings`",
        Surface::Messages => "`/v1/messages`",
        Surface::Mcp => "`/mcp`",
        Surface::Json => "JSON",
    }
}

const fn message(side: Side) -> &'static str {
    match side {
        Side::Request => "request",
        Side::Answer => "answer",
    }
}
