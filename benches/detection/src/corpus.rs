//! Labelled texts: our own, and those of a folder outside the project.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use bartizan_verdict::Role;
use serde::Deserialize;

/// Whether a text is to be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Label {
    Attack,
    Benign,
}

/// What one of our own texts is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Split {
    #[default]
    Train,
    Test,
}

/// One labelled text.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Row {
    /// Who collected it.
    #[serde(default)]
    pub(crate) source: String,
    pub(crate) label: Label,
    pub(crate) category: String,
    /// What kind of data of its category it has, if it is about data.
    #[serde(default, alias = "rule")]
    pub(crate) kind: String,
    pub(crate) text: String,
    /// Whether weights may be learnt from it.
    #[serde(default = "yes")]
    pub(crate) weights: bool,
    #[serde(default)]
    pub(crate) split: Split,
    /// Whether it is one of ours.
    #[serde(skip)]
    pub(crate) own: bool,
}

fn yes() -> bool {
    true
}

/// Attacks that the classifier is to find; others are the business of other detectors.
const INJECTION: [&str; 5] = [
    "direct_injection",
    "prompt_extraction",
    "jailbreak",
    "indirect_injection",
    "multilingual_injection",
];

/// Texts about data that is not to get out, and about what carries it out; no classifier judges them.
const DATA: [&str; 3] = ["secrets", "pii", "exfil_markup"];

impl Row {
    /// A harmless text of ours.
    pub(crate) fn harmless(source: &str, category: &str, text: String) -> Self {
        Self {
            source: source.to_owned(),
            label: Label::Benign,
            category: category.to_owned(),
            kind: String::new(),
            text,
            weights: true,
            split: Split::Train,
            own: true,
        }
    }

    /// The text, which nothing is learnt from, neither weights nor thresholds.
    pub(crate) fn only_judged(mut self) -> Self {
        (self.weights, self.split) = (false, Split::Train);
        self.category.push_str("_fp");
        self
    }

    pub(crate) fn is_attack(&self) -> bool {
        self.label == Label::Attack
    }

    /// Whether the text is an attack that the classifier is to find.
    pub(crate) fn is_injection(&self) -> bool {
        self.is_attack() && Self::is_core(&self.category)
    }

    /// What the text has that is not to get out, or is made to look as if it had.
    pub(crate) fn data(&self) -> Option<&str> {
        let category = self.category.strip_suffix("_fp").unwrap_or(&self.category);
        DATA.contains(&category).then_some(category)
    }

    /// See [`Self::data`].
    pub(crate) fn is_about_data(&self) -> bool {
        self.data().is_some()
    }

    /// Whether the text counts among the benign ones: no attack, nor made to look like one on the web.
    pub(crate) fn is_clean(&self) -> bool {
        !self.is_attack() && !self.category.ends_with("_fp")
    }

    /// Whether the category is one that the classifier is to find.
    pub(crate) fn is_core(category: &str) -> bool {
        INJECTION.contains(&category)
    }

    /// Who a text of this category comes from.
    pub(crate) fn role(&self) -> Role {
        match self.category.split('_').next() {
            Some("document" | "indirect") => Role::Document,
            Some("tool" | "sqli" | "xss" | "rce" | "lfi") => Role::Tool,
            _ if self.category.ends_with("_fp") => Role::Tool,
            _ => Role::User,
        }
    }
}

/// Reads the rows of `file`, which may be packed with gzip.
pub(crate) fn read(file: &Path) -> Result<Vec<Row>> {
    let about = || format!("cannot read {}", file.display());
    let text = if file.extension().is_some_and(|extension| extension == "gz") {
        let output = Command::new("gzip").arg("-dc").arg(file).output().with_context(about)?;
        ensure!(output.status.success(), "gzip cannot unpack {}", file.display());
        String::from_utf8(output.stdout).with_context(about)?
    } else {
        fs::read_to_string(file).with_context(about)?
    };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| serde_json::from_str(line).with_context(|| format!("{}:{}", file.display(), number + 1)))
        .collect()
}

/// Our own texts: every file of `folder`, each a source.
pub(crate) fn own(folder: &Path) -> Result<Vec<Row>> {
    let mut files = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut rows = Vec::new();
    for file in files {
        let source = file.file_stem().unwrap_or_default().to_string_lossy();
        rows.extend(read(&file)?.into_iter().map(|row| Row {
            source: format!("own-{source}"),
            own: true,
            ..row
        }));
    }
    Ok(rows)
}

/// The rows of `name.jsonl` or `name.jsonl.gz` in the folder of corpora.
pub(crate) fn foreign(folder: &Path, name: &str) -> Result<Vec<Row>> {
    let plain = folder.join(format!("{name}.jsonl"));
    read(&if plain.exists() {
        plain
    } else {
        folder.join(format!("{name}.jsonl.gz"))
    })
}
