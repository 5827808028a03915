use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
};

use super::neutral::Place;

/// Something of the client's request that the provider cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Where in the client's body.
    pub place: Place,
    /// Whether no request is refused for it: it asks for nothing of this answer, or is asked for in another way that may
    /// not hold.
    pub is_slight: bool,
}

/// Everything that a request would lose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    list: Vec<Loss>,
    /// Where each is in the list, so that a body full of them does not cost its square.
    places: HashMap<Place, usize>,
}

// === impl Losses ===

impl Losses {
    /// Notes a loss for which a request is refused unless policy lets it go; one place is noted once.
    pub fn note(&mut self, place: &Place) {
        self.add(place, false);
    }

    /// Notes a loss, if there is one.
    pub fn note_some(&mut self, place: Option<&Place>) {
        if let Some(place) = place {
            self.note(place);
        }
    }

    /// Notes a slight loss, which is told of and never refused: names and metadata for logs, hints to a prompt cache,
    /// and what an earlier answer had beside its words.
    pub fn tell(&mut self, place: &Place) {
        self.add(place, true);
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

    /// Whether one is not slight.
    #[must_use]
    pub fn is_grave(&self) -> bool {
        self.iter().any(|loss| !loss.is_slight)
    }

    /// Those that are not slight.
    #[must_use]
    pub fn grave(&self) -> Self {
        let mut grave = Self::default();
        let places = self.iter().filter(|loss| !loss.is_slight);
        places.for_each(|loss| grave.note(&loss.place));
        grave
    }

    /// Whether this place is lost.
    #[must_use]
    pub fn has(&self, place: &Place) -> bool {
        self.places.contains_key(place)
    }

    fn add(&mut self, place: &Place, is_slight: bool) {
        match self.places.entry(place.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(self.list.len());
                self.list.push(Loss {
                    place: place.clone(),
                    is_slight,
                });
            }
            Entry::Occupied(entry) => {
                if let Some(known) = self.list.get_mut(*entry.get()) {
                    known.is_slight &= is_slight;
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slight_loss_is_grave_where_it_is_noted_too() {
        let root = Place::root();
        let (user, seed) = (root.member("user"), root.member("seed"));
        let mut losses = Losses::default();
        losses.tell(&user);
        losses.note(&seed);
        assert_eq!(losses.to_string(), "$.user, $.seed");
        assert_eq!(losses.grave().to_string(), "$.seed");
        losses.note(&user);
        losses.tell(&seed);
        assert_eq!(losses.grave().to_string(), "$.user, $.seed");
        assert!(losses.has(&user) && !losses.has(&root));
    }
}
