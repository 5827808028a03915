use bartizan_scan::label_of;

use super::*;

fn vault() -> Vault {
    let mut vault = Vault::default();
    for (mask, value, expected) in [
        ("[EMAIL]", "ana@example.com", Some("[EMAIL_1]")),
        ("[EMAIL]", "bo@example.com", Some("[EMAIL_2]")),
        ("[EMAIL]", "ana@example.com", Some("[EMAIL_1]")),
        ("[PHONE]", "ana@example.com", Some("[PHONE_1]")),
        ("[URL]", "https://example.net/", Some("[URL_1]")),
        ("hidden", "x", None),
    ] {
        assert_eq!(vault.placeholder(mask, value, &[]).as_deref(), expected);
    }
    vault
}

/// However the text is cut.
fn restored(vault: &Vault, text: &str) -> String {
    let cut = |parts: &[&str]| {
        let (mut restorer, mut out) = (Restorer::default(), String::new());
        parts.iter().for_each(|part| restorer.push(vault, part, &mut out));
        restorer.finish(&mut out);
        out
    };
    let whole = cut(&[text]);
    for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
        assert_eq!(cut(&[&text[..at], &text[at..]]), whole, "cut at {at}");
    }
    whole
}

#[test]
fn values_stand_where_their_placeholders_stood() {
    for (text, expected) in [
        ("Write to [EMAIL_1].", "Write to ana@example.com."),
        ("[EMAIL_2][EMAIL_1]", "bo@example.comana@example.com"),
        ("[[EMAIL_1]]", "[ana@example.com]"),
        ("[EMAIL_[EMAIL_1]", "[EMAIL_ana@example.com"),
        ("Ana <[EMAIL_1]>", "Ana <ana@example.com>"),
        (r#"{"to":"[EMAIL_1]"}"#, r#"{"to":"ana@example.com"}"#),
        ("[URL_1] [EMAIL_1]", "https://example.net/ ana@example.com"),
        ("", ""),
    ] {
        assert_eq!(restored(&vault(), text), expected);
    }
}

#[test]
fn what_is_no_placeholder_of_the_request_stays() {
    for text in [
        "[EMAIL_3], [EMAIL], [EMAIL_10], [EMAIL_01], [CARD_1]",
        "[email_1], EMAIL_1, [EMAIL 1], [EMAIL_1 ]",
        "a [link](x) and [ü] and [EMAIL_1",
    ] {
        assert_eq!(restored(&vault(), text), text);
    }
}

#[test]
fn an_address_carries_nothing_out() {
    for text in [
        "![](https://example.net/?q=[EMAIL_1])",
        "see http://example.net/[EMAIL_1][EMAIL_2] there",
        "[here](/path?q=[EMAIL_1])",
        "<img src='//example.net/?q=\n[EMAIL_1]'>",
    ] {
        assert_eq!(restored(&vault(), text), text);
    }
    assert_eq!(
        restored(&vault(), "[URL_1][EMAIL_1]"),
        "https://example.net/[EMAIL_1]",
        "a value may begin an address"
    );
}

#[test]
fn little_is_held() {
    let (vault, mut restorer, mut out) = (vault(), Restorer::default(), String::new());
    for (piece, expected, holds) in [
        ("to [EMA", "to ", true),
        ("X", "to [EMAX", false),
        (" [EMAIL_1", "to [EMAX ", true),
        ("]", "to [EMAX ana@example.com", false),
        ("[EMAIL_3", "to [EMAX ana@example.com[EMAIL_3", false),
    ] {
        restorer.push(&vault, piece, &mut out);
        assert_eq!((out.as_str(), restorer.holds()), (expected, holds), "{piece}");
    }
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut vault = Vault::default();
    let numbered = |vault: &mut Vault, number: usize| vault.placeholder("[X]", &number.to_string(), &[]);
    let mut count = 0;
    while numbered(&mut vault, count).is_some() {
        count += 1;
    }
    assert_eq!(count, 1_024);
    assert_eq!(numbered(&mut vault, 7).as_deref(), Some("[X_8]"));

    let mut vault = Vault::default();
    assert!(vault.placeholder("[X]", &"x".repeat(60 << 10), &[]).is_some());
    assert_eq!(vault.placeholder("[X]", &"y".repeat(6 << 10), &[]), None);
    assert_eq!(vault.placeholder("[X]", "y", &[]), None, "once full, it stays so");
}

#[test]
fn nothing_is_told_by_its_debug_output() {
    assert_eq!(format!("{:?}", vault()), "Vault of 4");
    assert_eq!(label_of("[A-B.C]"), Some("A-B.C"));
    for placeholder in ["A", "[]", "[A", "A]", "[[A]]", &format!("[{}]", "x".repeat(65))] {
        assert_eq!(label_of(placeholder), None);
    }
}
