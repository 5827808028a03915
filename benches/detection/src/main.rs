//! Trains the injection classifier and the model of attacks on tools, and measures how well attacks are detected.
//!
//! `train` and `train-attacks` learn from our own texts in `tests/detection` and from `dev.jsonl` in a folder outside the
//! project, named by `BARTIZAN_CORPORA`, and write a model each. The same texts give the same model. The second learns
//! what is harmless from the code of the project too. `measure` runs the sample policies over
//! those of our texts that teach nothing, and over the others.

mod corpus;
mod data_report;
mod figures;
mod fold;
mod learn;
mod lexicon;
mod measure;
mod payload;
mod payload_report;
mod train;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

/// Trains the injection classifier, and measures how well attacks are detected.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
    /// A folder with `dev.jsonl` and `pii.jsonl`, or these with `.gz`: labelled texts of others.
    #[arg(long, env = "BARTIZAN_CORPORA", global = true)]
    corpora: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Learn the model, and say how well it does on sources it has not seen.
    Train {
        #[command(flatten)]
        options: fold::Options,
        /// Say how well it would do, and write nothing.
        #[arg(long)]
        dry: bool,
    },
    /// Learn the model of attacks on tools, and say how well it does on texts and sources it has not seen.
    TrainAttacks {
        #[command(flatten)]
        options: payload::Options,
        /// Say how well it would do, and write nothing.
        #[arg(long)]
        dry: bool,
        /// Further texts that nothing is learnt from.
        #[arg(long)]
        also: Option<PathBuf>,
    },
    /// Run the sample policies over labelled texts.
    Measure {
        /// Put the figures into docs/detection.md.
        #[arg(long)]
        write: bool,
    },
}

/// Between these lines of the document are the figures of each task.
const TRAINING: [&str; 2] = ["<!-- training -->\n", "<!-- end of training -->"];
const ATTACKS: [&str; 2] = ["<!-- attacks -->\n", "<!-- end of attacks -->"];
const FIGURES: [&str; 2] = ["<!-- figures -->\n", "<!-- end of figures -->"];

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut rows = corpus::own(&root.join("tests/detection"))?;
    if let Some(folder) = &arguments.corpora {
        rows.extend(corpus::foreign(folder, "dev")?);
    }
    if let Task::Measure { .. } = arguments.task {
        if let Some(folder) = &arguments.corpora {
            rows.extend(corpus::foreign(folder, "pii")?);
        }
    } else {
        rows.retain(|row| !row.is_about_data());
    }
    let document = root.join("docs/detection.md");
    let report = match arguments.task {
        Task::Train { options, dry } => {
            let trained = train::train(&rows, &root.join("benches/detection/lexicon.txt"), &options)?;
            if !dry {
                fs::write(root.join("filters/engine/scan/models/injection.bin"), trained.model)?;
                publish(&document, TRAINING, &format!("```text\n{}```\n", trained.report))?;
            }
            trained.report
        }
        Task::TrainAttacks { options, dry, also } => {
            rows.extend(payload::repository(&root)?);
            if let Some(also) = also {
                rows.extend(corpus::read(&also)?.into_iter().map(corpus::Row::only_judged));
            }
            let trained = payload::train(&rows, &root.join("benches/detection/attack-words.txt"), &options)?;
            if !dry {
                fs::write(root.join("filters/engine/scan/models/attacks.bin"), trained.model)?;
                publish(&document, ATTACKS, &format!("```text\n{}```\n", trained.report))?;
            }
            trained.report
        }
        Task::Measure { write } => {
            let report = measure::measure(&rows)?;
            if write {
                publish(&document, FIGURES, &report)?;
            }
            report
        }
    };
    Ok(std::io::stdout().write_all(report.as_bytes())?)
}

/// Puts the report between the markers of a document.
fn publish(document: &Path, [open, close]: [&str; 2], report: &str) -> Result<()> {
    let text = fs::read_to_string(document)?;
    let (before, rest) = text.split_once(open).context("the document has no figures")?;
    let (_, after) = rest.split_once(close).context("the figures have no end")?;
    Ok(fs::write(document, format!("{before}{open}{report}{close}{after}"))?)
}
