//! Tells what is found of data that is not to get out, and in how many harmless texts something like it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use bartizan_scan::Score;
use bartizan_verdict::Category;

use crate::figures::Share;
use crate::measure::Judged;

/// What harmless texts are looked through for, by the name it has in the table.
const LOOKED_FOR: [(&str, Category); 5] = [
    ("secrets", Category::Secrets),
    ("personal data", Category::Pii),
    ("exfiltration", Category::Exfiltration),
    ("hidden text", Category::HiddenText),
    ("resource abuse", Category::ResourceAbuse),
];

/// Tells both.
pub(crate) fn tell(report: &mut String, judged: &[Judged<'_>]) -> Result<()> {
    tell_found(report, judged)?;
    tell_harmless(report, judged)
}

/// How many texts of a kind were found.
#[derive(Default)]
struct Kind {
    with: Share,
    look_alikes: Share,
}

fn tell_found(report: &mut String, judged: &[Judged<'_>]) -> Result<()> {
    let mut kinds: BTreeMap<(&str, &str, &str), Kind> = BTreeMap::new();
    for judged in judged {
        let row = judged.row;
        let Some(data) = row.data() else { continue };
        let kind = kinds.entry((data, &row.kind, &row.source)).or_default();
        let share = if row.is_attack() {
            &mut kind.with
        } else {
            &mut kind.look_alikes
        };
        share.all += 1;
        share.found += usize::from(is_found(judged, data));
    }
    writeln!(
        report,
        "\n### Secrets, personal data, and markup that carries data out\n"
    )?;
    writeln!(
        report,
        "| category | kind | source | found | look-alikes taken for it |"
    )?;
    writeln!(report, "|---|---|---|---|---|")?;
    for ((category, name, source), kind) in kinds {
        let Kind { with, look_alikes } = kind;
        writeln!(
            report,
            "| {category} | {name} | {source} | {} of {} | {} of {} |",
            with.found, with.all, look_alikes.found, look_alikes.all
        )?;
    }
    Ok(())
}

/// Whether what the text is about is found. A secret may be taken for personal data and the reverse, as a wallet's
/// address may.
fn is_found(judged: &Judged<'_>, data: &str) -> bool {
    let categories: &[Category] = match data {
        "exfil_markup" => &[Category::Exfiltration],
        _ => &[Category::Secrets, Category::Pii],
    };
    let reported = |category: &Category| judged.score_of(*category) >= Score::AUDIT.hundredths();
    categories.iter().any(reported)
}

fn tell_harmless(report: &mut String, judged: &[Judged<'_>]) -> Result<()> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Judged<'_>>> = BTreeMap::new();
    for judged in judged {
        let row = judged.row;
        if !row.is_attack() && !row.is_about_data() {
            groups.entry((&row.category, &row.source)).or_default().push(judged);
        }
    }
    writeln!(report, "\n### What is reported in harmless texts, besides injection\n")?;
    write!(report, "| kind | source | texts |")?;
    for (name, _) in LOOKED_FOR {
        write!(report, " {name} |")?;
    }
    writeln!(report, "\n|---|---|---|{}", "---|".repeat(LOOKED_FOR.len()))?;
    for ((kind, source), group) in groups {
        write!(report, "| {kind} | {source} | {} |", group.len())?;
        for (_, category) in LOOKED_FOR {
            let scores: Vec<u8> = group.iter().map(|judged| judged.score_of(category)).collect();
            write!(
                report,
                " {:.3} |",
                Share::above(&scores, Score::AUDIT.hundredths() - 1).of_one()
            )?;
        }
        writeln!(report)?;
    }
    Ok(())
}
