//! The answer that a stream's events come to.

use std::collections::BTreeMap;

use bartizan_wire::BodyError;
use bartizan_wire::convert::neutral::{
    Answer, Choice, Citation, Content, Counts, Delta, Event, Finish, Part, PartStart, Place, Placed, StreamError,
};
use bartizan_wire::convert::stream::ReadEvents;

/// How a stream ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ended {
    Whole(Answer),
    Failed(StreamError),
}

/// Reads a stream from the data of its events.
pub(crate) fn read(mut reader: impl ReadEvents, data: &[String]) -> Result<Ended, BodyError> {
    let mut events = Vec::new();
    for piece in data {
        reader.read("message", piece, &mut events)?;
    }
    reader.end(&mut events)?;
    Ok(gather(events))
}

/// Puts an answer together, and holds the stream to the order that [`Event`] promises.
pub(crate) fn gather(events: Vec<Event>) -> Ended {
    let mut answer = Answer::default();
    let mut choices: BTreeMap<u32, Growing> = BTreeMap::new();
    let (mut has_started, mut has_ended) = (false, false);
    for event in events {
        assert!(!has_ended, "{event:?} after the end");
        assert!(
            has_started || matches!(event, Event::Start { .. } | Event::Error(_) | Event::Ping),
            "{event:?} before the start"
        );
        match event {
            Event::Start { id, model, usage } => {
                assert!(!has_started);
                has_started = true;
                (answer.id, answer.model, answer.usage) = (id, model, usage);
            }
            Event::PartStart { choice, part, start } => choices.entry(choice).or_default().begin(part, start),
            Event::PartDelta { choice, part, delta } => choices.get_mut(&choice).unwrap().grow(part, delta),
            Event::PartEnd { choice, part } => choices.get_mut(&choice).unwrap().end(part),
            Event::Finish { choice, finish } => choices.entry(choice).or_default().finish(finish),
            Event::Usage(usage) => answer.usage = Some(usage),
            Event::Ping => {}
            Event::End => has_ended = true,
            Event::Error(error) => return Ended::Failed(error),
        }
    }
    assert!(has_ended, "no end");
    answer.choices = choices.into_values().map(Growing::whole).collect();
    Ended::Whole(answer)
}

#[derive(Default)]
struct Growing {
    parts: Vec<(Content, bool)>,
    finish: Option<Finish>,
}

impl Growing {
    fn begin(&mut self, number: u32, start: PartStart) {
        assert!(self.finish.is_none(), "a part after the end");
        assert_eq!(usize::try_from(number).unwrap(), self.parts.len(), "a gap");
        let content = match start {
            PartStart::Text => Content::Text {
                text: String::new(),
                citations: Vec::new(),
            },
            PartStart::Refusal => Content::Refusal(String::new()),
            PartStart::Thinking => Content::Thinking {
                text: String::new(),
                signature: None,
            },
            PartStart::RedactedThinking { data } => Content::RedactedThinking { data },
            PartStart::ToolCall { id, name, signature } => Content::ToolCall {
                id,
                name,
                arguments: String::new(),
                signature: signature.map(|signature| Placed::new(signature, Place::root())),
            },
        };
        self.parts.push((content, false));
    }

    fn grow(&mut self, number: u32, delta: Delta) {
        let (content, has_ended) = &mut self.parts[usize::try_from(number).unwrap()];
        assert!(!*has_ended, "a part grows after its end");
        match (content, delta) {
            (
                Content::Text { text, .. } | Content::Refusal(text) | Content::Thinking { text, .. },
                Delta::Text(more),
            )
            | (Content::ToolCall { arguments: text, .. }, Delta::Arguments(more)) => text.push_str(&more),
            (Content::Thinking { signature, .. }, Delta::Signature(whole)) => *signature = Some(whole),
            (Content::Text { citations, .. }, Delta::Citation(citation)) => citations.push(*citation),
            (content, delta) => panic!("{delta:?} for {content:?}"),
        }
    }

    fn end(&mut self, number: u32) {
        let (_, has_ended) = &mut self.parts[usize::try_from(number).unwrap()];
        assert!(!*has_ended, "a part ends twice");
        *has_ended = true;
    }

    fn finish(&mut self, finish: Finish) {
        assert!(self.finish.is_none(), "a choice ends twice");
        assert!(self.parts.iter().all(|(_, has_ended)| *has_ended), "a part did not end");
        self.finish = Some(finish);
    }

    fn whole(self) -> Choice {
        let parts = self
            .parts
            .into_iter()
            .map(|(content, _)| Part::new(content, Place::root()));
        Choice {
            parts: parts.collect(),
            finish: self.finish.expect("a choice has no end"),
        }
    }
}

/// Counts in short.
pub(crate) const fn counts(input: u64, cached: u64, cache_written: u64, output: u64, reasoning: Option<u64>) -> Counts {
    Counts {
        input,
        cached,
        cache_written,
        output,
        reasoning,
    }
}

/// An answer of one choice.
pub(crate) fn answer(contents: Vec<Content>, finish: Finish) -> Answer {
    let parts = contents
        .into_iter()
        .map(|content| Part::new(content, Place::root()))
        .collect();
    Answer {
        choices: vec![Choice { parts, finish }],
        ..Answer::default()
    }
}

/// Words.
pub(crate) fn text(text: &str) -> Content {
    cited(text, Vec::new())
}

/// Words that rest on something.
pub(crate) fn cited(text: &str, citations: Vec<Citation>) -> Content {
    Content::Text {
        text: text.to_owned(),
        citations,
    }
}

/// A call.
pub(crate) fn call(id: &str, name: &str, arguments: &str) -> Content {
    Content::ToolCall {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        signature: None,
    }
}

/// Thoughts.
pub(crate) fn thinking(text: &str, signature: Option<&str>) -> Content {
    Content::Thinking {
        text: text.to_owned(),
        signature: signature.map(str::to_owned),
    }
}
