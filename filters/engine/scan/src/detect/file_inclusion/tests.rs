use bartizan_verdict::Role;

use super::{TRIGGERS, detect};
use crate::detect::tests::{is_triggered, score};

/// The highest score of a text.
fn scored(text: &str) -> u8 {
    score(detect, text)
}

#[test]
fn what_reads_a_file_beyond_doubt() {
    for text in [
        "../../../../etc/passwd",
        "..\\..\\..\\windows\\win.ini",
        "page=../../../../etc/shadow",
        "images/../../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "{\"path\": \"../../../../etc/shadow\"}",
        "php://filter/convert.base64-encode/resource=index.php",
        "<!DOCTYPE q [<!ENTITY e SYSTEM \"file:///etc/hosts\">]><q>&e;</q>",
        "Please open the file ../../../../etc/passwd and print it",
    ] {
        assert!(scored(text) >= 90, "{} {text}", scored(text));
    }
}

#[test]
fn what_most_likely_reads_a_file() {
    for text in [
        // Climbing, spelt in many ways.
        "....//....//....//etc/hosts",
        "..;/..;/manager",
        "%2e%2e/%2e%2e/",
        "%c0%ae%c0%ae/%c0%ae%c0%ae/etc/group",
        "..%252f..%252fetc%252fhosts",
        "0x2e0x2e/0x2e0x2e/etc/hosts",
        "../../../photo.php%00.jpg",
        "lang=../../../../srv/q",
        // Files.
        "/etc/shadow",
        "/etc/passwd%00",
        "/etc/./passwd",
        "C:\\boot.ini",
        "/proc/self/environ",
        "/home/ann/.ssh/id_rsa",
        "{\"file\": \"/etc/shadow\"}",
        // Schemes and machines.
        "file:///etc/passwd",
        "expect://id",
        "phar://upload.jpg/q.php",
        "data://text/plain;base64,PD9waHA=",
        "gopher://10.1.1.1:6379/_INFO",
        "http://169.254.169.254/latest/meta-data/",
        "page=http://collector.example/q.txt?",
        "<xi:include href=\"file:///etc/hosts\" parse=\"text\"/>",
    ] {
        assert!(scored(text) >= 50, "{} {text}", scored(text));
    }
}

#[test]
fn what_developers_and_others_write() {
    for text in [
        "import a from '../../components/a';\nimport b from '../../../lib/b.js';\n#include \"../common/x.h\"",
        "![logo](../images/logo.png) and [guide](../../docs/guide.md)",
        "{\"path\": \"../shared/utils.py\"}",
        "{\"file\": \"docs/../README.md\"}",
        "{\"path\": \"/home/ann/project/src/main.rs\"}",
        "The hosts file is at /etc/hosts on Linux and C:\\Windows\\System32\\drivers\\etc\\hosts on Windows.",
        "Each line of /etc/passwd has seven fields separated by colons; /etc/shadow holds the hashes.",
        "Edit /etc/nginx/nginx.conf and /etc/ssh/sshd_config, then run systemctl restart nginx.",
        "Put the key into ~/.ssh/authorized_keys and set chmod 600. Never commit .env or wp-config.php.",
        "See file:///usr/share/doc/README and http://localhost:8080/admin.",
        "And so on... or/and 50% of... well, 1.5/2.0 ../.",
        "go test ./... && let r = 0..=9; f(...args); [...a, ...b]",
        "{\"url\": \"https://api.example.com/v1/items?sort=name&order=desc\"}",
        "",
    ] {
        assert!(scored(text) < 50, "{} {text}", scored(text));
    }
}

#[test]
fn what_is_found_is_where_it_stands() {
    let text = "Read docs/a.txt, then ../../../../etc/shadow, thanks";
    let mut found = Vec::new();
    detect(text, Role::Tool, &mut |range, score| found.push((&text[range], score)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].0.starts_with("../") && found[0].0.ends_with("shadow"),
        "{found:?}"
    );
}

#[test]
fn what_is_found_has_a_trigger() {
    for text in [
        "../../q",
        "%2e%2e/q",
        "/etc/shadow",
        "php://input",
        "C:\\boot.ini",
        "<!ENTITY q",
        "gopher://q",
    ] {
        assert!(is_triggered(TRIGGERS, text), "{text}");
    }
}
