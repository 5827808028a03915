//! Learns to tell attacks on tools: which tokens, in which order, harmless texts do not have.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use bartizan_scan::classifier::{Kind, SCALE};
use bartizan_scan::payload::build::Vocabulary;
use bartizan_scan::payload::{ATTACKS, FEATURES, Model, Steps};
use bartizan_scan::undo::{Coverage, Hints, Scratch, Tables, views};

use crate::corpus::{Label, Row, Split};
use crate::figures::threshold;
use crate::learn::{Sample, Weights, bias};
use crate::lexicon::entries;
use crate::payload_report::tell;
use crate::train::Trained;

/// The attacks, as rows name them, in the order of a model.
pub(crate) const NAMES: [&str; ATTACKS] = ["sqli", "xss", "rce", "lfi"];

/// How weights are learnt.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Options {
    /// What an error costs.
    #[arg(long, default_value_t = 0.5)]
    cost: f32,
    /// How much more a benign text of ours counts, most of which is made to look like an attack.
    #[arg(long, default_value_t = 4.0)]
    hard: f32,
    /// How much a benign text of others counts that is made to look like an attack; some are attacks.
    #[arg(long, default_value_t = 0.2)]
    doubtful: f32,
    /// Passes over the samples.
    #[arg(long, default_value_t = 20)]
    epochs: usize,
    /// Rounds after the first, in each of which an attack is its most suspicious windows.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// Bytes of the windows.
    #[arg(long, default_value_t = 128)]
    window: u16,
}

/// The features of a window.
type Features = Vec<u16>;

/// A text with the features of its windows, and of those of what it says once its disguises are undone.
#[derive(Debug)]
pub(crate) struct Bag<'a> {
    pub(crate) row: &'a Row,
    /// Near duplicates have the same, and so have benign texts of one source.
    group: u64,
    pub(crate) code: bool,
    windows: Vec<Features>,
}

/// Margin of a text without windows.
const EMPTY: f32 = -9.0;
/// Margin of the windows of an attack that count as attacks, besides the most suspicious one.
const SURE: f32 = 0.5;
/// Letters and digits that near duplicates begin with.
const ALIKE: usize = 8;
/// Parts into which texts are cut, each judged by weights that saw nothing of it.
const FOLDS: u64 = 5;

impl<'a> Bag<'a> {
    fn new(row: &'a Row, words: &Vocabulary, tables: &Tables, options: &Options) -> Self {
        let mut windows = BTreeSet::new();
        let mut add = |text: &str| {
            words.windows(text, options.window.into(), |_, features| {
                windows.insert(features.iter().copied().collect::<Features>());
            });
        };
        add(&row.text);
        // What is not shown cannot be learnt from; there are few such texts.
        let _: Coverage = views(&row.text, Hints::NONE, tables, &mut Scratch::default(), &mut |view| {
            add(view.text);
        });
        Self {
            row,
            group: group(row),
            code: Kind::of(&row.text, row.role()) == Kind::Code,
            windows: windows.into_iter().collect(),
        }
    }

    /// The margin of the most suspicious window.
    fn margin(&self, weights: &Weights) -> f32 {
        let margins = self.windows.iter().map(|window| weights.margin(window));
        margins.max_by(f32::total_cmp).unwrap_or(EMPTY)
    }
}

fn group(row: &Row) -> u64 {
    let hash = |text: &str| {
        let step = |state: u64, byte: u8| (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        text.bytes().fold(0xcbf2_9ce4_8422_2325, step) >> 7
    };
    if row.label == Label::Benign && !row.own {
        return hash(&row.source);
    }
    let value = row.text.rsplit("probe=\"").next().unwrap_or_default();
    let value = value.split_once('=').map_or(value, |(_, value)| value).to_lowercase();
    let letters: String = value.chars().filter(char::is_ascii_alphanumeric).take(ALIKE).collect();
    hash(&letters)
}

/// How attacks are put apart from what is learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unseen {
    /// Near duplicates are.
    Text,
    /// All of others when ours are learnt from, and ours when theirs are.
    Source,
}

/// Learns to tell one attack from benign texts; other attacks are neither.
fn learn(bags: &[&Bag<'_>], name: &str, options: &Options) -> Weights {
    let mut weights: Option<Weights> = None;
    let counted = bags
        .iter()
        .filter(|bag| !bag.row.is_attack() || bag.row.category == name);
    let counted: Vec<&&Bag<'_>> = counted.collect();
    for _ in 0..=options.rounds {
        let mut samples = Vec::new();
        for bag in &counted {
            let attack = bag.row.is_attack();
            let least = (weights.as_ref())
                .filter(|_| attack)
                .map(|weights| bag.margin(weights).min(SURE));
            let counts = |window: &&Features| match (&weights, least) {
                (Some(weights), Some(least)) => weights.margin(window) >= least,
                _ => true,
            };
            let windows: Vec<&Features> = bag.windows.iter().filter(counts).collect();
            let doubtful = bag.row.category.ends_with("_fp");
            let cost = options.cost
                * match (attack, bag.row.own) {
                    (true, _) => 1.0 / (windows.len() as f32).sqrt(),
                    (false, true) => options.hard,
                    (false, false) if doubtful => options.doubtful,
                    (false, false) => 1.0,
                };
            samples.extend(windows.into_iter().map(|features| Sample { features, attack, cost }));
        }
        weights = Some(Weights::learn(&samples, options.epochs));
    }
    weights.unwrap_or_else(Weights::new)
}

fn teaches(bag: &Bag<'_>) -> bool {
    bag.row.weights && bag.row.split == Split::Train
}

/// The margins of `bags`, each by weights that saw nothing like it.
fn judge(bags: &[Bag<'_>], name: &str, unseen: Unseen, options: &Options) -> Vec<f32> {
    let place = |bag: &Bag<'_>| match unseen {
        Unseen::Source if bag.row.is_attack() => u64::from(bag.row.own),
        Unseen::Source | Unseen::Text => bag.group % FOLDS,
    };
    let judge = |fold: u64| -> Vec<(usize, f32)> {
        let taught = bags.iter().filter(|bag| place(bag) != fold && teaches(bag));
        let weights = learn(&taught.collect::<Vec<_>>(), name, options);
        let left = bags.iter().enumerate().filter(|(_, bag)| place(bag) == fold);
        left.map(|(at, bag)| (at, bag.margin(&weights))).collect()
    };
    let judged: Vec<(usize, f32)> = std::thread::scope(|scope| {
        let judge = &judge;
        let work = |worker| move || (worker..FOLDS).step_by(2).flat_map(judge).collect::<Vec<_>>();
        let workers = [scope.spawn(work(0)), scope.spawn(work(1))];
        let workers = workers.into_iter().filter_map(|worker| worker.join().ok());
        workers.flatten().collect()
    });
    let mut margins = vec![EMPTY; bags.len()];
    for (at, margin) in judged {
        if let Some(slot) = margins.get_mut(at) {
            *slot = margin;
        }
    }
    margins
}

/// Whether thresholds are set by a text: benign, and not made to look like an attack, but for a quarter of ours.
fn calibrates(row: &Row) -> bool {
    row.is_clean() && !row.own || row.own && !row.is_attack() && row.split == Split::Test
}

/// The margins of benign texts by which thresholds are set, in falling order.
fn benign(bags: &[Bag<'_>], margins: &[f32], code: bool) -> Vec<f32> {
    let benign = bags.iter().zip(margins);
    let benign = benign.filter(|(bag, _)| bag.code == code && calibrates(bag.row));
    let mut benign: Vec<f32> = benign.map(|(_, margin)| *margin).collect();
    benign.sort_by(|first, second| second.total_cmp(first));
    benign
}

/// The least margin for each score. What the meaning of scores says: the share falls by ten for each 0.40.
fn least(benign: &[f32]) -> [f32; 100] {
    let mut score = 0;
    [(); 100].map(|()| {
        score += 1;
        let share = 0.01 * 10_f64.powf(f64::from(50 - score) / 40.0);
        threshold(benign, share).unwrap_or(f32::MAX)
    })
}

/// The source of texts that teach only what an order to a model is.
const ORDERS: &str = "own-orders";

/// Trains on `rows`, which are cut into tokens by the words in `words`.
pub(crate) fn train(rows: &[Row], words: &Path, options: &Options) -> Result<Trained> {
    let list = entries(&std::fs::read_to_string(words)?)?;
    let words = Vocabulary::new(list.iter().map(|(word, class)| (word.as_str(), *class)))?;
    let rows = rows
        .iter()
        .filter(|row| row.source != ORDERS && (NAMES.contains(&row.category.as_str()) || !row.is_attack()));
    let tables = Tables::built_in();
    let bags: Vec<Bag<'_>> = rows.map(|row| Bag::new(row, &words, &tables, options)).collect();
    let taught: Vec<&Bag<'_>> = bags.iter().filter(|bag| teaches(bag)).collect();
    let mut steps = [[[0; 100]; ATTACKS]; 2];
    let mut weights = vec![[0; ATTACKS]; FEATURES];
    let mut report = String::new();
    for (attack, name) in NAMES.iter().enumerate() {
        let final_weights = learn(&taught, name, options);
        let (quantised, scale) = final_weights.quantise();
        for (all, quantised) in weights.iter_mut().zip(quantised) {
            *all.get_mut(attack).context("an attack")? = quantised;
        }
        for unseen in [Unseen::Text, Unseen::Source] {
            let mut margins = judge(&bags, name, unseen, options);
            // Benign texts to come are of known kinds and of new ones; of code most are of new ones.
            let prose = |bag: &Bag<'_>| !bag.row.is_attack() && !bag.code;
            for (bag, margin) in bags.iter().zip(&mut margins).filter(|(bag, _)| prose(bag)) {
                *margin = f32::midpoint(*margin, bag.margin(&final_weights));
            }
            let kinds = [false, true].map(|code| least(&benign(&bags, &margins, code)));
            tell(&mut report, &bags, &margins, name, unseen, &kinds)?;
            if unseen == Unseen::Source {
                continue;
            }
            for (steps, least) in steps.iter_mut().zip(kinds) {
                let raw: Steps = least.map(|margin| {
                    let raw = (margin - bias(&final_weights)) * scale * SCALE;
                    raw.clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
                });
                *steps.get_mut(attack).context("an attack")? = raw;
            }
        }
    }
    let model = Model::encode(options.window, &steps, &weights, words.bytes());
    Model::load(&model)?;
    let about = format!("{} bytes; learnt from {} texts\n", model.len(), taught.len());
    Ok(Trained {
        model,
        report: report + &about,
    })
}

/// The code of this project, in pieces: harmless, but for the files that are about attacks.
pub(crate) fn repository(root: &Path) -> Result<Vec<Row>> {
    const KINDS: [&str; 6] = ["*.rs", "*.py", "*.yaml", "*.toml", "*.md", "Makefile"];
    const ABOUT: [&str; 6] = ["detect", "scan/", "packs", "fuzz", "inspect", "threat"];
    /// Lines of a piece, and pieces of a file.
    const CUT: (usize, usize) = (40, 4);
    let mut git = std::process::Command::new("git");
    let output = git.arg("-C").arg(root).arg("ls-files").args(KINDS).output()?;
    let mut rows = Vec::new();
    let files = String::from_utf8(output.stdout)?;
    for file in files
        .lines()
        .filter(|file| !ABOUT.iter().any(|part| file.contains(part)))
    {
        let text = std::fs::read_to_string(root.join(file))?;
        let lines: Vec<&str> = text.lines().collect();
        let pieces = lines.chunks(CUT.0).take(CUT.1);
        rows.extend(pieces.map(|piece| Row::harmless("own-repository", "repository_fp", piece.join("\n"))));
    }
    Ok(rows)
}
