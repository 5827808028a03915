//! The model as a file: magic, checksum, sizes of windows, calibration, weights, lexicon.

use super::Kind;
use super::feature::FEATURES;
use super::lexicon::Lexicon;
use crate::pack::checksum;
use crate::score::Score;

/// First bytes of every model; the last is the version of the format and of the features.
const MAGIC: [u8; 4] = *b"BZC1";
/// Scores above 0.00, each with the least raw score that reaches it.
pub(super) const STEPS: usize = 100;

/// Why a model could not be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Other bytes than a model of this version.
    #[error("not a classifier model of this version")]
    Magic,
    /// Bytes were lost or changed on the way.
    #[error("the classifier model is damaged")]
    Damaged,
    /// The parts do not fit each other.
    #[error("the classifier model is inconsistent")]
    Inconsistent,
}

/// How texts of one kind are looked at, and what their raw scores mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Bytes of text in a window, which moves by half of that.
    pub window: u16,
    /// The least raw score for each [`Score`] from 0.01 to 1.00; never falling.
    pub steps: [i16; STEPS],
}

impl Profile {
    /// The score of a raw score.
    pub(super) fn score(&self, raw: i32) -> Score {
        let reached = self.steps.partition_point(|step| i32::from(*step) <= raw);
        Score::new(u8::try_from(reached).unwrap_or(u8::MAX))
    }
}

/// A linear model over hashed features.
#[derive(Clone, Debug)]
pub struct Model {
    /// By [`Kind`].
    profiles: [Profile; Kind::ALL.len()],
    pub(super) weights: Box<[i8; FEATURES]>,
    pub(super) lexicon: Lexicon,
}

/// Reads numbers from the front of some bytes.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], ModelError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ModelError::Inconsistent)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u16, ModelError> {
        let (number, rest) = self.0.split_first_chunk().ok_or(ModelError::Inconsistent)?;
        self.0 = rest;
        Ok(u16::from_le_bytes(*number))
    }

    fn profile(&mut self) -> Result<Profile, ModelError> {
        let window = self.number()?;
        let mut steps = [0; STEPS];
        for step in &mut steps {
            *step = self.number()?.cast_signed();
        }
        if window < 2 || !steps.is_sorted() {
            return Err(ModelError::Inconsistent);
        }
        Ok(Profile { window, steps })
    }
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
        let mut reader = Reader(body);
        let profiles = [reader.profile()?, reader.profile()?, reader.profile()?];
        let weights = reader.take(FEATURES)?.iter().map(|byte| byte.cast_signed());
        let weights: Box<[i8]> = weights.collect();
        Ok(Self {
            profiles,
            weights: weights.try_into().map_err(|_| ModelError::Inconsistent)?,
            lexicon: Lexicon::decode(reader.0)?,
        })
    }

    /// How texts of this kind are looked at.
    #[must_use]
    pub fn profile(&self, kind: Kind) -> &Profile {
        let [prose, embedded, code] = &self.profiles;
        match kind {
            Kind::Prose => prose,
            Kind::Embedded => embedded,
            Kind::Code => code,
        }
    }

    /// A model of its parts. `lexicon` is as `build.rs` makes it.
    #[cfg(feature = "compile")]
    #[must_use]
    pub fn encode(profiles: &[Profile; Kind::ALL.len()], weights: &[i8; FEATURES], lexicon: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        for profile in profiles {
            body.extend_from_slice(&profile.window.to_le_bytes());
            for step in &profile.steps {
                body.extend_from_slice(&step.to_le_bytes());
            }
        }
        body.extend(weights.iter().map(|weight| weight.cast_unsigned()));
        body.extend_from_slice(lexicon);
        let mut model = MAGIC.to_vec();
        model.extend_from_slice(&checksum(&body).to_le_bytes());
        model.extend_from_slice(&body);
        model
    }
}
