//! Addresses of mail: what is written as one and is none.

use core::ops::Range;

/// Endings of files, none of which is a domain: `icon@3x.png` is a picture for dense screens.
const FILES: &[u8] =
    b" png jpg jpeg gif svg webp avif bmp ico tif tiff heic css scss less js jsx mjs cjs ts tsx htm html \
json xml yaml yml toml txt csv pdf docx xlsx pptx wav webm woff tgz gz tar jar exe dll lock log ini cfg conf ";
/// Accounts of programs, by which everybody fetches code: `git@code.example:team/project`.
const PROGRAMS: &[u8] = b" git hg svn ";

/// An address that somebody may read.
pub(super) fn address(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let address = text.get(found.clone())?;
    let account = address.split(|byte| *byte == b'@').next()?;
    let ending = address.rsplit(|byte| *byte == b'.').next()?;
    (!lists(FILES, ending) && !lists(PROGRAMS, account)).then_some(found)
}

fn lists(words: &[u8], word: &[u8]) -> bool {
    let mut words = words.split(|byte| *byte == b' ').filter(|other| !other.is_empty());
    words.any(|other| other.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_accounts_of_programs_are_no_addresses() {
        for (text, is_address) in [
            ("ada@mail.example", true),
            ("png@example.org", true),
            ("legit@example.org", true),
            ("git.ada@example.org", true),
            ("a@js.example.dev", true),
            ("icon@3x.png", false),
            ("Icon@2x.dark.PNG", false),
            ("widget@1.2.0.tgz", false),
            ("git@code.example", false),
            ("Git@code.example", false),
        ] {
            let found = address(text.as_bytes(), 0..text.len());
            assert_eq!(found.is_some(), is_address, "{text}");
        }
    }
}
