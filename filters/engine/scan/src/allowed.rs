use crate::fold::fold_literal;

/// Texts known to be false alarms, regardless of case and white space.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    /// Folded and sorted.
    texts: Vec<Vec<u8>>,
    /// Bytes that are folded to compare them: with more white space in it, a text is not known again.
    most: usize,
}

impl Allowed {
    /// From texts that are folded and sorted.
    pub(crate) fn load(texts: &[&[u8]]) -> Self {
        let longest = texts.iter().map(|text| text.len()).max();
        Self {
            texts: texts.iter().map(|text| text.to_vec()).collect(),
            most: longest.map_or(0, |longest| longest.saturating_mul(2).saturating_add(64)),
        }
    }

    /// Whether the text is one of those.
    pub(crate) fn has(&self, text: &str) -> bool {
        if text.len() > self.most {
            return false;
        }
        let folded = fold_literal(text.as_bytes());
        self.texts.binary_search(&folded).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_white_space_do_not_matter() {
        let allowed = Allowed::load(&[b"order 4111", b"test user"]);
        for (text, expected) in [
            ("test user", true),
            (" Test\n\n USER ", true),
            ("test users", false),
            ("order  4111", true),
            ("", false),
        ] {
            assert_eq!(allowed.has(text), expected, "{text:?}");
        }
        assert!(!allowed.has(&format!("test{}user", " ".repeat(1000))));
        assert!(!Allowed::default().has(""));
    }
}
