//! Content as Google's Gemini API takes it: <https://ai.google.dev/api/generate-content>.
//!
//! The model and whether the answer is streamed are in the address. What the format has no word for is said in another
//! way where nothing is lost by it, and is a loss otherwise:
//!
//! | of the request | becomes |
//! |---|---|
//! | neighbouring turns of one role | one turn |
//! | system messages in the middle | part of `systemInstruction` |
//! | results of tools | `functionResponse` with the name of the call that they answer, their text as `output` or `error` |
//! | schemas | `parametersJsonSchema` and `responseJsonSchema`, which take JSON Schema as it is |
//! | tools that keep to their schema | the mode `VALIDATED`; a forced call keeps to it anyway |
//! | titles and contexts of documents | text before them |
//! | pictures and documents in results | the same, from generation 3 on and not by address; else a loss |
//! | an effort | `thinkingLevel`, or `thinkingBudget` at generation 2.5, each the nearest |
//! | no thinking, at Pro; any before 2.5 | a loss |
//! | signatures of calls and thoughts | `thoughtSignature` |
//! | calls without a signature, of other models | from generation 3 on, the word that Gemini takes in place of one |
//! | cache markers | nothing: Gemini remembers prompts by itself; a lifetime asked for is a slight loss |

mod config;
mod content;

use serde_json::{Map, Value, json};

use super::super::{Losses, neutral::Request};

/// Writes the body of `generateContent` and `streamGenerateContent`.
#[must_use]
pub fn write(request: &Request, model: &str, losses: &mut Losses) -> Value {
    let mut body = prompt(request, model, losses);
    let config = config::settings(request, model, losses);
    if !config.is_empty() {
        body.insert("generationConfig".to_owned(), config.into());
    }
    let user = request.user.as_ref().map(|user| &user.place);
    let metadata = request.metadata.as_ref().map(|metadata| &metadata.place);
    for place in user.into_iter().chain(metadata) {
        losses.tell(place);
    }
    body.into()
}

/// Writes the body of `countTokens`.
#[must_use]
pub fn write_count(request: &Request, model: &str, losses: &mut Losses) -> Value {
    let mut inner = Map::new();
    let model = if model.contains('/') {
        model.to_owned()
    } else {
        format!("models/{model}")
    };
    inner.append(&mut prompt(request, &model, losses));
    inner.shift_insert(0, "model".to_owned(), model.into());
    json!({"generateContentRequest": inner})
}

/// What the model reads, in the order in which a prompt begins.
fn prompt(request: &Request, model: &str, losses: &mut Losses) -> Map<String, Value> {
    let mut body = Map::new();
    let mut writer = content::Writer::new(model, losses);
    let system = writer.system(request);
    if !system.is_empty() {
        body.insert("systemInstruction".to_owned(), json!({"parts": system}));
    }
    let contents = writer.contents(&request.messages);
    config::tools(request, &mut body, losses);
    body.insert("contents".to_owned(), contents.into());
    request.tell_features(losses);
    body
}
