//! Learns the model, and says how well it does on sources it has not seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use bartizan_scan::classifier::{FEATURES, Kind, Model, Profile, SCALE};

use crate::corpus::{Label, Row};
use crate::figures::{Share, mean, threshold};
use crate::fold::{Bag, Margins, Options, cut, cut_hard, learn, leave_category_out, leave_out, teaches};
use crate::learn::{Weights, bias};
use crate::lexicon;

/// Shares of benign texts above which recall is told.
const SHARES: [f64; 3] = [0.001, 0.005, 0.01];
/// Texts of the smallest source that counts in the mean over sources.
const SMALLEST: usize = 15;

/// What training made.
#[derive(Debug)]
pub(crate) struct Trained {
    pub(crate) model: Vec<u8>,
    pub(crate) report: String,
}

/// Trains on `rows` and the lexicon in `lexicon`.
pub(crate) fn train(rows: &[Row], lexicon: &Path, options: &Options) -> Result<Trained> {
    let words = lexicon::parse(&std::fs::read_to_string(lexicon)?)?;
    let rows = rows.iter().filter(|row| row.is_clean() || row.is_injection());
    let bags: Vec<Bag<'_>> = rows.map(|row| Bag::new(row, &words, options)).collect();
    let margins = leave_out(&bags, options);
    let between = middle(&margins, &cut(&bags, options));
    let hard = cut_hard(&bags, options);
    let taught: Vec<&Bag<'_>> = bags.iter().filter(|bag| teaches(bag.row)).collect();
    let weights = learn(&taught, options);
    let (quantised, scale) = weights.quantise();
    let quantised: &[i8; FEATURES] = quantised.as_slice().try_into().context("a weight for each feature")?;
    let profiles = Kind::ALL.map(|kind| Profile {
        window: options.window(kind),
        steps: steps(
            &benign(&bags, &between, kind),
            &of_kind(&bags, &hard, kind),
            &weights,
            scale,
        ),
    });
    let model = Model::encode(&profiles, quantised, words.bytes());
    Model::load(&model)?;
    let mut report = String::new();
    let together = leave_category_out(&bags, "jailbreak", options);
    tell(&mut report, &bags, &margins, &together)?;
    writeln!(report, "\n{} bytes; learnt from {} texts:", model.len(), taught.len())?;
    let mut sources: BTreeMap<(Label, &str), usize> = BTreeMap::new();
    for bag in taught {
        *sources.entry((bag.row.label, &bag.row.source)).or_default() += 1;
    }
    for ((label, source), count) in sources {
        writeln!(report, "  {count:5} {label:?} {source}")?;
    }
    Ok(Trained { model, report })
}

/// The middle of the margins that texts have if their source is unknown, and if it is known.
///
/// Texts to come are of known kinds and of new ones. By the first alone thresholds are too high for the final weights,
/// which know every source there is; by the second they are too low for what is new.
fn middle(unknown: &[Option<Margins>], known: &[Option<Margins>]) -> Vec<Option<Margins>> {
    let middle = |(unknown, known): (&Option<Margins>, &Option<Margins>)| {
        let (mut middle, known) = ((*unknown)?, (*known)?);
        for (margin, known) in middle.iter_mut().zip(known) {
            *margin = f32::midpoint(*margin, known);
        }
        Some(middle)
    };
    unknown.iter().zip(known).map(middle).collect()
}

/// The margins of benign texts that nothing was learnt from, in falling order.
fn benign(bags: &[Bag<'_>], margins: &[Option<Margins>], kind: Kind) -> Vec<f32> {
    let clean = bags.iter().zip(margins).filter(|(bag, _)| bag.row.is_clean());
    let mut margins: Vec<f32> = clean
        .filter_map(|(_, margins)| margins.as_ref()?.get(kind as usize).copied())
        .collect();
    margins.sort_by(|first, second| second.total_cmp(first));
    margins
}

/// The fewest texts of a kind that say something of it.
const FEWEST: usize = 100;

/// The margins of benign texts of that kind, in falling order; of all kinds if there are too few.
fn of_kind(bags: &[Bag<'_>], margins: &[Option<Margins>], kind: Kind) -> Vec<f32> {
    let is_of_kind = |bag: &Bag<'_>| Kind::of(&bag.row.text, bag.row.role()) == kind;
    let of_kind = bags
        .iter()
        .zip(margins)
        .map(|(bag, margins)| margins.filter(|_| is_of_kind(bag)));
    let of_kind: Vec<Option<Margins>> = of_kind.collect();
    let some = benign(bags, &of_kind, kind);
    if some.len() < FEWEST {
        benign(bags, margins, kind)
    } else {
        some
    }
}

/// The least raw score for each score, from the margins of benign texts, and of those that are made to look like attacks.
///
/// What the meaning of scores says of the first: 1 % reach 0.50, and the share falls by ten for each 0.40. Of the second
/// no more than 2 % may reach 0.50, and 0.5 % 0.90.
fn steps(benign: &[f32], hard: &[f32], weights: &Weights, scale: f32) -> [i16; 100] {
    let mut steps = [i16::MAX; 100];
    for (score, step) in (1_i32..).zip(&mut steps) {
        let above = f64::from(score - 50) / 40.0;
        let of = |margins: &[f32], share: f64, fall: f64| threshold(margins, share * fall.powf(-above));
        let margins = [of(benign, 0.01, 10.0), of(hard, 0.02, 4.0)];
        let margin = margins.into_iter().flatten().max_by(f32::total_cmp).unwrap_or(f32::MAX);
        let raw = (margin - bias(weights)) * scale * SCALE;
        *step = raw.clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16;
    }
    steps
}

/// Texts that are told of together: label, source, category.
type Group<'a> = (Label, &'a str, &'a str);

/// Recall by source and category, where the thresholds are of benign texts of sources not seen.
fn tell(
    report: &mut String,
    bags: &[Bag<'_>],
    margins: &[Option<Margins>],
    together: &[Option<Margins>],
) -> Result<()> {
    let thresholds = thresholds(bags, margins);
    let mut means = vec![Vec::new(); SHARES.len()];
    let mut benign = vec![Vec::new(); SHARES.len()];
    writeln!(
        report,
        "label  source             category              texts  above 0.1 %  0.5 %  1 % of benign texts"
    )?;
    for (group, judged) in groups(bags, margins) {
        let shares = tell_group(report, group, &judged, &thresholds)?;
        let (label, source, _) = group;
        let into = match label {
            Label::Attack => &mut means,
            Label::Benign => &mut benign,
        };
        if !source.starts_with("own-") {
            for (all, share) in into.iter_mut().zip(shares) {
                all.push(share);
            }
        }
    }
    for shares in &mut means {
        shares.retain(|share: &Share| share.all >= SMALLEST);
    }
    let counted = means.first().map_or(0, Vec::len);
    writeln!(report, "mean over {counted} sources of attacks not seen:")?;
    for ((share, means), benign) in SHARES.iter().zip(&means).zip(&benign) {
        let total = benign.iter().fold(Share::default(), |total, share: &Share| Share {
            found: total.found + share.found,
            all: total.all + share.all,
        });
        writeln!(
            report,
            "  at {:.1} % of benign texts: {:.3} (in fact {:.2} %)",
            share * 100.0,
            mean(means),
            total.of_one() * 100.0
        )?;
    }
    writeln!(report, "\nwith all sources of jailbreaks left out together:")?;
    for (group, judged) in groups(bags, together) {
        tell_group(report, group, &judged, &thresholds)?;
    }
    Ok(())
}

/// By kind: the margins that [`SHARES`] of the benign texts exceed.
fn thresholds(bags: &[Bag<'_>], margins: &[Option<Margins>]) -> Vec<Vec<f32>> {
    let of = |kind: &Kind| {
        let benign = benign(bags, margins, *kind);
        SHARES.iter().filter_map(|share| threshold(&benign, *share)).collect()
    };
    Kind::ALL.iter().map(of).collect()
}

/// The texts that were judged, by group: as which kind of text, and with which margin.
fn groups<'a>(bags: &[Bag<'a>], margins: &[Option<Margins>]) -> BTreeMap<Group<'a>, Vec<(Kind, f32)>> {
    let mut groups: BTreeMap<Group<'a>, Vec<(Kind, f32)>> = BTreeMap::new();
    for (bag, margins) in bags.iter().zip(margins) {
        let Some(margins) = margins else { continue };
        let row = bag.row;
        let kind = Kind::of(&row.text, row.role());
        let margin = margins.get(kind as usize).copied().unwrap_or_default();
        groups
            .entry((row.label, &row.source, &row.category))
            .or_default()
            .push((kind, margin));
    }
    groups
}

/// Writes which shares of a group are above the thresholds, and gives them.
fn tell_group(
    report: &mut String,
    (label, source, category): Group<'_>,
    judged: &[(Kind, f32)],
    thresholds: &[Vec<f32>],
) -> Result<Vec<Share>> {
    let all = judged.len();
    write!(report, "{:6} {source:18} {category:20} {all:6}", format!("{label:?}"))?;
    let mut shares = Vec::new();
    for (number, _) in SHARES.iter().enumerate() {
        let least = |kind: Kind| thresholds.get(kind as usize).and_then(|kind| kind.get(number)).copied();
        let found = judged
            .iter()
            .filter(|(kind, margin)| least(*kind).is_some_and(|least| *margin > least))
            .count();
        let share = Share { found, all };
        write!(report, "  {:.3}", share.of_one())?;
        shares.push(share);
    }
    writeln!(report)?;
    Ok(shares)
}
