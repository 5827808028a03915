//! Embeddings: clients always speak OpenAI's `/v1/embeddings`; providers have formats of their own.
//!
//! `from_client::read` reads the client's request, `to_client::write` writes its answer. For a provider's format,
//! `to_*` has `fn write(request: &Request, model: &str, losses: &mut Losses) -> Value` and `from_*` has
//! `fn read(body: Value) -> Result<Answer, BodyError>`.

pub mod from_client;
pub mod from_cohere;
pub mod from_gemini;
pub mod from_openai;
pub mod from_titan;
pub mod to_client;
pub mod to_cohere;
pub mod to_gemini;
pub mod to_openai;
pub mod to_titan;

mod vector;

use super::neutral::Placed;

/// Texts of which vectors are wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The texts, in order.
    pub inputs: Vec<Placed<Input>>,
    /// How long each vector is to be; `None` leaves it to the model.
    pub dimensions: Option<Placed<u64>>,
    /// How the client wants each vector.
    pub encoding: Encoding,
    /// Whose request it is, for the provider's abuse detection.
    pub user: Option<Placed<String>>,
}

/// A text of which a vector is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// In words.
    Text(String),
    /// In tokens of the model's own vocabulary.
    Tokens(Vec<u64>),
}

/// How a vector is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// A list of numbers.
    #[default]
    Floats,
    /// Base64 of 32-bit floats, the least significant byte first.
    Base64,
}

/// Vectors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The provider's name of the model; empty if it gives none.
    pub model: String,
    /// One for each input, in their order.
    pub vectors: Vec<Vec<f64>>,
    /// Tokens of the inputs, if the provider tells.
    pub input_tokens: Option<u64>,
}
