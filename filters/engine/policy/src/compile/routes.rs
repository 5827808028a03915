//! Models: who serves them, in which order, and by which names they are known.

use std::collections::{BTreeMap, BTreeSet};

use super::length;
use super::read::{Document, Documents};
use crate::document::{
    FallbackSpec, Kind, MatchSpec, ModelName, ModelSpec, ProviderType, TargetSpec, UnsupportedFieldsSpec,
};
use crate::report::{Report, quote};
use crate::{HeaderMatch, Model, Target, UnsupportedFields};

/// What begins the names of headers that are ours: a client cannot send them.
const PRIVATE_PREFIX: &str = "x-bartizan-";
/// Headers whose values are secrets.
const SECRET_HEADERS: [&str; 5] = ["authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"];

/// All models, by name.
pub(super) fn models(documents: &Documents<'_>, report: &mut Report) -> BTreeMap<String, Model> {
    let routes = Routes::read(documents, report);
    let model = |document: &Document<'_, ModelSpec>, report: &mut Report| Model {
        name: document.name.clone(),
        groups: routes.groups(document, report),
        unsupported_fields: match document.spec.unsupported_fields {
            None | Some(UnsupportedFieldsSpec::Reject) => UnsupportedFields::Reject,
            Some(UnsupportedFieldsSpec::Drop) => UnsupportedFields::Drop,
        },
        cache: document.spec.cache.as_ref().map(|cache| {
            let ttl = Some(&cache.ttl);
            length::checked(&document.origin, "spec.cache.ttl", ttl, length::LONGEST, report)
        }),
    };
    let models = documents.models.iter();
    models
        .map(|document| (document.name.clone(), model(document, report)))
        .collect()
}

/// The model that each alias means.
pub(super) fn aliases(documents: &Documents<'_>, report: &mut Report) -> BTreeMap<String, String> {
    let mut aliases = BTreeMap::new();
    for document in &documents.models {
        for (index, alias) in document.spec.aliases.iter().enumerate() {
            let alias = alias.as_str();
            let taken = if documents.models.iter().any(|model| model.name == alias) {
                Some(format!("there is a Model {}", quote(alias)))
            } else {
                let first: Option<&String> = aliases.get(alias);
                first.map(|model| format!("{} is an alias of Model {} already", quote(alias), quote(model)))
            };
            if let Some(message) = taken {
                let field = format!("spec.aliases[{index}]");
                document
                    .origin
                    .wrong(report, &field, message, "choose another name, or remove one");
                continue;
            }
            aliases.insert(alias.to_owned(), document.name.clone());
        }
    }
    aliases
}

/// Whether there is no model that goes by the name, not even a broken one.
pub(super) fn is_unknown(documents: &Documents<'_>, name: &str) -> bool {
    let is_alias =
        |document: &Document<'_, ModelSpec>| document.spec.aliases.iter().any(|alias| alias.as_str() == name);
    documents.lack(Kind::Model, name) && !documents.models.iter().any(is_alias)
}

/// The name of the model that goes by a name.
pub(super) fn name_of<'n>(documents: &'n Documents<'_>, name: &'n str) -> &'n str {
    let has_alias =
        |document: &&Document<'_, ModelSpec>| document.spec.aliases.iter().any(|alias| alias.as_str() == name);
    documents
        .models
        .iter()
        .find(has_alias)
        .map_or(name, |document| &document.name)
}

/// What every model says of itself, its fallbacks aside.
struct Routes<'d> {
    documents: &'d Documents<'d>,
    own: BTreeMap<&'d str, Vec<Target>>,
}

impl<'d> Routes<'d> {
    fn read(documents: &'d Documents<'d>, report: &mut Report) -> Self {
        let models = documents.models.iter();
        Self {
            documents,
            own: models
                .map(|document| (document.name.as_str(), own_targets(document, documents, report)))
                .collect(),
        }
    }

    /// The model's own targets, and those of its fallbacks.
    fn groups(&self, document: &Document<'_, ModelSpec>, report: &mut Report) -> Vec<Vec<Target>> {
        let mut groups = vec![self.own_of(&document.name)];
        let mut added = BTreeSet::new();
        for (index, fallback) in document.spec.fallbacks.iter().enumerate() {
            let field = format!("spec.fallbacks[{index}]");
            match fallback {
                FallbackSpec::Target(target) => {
                    let provider = target.provider.as_str();
                    check_provider(document, &format!("{field}.provider"), provider, self.documents, report);
                    groups.push(vec![Target {
                        provider: provider.to_owned(),
                        upstream_model: target.upstream_model.as_str().to_owned(),
                        weight: 1,
                        headers: Vec::new(),
                    }]);
                }
                FallbackSpec::Model(name) if is_unknown(self.documents, name.as_str()) => {
                    let message = format!("there is no Model {}", quote(name.as_str()));
                    let remedy = self.documents.remedy_for(Kind::Model, name.as_str());
                    document.origin.wrong(report, &field, message, remedy);
                }
                FallbackSpec::Model(name) => {
                    let mut path = vec![document.name.as_str()];
                    if let Err(Cycle(path)) = self.follow(name.as_str(), &mut path, &mut added, &mut groups) {
                        let message = format!("the model falls back to itself: {path}");
                        document
                            .origin
                            .wrong(report, &field, message, "remove one of these fallbacks");
                    }
                }
            }
        }
        groups.retain(|group| !group.is_empty());
        groups
    }

    /// Adds what a model that is fallen back to adds: its own targets, and its own fallbacks. One that several fall back
    /// to is added once, where it is met first.
    fn follow<'p>(
        &'p self,
        name: &str,
        path: &mut Vec<&'p str>,
        added: &mut BTreeSet<&'p str>,
        groups: &mut Vec<Vec<Target>>,
    ) -> Result<(), Cycle> {
        let Some(document) = self.named(name) else {
            return Ok(());
        };
        if path.first() == Some(&document.name.as_str()) {
            path.push(&document.name);
            return Err(Cycle(path.join(" -> ")));
        }
        // A cycle further down is told to those who are in it.
        if !added.insert(&document.name) {
            return Ok(());
        }
        path.push(&document.name);
        groups.push(self.own_of(&document.name));
        for fallback in &document.spec.fallbacks {
            match fallback {
                FallbackSpec::Model(name) => self.follow(name.as_str(), path, added, groups)?,
                FallbackSpec::Target(target) => groups.push(vec![Target {
                    provider: target.provider.as_str().to_owned(),
                    upstream_model: target.upstream_model.as_str().to_owned(),
                    weight: 1,
                    headers: Vec::new(),
                }]),
            }
        }
        path.pop();
        Ok(())
    }

    fn named(&self, name: &str) -> Option<&Document<'d, ModelSpec>> {
        let goes_by = |document: &&Document<'_, ModelSpec>| {
            document.name == name || document.spec.aliases.iter().any(|alias| alias.as_str() == name)
        };
        self.documents.models.iter().find(goes_by)
    }

    fn own_of(&self, name: &str) -> Vec<Target> {
        self.own.get(name).cloned().unwrap_or_default()
    }
}

/// The models between a model and itself.
struct Cycle(String);

fn own_targets(document: &Document<'_, ModelSpec>, documents: &Documents<'_>, report: &mut Report) -> Vec<Target> {
    let spec = &document.spec;
    let named = |upstream: &Option<ModelName>| {
        let name = upstream.as_ref().map_or(document.name.as_str(), |name| name.as_str());
        name.to_owned()
    };
    if let Some(provider) = &spec.provider {
        check_provider(document, "spec.provider", provider.as_str(), documents, report);
        if !spec.targets.is_empty() {
            let message = "the model has both provider and targets".to_owned();
            document.origin.wrong(
                report,
                "spec.targets",
                message,
                "write the provider as one of the targets",
            );
        }
        return vec![Target {
            provider: provider.as_str().to_owned(),
            upstream_model: named(&spec.upstream_model),
            weight: 1,
            headers: Vec::new(),
        }];
    }
    if spec.upstream_model.is_some() {
        let message = "upstreamModel belongs to a provider, and there is none beside it".to_owned();
        document
            .origin
            .wrong(report, "spec.upstreamModel", message, "write it in the targets");
    }
    if spec.targets.is_empty() {
        let message = "nobody serves the model".to_owned();
        document
            .origin
            .wrong(report, "spec.provider", message, "add provider, or targets");
    } else if spec.targets.iter().all(|target| target.matching.is_some()) {
        let message = "every target asks for headers, and a request without them has nowhere to go".to_owned();
        document
            .origin
            .wrong(report, "spec.targets", message, "add a target without match");
    }
    let mut targets: Vec<Target> = Vec::with_capacity(spec.targets.len());
    for (index, target) in spec.targets.iter().enumerate() {
        let field = format!("spec.targets[{index}]");
        let target = target_of(
            document,
            (&field, target),
            named(&target.upstream_model),
            documents,
            report,
        );
        let is_the_same = |other: &&Target| {
            (&other.provider, &other.upstream_model, &other.headers)
                == (&target.provider, &target.upstream_model, &target.headers)
        };
        if let Some(first) = targets.iter().position(|other| is_the_same(&other)) {
            let message = format!("the target is the same as targets[{first}]");
            document.origin.wrong(
                report,
                &field,
                message,
                "remove one, and give the other the weight of both",
            );
        }
        targets.push(target);
    }
    targets
}

fn target_of(
    document: &Document<'_, ModelSpec>,
    (field, target): (&str, &TargetSpec),
    upstream_model: String,
    documents: &Documents<'_>,
    report: &mut Report,
) -> Target {
    let provider = target.provider.as_str();
    check_provider(document, &format!("{field}.provider"), provider, documents, report);
    let headers = target
        .matching
        .as_ref()
        .map(|matching| headers_of(document, field, matching, report));
    Target {
        provider: provider.to_owned(),
        upstream_model,
        weight: target.weight.unwrap_or(1),
        headers: headers.unwrap_or_default(),
    }
}

fn headers_of(
    document: &Document<'_, ModelSpec>,
    field: &str,
    matching: &MatchSpec,
    report: &mut Report,
) -> Vec<HeaderMatch> {
    let headers = matching.headers.iter().enumerate().map(|(index, header)| {
        let name = header.name.as_str().to_ascii_lowercase();
        let field = format!("{field}.match.headers[{index}].name");
        if name.starts_with(PRIVATE_PREFIX) {
            let message = format!("{} is never a client's header", quote(&name));
            document.origin.wrong(
                report,
                &field,
                message,
                "choose a name that does not begin with x-bartizan-",
            );
        }
        if SECRET_HEADERS.contains(&name.as_str()) {
            let message = format!("{} has a secret, which no model may depend on", quote(&name));
            document
                .origin
                .wrong(report, &field, message, "choose another header, such as x-canary");
        }
        HeaderMatch {
            name,
            value: header.value.as_ref().map(|value| value.as_str().to_owned()),
        }
    });
    headers.collect()
}

fn check_provider(
    document: &Document<'_, ModelSpec>,
    field: &str,
    provider: &str,
    documents: &Documents<'_>,
    report: &mut Report,
) {
    if documents.lack(Kind::Provider, provider) {
        let remedy = documents.remedy_for(Kind::Provider, provider);
        let message = format!("there is no Provider {}", quote(provider));
        document.origin.wrong(report, field, message, remedy);
    }
    let named = documents.providers.iter().find(|document| document.name == provider);
    if named.is_some_and(|document| document.spec.kind == ProviderType::Mcp) {
        let message = format!("Provider {} is an MCP server, which has no models", quote(provider));
        document
            .origin
            .wrong(report, field, message, "name it under mcpServers of a Tenant");
    }
}
