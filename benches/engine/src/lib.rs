//! What the engine's benches share: the sample policies and text to run them over.
//!
//! `cargo bench -p bartizan-bench-engine` runs all, `--bench scan` one. Figures are of native code; in Envoy's wasm
//! automata run about as fast.

use std::path::{Path, PathBuf};

use bartizan_policy::{CompiledPolicy, Source, compile};

/// Why the sample policies could not be had.
pub type Failure = Box<dyn std::error::Error>;

/// Compiles the sample policies of this repository.
///
/// # Errors
/// A file that cannot be read, or the first mistake in the policies.
pub fn sample_policy() -> Result<CompiledPolicy, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let mut files = documents(&root)?;
    files.append(&mut documents(&root.join("packs"))?);
    let mut sources = Vec::with_capacity(files.len());
    for file in files {
        sources.push(Source {
            text: std::fs::read_to_string(&file)?,
            file: file.display().to_string(),
        });
    }
    compile(&sources).map_err(|errors| errors.first().map_or_else(String::new, ToString::to_string).into())
}

fn documents(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    Ok(files)
}

/// Ordinary English of a chat, of so many bytes: some figures, some lines, nothing to find.
#[must_use]
pub fn benign_text(bytes: usize) -> String {
    BENIGN.chars().cycle().take(bytes).collect()
}

const BENIGN: &str = "\
Can you help me plan a week of dinners for two people who like vegetables? We have a small oven, one good pan and
about forty minutes each evening. My partner does not eat fish, and I would like to try something with lentils that
is not a soup. Please write a short list with the main ingredients, so that I can shop on Saturday, and tell me which
of the meals keep well for lunch the next day.

Last week we cooked a curry with 3 onions and 400 g of tomatoes, which took too long. I have also read that beans
should soak for 12 hours; is that so? What would you change about the recipe below?

1. Slice the leeks and wash them with care, since sand hides between the leaves.
2. Warm the pan, then add the butter and, after a minute, the leeks; stir now and then.
3. Show some patience: give them twenty minutes, and return the lid to the pan whenever they look dry.
";
