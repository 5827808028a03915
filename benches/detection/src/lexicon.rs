//! The lexicon of the classifier, as it is written.

use anyhow::{Result, ensure};
use bartizan_scan::classifier::build::Words;

/// Reads `CONCEPT: word …` lines; a concept may have several.
pub(crate) fn parse(text: &str) -> Result<Words> {
    let entries = entries(text)?;
    Ok(Words::new(
        entries.iter().map(|(word, concept)| (word.as_str(), *concept)),
    )?)
}

/// The words of such lines, each with the number of its concept.
pub(crate) fn entries(text: &str) -> Result<Vec<(String, u8)>> {
    let mut concepts: Vec<&str> = Vec::new();
    let mut words = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (concept, entries) = line.split_once(':').unwrap_or_default();
        ensure!(!concept.is_empty(), "no concept in the line `{line}`");
        if !concepts.contains(&concept) {
            concepts.push(concept);
        }
        let number = concepts.iter().position(|known| *known == concept).unwrap_or_default() + 1;
        let number = u8::try_from(number)?;
        words.extend(entries.split_whitespace().map(|word| (word.to_owned(), number)));
    }
    Ok(words)
}
