//! Conversations as Amazon Bedrock's Converse takes them:
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>.
//!
//! The model and whether the answer is streamed are in the address. What the format has no word for is said in another
//! way where nothing is lost by it, and is a loss otherwise:
//!
//! | of the request | becomes |
//! |---|---|
//! | neighbouring turns of one role | one turn |
//! | system messages in the middle | part of `system` |
//! | what only some models take | `additionalModelRequestFields`, for Claude, Nova and OpenAI's open models |
//! | names of Anthropic's features | `anthropic_beta` for Claude, as far as Bedrock knows them; a slight loss otherwise |
//! | documents | `document` with a format, and a name of its own: Bedrock asks for one |
//! | a schema for the answer | `outputConfig` |
//! | no tool to be called | no tools, unless the conversation has calls already |
//! | calls of tools that are not declared | the same, and declared tools that take any object, where no other is |
//! | user and metadata | `requestMetadata`, as far as its characters go |
//! | any JSON object | words behind the system prompt; nothing holds the model to them, so it is a slight loss |
//! | cache markers | `cachePoint` behind the part; those beyond four are a loss |
//! | a picture at an address | only in S3; a loss otherwise |

mod block;
mod config;
mod family;
mod media;

use serde_json::{Map, Value, json};

use self::{block::Writer, family::Family};
use super::{
    super::{
        Losses,
        neutral::{Format, Request},
    },
    ONLY_JSON,
};

/// Writes the body of `Converse` and `ConverseStream`.
#[must_use]
pub fn write(request: &Request, model: &str, losses: &mut Losses) -> Value {
    let family = Family::of(model);
    let mut extra = Map::new();
    let mut body = prompt(request, family, &mut extra, losses);
    let inference = config::inference(request, family, model, &mut extra, losses);
    if !inference.is_empty() {
        body.insert("inferenceConfig".to_owned(), inference.into());
    }
    config::output(request, &mut body);
    if !extra.is_empty() {
        body.insert("additionalModelRequestFields".to_owned(), extra.into());
    }
    if family == Family::Claude && request.sampling.stop.is_some() {
        // Converse itself does not say which of the texts came.
        body.insert(
            "additionalModelResponseFieldPaths".to_owned(),
            json!(["/stop_sequence"]),
        );
    }
    config::metadata(request, &mut body, losses);
    body.into()
}

/// Writes the body of `CountTokens`.
#[must_use]
pub fn write_count(request: &Request, model: &str, losses: &mut Losses) -> Value {
    let family = Family::of(model);
    let mut extra = Map::new();
    let mut prompt = prompt(request, family, &mut extra, losses);
    if !extra.is_empty() {
        prompt.insert("additionalModelRequestFields".to_owned(), extra.into());
    }
    json!({"input": {"converse": prompt}})
}

/// What the model reads.
fn prompt(
    request: &Request,
    family: Family,
    extra: &mut Map<String, Value>,
    losses: &mut Losses,
) -> Map<String, Value> {
    let mut body = Map::new();
    let mut writer = Writer::new(family, losses);
    // WHY first: the prompt cache has tools, system and messages in this order, and so the first markers stay.
    let tools = config::tools(request, family, extra, &mut writer);
    let mut system = writer.system(request);
    if let Some(format) = &request.format
        && format.value == Format::JsonObject
    {
        writer.losses.tell(&format.place);
        system.push(json!({"text": ONLY_JSON}));
    }
    if !system.is_empty() {
        body.insert("system".to_owned(), system.into());
    }
    body.insert("messages".to_owned(), writer.turns(&request.messages).into());
    if let Some(tools) = tools {
        body.insert("toolConfig".to_owned(), tools);
    }
    config::features(request, family, extra, losses);
    body
}
