use std::{
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
    time::Duration,
};

use tokio::time;

/// How each line of Envoy's log begins; [`Follower`] reads the level back.
pub(super) const FORMAT: &str = "[%Y-%m-%d %T.%e][%l][%n] %v";
const LOOK: Duration = Duration::from_millis(200);

/// Shows Envoy's warnings and errors in our own log as they appear in its file.
#[derive(Debug)]
pub(super) struct Follower {
    path: PathBuf,
    position: u64,
    partial: Vec<u8>,
}

impl Follower {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self {
            path,
            position: 0,
            partial: Vec::new(),
        }
    }

    /// Follows the file until dropped.
    pub(super) async fn follow(mut self) {
        loop {
            for line in self.new_lines() {
                show(&line);
            }
            time::sleep(LOOK).await;
        }
    }

    /// Whole lines written since the last call. A file that is not there yet has none.
    fn new_lines(&mut self) -> Vec<String> {
        let Ok(mut file) = std::fs::File::open(&self.path) else {
            return Vec::new();
        };
        if file.seek(SeekFrom::Start(self.position)).is_err() {
            return Vec::new();
        }
        let mut bytes = std::mem::take(&mut self.partial);
        let before = bytes.len();
        // What was read before an error is kept; the rest comes with the next look.
        let _ = file.read_to_end(&mut bytes);
        self.position += (bytes.len() - before) as u64;
        let mut lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
        self.partial = lines.pop().unwrap_or_default().to_vec();
        lines
            .into_iter()
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect()
    }
}

/// The last lines of a file, oldest first.
pub(crate) fn last_lines(path: &std::path::Path, count: usize) -> Vec<String> {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut lines: Vec<_> = text.lines().rev().take(count).map(str::to_owned).collect();
    lines.reverse();
    lines
}

fn show(line: &str) {
    match level_and_message(line) {
        Some(("warning", message)) => tracing::warn!(target: "envoy", "{message}"),
        Some(("error" | "critical", message)) => tracing::error!(target: "envoy", "{message}"),
        Some(_) | None => tracing::debug!(target: "envoy", "{line}"),
    }
}

/// Takes `[time][level][component] message` apart, keeping the component with the message.
fn level_and_message(line: &str) -> Option<(&str, &str)> {
    let (_time, rest) = line.strip_prefix('[')?.split_once("][")?;
    rest.split_once(']')
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::*;

    #[test]
    fn the_level_is_read_back_from_a_line() {
        let line = "[2026-01-02 03:04:05.678][warning][wasm] a [bracketed][message]";
        assert_eq!(
            level_and_message(line),
            Some(("warning", "[wasm] a [bracketed][message]"))
        );
        assert_eq!(level_and_message("no prefix"), None);
    }

    #[test]
    fn lines_are_taken_once_and_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("envoy.log");
        let mut follower = Follower::new(path.clone());
        assert!(follower.new_lines().is_empty());
        fs::write(&path, "one\ntw").unwrap();
        assert_eq!(follower.new_lines(), ["one"]);
        fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"o\nthree\n")
            .unwrap();
        assert_eq!(follower.new_lines(), ["two", "three"]);
        assert_eq!(last_lines(&path, 2), ["two", "three"]);
    }
}
