use super::read::Documents;
use crate::document::PriceSpec;
use crate::report::{Report, quote};
use crate::{Price, PriceEntry, PriceList};

const ANY: &str = "*";

pub(super) fn compile(documents: &Documents<'_>, report: &mut Report) -> Option<PriceList> {
    let document = documents.price_lists.first()?;
    let mut entries: Vec<PriceEntry> = Vec::new();
    for (place, spec) in document.spec.prices.iter().enumerate() {
        let entry = entry(spec);
        let is_same = |earlier: &PriceEntry| earlier.provider == entry.provider && earlier.model == entry.model;
        if entries.iter().any(is_same) {
            document.origin.wrong(
                report,
                &format!("spec.prices[{place}]"),
                format!("{} has a price already", quote(&entry.model)),
                "remove one of the two",
            );
        }
        entries.push(entry);
    }
    Some(PriceList {
        currency: document.spec.currency.as_str().to_owned(),
        entries,
    })
}

fn entry(spec: &PriceSpec) -> PriceEntry {
    let output = spec.output.map_or(0, |price| price.0);
    let or = |price: &Option<crate::document::Price>, otherwise| price.map_or(otherwise, |price| price.0);
    PriceEntry {
        provider: spec
            .provider
            .as_ref()
            .map_or(ANY, |provider| provider.as_str())
            .to_owned(),
        model: spec.model.as_str().to_owned(),
        price: Price {
            input: spec.input.0,
            cached_input: or(&spec.cached_input, spec.input.0),
            cache_write: or(&spec.cache_write, spec.input.0),
            output,
            reasoning: or(&spec.reasoning, output),
        },
    }
}
