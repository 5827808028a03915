//! The model as a file: magic, checksum, size of windows, calibration, weights, words.

use super::feature::FEATURES;
use super::words::Words;
use super::{ATTACKS, Attack};
use crate::classifier::ModelError;
use crate::pack::checksum;
use crate::score::Score;

/// First bytes of every model; the last is the version of the format and of the features.
const MAGIC: [u8; 4] = *b"BZT1";
/// Scores above 0.00, each with the least raw score that reaches it.
const STEPS: usize = 100;
/// Kinds of text with a calibration of their own: code, and what is none.
const KINDS: usize = 2;

/// The least raw score for each [`Score`] from 0.01 to 1.00; never falling.
pub type Steps = [i16; STEPS];

/// A linear model over hashed tokens.
#[derive(Clone, Debug)]
pub struct Model {
    /// Bytes of text in a window, which moves by half of that.
    pub(super) window: u16,
    /// By kind of text and attack.
    steps: Box<[[Steps; ATTACKS]; KINDS]>,
    /// By feature and attack.
    pub(super) weights: Box<[[i8; ATTACKS]]>,
    pub(super) words: Words,
}

impl Model {
    /// Reads a model.
    ///
    /// # Errors
    /// Bytes that are not a whole model of this version.
    pub fn load(bytes: &[u8]) -> Result<Self, ModelError> {
        let rest = bytes.strip_prefix(&MAGIC).ok_or(ModelError::Magic)?;
        let (stored, body) = rest.split_first_chunk().ok_or(ModelError::Damaged)?;
        if u64::from_le_bytes(*stored) != checksum(body) {
            return Err(ModelError::Damaged);
        }
        let (window, mut rest) = body.split_first_chunk().ok_or(ModelError::Inconsistent)?;
        let window = u16::from_le_bytes(*window);
        let mut steps = Box::new([[[0; STEPS]; ATTACKS]; KINDS]);
        for steps in steps.as_flattened_mut() {
            for step in &mut *steps {
                let (number, after) = rest.split_first_chunk().ok_or(ModelError::Inconsistent)?;
                (*step, rest) = (i16::from_le_bytes(*number), after);
            }
            if !steps.is_sorted() {
                return Err(ModelError::Inconsistent);
            }
        }
        let parts = rest.split_at_checked(FEATURES * ATTACKS);
        let (weights, words) = parts.filter(|_| window >= 2).ok_or(ModelError::Inconsistent)?;
        let (weights, _) = weights.as_chunks::<ATTACKS>();
        Ok(Self {
            window,
            steps,
            weights: weights.iter().map(|all| all.map(u8::cast_signed)).collect(),
            words: Words::decode(words)?,
        })
    }

    /// The score of a raw score, in code or elsewhere.
    pub(super) fn score(&self, attack: Attack, code: bool, raw: i32) -> Score {
        let steps = self
            .steps
            .get(usize::from(code))
            .and_then(|steps| steps.get(attack as usize));
        let reached = steps.map_or(0, |steps| steps.partition_point(|step| i32::from(*step) <= raw));
        Score::new(u8::try_from(reached).unwrap_or(u8::MAX))
    }

    /// A model of its parts: `steps` for what is no code, and for code, by attack; `weights` by feature; `words` as
    /// [`Vocabulary::bytes`](super::build::Vocabulary::bytes) gives them.
    #[cfg(feature = "compile")]
    #[must_use]
    pub fn encode(window: u16, steps: &[[Steps; ATTACKS]; KINDS], weights: &[[i8; ATTACKS]], words: &[u8]) -> Vec<u8> {
        let mut body = window.to_le_bytes().to_vec();
        for step in steps.as_flattened().as_flattened() {
            body.extend_from_slice(&step.to_le_bytes());
        }
        body.extend(weights.as_flattened().iter().map(|weight| weight.cast_unsigned()));
        body.extend_from_slice(words);
        let mut model = MAGIC.to_vec();
        model.extend_from_slice(&checksum(&body).to_le_bytes());
        model.extend_from_slice(&body);
        model
    }
}
