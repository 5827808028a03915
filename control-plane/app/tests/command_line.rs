//! The program from outside: exit codes, and what goes to which stream.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

const GOOD: &str = "\
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: 'off', rulePacks: []}
";

const BAD: &str = "\
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: acme}
spec:
  keys:
  - {id: dev, sha256: short}
  limits:
    requests: {limit: 5, window: 5x}
";

fn bartizan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bartizan"))
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn policies(text: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("policy.yaml"), text).unwrap();
    directory
}

fn check(directory: &Path, more: &[&str]) -> Output {
    let path = directory.to_str().unwrap();
    bartizan(&[&["check", "-f", path], more].concat())
}

#[test]
fn check_of_good_policies_exits_with_0() {
    let directory = policies(GOOD);
    let output = check(directory.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stdout(&output), "1 file: no mistakes\n");
    assert_eq!(stdout(&check(directory.path(), &["-o", "json"])), "[]\n");
}

#[test]
fn check_prints_every_mistake_with_its_place_and_exits_with_1() {
    let directory = policies(&format!("{GOOD}---\n{BAD}"));
    let output = check(directory.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let file = directory.path().join("policy.yaml");
    let text = stdout(&output);
    let lines: Vec<_> = text
        .lines()
        .map(|line| line.replace(file.to_str().unwrap(), "policy.yaml"))
        .collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[0].starts_with("policy.yaml:11:23: spec.keys[0].sha256: "),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].starts_with("policy.yaml:13:34: spec.limits.requests.window: \"5x\""),
        "{}",
        lines[1]
    );
    assert_eq!(lines[2], "1 file: 2 mistakes");
}

#[test]
fn check_warns_of_a_regex_that_is_run_over_every_text() {
    let rule = "id: dear, category: secrets, owasp: [LLM02], action: mask, regex: '[a-z]{30}'";
    let example = "examples: {match: [thequickbrownfoxjumpsoverthelazy], noMatch: [fox]}";
    let directory = policies(&format!(
        "{GOOD}---\napiVersion: bartizan.dev/v1alpha1\nkind: RulePack\nmetadata: {{name: pack}}\nspec:\n  rules:\n  \
         - {{{rule}, {example}}}\n"
    ));
    let output = check(directory.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let text = stdout(&output);
    let (warning, sum) = text.trim_end().split_once('\n').unwrap();
    assert!(
        warning.starts_with("warning: ") && warning.contains("spec.rules[0].regex: "),
        "{warning}"
    );
    assert!(
        warning.contains("every text") && warning.contains("; make a word"),
        "{warning}"
    );
    assert_eq!(sum, "1 file: no mistakes, 1 warning");
    let list: serde_json::Value = serde_json::from_slice(&check(directory.path(), &["-o", "json"]).stdout).unwrap();
    assert_eq!(
        (&list[0]["severity"], &list[0]["line"]),
        (&"warning".into(), &11.into())
    );
}

#[test]
fn check_lists_mistakes_as_json() {
    let directory = policies(&format!("{GOOD}---\n{BAD}"));
    let output = check(directory.path(), &["-o", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let second = &list[1];
    assert_eq!((&second["line"], &second["column"]), (&13.into(), &34.into()));
    assert_eq!(second["severity"], "error");
    assert_eq!(second["field"], "spec.limits.requests.window");
    assert!(second["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()));
}

#[test]
fn what_cannot_be_read_or_understood_exits_with_2() {
    for arguments in [
        &["check", "-f", "/nowhere"][..],
        &["check", "-o", "yaml"],
        &["frobnicate"],
        &["up", "--listen", "localhost"],
        &["serve"],
    ] {
        let output = bartizan(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            stderr(&output).starts_with("error: "),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert!(stdout(&output).is_empty());
    }
}

#[test]
fn a_new_key_is_shown_apart_from_its_policy_which_is_good() {
    let output = bartizan(&["key", "new", "--tenant", "acme", "--id", "laptop"]);
    assert_eq!(output.status.code(), Some(0));
    let key = stderr(&output).lines().next().unwrap().to_owned();
    assert!(key.starts_with("bz-") && key.len() == 46, "{key}");
    let policy = stdout(&output);
    assert!(!policy.contains(&key));
    let directory = policies(&format!("{GOOD}{policy}"));
    assert_eq!(check(directory.path(), &[]).status.code(), Some(0));
    assert_ne!(
        stdout(&bartizan(&["key", "new", "--tenant", "acme", "--id", "laptop"])),
        policy
    );
}

#[test]
fn a_bootstrap_names_the_control_plane() {
    let output = bartizan(&["bootstrap", "--xds", "xds.example.com:18000", "--node-id", "edge-7"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    for expected in ["edge-7", "xds.example.com", "18000", "127.0.0.1"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_whole_configuration_has_the_filters_and_no_secret() {
    let directory = policies(GOOD);
    let path = directory.path().to_str().unwrap();
    let output = bartizan(&["bootstrap", "--static", "-f", path, "--filters", "/filters"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    for expected in [
        "/filters/auth.wasm",
        "/filters/rate-limit.wasm",
        "/filters/threat-scan.wasm",
        "BARTIZAN_FORWARD_TOKEN",
    ] {
        assert!(text.contains(expected), "{expected}");
    }
}

#[test]
fn a_bad_policy_keeps_the_process_from_starting() {
    let directory = policies(BAD);
    let path = directory.path().to_str().unwrap();
    let output = bartizan(&["serve", "--roles", "admin", "--admin", "127.0.0.1:0", "-f", path]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(
        text.contains("spec.limits.requests.window") && text.contains("spec.keys[0].sha256"),
        "{text}"
    );
    assert!(text.trim_end().ends_with("mistakes in the policy"), "{text}");
}

#[test]
fn an_address_in_use_is_named_before_anything_starts() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = bartizan(&["serve", "--roles", "admin", "--admin", &address, "-f", "/nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = format!("error: {address} (--admin) is in use by another program");
    assert!(stderr(&output).starts_with(&expected), "{}", stderr(&output));
}

const RULES: &str = "\
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: enforce, rulePacks: [badges]}
---
apiVersion: bartizan.dev/v1alpha1
kind: RulePack
metadata: {name: badges}
spec:
  rules:
  - id: badge
    category: pii
    owasp: [LLM02]
    action: mask
    regex: '\\bBADGE-[0-9]{4}\\b'
    examples: {match: [BADGE-1234], noMatch: [BADGE]}
";

fn scan(more: &[&str], input: &str) -> Output {
    use std::io::Write;
    let directory = policies(RULES);
    let mut child = Command::new(env!("CARGO_BIN_EXE_bartizan"))
        .args([&["scan", "-f", directory.path().to_str().unwrap()], more].concat())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn scan_explains_a_text_and_a_body() {
    let clean = scan(&[], "I have no badge.");
    assert_eq!((clean.status.code(), stdout(&clean).as_str()), (Some(0), "allow\n"));

    let found = scan(&[], "I am BADGE-1234.");
    assert_eq!(found.status.code(), Some(1));
    for part in [
        "mask\n",
        "badge  pii LLM02",
        "text of user, bytes 5 to 15",
        "I am [BADGE].",
    ] {
        assert!(stdout(&found).contains(part), "{part} is not in {}", stdout(&found));
    }
    assert!(
        !stdout(&found).contains('\u{1b}'),
        "no colours where there is no terminal"
    );
    assert!(stdout(&scan(&["--color", "always"], "BADGE-1234")).contains("\u{1b}[1m"));

    let body = r#"{"model": "m", "messages": [{"role": "user", "content": "I am BADGE-1234."}]}"#;
    let verdict: serde_json::Value = serde_json::from_slice(&scan(&["-o", "json"], body).stdout).unwrap();
    assert_eq!(verdict["action"], "mask");
    assert_eq!(verdict["findings"][0]["path"], "$.messages[0].content");
    assert_eq!(verdict["scores"]["pii"], 1.0);
    assert!(verdict["masked"].as_str().unwrap().contains("[BADGE]"));

    let broken = scan(&["--as", "request", "--surface", "chat"], r#"{"messages": 1}"#);
    assert_eq!(broken.status.code(), Some(2));
    assert!(stderr(&broken).contains("$.messages"), "{}", stderr(&broken));
}

#[test]
fn scan_judges_lines_and_goes_on_after_a_bad_one() {
    let rows =
        "{\"id\": \"a\", \"text\": \"BADGE-1234\"}\n\nnonsense\n{\"id\": 2, \"text\": \"hello\", \"role\": \"tool\"}\n";
    let output = scan(&["--jsonl"], rows);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("line 3: "), "{}", stderr(&output));
    let verdicts: Vec<serde_json::Value> = (stdout(&output).lines())
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<_> = verdicts
        .iter()
        .map(|verdict| (&verdict["id"], &verdict["action"]))
        .collect();
    assert_eq!(
        told,
        [(&"a".into(), &"mask".into()), (&2.into(), &"allow".into())],
        "{verdicts:?}"
    );
    assert_eq!(verdicts[0]["findings"][0]["range"], serde_json::json!([0, 10]));
}
