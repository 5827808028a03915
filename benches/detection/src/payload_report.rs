//! How well attacks on tools are told from benign texts that nothing like them was learnt from.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;

use crate::figures::{Share, threshold};
use crate::payload::{Bag, Unseen};

/// Kinds of benign text with a share that may be suspected, and that share.
const GOALS: [(&str, f64); 2] = [("chat", 0.002), ("code", 0.02)];

/// Kinds of benign text.
fn kind<'a>(bag: &'a Bag<'_>) -> &'a str {
    let category = bag.row.category.as_str();
    match category.split('_').next() {
        _ if bag.row.own => category,
        _ if category.ends_with("_fp") => "others' look-alikes",
        Some("document") if category == "document_code" => "code",
        Some("multilingual") => "languages",
        Some(kind) => kind,
        None => category,
    }
}

/// Tells of one attack: recall by source at scores of 0.50 and 0.90 and at what the goals allow, and the share of
/// benign texts suspected.
pub(crate) fn tell(
    report: &mut String,
    bags: &[Bag<'_>],
    margins: &[f32],
    name: &str,
    unseen: Unseen,
    least: &[[f32; 100]; 2],
) -> Result<()> {
    let mut benign: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
    for (bag, margin) in bags.iter().zip(margins).filter(|(bag, _)| !bag.row.is_attack()) {
        benign.entry(kind(bag)).or_default().push(*margin);
    }
    for margins in benign.values_mut() {
        margins.sort_by(|first, second| second.total_cmp(first));
    }
    let allowed = GOALS
        .iter()
        .filter_map(|(kind, share)| threshold(benign.get(kind)?, *share));
    let allowed = allowed.max_by(f32::total_cmp).unwrap_or(f32::MAX);
    let mut groups: BTreeMap<(bool, &str), [Share; 3]> = BTreeMap::new();
    for (bag, margin) in bags.iter().zip(margins) {
        let attack = bag.row.is_attack();
        if attack && bag.row.category != name {
            continue;
        }
        let key = (!attack, if attack { bag.row.source.as_str() } else { kind(bag) });
        let shares = groups.entry(key).or_default();
        let at = |score: usize| {
            let least = least.get(usize::from(bag.code)).and_then(|least| least.get(score - 1));
            least.copied().unwrap_or(f32::MAX)
        };
        for (share, least) in shares.iter_mut().zip([at(50), at(90), allowed]) {
            share.found += usize::from(*margin > least);
            share.all += 1;
        }
    }
    let unseen = match unseen {
        Unseen::Text => "text",
        Unseen::Source => "source",
    };
    writeln!(
        report,
        "{name}, by unseen {unseen:30} texts  ≥ 0.50  ≥ 0.90  at 0.2 % of chat and 2 % of code"
    )?;
    for ((benign, source), shares) in groups {
        let label = if benign { "benign" } else { "attack" };
        write!(
            report,
            "  {label} {source:34} {:6}",
            shares.first().map_or(0, |share| share.all)
        )?;
        for share in shares {
            write!(report, "   {:.3}", share.of_one())?;
        }
        writeln!(report)?;
    }
    Ok(())
}
