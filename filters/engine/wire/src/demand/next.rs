//! What may come next in JSON.

use crate::json::Class;

/// What may come next, a bit for each class. Space always may, but behind the whole value nothing else does.
pub(super) type Next = u32;

pub(super) const SPACE: Next = 1 << Class::Space as u8;
pub(super) const STRING: Next = SPACE | 1 << Class::String as u8;
pub(super) const NUMBER: Next = SPACE | 1 << Class::Number as u8;
pub(super) const BOOLEAN: Next = SPACE | 1 << Class::True as u8 | 1 << Class::False as u8;
pub(super) const NULL: Next = SPACE | 1 << Class::Null as u8;
pub(super) const OBJECT: Next = SPACE | 1 << Class::Object as u8;
pub(super) const ARRAY: Next = SPACE | 1 << Class::Array as u8;
pub(super) const COLON: Next = SPACE | 1 << Class::Colon as u8;
pub(super) const COMMA: Next = SPACE | 1 << Class::Comma as u8;
pub(super) const OBJECT_END: Next = SPACE | 1 << Class::ObjectEnd as u8;
pub(super) const ARRAY_END: Next = SPACE | 1 << Class::ArrayEnd as u8;
/// A string, which is a key.
pub(super) const KEY: Next = STRING | IS_KEY;
pub(super) const IS_KEY: Next = 1 << 31;
pub(super) const VALUE: Next = STRING | NUMBER | BOOLEAN | NULL | OBJECT | ARRAY;
