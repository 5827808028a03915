//! An explanation for people.

use std::fmt::Write;

use anstyle::{AnsiColor, Style};
use bartizan_inspect::{Explanation, Found};
use bartizan_scan::Score;
use bartizan_verdict::Action;

/// Characters of a match that are shown; of a longer one the middle is left out.
const SHOWN: usize = 120;

/// The verdict, the scores, and each finding with why it counts.
pub(super) fn render(explanation: &Explanation<'_>, in_colour: bool) -> String {
    let paint = Paint(in_colour);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_all(&mut out, explanation, paint);
    out
}

fn write_all(out: &mut String, explanation: &Explanation<'_>, paint: Paint) -> std::fmt::Result {
    writeln!(out, "{}", paint.action(explanation.action, explanation.action.as_str()))?;
    for (category, score) in explanation.scores.iter().filter(|(_, score)| *score > Score::NONE) {
        writeln!(out, "  {category} {score}")?;
    }
    if explanation.overflowed {
        writeln!(
            out,
            "  the message has more in it than is kept count of, which counts as a finding to be blocked"
        )?;
    }
    for kind in &explanation.unscannable {
        writeln!(
            out,
            "  there is content of kind {} in it, which cannot be scanned",
            kind.as_str()
        )?;
    }
    for found in &explanation.findings {
        writeln!(out)?;
        finding(out, found, paint)?;
    }
    if let Some(masked) = &explanation.masked {
        writeln!(
            out,
            "\n{}\n{}",
            paint.strong("masked"),
            visible(&String::from_utf8_lossy(masked), usize::MAX)
        )?;
    }
    Ok(())
}

fn finding(out: &mut String, found: &Found<'_>, paint: Paint) -> std::fmt::Result {
    let tags = found.rule.owasp.join(" ");
    writeln!(
        out,
        "{}  {}  {} {tags}",
        paint.action(found.action, found.action.as_str()),
        paint.strong(&found.rule.id),
        found.category(),
    )?;
    let place = if found.place.is_empty() { "text" } else { &found.place };
    let (start, end) = (found.range.start, found.range.end);
    writeln!(out, "  where   {place} of {}, bytes {start} to {end}", found.role)?;
    writeln!(
        out,
        "  found   {}",
        paint.action(found.action, &visible(&found.text, SHOWN))
    )?;
    if !found.undone.is_empty() {
        writeln!(out, "  undone  {}", found.undone)?;
    }
    writeln!(out, "  score   {} ({})", found.score, thresholds(found))
}

fn thresholds(found: &Found<'_>) -> String {
    match (found.threshold.audit, found.threshold.act) {
        (None, None) => format!("{} is ignored in the words of {}", found.category(), found.role),
        (Some(audit), None) => format!("reported from {audit}, never acted upon"),
        (None, Some(act)) => format!("acted upon from {act}"),
        (Some(audit), Some(act)) => format!("reported from {audit}, acted upon from {act}"),
    }
}

/// A text on one line, with what cannot be seen written out.
fn visible(text: &str, most: usize) -> String {
    let count = text.chars().count();
    let mut shown = String::new();
    for (place, character) in text.chars().enumerate() {
        if count > most && place == most / 2 {
            let _ = write!(shown, " … {} characters … ", count - most);
        }
        if count > most && place >= most / 2 && place < count - most / 2 {
            continue;
        }
        match character {
            '\n' => shown.push('⏎'),
            _ if character.is_control() || is_invisible(character) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown
}

/// Characters that a terminal shows nothing of, or that change how others are shown.
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e01ef}'
    )
}

#[derive(Clone, Copy, Debug)]
struct Paint(bool);

impl Paint {
    fn action(self, action: Action, text: &str) -> String {
        let colour = match action {
            Action::Allow => AnsiColor::Green,
            Action::Audit => AnsiColor::Yellow,
            Action::Mask => AnsiColor::Cyan,
            Action::Block => AnsiColor::Red,
        };
        self.with(colour.on_default().bold(), text)
    }

    fn strong(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.0 {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_was_found_can_act_on_a_terminal() {
        assert_eq!(
            visible("a\u{1b}[2J\u{202e}b\nc\u{200b}", 99),
            "a\\u{1b}[2J\\u{202e}b⏎c\\u{200b}"
        );
        assert_eq!(visible(&"x".repeat(30), 10), "xxxxx … 20 characters … xxxxx");
        assert_eq!(visible("é", 1), "é");
    }
}
