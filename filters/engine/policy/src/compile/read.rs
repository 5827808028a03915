use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::{MAX_SOURCE_BYTES, Source};
use crate::document::{
    GatewaySpec, Kind, ModelSpec, PriceListSpec, ProviderSpec, RulePackSpec, TenantSpec, ThreatPolicySpec,
};
use crate::report::{Origin, Report, quote};
use crate::suggest::nearest;
use crate::yaml::{self, Value};
use crate::{API_VERSION, shape};

/// A document whose structure is right.
#[derive(Debug)]
pub(super) struct Document<'t, S> {
    pub(super) origin: Origin<'t>,
    pub(super) name: String,
    pub(super) spec: S,
}

/// Every document whose structure is right, by kind and sorted by name.
#[derive(Debug, Default)]
pub(super) struct Documents<'t> {
    pub(super) tenants: Vec<Document<'t, TenantSpec>>,
    pub(super) threat_policies: Vec<Document<'t, ThreatPolicySpec>>,
    pub(super) rule_packs: Vec<Document<'t, RulePackSpec>>,
    pub(super) providers: Vec<Document<'t, ProviderSpec>>,
    pub(super) models: Vec<Document<'t, ModelSpec>>,
    pub(super) price_lists: Vec<Document<'t, PriceListSpec>>,
    pub(super) gateways: Vec<Document<'t, GatewaySpec>>,
    /// Every name, of broken documents too, and where it is.
    names: BTreeMap<(Kind, String), String>,
    /// What each document says, whatever its layout.
    meanings: Vec<String>,
    reading: Reading,
}

/// How much of the files could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reading {
    #[default]
    Complete,
    /// Documents may be missing only because their file could not be read.
    Partial,
}

impl<'t> Documents<'t> {
    pub(super) fn read(sources: &'t [Source], report: &mut Report) -> Self {
        let mut documents = Self::default();
        for source in sources {
            if source.text.len() > MAX_SOURCE_BYTES {
                let message = format!("the file is larger than {MAX_SOURCE_BYTES} bytes");
                report.add(&source.file, yaml::Place::default(), "", message, "split it".to_owned());
                documents.reading = Reading::Partial;
                continue;
            }
            let (nodes, errors) = yaml::parse(&source.text);
            if !errors.is_empty() {
                documents.reading = Reading::Partial;
            }
            for error in errors {
                report.add(&source.file, error.place, "", error.message, error.remedy.to_owned());
            }
            for node in nodes {
                documents.take(
                    Origin {
                        file: &source.file,
                        node,
                    },
                    report,
                );
            }
        }
        documents.sort();
        documents
    }

    /// Whether there is no document of that kind and name, not even a broken one.
    pub(super) fn lack(&self, kind: Kind, name: &str) -> bool {
        self.reading == Reading::Complete && !self.names.contains_key(&(kind, name.to_owned()))
    }

    /// What to say of a reference to a document that is not there.
    pub(super) fn remedy_for(&self, kind: Kind, name: &str) -> String {
        let names = self
            .names
            .keys()
            .filter(|(known, _)| *known == kind)
            .map(|(_, name)| name.as_str());
        match nearest(name, names) {
            Some(nearest) => format!("did you mean \"{nearest}\"?"),
            None => format!("add a {} of that name", kind.as_str()),
        }
    }

    /// SHA-256 of what all documents say, in an order that does not depend on files.
    pub(super) fn digest(&self) -> String {
        let mut meanings: Vec<&str> = self.meanings.iter().map(String::as_str).collect();
        meanings.sort_unstable();
        let mut hasher = Sha256::new();
        for meaning in meanings {
            hasher.update(u64::try_from(meaning.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(meaning);
        }
        hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn take(&mut self, origin: Origin<'t>, report: &mut Report) {
        if matches!(origin.node.value, Value::Null) {
            return;
        }
        let Some(kind) = kind_of(&origin, report) else { return };
        let mistakes = report.len();
        shape::check(kind, &origin, report);
        if let Some(name) = origin
            .node
            .get("metadata")
            .and_then(|metadata| metadata.get("name")?.text())
        {
            let name = name.to_owned();
            self.take_name(kind, name.clone(), &origin, report);
            if report.len() == mistakes {
                self.take_right(kind, name, origin, report);
            }
        }
    }

    fn take_name(&mut self, kind: Kind, name: String, origin: &Origin<'t>, report: &mut Report) {
        let kind_name = kind.as_str();
        if let Some(first) = self.names.get(&(kind, name.clone())) {
            let message = format!("there is another {kind_name} {}, in {first}", quote(&name));
            let remedy = if kind.is_single() {
                "remove one"
            } else {
                "rename or remove one"
            };
            origin.wrong(report, "metadata.name", message, remedy);
            return;
        }
        if kind.is_single() && name != "default" {
            let message = format!("a {kind_name} cannot be named {}", quote(&name));
            origin.wrong(report, "metadata.name", message, "there is one, named default");
        }
        self.names.insert((kind, name), origin.line("metadata.name"));
    }

    fn take_right(&mut self, kind: Kind, name: String, origin: Origin<'t>, report: &mut Report) {
        let mut meaning = origin.node.to_json();
        // Maps keep the order of their entries if any crate of the build asks for that.
        meaning.sort_all_objects();
        self.meanings.push(meaning.to_string());
        match kind {
            Kind::Tenant => self.tenants.extend(typed(meaning, name, origin, report)),
            Kind::ThreatPolicy => self.threat_policies.extend(typed(meaning, name, origin, report)),
            Kind::RulePack => self.rule_packs.extend(typed(meaning, name, origin, report)),
            Kind::Provider => self.providers.extend(typed(meaning, name, origin, report)),
            Kind::Model => self.models.extend(typed(meaning, name, origin, report)),
            Kind::PriceList => self.price_lists.extend(typed(meaning, name, origin, report)),
            Kind::Gateway => self.gateways.extend(typed(meaning, name, origin, report)),
        }
    }

    fn sort(&mut self) {
        self.tenants.sort_by(|one, other| one.name.cmp(&other.name));
        self.rule_packs.sort_by(|one, other| one.name.cmp(&other.name));
        self.providers.sort_by(|one, other| one.name.cmp(&other.name));
        self.models.sort_by(|one, other| one.name.cmp(&other.name));
    }
}

fn kind_of(origin: &Origin<'_>, report: &mut Report) -> Option<Kind> {
    let kinds = Kind::ALL.map(Kind::as_str);
    if !matches!(origin.node.value, Value::Map(_)) {
        let remedy = format!("begin with apiVersion: {API_VERSION}");
        origin.wrong(report, "", "a document must be a mapping of fields".to_owned(), remedy);
        return None;
    }
    let remedy = format!("write one of {}", kinds.join(", "));
    let Some(node) = origin.node.get("kind") else {
        origin.wrong(report, "kind", "\"kind\" is missing".to_owned(), remedy);
        return None;
    };
    let Some(text) = node.text() else {
        origin.wrong(report, "kind", "the kind is not text".to_owned(), remedy);
        return None;
    };
    let kind = Kind::parse(text);
    if kind.is_none() {
        let remedy = match nearest(text, kinds) {
            Some(nearest) => format!("did you mean \"{nearest}\"?"),
            None => remedy,
        };
        origin.wrong(report, "kind", format!("there is no kind {}", quote(text)), remedy);
    }
    kind
}

fn typed<'t, S: DeserializeOwned>(
    mut meaning: serde_json::Value,
    name: String,
    origin: Origin<'t>,
    report: &mut Report,
) -> Option<Document<'t, S>> {
    let spec = meaning.get_mut("spec").map(serde_json::Value::take).unwrap_or_default();
    match serde_json::from_value(spec) {
        Ok(spec) => Some(Document { origin, name, spec }),
        Err(error) => {
            // The schema is generated from the same type, so this says that the two have come apart.
            origin.wrong(report, "spec", format!("the document cannot be read: {error}"), "");
            None
        }
    }
}
