//! What bytes of JSON begin.

/// What a byte begins, outside of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
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
pub(crate) static CLASSES: [Class; 256] = {
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
