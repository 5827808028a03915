use crate::convert::neutral::{Content, Document, Format, Part, Request, Source, Tool};
use crate::usage;

/// Tokens that a picture comes to: one of a megapixel costs about this much with most models.
const IMAGE: u64 = 1_300;

/// Tokens that a file comes to whose text we do not see, such as a PDF document of a page or two.
const FILE: u64 = 3_000;

/// Tokens that a turn or a tool costs beside its words.
const FRAME: u64 = 4;

/// The tokens of a prompt, roughly: a token for four bytes of text, and a flat number for whatever is not text.
#[must_use]
pub fn estimate(request: &Request) -> u64 {
    let mut prompt = Prompt::default();
    prompt.parts(&request.system);
    for message in &request.messages {
        prompt.flat += FRAME;
        prompt.parts(&message.parts);
    }
    for tool in &request.tools {
        prompt.tool(tool);
    }
    if let Some(Format::JsonSchema { schema, .. }) = request.format.as_ref().map(|format| &format.value) {
        prompt.text_bytes += length(schema.to_string().len());
    }
    usage::estimate(prompt.text_bytes).saturating_add(prompt.flat)
}

#[derive(Default)]
struct Prompt {
    text_bytes: u64,
    flat: u64,
}

// === impl Prompt ===

impl Prompt {
    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match &part.content {
                Content::Text { text, .. } | Content::Refusal(text) | Content::Thinking { text, .. } => self.text(text),
                Content::Image { .. } => self.flat += IMAGE,
                Content::Audio { .. } => self.flat += FILE,
                Content::Document(document) => self.document(document),
                Content::ToolCall { name, arguments, .. } => {
                    self.flat += FRAME;
                    self.text(name);
                    self.text(arguments);
                }
                Content::ToolResult { parts, .. } => {
                    self.flat += FRAME;
                    self.parts(parts);
                }
                Content::RedactedThinking { data } => self.text(data),
            }
        }
    }

    fn document(&mut self, document: &Document) {
        match &document.source {
            Source::Text(text) => self.text(text),
            Source::Base64 { .. } | Source::Url(_) | Source::File(_) => self.flat += FILE,
        }
        self.text(document.title.as_deref().unwrap_or_default());
        self.text(document.context.as_deref().unwrap_or_default());
    }

    fn tool(&mut self, tool: &Tool) {
        self.flat += FRAME;
        self.text(&tool.name);
        self.text(tool.description.as_deref().unwrap_or_default());
        if let Some(schema) = &tool.schema {
            self.text_bytes += length(schema.to_string().len());
        }
    }

    fn text(&mut self, text: &str) {
        self.text_bytes += length(text.len());
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::neutral::{Message, Place, Role};

    fn asks(content: Content) -> Request {
        let message = Message {
            role: Role::User,
            parts: vec![Part::new(content, Place::root())],
            name: None,
            place: Place::root(),
        };
        Request {
            messages: vec![message],
            ..Request::default()
        }
    }

    #[test]
    fn words_count_by_length_and_pictures_flat() {
        let text = |text: String| Content::Text {
            text,
            citations: Vec::new(),
        };
        let image = Content::Image {
            source: Source::Url("https://pictures.example/cat.png".to_owned()),
            detail: None,
        };
        assert_eq!(estimate(&Request::default()), 0);
        assert_eq!(estimate(&asks(text("four".repeat(100)))), FRAME + 100);
        assert_eq!(estimate(&asks(image)), FRAME + IMAGE);
    }

    #[test]
    fn tools_and_their_results_count_too() {
        let mut request = asks(Content::ToolResult {
            call_id: "call_1".to_owned(),
            name: None,
            parts: vec![Part::text("x".repeat(40), Place::root())],
            is_error: false,
        });
        assert_eq!(estimate(&request), 2 * FRAME + 10);
        request.tools.push(Tool {
            name: "look".to_owned(),
            description: Some("Looks.".to_owned()),
            schema: Some(serde_json::json!({"a": 1})),
            strict: None,
            cache: None,
            place: Place::root(),
        });
        // Ten bytes of name and description, seven of schema, and forty of before.
        assert_eq!(estimate(&request), 3 * FRAME + 15);
    }
}
