use std::{collections::HashSet, fmt};

use super::neutral::Place;

/// Something of the client's request that the provider cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Where in the client's body.
    pub place: Place,
}

/// Everything that a request would lose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    list: Vec<Loss>,
    /// The same, so that a body full of them does not cost its square.
    places: HashSet<Place>,
}

// === impl Losses ===

impl Losses {
    /// Notes a loss; one place is noted once.
    pub fn note(&mut self, place: &Place) {
        if self.places.insert(place.clone()) {
            self.list.push(Loss { place: place.clone() });
        }
    }

    /// Notes a loss, if there is one.
    pub fn note_some(&mut self, place: Option<&Place>) {
        if let Some(place) = place {
            self.note(place);
        }
    }

    /// Whether nothing is lost.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// In the order in which they were found.
    pub fn iter(&self) -> impl Iterator<Item = &Loss> {
        self.list.iter()
    }
}

/// The most places that are told; of more, only the number is.
const MAX_TOLD: usize = 40;

/// Places with commas between them, as the header `x-bartizan-dropped-fields` tells them.
impl fmt::Display for Losses {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, loss) in self.list.iter().take(MAX_TOLD).enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            write!(formatter, "{separator}{}", loss.place)?;
        }
        match self.list.len().saturating_sub(MAX_TOLD) {
            0 => Ok(()),
            more => write!(formatter, ", and {more} more"),
        }
    }
}
