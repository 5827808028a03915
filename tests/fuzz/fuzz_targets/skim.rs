//! Facts of requests, and the changes that the forwarder makes by them.
#![no_main]

use bartizan_verdict::Endpoint;
use bartizan_wire::json::Patch;
use bartizan_wire::{Demand, demand, skim, usage};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    for &endpoint in Endpoint::ALL {
        let usage = usage::from_answer(endpoint, body).ok().flatten();
        assert!(usage.is_none_or(|usage| usage.total() <= 4_000_000_000));
    }
    let expected = skim(body).map(|facts| Demand {
        input: facts.input_estimate(),
        max_tokens: facts.max_tokens,
        choices: facts.choices,
    });
    assert_eq!(demand(body), expected);
    let Ok(facts) = skim(body) else { return };
    let mut patch = Patch::new();
    facts.name_model(&mut patch, "other \"model\"");
    facts.ask_for_usage(&mut patch);
    let patched = patch.apply(body);

    let after = skim(&patched).expect("a patched request is a request");
    assert!(after.wants_usage());
    assert_eq!(
        (after.stream, after.max_tokens, after.choices),
        (facts.stream, facts.max_tokens, facts.choices)
    );

    let mut expected: Value = serde_json::from_slice(body).expect("what we accept is JSON");
    if facts.model.is_some() {
        expected["model"] = "other \"model\"".into();
    }
    if expected["stream_options"].is_null() {
        expected["stream_options"] = serde_json::json!({});
    }
    expected["stream_options"]["include_usage"] = true.into();
    assert_eq!(
        serde_json::from_slice::<Value>(&patched).expect("a patched request is JSON"),
        expected
    );
});
