//! The README's map leads to places that exist.

use std::fs;

use crate::workspace::root;

const HEADING: &str = "where does x live";

#[test]
fn every_path_on_the_map_exists() {
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let paths = paths_of(section(&readme).expect("the README has a map"));
    assert!(paths.len() >= 10, "the map names only {paths:?}");
    for path in paths {
        assert!(
            root().join(path).exists(),
            "the map sends the reader to {path}, which does not exist"
        );
    }
}

/// The text between the map's heading and the next heading of any level.
fn section(readme: &str) -> Option<&str> {
    let heading = readme
        .lines()
        .find(|line| line.starts_with('#') && line.to_lowercase().contains(HEADING))?;
    let (_, after) = readme.split_once(heading)?;
    Some(after.find("\n#").map_or(after, |end| &after[..end]))
}

/// What stands in back-quotes and looks like a path inside the repository: no space, not absolute, with a `/` or the
/// ending of a file.
fn paths_of(section: &str) -> Vec<&str> {
    let quoted = section.split('`').skip(1).step_by(2);
    quoted
        .filter(|text| !text.contains([' ', '*', '<', '$', ':', '\n']) && !text.starts_with(['/', '-']))
        .filter(|text| text.contains('/') || text.ends_with(".md") || text.ends_with(".toml") || *text == "Makefile")
        .collect()
}

#[test]
fn the_map_reader_tells_paths_from_other_code() {
    let text = "# Title\n`no/map`\n## Where does X live?\n| `filters/auth` | `make up` `/v1/models` `README.md` |\n## Next\n`not/here`\n";
    assert_eq!(
        paths_of(section(text).expect("it has a map")),
        ["filters/auth", "README.md"]
    );
}

/// A row of the failure contract without its test is only a promise.
#[test]
fn every_test_of_the_failure_contract_exists() {
    let contract = fs::read_to_string(root().join("docs/failures.md")).expect("there is a failure contract");
    let sources = sources_below(&["tests", "filters", "control-plane"]);
    let mut rows = 0;
    for row in contract
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| What"))
    {
        rows += 1;
        let test = row
            .trim_end_matches([' ', '|'])
            .rsplit(" | ")
            .next()
            .expect("a row has cells");
        let Some(name) = test.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else {
            panic!("the row names no test: {row}");
        };
        let defined = [format!("def {name}("), format!("fn {name}(")];
        assert!(
            sources
                .iter()
                .any(|source| defined.iter().any(|text| source.contains(text))),
            "no test {name}"
        );
    }
    assert!(rows >= 20, "the contract has only {rows} rows");
}

/// The text of every Rust and Python file below these folders.
fn sources_below(folders: &[&str]) -> Vec<String> {
    let mut folders: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("folders are readable") {
            let path = entry.expect("entries are readable").path();
            let is_source = path.extension().is_some_and(|ending| ending == "rs" || ending == "py");
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if is_source {
                sources.push(fs::read_to_string(&path).expect("sources are UTF-8"));
            }
        }
    }
    sources
}
