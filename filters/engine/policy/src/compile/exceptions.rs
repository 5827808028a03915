use bartizan_scan::{Excepted, Exception};

use super::read::{Document, Documents};
use super::routes;
use crate::CallException;
use crate::document::{ExceptionActionSpec, ExceptionSpec, Kind, ThreatPolicySpec};
use crate::report::{Report, quote};
use crate::suggest::nearest;

/// The ids of rules.
pub(super) struct Known<'d> {
    /// Of those in force, in the order of the pack.
    pub(super) rules: Vec<&'d str>,
    /// Of the others.
    pub(super) idle: Vec<&'d str>,
}

/// The exceptions of a policy.
pub(super) fn compile(
    policy: &Document<'_, ThreatPolicySpec>,
    known: &Known<'_>,
    documents: &Documents<'_>,
    report: &mut Report,
) -> Vec<CallException> {
    let specs = &policy.spec.exceptions;
    let entries = specs.iter().enumerate().map(|(index, spec)| {
        let entry = Entry {
            policy,
            field: format!("spec.exceptions[{index}]"),
            spec,
        };
        if let Some(first) = specs.iter().take(index).position(|earlier| earlier.name == spec.name) {
            let message = format!("exceptions[{first}] has the same name, {}", quote(spec.name.as_str()));
            entry.wrong(report, "name", message, "give each exception a name of its own");
        }
        entry.compile(known, documents, report)
    });
    entries.collect()
}

/// An exception and where it is written.
struct Entry<'d> {
    policy: &'d Document<'d, ThreatPolicySpec>,
    field: String,
    spec: &'d ExceptionSpec,
}

impl Entry<'_> {
    fn wrong(&self, report: &mut Report, part: &str, message: String, remedy: impl Into<String>) {
        let field = [self.field.as_str(), part];
        let field = field.join(if part.is_empty() { "" } else { "." });
        self.policy.origin.wrong(report, &field, message, remedy);
    }

    fn compile(&self, known: &Known<'_>, documents: &Documents<'_>, report: &mut Report) -> CallException {
        let spec = self.spec;
        let conditions = [
            spec.rules.is_some(),
            spec.categories.is_some(),
            spec.tenants.is_some(),
            spec.models.is_some(),
            spec.routes.is_some(),
        ];
        if !conditions.contains(&true) {
            let message = "the exception is about everything".to_owned();
            let remedy = "say what it is about with rules, categories, tenants, models or routes";
            self.wrong(report, "", message, remedy);
        }
        let names = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let tenants = names(spec.tenants.iter().flatten().map(|name| name.as_str()).collect());
        let models = names(spec.models.iter().flatten().map(|model| model.as_str()).collect());
        self.check(Kind::Tenant, "tenants", &tenants, documents, report);
        self.check(Kind::Model, "models", &models, documents, report);
        CallException {
            name: spec.name.as_str().to_owned(),
            tenants,
            models,
            routes: names(spec.routes.iter().flatten().map(|route| route.as_str()).collect()),
            exception: Exception {
                rules: self.rules(known, report),
                categories: spec.categories.iter().flatten().map(|category| category.0).collect(),
                most: match spec.action {
                    ExceptionActionSpec::Allow => Excepted::Allow,
                    ExceptionActionSpec::Audit => Excepted::Audit,
                },
            },
        }
    }

    /// Reports names of documents that are not there.
    fn check(&self, kind: Kind, field: &str, names: &[String], documents: &Documents<'_>, report: &mut Report) {
        for (index, name) in names.iter().enumerate() {
            let is_unknown = match kind {
                Kind::Model => routes::is_unknown(documents, name),
                _ => documents.lack(kind, name),
            };
            if !name.ends_with('*') && is_unknown {
                let message = format!("there is no {} {}", kind.as_str(), quote(name));
                let remedy = documents.remedy_for(kind, name);
                self.wrong(report, &format!("{field}[{index}]"), message, remedy);
            }
        }
    }

    /// The places of the rules in the pack.
    fn rules(&self, known: &Known<'_>, report: &mut Report) -> Vec<u32> {
        let mut places = Vec::new();
        // Where other documents have mistakes, rules may be missing because of them.
        let complete = report.len() == 0;
        for (index, rule) in self.spec.rules.iter().flatten().enumerate() {
            let rule = rule.as_str();
            let place = known.rules.iter().position(|known| *known == rule);
            match place.and_then(|place| u32::try_from(place).ok()) {
                Some(place) => places.push(place),
                None if !complete => {}
                None => {
                    let (message, remedy) = known.mistake(rule);
                    self.wrong(report, &format!("rules[{index}]"), message, remedy);
                }
            }
        }
        places
    }
}

impl Known<'_> {
    /// What is wrong with the name of a rule that is not in force.
    fn mistake(&self, rule: &str) -> (String, String) {
        if self.idle.contains(&rule) {
            let message = format!("the rule {} is in no RulePack in force", quote(rule));
            return (
                message,
                "add its RulePack to rulePacks, or remove the name here".to_owned(),
            );
        }
        let remedy = match nearest(rule, self.rules.iter().copied()) {
            Some(nearest) => format!("did you mean \"{nearest}\"?"),
            None => "name a rule of a RulePack in force".to_owned(),
        };
        (format!("there is no rule {}", quote(rule)), remedy)
    }
}
