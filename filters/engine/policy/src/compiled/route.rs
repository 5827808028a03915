use std::collections::BTreeMap;
use std::time::Duration;

use super::pattern;

/// A model that applications can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// What applications call it.
    pub name: String,
    /// Who serves it: one of the first group; should nobody there answer, one of the next, and so on. There is at least
    /// one group, and a target in each.
    pub groups: Vec<Vec<Target>>,
    /// What becomes of fields that the provider's format has no place for.
    pub unsupported_fields: UnsupportedFields,
    /// How long answers are kept; `None` means that they are not.
    pub cache: Option<Duration>,
}

/// A provider's model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name of the [`Provider`](super::Provider).
    pub provider: String,
    /// What the provider calls the model.
    pub upstream_model: String,
    /// Its share of its group's requests, in proportion to the others'; at least 1.
    pub weight: u32,
    /// What a request has to have in its headers to go here; it then goes here first.
    pub headers: Vec<HeaderMatch>,
}

/// A header that a request has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderMatch {
    /// Its name, in lower case.
    pub name: String,
    /// Its value; `None` for any.
    pub value: Option<String>,
}

/// What becomes of fields that a provider's format has no place for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnsupportedFields {
    /// The request is refused.
    #[default]
    Reject,
    /// They are left out, and the client is told.
    Drop,
}

/// Which models a tenant may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantModels {
    /// Exact names of models or aliases, or beginnings of names followed by `*`.
    pub permitted: Vec<String>,
    /// The model that a name means to this tenant, whatever it means to others.
    pub overrides: BTreeMap<String, String>,
}

impl Model {
    /// Every target of every group.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.groups.iter().flatten()
    }

    /// The targets in the order in which a request tries them. In each group those come first that ask for headers
    /// which the request `has`; then those that ask for none. Those that ask for others are left out. Within either,
    /// the order is drawn by weight: `draw` returns a number below the one it is given.
    pub fn order(&self, has: impl Fn(&HeaderMatch) -> bool, mut draw: impl FnMut(u64) -> u64) -> Vec<&Target> {
        let mut order: Vec<&Target> = Vec::new();
        for group in &self.groups {
            let (asking, open): (Vec<&Target>, Vec<&Target>) =
                group.iter().partition(|target| !target.headers.is_empty());
            let matching = asking.into_iter().filter(|target| target.headers.iter().all(&has));
            for target in drawn(matching.collect(), &mut draw)
                .into_iter()
                .chain(drawn(open, &mut draw))
            {
                let is_there = |other: &&Target| {
                    (&other.provider, &other.upstream_model) == (&target.provider, &target.upstream_model)
                };
                if !order.iter().any(is_there) {
                    order.push(target);
                }
            }
        }
        order
    }
}

/// Draws all of them, one after the other.
fn drawn<'t>(mut left: Vec<&'t Target>, draw: &mut impl FnMut(u64) -> u64) -> Vec<&'t Target> {
    let mut drawn = Vec::with_capacity(left.len());
    while left.len() > 1 {
        let weights: u64 = left.iter().map(|target| u64::from(target.weight)).sum();
        let mut number = draw(weights.max(1));
        let place = left.iter().position(|target| {
            let weight = u64::from(target.weight);
            let is_it = number < weight;
            number = number.saturating_sub(weight);
            is_it
        });
        drawn.push(left.remove(place.unwrap_or_default()));
    }
    drawn.append(&mut left);
    drawn
}

impl TenantModels {
    /// Whether the tenant may use the model or alias.
    #[must_use]
    pub fn permit(&self, name: &str) -> bool {
        self.permitted.iter().any(|pattern| pattern::fits(pattern, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(provider: &str, weight: u32, header: Option<(&str, Option<&str>)>) -> Target {
        let headers = header.map(|(name, value)| HeaderMatch {
            name: name.to_owned(),
            value: value.map(str::to_owned),
        });
        Target {
            provider: provider.to_owned(),
            upstream_model: "m".to_owned(),
            weight,
            headers: headers.into_iter().collect(),
        }
    }

    fn model(groups: Vec<Vec<Target>>) -> Model {
        Model {
            name: "m".to_owned(),
            groups,
            unsupported_fields: UnsupportedFields::Reject,
            cache: None,
        }
    }

    fn order(model: &Model, header: Option<(&str, &str)>, draw: impl FnMut(u64) -> u64) -> String {
        let has = |wanted: &HeaderMatch| {
            header.is_some_and(|(name, value)| {
                wanted.name == name && wanted.value.as_deref().is_none_or(|wanted| wanted == value)
            })
        };
        let order = model.order(has, draw);
        order.iter().map(|target| target.provider.as_str()).collect()
    }

    #[test]
    fn the_order_is_drawn_by_weight() {
        let model = model(vec![vec![
            target("a", 90, None),
            target("b", 9, None),
            target("c", 1, None),
        ]]);
        let table = [(0, "abc"), (89, "abc"), (90, "bac"), (98, "bac"), (99, "cab")];
        for (number, expected) in table {
            let mut numbers = [number, 0].into_iter();
            assert_eq!(order(&model, None, |_| numbers.next().unwrap()), expected, "{number}");
        }
        let mut sums = Vec::new();
        order(&model, None, |sum| {
            sums.push(sum);
            99_u64.min(sum - 1)
        });
        assert_eq!(sums, [100, 99]);
    }

    #[test]
    fn a_canary_takes_those_who_ask_for_it() {
        let model = model(vec![
            vec![
                target("a", 1, None),
                target("b", 1, Some(("x-canary", Some("yes")))),
                target("c", 1, Some(("x-any", None))),
            ],
            vec![target("a", 1, None), target("d", 1, None)],
        ]);
        let table = [
            (None, "ad"),
            (Some(("x-canary", "yes")), "bad"),
            (Some(("x-canary", "no")), "ad"),
            (Some(("x-any", "thing")), "cad"),
        ];
        for (header, expected) in table {
            assert_eq!(order(&model, header, |_| 0), expected, "{header:?}");
        }
    }
}
