use serde_json::Value;

use crate::BodyError;
use crate::convert::fields::{Fields, wrong_type};
use crate::convert::neutral::Place;

/// The vector that a member is.
///
/// # Errors
/// When it is missing, or no list of numbers.
pub(super) fn of(fields: &mut Fields, name: &str) -> Result<Vec<f64>, BodyError> {
    let place = fields.place_of(name);
    match fields.take(name) {
        Some(value) => read(&value, &place),
        None => Err(fields.missing(name, "an array")),
    }
}

/// The vector that a value is.
///
/// # Errors
/// When it is no list of numbers.
pub(super) fn read(value: &Value, place: &Place) -> Result<Vec<f64>, BodyError> {
    let Value::Array(items) = value else {
        return Err(wrong_type(place, "an array", value));
    };
    let numbers = items.iter().enumerate().map(|(index, item)| {
        item.as_f64()
            .ok_or_else(|| wrong_type(&place.item(index), "a number", item))
    });
    numbers.collect()
}
