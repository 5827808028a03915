use bartizan_scan::{Actions, Matcher, RuleSource};
use bartizan_verdict::Mode;

use super::examples;
use super::packs::Packs;
use super::read::{Document, Documents};
use crate::document::{FailureModeSpec, Kind, RulePackSpec, RuleSpec, ThreatPolicySpec};
use crate::report::{Report, quote};
use crate::{FailureMode, GatewayConfig, ThreatScanConfig};

/// A rule and where it is written.
pub(super) struct Placed<'d> {
    pack: &'d Document<'d, RulePackSpec>,
    index: usize,
    pub(super) spec: &'d RuleSpec,
}

pub(super) fn compile(
    documents: &Documents<'_>,
    gateway: &GatewayConfig,
    packs: &mut Packs,
    report: &mut Report,
) -> Option<ThreatScanConfig> {
    let rules = placed(&documents.rule_packs);
    let all = compile_rules(&rules, packs, report);
    if let Some(pack) = &all {
        examples::try_all(pack, &rules, report);
    }
    let Some(policy) = documents.threat_policies.iter().find(|policy| policy.name == "default") else {
        if documents.lack(Kind::ThreatPolicy, "default") {
            report.add_to_all("there is no ThreatPolicy", "add one, named default");
        }
        return None;
    };
    check_references(policy, documents, report);
    let in_force = |name: &str| policy.spec.rule_packs.iter().any(|pack| pack.as_str() == name);
    let everything = documents.rule_packs.iter().all(|pack| in_force(&pack.name));
    let pack = if everything {
        all
    } else {
        let rules: Vec<Placed<'_>> = rules.into_iter().filter(|rule| in_force(&rule.pack.name)).collect();
        all.and_then(|_| compile_rules(&rules, packs, report))
    };
    Some(config(&policy.spec, pack?, gateway.max_body_bytes))
}

fn config(spec: &ThreatPolicySpec, pack: Vec<u8>, max_body_bytes: u32) -> ThreatScanConfig {
    let mut actions = Actions::default();
    for (category, action) in &spec.actions {
        actions.set(category.0, action.0);
    }
    let mut exempt_roles: Vec<_> = spec.exempt_roles.iter().map(|role| role.0).collect();
    exempt_roles.sort_unstable();
    exempt_roles.dedup();
    let mode: Mode = spec.mode.0;
    ThreatScanConfig {
        max_body_bytes,
        mode,
        answers: spec.answers.as_ref().map_or(mode, |answers| answers.mode.0),
        actions,
        exempt_roles,
        failure_mode: match spec.failure_mode {
            FailureModeSpec::FailClosed => FailureMode::FailClosed,
            FailureModeSpec::FailOpen => FailureMode::FailOpen,
        },
        pack,
    }
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

impl Placed<'_> {
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
        let regex = self.spec.regex.clone().map(Matcher::Regex);
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

/// The rules as a pack, if there is nothing wrong with any of them.
fn compile_rules(rules: &[Placed<'_>], packs: &mut Packs, report: &mut Report) -> Option<Vec<u8>> {
    let sources: Vec<(&Placed<'_>, RuleSource)> = rules
        .iter()
        .filter_map(|rule| rule.source(report).map(|source| (rule, source)))
        .collect();
    let (placed, sources): (Vec<&Placed<'_>>, Vec<RuleSource>) = sources.into_iter().unzip();
    match packs.compile(sources) {
        Ok(pack) => (placed.len() == rules.len()).then_some(pack),
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
