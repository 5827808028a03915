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
