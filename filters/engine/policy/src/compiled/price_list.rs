use super::pattern;

/// What providers charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceList {
    /// ISO 4217, such as `USD`.
    pub currency: String,
    /// The first that fits holds.
    pub entries: Vec<PriceEntry>,
}

/// The price of some models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceEntry {
    /// Name of a provider, or the beginning of names and `*`.
    pub provider: String,
    /// The provider's name of a model, or the beginning of names and `*`.
    pub model: String,
    /// What it costs.
    pub price: Price,
}

/// What a token costs, in millionths of a micro-unit. A micro-unit is a millionth of the currency, so that a price of
/// 2.50 for a million tokens is 2.5 micro-units a token: 2,500,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Of the prompt.
    pub input: u64,
    /// Read from the prompt cache.
    pub cached_input: u64,
    /// Written to the prompt cache.
    pub cache_write: u64,
    /// Of the answer.
    pub output: u64,
    /// Of the answer, spent on reasoning.
    pub reasoning: u64,
}

impl PriceList {
    /// What a model costs at a provider; `None` if the list does not say.
    #[must_use]
    pub fn price(&self, provider: &str, model: &str) -> Option<&Price> {
        let fits = |entry: &&PriceEntry| pattern::fits(&entry.provider, provider) && pattern::fits(&entry.model, model);
        self.entries.iter().find(fits).map(|entry| &entry.price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_that_fits_holds() {
        let entry = |provider: &str, model: &str, input| PriceEntry {
            provider: provider.to_owned(),
            model: model.to_owned(),
            price: Price {
                input,
                cached_input: 0,
                cache_write: 0,
                output: 0,
                reasoning: 0,
            },
        };
        let list = PriceList {
            currency: "USD".to_owned(),
            entries: vec![
                entry("eu-*", "gpt-4o", 1),
                entry("*", "gpt-4o-mini*", 2),
                entry("*", "gpt-4o*", 3),
            ],
        };
        let table = [
            ("eu-1", "gpt-4o", Some(1)),
            ("us", "gpt-4o", Some(3)),
            ("eu-1", "gpt-4o-mini-2024", Some(2)),
            ("us", "claude", None),
        ];
        for (provider, model, expected) in table {
            let price = list.price(provider, model).map(|price| price.input);
            assert_eq!(price, expected, "{model} of {provider}");
        }
    }
}
