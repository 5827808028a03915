//! `bartizan up` with programs in Envoy's place that behave badly, and `serve` from start to SIGTERM.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const POLICY: &str = "\
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: 'off', rulePacks: []}
";
const DEADLINE: Duration = Duration::from_secs(30);

struct Setting {
    root: tempfile::TempDir,
}

impl Setting {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for directory in ["policies", "filters", "runs"] {
            fs::create_dir(root.path().join(directory)).unwrap();
        }
        fs::write(root.path().join("policies/policy.yaml"), POLICY).unwrap();
        for filter in ["auth", "rate-limit", "threat-scan"] {
            fs::write(root.path().join("filters").join(filter).with_extension("wasm"), "\0asm").unwrap();
        }
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A shell script in Envoy's place.
    fn envoy(&self, script: &str) -> PathBuf {
        let path = self.path("envoy");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn start(&self, command: &str, admin: &str, more: &[&str]) -> Child {
        let errors = fs::File::create(self.path("stderr")).unwrap();
        Command::new(env!("CARGO_BIN_EXE_bartizan"))
            .arg(command)
            .args(more)
            .args(["--listen", "127.0.0.1:0", "--xds", "127.0.0.1:0", "--admin", admin])
            .arg("--file")
            .arg(self.path("policies"))
            .arg("--filters")
            .arg(self.path("filters"))
            .arg("--ready-file")
            .arg(self.path("ready.json"))
            // Where the directory of the run is made.
            .env("TMPDIR", self.path("runs"))
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .unwrap()
    }

    fn up(&self, script: &str) -> Child {
        let envoy = self.envoy(script);
        let more = ["--envoy-admin", "127.0.0.1:0", "--envoy", envoy.to_str().unwrap()];
        self.start("up", "127.0.0.1:0", &more)
    }

    fn wait_for_envoy(&self) {
        wait_for("Envoy", || {
            let run = self.left_behind().pop()?;
            fs::read_to_string(run.join("envoy.log"))
                .ok()
                .filter(|log| log.contains("started"))
        });
    }

    fn stderr(&self) -> String {
        fs::read_to_string(self.path("stderr")).unwrap()
    }

    /// Waits for the process to end: its exit code, and all it wrote to standard error.
    fn finished(&self, mut child: Child) -> (Option<i32>, String) {
        let status = wait_for("exit", || child.try_wait().unwrap());
        (status.code(), self.stderr())
    }

    fn left_behind(&self) -> Vec<PathBuf> {
        let runs = fs::read_dir(self.path("runs")).unwrap();
        runs.map(|entry| entry.unwrap().path()).collect()
    }
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "no {what} within {DEADLINE:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn ready(path: &Path) -> serde_json::Value {
    wait_for("ready file", || serde_json::from_slice(&fs::read(path).ok()?).ok())
}

#[test]
fn an_envoy_that_crashes_in_a_loop_ends_the_process_with_its_last_words() {
    let setting = Setting::new();
    let (code, text) = setting.finished(setting.up("echo 'cannot read the configuration' >&2; exit 3"));
    assert_eq!(code, Some(1), "{text}");
    let summary = text.lines().rev().find(|line| line.starts_with("error: ")).unwrap();
    assert!(
        summary.contains("Envoy ends again and again, last with exit status: 3"),
        "{text}"
    );
    assert!(text.trim_end().ends_with("cannot read the configuration"), "{text}");
    assert!(setting.left_behind().is_empty());
    assert!(!setting.path("ready.json").exists());
}

#[test]
fn the_first_signal_stops_even_an_envoy_that_never_served() {
    let setting = Setting::new();
    let child = setting.up("echo started; exec sleep 600");
    setting.wait_for_envoy();
    signal(&child, "TERM");
    let (code, text) = setting.finished(child);
    assert_eq!(code, Some(0), "{text}");
    assert!(setting.left_behind().is_empty());
}

#[test]
fn a_second_interrupt_ends_the_process_at_once() {
    let setting = Setting::new();
    let child = setting.up("echo started; trap '' INT TERM; while :; do sleep 600; done");
    setting.wait_for_envoy();
    let asked = Instant::now();
    signal(&child, "INT");
    wait_for("stop", || setting.stderr().contains("stopping").then_some(()));
    signal(&child, "INT");
    let (code, text) = setting.finished(child);
    assert_eq!(code, Some(130), "{text}");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}

#[test]
fn roles_serve_until_they_are_told_to_stop() {
    let setting = Setting::new();
    let child = setting.start(
        "serve",
        "127.0.0.1:0",
        &["--roles", "xds,forward,admin", "--forward", "127.0.0.1:0"],
    );
    let addresses = ready(&setting.path("ready.json"));
    let admin = addresses["admin"].as_str().unwrap().to_owned();
    assert!(
        addresses["xds"].is_string() && addresses["forward"].is_string(),
        "{addresses}"
    );
    assert!(
        addresses.get("listen").is_none() && addresses.get("envoyPid").is_none(),
        "{addresses}"
    );
    assert!(get(&admin, "/healthz").contains("bartizan"));
    assert!(get(&admin, "/readyz").starts_with("HTTP/1.1 200"));
    assert!(get(&admin, "/metrics").contains("bartizan_policy_loads_total"));
    assert!(get(&admin, "/v1/nodes").contains("\"nodes\":[]"));

    let other = Setting::new();
    let (code, text) = other.finished(other.start("serve", &admin, &["--roles", "admin"]));
    assert_eq!(code, Some(1));
    assert!(text.starts_with("error: Bartizan is already running"), "{text}");

    signal(&child, "TERM");
    let (code, text) = setting.finished(child);
    assert_eq!(code, Some(0), "{text}");
    assert!(!setting.path("ready.json").exists());
    assert!(setting.left_behind().is_empty());
}
