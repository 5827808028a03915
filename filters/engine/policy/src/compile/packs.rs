use bartizan_scan::{RuleError, RuleSource};

/// Packs of rules compiled before.
#[derive(Debug, Default)]
pub(super) struct Packs {
    /// From least to most recently used.
    known: Vec<(Content, Vec<u8>)>,
}

/// What a pack is made of: rules, and texts that are never findings.
type Content = (Vec<RuleSource>, Vec<String>);

/// One of all rules, and one of those in force.
const KEPT: usize = 2;

impl Packs {
    /// The rules as a pack; compiled only if they differ from those of the last packs.
    pub(super) fn compile(&mut self, rules: Vec<RuleSource>, allowed: &[String]) -> Result<Vec<u8>, Vec<RuleError>> {
        let content = (rules, allowed.to_vec());
        let pack = match self.known.iter().position(|(known, _)| *known == content) {
            Some(place) => self.known.remove(place).1,
            None => bartizan_scan::compile_allowing(&content.0, allowed)?.into_bytes(),
        };
        self.known.push((content, pack.clone()));
        self.known.drain(..self.known.len().saturating_sub(KEPT));
        Ok(pack)
    }
}

#[cfg(test)]
mod tests {
    use bartizan_scan::Matcher;
    use bartizan_verdict::{Action, Category};

    use super::*;

    fn rules(phrase: &str) -> Vec<RuleSource> {
        let phrases = Matcher::Phrases(vec![phrase.to_owned()]);
        vec![RuleSource::new("rule", Category::Pii, Action::Mask, phrases)]
    }

    #[test]
    fn packs_are_remembered_by_their_rules() {
        let mut packs = Packs::default();
        let first = packs.compile(rules("first phrase"), &[]).unwrap();
        assert_ne!(packs.compile(rules("second phrase"), &[]).unwrap(), first);
        assert_eq!(packs.compile(rules("first phrase"), &[]).unwrap(), first);
        assert_eq!(packs.known.len(), 2);
        assert!(packs.compile(rules(""), &[]).is_err());
        let third = packs.compile(rules("third phrase"), &[]).unwrap();
        assert_eq!(
            packs.known.iter().map(|(known, _)| known.0.clone()).collect::<Vec<_>>(),
            [rules("first phrase"), rules("third phrase")]
        );
        let allowed = ["a text".to_owned()];
        assert_ne!(packs.compile(rules("third phrase"), &allowed).unwrap(), third);
    }
}
