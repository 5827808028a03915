//! What bytes of JSON begin, and which may come next.

/// What a byte begins, outside of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    Nothing,
    Space,
    String,
    Colon,
    Comma,
    Object,
    Array,
    ObjectEnd,
    ArrayEnd,
    Number,
    True,
    False,
    Null,
}

/// The class of every byte: one step to the code that handles it, where a `match` would take ten.
pub(super) const CLASSES: [Class; 256] = {
    let mut classes = [Class::Nothing; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        let (place, _) = classes.split_at_mut(byte as usize + 1);
        if let Some(class) = place.last_mut() {
            *class = match byte {
                b' ' | b'\n' | b'\t' | b'\r' => Class::Space,
                b'"' => Class::String,
                b':' => Class::Colon,
                b',' => Class::Comma,
                b'{' => Class::Object,
                b'[' => Class::Array,
                b'}' => Class::ObjectEnd,
                b']' => Class::ArrayEnd,
                b'-' | b'0'..=b'9' => Class::Number,
                b't' => Class::True,
                b'f' => Class::False,
                b'n' => Class::Null,
                _ => Class::Nothing,
            };
        }
        byte += 1;
    }
    classes
};

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
