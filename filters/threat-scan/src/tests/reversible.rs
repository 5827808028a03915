//! Masks that the answer gets its values back for.

use bartizan_scan::CategorySet;

use super::*;

fn reversible() -> ThreatScanConfig {
    ThreatScanConfig {
        reversible: CategorySet::EMPTY.with(Category::Pii),
        ..config()
    }
}

#[test]
fn a_whole_answer_gets_its_values_back() {
    let mut case = Case::chat(&reversible(), &chat("ana@example.com and bo@example.com"));
    let sent = String::from_utf8(case.forwarded().body).unwrap();
    assert_eq!(sent, chat("[EMAIL_1] and [EMAIL_2]"));
    let said = answer("To [EMAIL_2], not eve@example.com");
    let length = said.len().to_string();
    let headers = [(":status", "200"), JSON, ("content-length", &length)];
    let got = case.exchange.response(&headers, &[said.as_bytes()], &Ending::LastPiece);
    assert_eq!(
        str::from_utf8(&got.body).unwrap(),
        answer("To bo@example.com, not [EMAIL]")
    );
    assert_eq!(header(&got, "content-length"), None);
    assert_eq!(header(&got, "x-bartizan-verdict"), Some("mask"));
    assert_eq!(case.outcome("answer", "mask"), 1);
}

#[test]
fn an_answer_that_streams_gets_its_values_back() {
    use super::streamed::{DONE, STREAM, said, says, stop};

    for size in [1, 7, 10_000] {
        let mut case = Case::chat(&reversible(), &chat("ana@example.com"));
        let stream = [says("To [EMA"), says("IL_1], [EMAIL_2]"), stop(), DONE.to_owned()].concat();
        let pieces: Vec<_> = stream.as_bytes().chunks(size).collect();
        let headers = [(":status", "200"), STREAM];
        let got = case.exchange.response(&headers, &pieces, &Ending::LastPiece);
        assert_eq!(
            said(str::from_utf8(&got.body).unwrap()),
            "To ana@example.com, [EMAIL_2]"
        );
        assert_eq!(case.world.noted("bartizan_answer").as_deref(), Some("allow"));
    }
}

#[test]
fn what_is_restored_is_no_finding_of_the_answer() {
    let mut case = Case::chat(&reversible(), &chat("ana@example.com"));
    let headers = [(":status", "200"), JSON];
    let said = answer("[EMAIL_1]");
    let got = case.exchange.response(&headers, &[said.as_bytes()], &Ending::LastPiece);
    assert_eq!(str::from_utf8(&got.body).unwrap(), answer("ana@example.com"));
    assert_eq!(case.outcome("answer", "allow"), 1);
}

#[test]
fn a_blocked_answer_gets_nothing_back() {
    let mut case = Case::chat(&reversible(), &chat("ana@example.com"));
    let said = answer(&format!("[EMAIL_1], {ATTACK}"));
    let headers = [(":status", "200"), JSON];
    let got = case.exchange.response(&headers, &[said.as_bytes()], &Ending::LastPiece);
    assert!(!str::from_utf8(&got.body).unwrap().contains("ana@"));
    assert_eq!(header(&got, "x-bartizan-verdict"), Some("block"));
}

#[test]
fn one_exchange_knows_nothing_of_another() {
    let world = World::at(1);
    let filter = filter(&world, &reversible());
    let mut exchanges: Vec<_> = ["ana@example.com", "bo@example.com", "nobody"]
        .into_iter()
        .map(|text| {
            let mut exchange = Exchange::new(&world, &filter);
            let body = chat(text);
            let length = body.len().to_string();
            exchange.request(
                &[("x-bartizan-call", CHAT), ("content-length", &length)],
                &[body.as_bytes()],
            );
            (text, exchange)
        })
        .collect();
    for (text, exchange) in &mut exchanges {
        let said = answer("[EMAIL_1]");
        let headers = [(":status", "200"), JSON];
        let got = exchange.response(&headers, &[said.as_bytes()], &Ending::LastPiece);
        let expected = if *text == "nobody" { "[EMAIL_1]" } else { text };
        assert_eq!(str::from_utf8(&got.body).unwrap(), answer(expected));
    }
}
