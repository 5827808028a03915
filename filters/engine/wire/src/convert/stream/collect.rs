use std::collections::BTreeMap;

use crate::convert::neutral::{Answer, Choice, Content, Delta, Event, Finish, Part, PartStart, Place, Placed};

/// Puts a streamed answer together again, for who has to have it whole.
///
/// ```
/// use bartizan_wire::convert::{
///     neutral::{Content, Delta, Event, PartStart},
///     stream::Collector,
/// };
///
/// let mut collector = Collector::default();
/// collector.push(&Event::PartStart { choice: 0, part: 0, start: PartStart::Refusal });
/// collector.push(&Event::PartDelta { choice: 0, part: 0, delta: Delta::Text("No.".to_owned()) });
/// let answer = collector.into_answer();
/// assert_eq!(answer.choices[0].parts[0].content, Content::Refusal("No.".to_owned()));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Collector {
    answer: Answer,
    /// By number, of which a provider may leave out some.
    choices: BTreeMap<u32, Choice>,
}

// === impl Collector ===

impl Collector {
    /// Takes the next event. One that fits nothing, such as more of a part that never began, is left.
    pub fn push(&mut self, event: &Event) {
        match event {
            Event::Start { id, model, usage } => {
                id.clone_into(&mut self.answer.id);
                model.clone_into(&mut self.answer.model);
                self.answer.usage = *usage;
            }
            Event::PartStart { choice, part, start } => {
                let parts = &mut self.choice(*choice).parts;
                if parts.len() as u64 == u64::from(*part) {
                    parts.push(begin(start));
                }
            }
            Event::PartDelta { choice, part, delta } => {
                if let Some(part) = self.part_mut(*choice, *part) {
                    grow(part, delta);
                }
            }
            Event::Finish { choice, finish } => finish.clone_into(&mut self.choice(*choice).finish),
            Event::Usage(usage) => self.answer.usage = Some(*usage),
            Event::PartEnd { .. } | Event::Ping | Event::End | Event::Error(_) => {}
        }
    }

    /// A part, as far as it is.
    #[must_use]
    pub fn part(&self, choice: u32, part: u32) -> Option<&Part> {
        self.choices.get(&choice)?.parts.get(usize::try_from(part).ok()?)
    }

    /// The parts of a choice, as far as they are.
    #[must_use]
    pub fn parts(&self, choice: u32) -> &[Part] {
        self.choices.get(&choice).map_or(&[], |choice| &choice.parts)
    }

    /// What is known of the answer but for its choices.
    #[must_use]
    pub const fn head(&self) -> &Answer {
        &self.answer
    }

    /// The answer, as far as it is.
    #[must_use]
    pub fn into_answer(self) -> Answer {
        let choices = self.choices.into_values().collect();
        Answer { choices, ..self.answer }
    }

    fn choice(&mut self, number: u32) -> &mut Choice {
        self.choices.entry(number).or_insert_with(|| Choice {
            parts: Vec::new(),
            finish: Finish::Stop,
        })
    }

    fn part_mut(&mut self, choice: u32, part: u32) -> Option<&mut Part> {
        self.choices
            .get_mut(&choice)?
            .parts
            .get_mut(usize::try_from(part).ok()?)
    }
}

/// A part that has just begun.
fn begin(start: &PartStart) -> Part {
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
        PartStart::RedactedThinking { data } => Content::RedactedThinking { data: data.clone() },
        PartStart::ToolCall { id, name, signature } => Content::ToolCall {
            id: id.clone(),
            name: name.clone(),
            arguments: String::new(),
            signature: signature.clone().map(|signature| Placed::new(signature, Place::root())),
        },
    };
    Part::new(content, Place::root())
}

fn grow(part: &mut Part, delta: &Delta) {
    match (&mut part.content, delta) {
        (Content::Text { text, .. } | Content::Refusal(text) | Content::Thinking { text, .. }, Delta::Text(more)) => {
            text.push_str(more);
        }
        (Content::ToolCall { arguments, .. }, Delta::Arguments(more)) => arguments.push_str(more),
        (Content::Thinking { signature, .. }, Delta::Signature(given)) => *signature = Some(given.clone()),
        (Content::Text { citations, .. }, Delta::Citation(citation)) => citations.push((**citation).clone()),
        _ => {}
    }
}
