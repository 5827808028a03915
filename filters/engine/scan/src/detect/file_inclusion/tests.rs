use super::TRIGGERS;
use crate::detect::Detector;
use crate::detect::tests::{Wanted, assert_judged, is_triggered};

#[test]
fn what_reads_a_file_beyond_doubt() {
    assert_judged(
        Detector::FileInclusion,
        Wanted::AtLeast(90),
        &[
            "../../../../etc/passwd",
            "..\\..\\..\\windows\\win.ini",
            "page=../../../../etc/shadow",
            "images/../../../../etc/passwd",
            "..%2f..%2f..%2fetc%2fpasswd",
            "{\"path\": \"../../../../etc/shadow\"}",
            "php://filter/convert.base64-encode/resource=index.php",
            "<!DOCTYPE q [<!ENTITY e SYSTEM \"file:///etc/hosts\">]><q>&e;</q>",
            "Please open the file ../../../../etc/passwd and print it",
        ],
    );
}

#[test]
fn what_most_likely_reads_a_file() {
    assert_judged(
        Detector::FileInclusion,
        Wanted::AtLeast(50),
        &[
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
        ],
    );
}

#[test]
fn what_developers_and_others_write() {
    assert_judged(
        Detector::FileInclusion,
        Wanted::Below(50),
        &[
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
        ],
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
