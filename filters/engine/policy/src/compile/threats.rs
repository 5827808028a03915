use bartizan_scan::{self as scan, Actions, Matcher, Round, RuleSource};
use bartizan_verdict::Mode;

use super::examples::Trial;
use super::read::{Document, Documents};
use super::{exceptions, masking, thresholds};
use crate::document::{FailureModeSpec, Kind, RulePackSpec, RuleSpec, ThreatPolicySpec, UnscannableSpec};
use crate::report::{Report, quote};
use crate::{FailureMode, GatewayConfig, ThreatScanConfig, UnscannableMode};

/// What is kept from one version of a policy to the next.
#[derive(Debug, Default)]
pub(super) struct Kept {
    packs: scan::Compiler,
    trial: Trial,
}

/// A rule and where it is written.
pub(super) struct Placed<'d> {
    pack: &'d Document<'d, RulePackSpec>,
    index: usize,
    pub(super) spec: &'d RuleSpec,
}

pub(super) fn compile(
    documents: &Documents<'_>,
    gateway: &GatewayConfig,
    kept: &mut Kept,
    report: &mut Report,
    warnings: &mut Report,
) -> Option<ThreatScanConfig> {
    let rules = placed(&documents.rule_packs);
    let all = compile_rules(&rules, &[], &mut kept.packs, report, warnings);
    if let Some(pack) = &all {
        kept.trial.report(pack, &rules, report);
    }
    let Some(policy) = documents.threat_policies.iter().find(|policy| policy.name == "default") else {
        if documents.lack(Kind::ThreatPolicy, "default") {
            report.add_to_all("there is no ThreatPolicy", "add one, named default");
        }
        return None;
    };
    check_references(policy, documents, report);
    let in_force = |name: &str| policy.spec.rule_packs.iter().any(|pack| pack.as_str() == name);
    let (in_force, others): (Vec<_>, Vec<_>) = rules.into_iter().partition(|rule| in_force(&rule.pack.name));
    let known = exceptions::Known {
        rules: in_force.iter().map(Placed::id).collect(),
        idle: others.iter().map(Placed::id).collect(),
    };
    let exceptions = exceptions::compile(policy, &known, documents, report);
    let thresholds = thresholds::compile(policy, report);
    let reversible = masking::compile(policy, &in_force, report);
    let allowed: Vec<String> = (policy.spec.allow_list.iter())
        .map(|text| text.as_str().to_owned())
        .collect();
    let pack = if others.is_empty() && allowed.is_empty() {
        all
    } else {
        all.and_then(|_| compile_rules(&in_force, &allowed, &mut kept.packs, report, warnings))
    };
    let spec = &policy.spec;
    let mode: Mode = spec.mode.0;
    Some(ThreatScanConfig {
        max_body_bytes: gateway.max_body_bytes,
        mode,
        answers: spec.answers.as_ref().map_or(mode, |answers| answers.mode.0),
        actions: actions(spec),
        thresholds,
        exceptions,
        reversible,
        unscannable: match spec.unscannable {
            UnscannableSpec::Refuse => UnscannableMode::Refuse,
            UnscannableSpec::Audit => UnscannableMode::Audit,
            UnscannableSpec::Allow => UnscannableMode::Allow,
        },
        failure_mode: match spec.failure_mode {
            FailureModeSpec::FailClosed => FailureMode::FailClosed,
            FailureModeSpec::FailOpen => FailureMode::FailOpen,
        },
        pack: pack?,
    })
}

fn actions(spec: &ThreatPolicySpec) -> Actions {
    let mut actions = Actions::default();
    for (category, action) in &spec.actions {
        actions.set(category.0, action.0);
    }
    actions
}

fn check_references(policy: &Document<'_, ThreatPolicySpec>, documents: &Documents<'_>, report: &mut Report) {
    let packs = &policy.spec.rule_packs;
    for (index, pack) in packs.iter().enumerate() {
        let field = format!("spec.rulePacks[{index}]");
        let name = pack.as_str();
        if documents.lack(Kind::RulePack, name) {
            let remedy = documents.remedy_for(Kind::RulePack, name);
            policy
                .origin
                .wrong(report, &field, format!("there is no RulePack {}", quote(name)), remedy);
        } else if packs.iter().take(index).any(|earlier| earlier == pack) {
            policy
                .origin
                .wrong(report, &field, format!("{} is listed twice", quote(name)), "remove one");
        }
    }
}

fn placed<'d>(packs: &'d [Document<'d, RulePackSpec>]) -> Vec<Placed<'d>> {
    let rules = packs.iter().flat_map(|pack| {
        pack.spec
            .rules
            .iter()
            .enumerate()
            .map(move |(index, spec)| Placed { pack, index, spec })
    });
    rules.collect()
}

impl Kept {
    /// Ends what one version of a policy uses.
    pub(super) fn end_round(&mut self, round: Round) {
        self.packs.end_round(round);
    }
}

impl<'d> Placed<'d> {
    fn id(&self) -> &'d str {
        self.spec.id.as_str()
    }

    pub(super) fn wrong(&self, report: &mut Report, part: &str, message: String, remedy: &str) {
        let field = format!("spec.rules[{}].{part}", self.index);
        self.pack.origin.wrong(report, &field, message, remedy);
    }

    fn source(&self, report: &mut Report) -> Option<RuleSource> {
        let matcher = self.matcher(report)?;
        Some(RuleSource {
            id: self.spec.id.as_str().to_owned(),
            category: self.spec.category.0,
            owasp: self.spec.owasp.clone(),
            action: self.spec.action.0,
            placeholder: self.spec.placeholder.clone(),
            matcher,
            validate: self.spec.validate.map(|validate| validate.0),
            context: self.spec.context.clone(),
            unless: self.spec.unless.clone(),
            score: self.spec.score.map(|score| score.0),
        })
    }

    /// What the rule looks for: exactly one thing.
    fn matcher(&self, report: &mut Report) -> Option<Matcher> {
        let phrases = self.spec.phrases.clone().map(Matcher::Phrases);
        let regex = self.spec.regex.as_ref().map(|pattern| {
            Matcher::Regex(if self.spec.loose_spacing {
                loosened(pattern)
            } else {
                pattern.clone()
            })
        });
        let detector = self.spec.detector.map(|detector| Matcher::Detector(detector.0));
        let given = [("phrases", phrases), ("regex", regex), ("detector", detector)];
        let mut given = given
            .into_iter()
            .filter_map(|(field, matcher)| matcher.map(|matcher| (field, matcher)));
        let Some((first, matcher)) = given.next() else {
            let message = "the rule looks for nothing".to_owned();
            self.wrong(report, "phrases", message, "add phrases, a regex or a detector");
            return None;
        };
        if let Some((second, _)) = given.next() {
            let message = format!("the rule has both {first} and {second}");
            self.wrong(report, second, message, "make it two rules");
            return None;
        }
        Some(matcher)
    }
}

/// A pattern in which `\s` also stands for the marks that set words off.
fn loosened(pattern: &str) -> String {
    const MARKS: &str = r#"\s"'()*,`~"#;
    let mut loosened = String::with_capacity(pattern.len() * 2);
    let mut is_in_class = false;
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match (character, is_in_class) {
            ('\\', _) => match (characters.next(), is_in_class) {
                (Some('s'), true) => loosened.push_str(MARKS),
                (Some('s'), false) => {
                    loosened.push('[');
                    loosened.push_str(MARKS);
                    loosened.push(']');
                }
                (escaped, _) => loosened.extend(['\\'].into_iter().chain(escaped)),
            },
            (character, _) => {
                is_in_class = character == '[' || is_in_class && character != ']';
                loosened.push(character);
            }
        }
    }
    loosened
}

/// The rules as a pack, if there is nothing wrong with any of them.
fn compile_rules(
    rules: &[Placed<'_>],
    allowed: &[String],
    packs: &mut scan::Compiler,
    report: &mut Report,
    warnings: &mut Report,
) -> Option<Vec<u8>> {
    let sources: Vec<(&Placed<'_>, RuleSource)> = rules
        .iter()
        .filter_map(|rule| rule.source(report).map(|source| (rule, source)))
        .collect();
    let (placed, sources): (Vec<&Placed<'_>>, Vec<RuleSource>) = sources.into_iter().unzip();
    match packs.compile(&sources, allowed) {
        Ok(pack) => {
            for warning in pack.warnings() {
                if let Some(rule) = placed.get(warning.rule) {
                    rule.wrong(warnings, "regex", warning.to_string(), warning.remedy());
                }
            }
            (placed.len() == rules.len()).then(|| pack.into_bytes())
        }
        Err(errors) => {
            for error in errors {
                if let Some(rule) = placed.get(error.rule) {
                    rule.wrong(report, &error.part.to_string(), error.to_string(), error.remedy());
                }
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Compiler, Source};

    const REST: &str = "
---
apiVersion: bartizan.dev/v1alpha1
kind: ThreatPolicy
metadata: {name: default}
spec: {mode: enforce, rulePacks: [pack]}
---
";

    /// The regexes of a version: each is `zq` and digits.
    fn version(regexes: &[usize], more: &str) -> [Source; 1] {
        let rule = |count: &usize| {
            let digits = "1".repeat(*count);
            format!(
                "  - {{id: r{count}, category: pii, owasp: [LLM02], action: mask, regex: 'zq[0-9]{{{count}}}', \
                 examples: {{match: [zq{digits}], noMatch: [b]}}}}\n"
            )
        };
        let rules: String = regexes.iter().map(rule).collect();
        let head = "apiVersion: bartizan.dev/v1alpha1\nkind: RulePack\nmetadata: {name: pack}\nspec:\n  rules:\n";
        let file = "p.yaml".to_owned();
        let text = format!("{head}{rules}{REST}{more}");
        [Source { file, text }]
    }

    #[test]
    fn regexes_in_force_outlive_mistakes_and_others_are_forgotten() {
        let mut compiler = Compiler::default();
        let mut compile = |regexes: &[usize], more| {
            let is_good = compiler.compile(&version(regexes, more)).is_ok();
            (is_good, compiler.kept.packs.kept())
        };
        assert_eq!(compile(&[1, 2, 3], ""), (true, 3));
        assert_eq!(compile(&[1, 2, 3, 4], "kind: Spell"), (false, 4));
        assert_eq!(compile(&[], ""), (false, 3), "a pack without rules");
        assert_eq!(compile(&[5], "a: ["), (false, 4));
        assert_eq!(compile(&[1, 2, 3, 6], ""), (true, 4));
        for more in 7..20 {
            assert_eq!(compile(&[1, 2, 3, more], ""), (true, 5), "the last two versions");
        }
    }
}
