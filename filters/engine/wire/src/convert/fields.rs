//! Reading an object member by member, so that what nobody took is known.

use serde_json::{Map, Value};

use super::{
    Losses,
    neutral::{Place, Placed},
};
use crate::BodyError;

/// An object under way: members are taken out of it, and those left at the end are losses.
///
/// ```
/// use bartizan_wire::convert::{Losses, fields::Fields, neutral::Place};
///
/// let body = serde_json::json!({"model": "small", "seed": 7, "user": null});
/// let mut fields = Fields::new(body, Place::root())?;
/// assert_eq!(fields.string("model")?.as_deref(), Some("small"));
/// let mut losses = Losses::default();
/// fields.finish(&mut losses);
/// assert_eq!(losses.to_string(), "$.seed");
/// # Ok::<(), bartizan_wire::BodyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fields {
    members: Map<String, Value>,
    place: Place,
}

// === impl Fields ===

impl Fields {
    /// The object at a place.
    ///
    /// # Errors
    /// When the value is no object.
    pub fn new(value: Value, place: Place) -> Result<Self, BodyError> {
        match value {
            Value::Object(members) => Ok(Self { members, place }),
            other => Err(wrong_type(&place, "an object", &other)),
        }
    }

    /// Where the object is.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// Where a member is.
    #[must_use]
    pub fn place_of(&self, name: &str) -> Place {
        self.place.member(name)
    }

    /// Takes a member; null counts as absent.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.members.shift_remove(name).filter(|value| !value.is_null())
    }

    /// A member that stays.
    #[must_use]
    pub fn peek(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// Takes a string.
    ///
    /// # Errors
    /// When the member is something else.
    pub fn string(&mut self, name: &str) -> Result<Option<String>, BodyError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(name, "a string", &other)),
        }
    }

    /// Takes a string that has to be there.
    ///
    /// # Errors
    /// When the member is missing or something else.
    pub fn required_string(&mut self, name: &str) -> Result<String, BodyError> {
        self.string(name)?.ok_or_else(|| self.missing(name, "a string"))
    }

    /// Takes a number.
    ///
    /// # Errors
    /// When the member is something else.
    pub fn number(&mut self, name: &str) -> Result<Option<f64>, BodyError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(name, "a number", &value)),
            },
        }
    }

    /// Takes a count: a whole number that is not negative.
    ///
    /// # Errors
    /// When the member is something else.
    pub fn count(&mut self, name: &str) -> Result<Option<u64>, BodyError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(name, "a whole number", &value)),
            },
        }
    }

    /// Takes a whole number, negative ones too.
    ///
    /// # Errors
    /// When the member is something else.
    pub fn integer(&mut self, name: &str) -> Result<Option<i64>, BodyError> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(name, "a whole number", &value)),
            },
        }
    }

    /// Takes true or false.
    ///
    /// # Errors
    /// When the member is something else.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, BodyError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(self.wrong(name, "a boolean", &other)),
        }
    }

    /// Takes an object.
    ///
    /// # Errors
    /// When the member is something else.
    pub fn object(&mut self, name: &str) -> Result<Option<Self>, BodyError> {
        let place = self.place_of(name);
        self.take(name).map(|value| Self::new(value, place)).transpose()
    }

    /// Takes a list, each item with its place. Absent is empty.
    ///
    /// # Errors
    /// When the member is something else.
    pub fn list(&mut self, name: &str) -> Result<Vec<(Value, Place)>, BodyError> {
        let place = self.place_of(name);
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(numbered(items, &place)),
            Some(other) => Err(wrong_type(&place, "an array", &other)),
        }
    }

    /// Takes a list of strings.
    ///
    /// # Errors
    /// When the member, or an item, is something else.
    pub fn strings(&mut self, name: &str) -> Result<Option<Vec<String>>, BodyError> {
        if self.peek(name).is_none() {
            return Ok(None);
        }
        let mut strings = Vec::new();
        for (item, place) in self.list(name)? {
            match item {
                Value::String(text) => strings.push(text),
                other => return Err(wrong_type(&place, "a string", &other)),
            }
        }
        Ok(Some(strings))
    }

    /// Takes a member by another function, with its place.
    ///
    /// # Errors
    /// Those of the function.
    pub fn placed<T>(
        &mut self,
        name: &str,
        take: impl FnOnce(&mut Self, &str) -> Result<Option<T>, BodyError>,
    ) -> Result<Option<Placed<T>>, BodyError> {
        let value = take(self, name)?;
        Ok(value.map(|value| Placed::new(value, self.place_of(name))))
    }

    /// Passes over a member if its value changes nothing, so that leaving it out is no loss.
    pub fn pass_over(&mut self, name: &str, changes_nothing: impl FnOnce(&Value) -> bool) {
        if self.members.get(name).is_some_and(changes_nothing) {
            self.members.shift_remove(name);
        }
    }

    /// The error of a member that has to be there.
    #[must_use]
    pub fn missing(&self, name: &str, expected: &'static str) -> BodyError {
        BodyError::Missing {
            path: self.place_of(name).to_string(),
            expected,
        }
    }

    /// The error of a member that is something else than it has to be.
    #[must_use]
    pub fn wrong(&self, name: &str, expected: &'static str, found: &Value) -> BodyError {
        wrong_type(&self.place_of(name), expected, found)
    }

    /// Notes every member that was not taken, unless it is null.
    pub fn finish(self, losses: &mut Losses) {
        self.left(|place| losses.note(&place));
    }

    /// The same, of an object of which every loss is slight.
    pub fn finish_told(self, losses: &mut Losses) {
        self.left(|place| losses.tell(&place));
    }

    fn left(self, mut note: impl FnMut(Place)) {
        for (name, value) in &self.members {
            if !value.is_null() {
                note(self.place.member(name));
            }
        }
    }
}

/// The items of a list at a place, each with its own.
#[must_use]
pub fn numbered(items: Vec<Value>, place: &Place) -> Vec<(Value, Place)> {
    let numbered = items.into_iter().enumerate();
    numbered.map(|(number, item)| (item, place.item(number))).collect()
}

/// The error of a value that is something else than it has to be.
#[must_use]
pub fn wrong_type(place: &Place, expected: &'static str, found: &Value) -> BodyError {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        // Where a string is not the type wanted, or is a word that is not among those allowed.
        Value::String(_) if expected.contains("string") => "another string",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    BodyError::WrongType {
        path: place.to_string(),
        expected,
        found,
    }
}
