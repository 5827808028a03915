//! A linear support vector machine with squared hinge loss, by dual coordinate descent (Hsieh and others, 2008).

use bartizan_scan::classifier::{FEATURES, FLOOR};

/// A window with what it is, and how much that counts.
#[derive(Clone, Debug)]
pub(crate) struct Sample<'a> {
    /// Distinct features.
    pub(crate) features: &'a [u16],
    pub(crate) attack: bool,
    /// How much an error costs.
    pub(crate) cost: f32,
}

/// Weights of features, and what is added to their sum.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    pub(crate) features: Vec<f32>,
    pub(crate) bias: f32,
}

/// What the feature that every window has is worth, against one of a word.
const BIAS: f32 = 0.5;

/// The value of each of the features of a window that has `count`.
pub(crate) fn unit(count: usize) -> f32 {
    1.0 / ((count + FLOOR as usize) as f32).sqrt()
}

/// What the bias adds to a margin.
pub(crate) fn bias(weights: &Weights) -> f32 {
    weights.bias * BIAS
}

impl Weights {
    pub(crate) fn new() -> Self {
        Self {
            features: vec![0.0; FEATURES],
            bias: 0.0,
        }
    }

    pub(crate) fn sum(&self, features: &[u16]) -> f32 {
        let weight = |feature: &u16| self.features.get(usize::from(*feature)).copied().unwrap_or_default();
        features.iter().map(weight).sum()
    }

    /// How far on the side of attacks a window is.
    pub(crate) fn margin(&self, features: &[u16]) -> f32 {
        self.sum(features) * unit(features.len()) + self.bias * BIAS
    }

    /// Learns from `samples`. The same samples give the same weights.
    pub(crate) fn learn(samples: &[Sample<'_>], epochs: usize) -> Self {
        let mut weights = Self::new();
        let mut alphas = vec![0.0_f32; samples.len()];
        let mut order: Vec<usize> = (0..samples.len()).collect();
        let mut random = Random(0x2545_F491_4F6C_DD1D);
        for _ in 0..epochs {
            random.shuffle(&mut order);
            for number in &order {
                let (Some(sample), Some(alpha)) = (samples.get(*number), alphas.get_mut(*number)) else {
                    continue;
                };
                weights.correct(sample, alpha);
            }
        }
        weights
    }

    /// One step: the best for this sample alone.
    fn correct(&mut self, sample: &Sample<'_>, alpha: &mut f32) {
        let unit = unit(sample.features.len());
        let sign = if sample.attack { 1.0 } else { -1.0 };
        let diagonal = 0.5 / sample.cost;
        let square = sample.features.len() as f32 * unit * unit + BIAS * BIAS + diagonal;
        let margin = self.sum(sample.features) * unit + self.bias * BIAS;
        let gradient = sign * margin - 1.0 + diagonal * *alpha;
        let next = (*alpha - gradient / square).max(0.0);
        let change = (next - *alpha) * sign;
        *alpha = next;
        if change != 0.0 {
            for feature in sample.features {
                if let Some(weight) = self.features.get_mut(usize::from(*feature)) {
                    *weight += change * unit;
                }
            }
            self.bias += change * BIAS;
        }
    }

    /// The weights in eight bits, and what they were multiplied by. None is cut off: the largest are those of the words
    /// that attacks are made of, and scores were calibrated with them.
    pub(crate) fn quantise(&self) -> (Vec<i8>, f32) {
        let sizes = self.features.iter().map(|weight| weight.abs());
        let largest = sizes.fold(f32::MIN_POSITIVE, f32::max);
        let scale = 127.0 / largest;
        let quantised = self.features.iter().map(|weight| (weight * scale).round() as i8);
        (quantised.collect(), scale)
    }
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn shuffle(&mut self, order: &mut [usize]) {
        for end in (1..order.len()).rev() {
            order.swap(end, (self.next() % (end as u64 + 1)) as usize);
        }
    }
}
