//! An answer as bytes: a version, whether it is a stream, when it was stored, its headers, its body. Lengths are in four
//! bytes, the most significant first.

use bartizan_ports::CachedAnswer;
use bytes::Bytes;

/// Another version is not understood, and so is no answer.
const VERSION: u8 = 1;

pub(super) fn encode(answer: &CachedAnswer) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(answer.body.len() + 256);
    bytes.push(VERSION);
    bytes.push(u8::from(answer.is_stream));
    bytes.extend(answer.stored_at.to_be_bytes());
    length(&mut bytes, answer.headers.len());
    for (name, value) in &answer.headers {
        for text in [name, value] {
            length(&mut bytes, text.len());
            bytes.extend(text.as_bytes());
        }
    }
    bytes.extend(&answer.body);
    bytes
}

fn length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
}

/// `None` if somebody else wrote it.
pub(super) fn decode(bytes: &Bytes) -> Option<CachedAnswer> {
    let mut rest = &bytes[..];
    let [version, is_stream] = *take(&mut rest, 2)? else {
        return None;
    };
    if version != VERSION {
        return None;
    }
    let stored_at = u64::from_be_bytes(take(&mut rest, 8)?.try_into().ok()?);
    let count = number(&mut rest)?;
    let mut headers = Vec::new();
    for _ in 0..count {
        headers.push((text(&mut rest)?, text(&mut rest)?));
    }
    let body = bytes.slice_ref(rest);
    Some(CachedAnswer {
        stored_at,
        is_stream: is_stream == 1,
        headers,
        body,
    })
}

fn take<'b>(rest: &mut &'b [u8], length: usize) -> Option<&'b [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let bytes = take(rest, 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

fn text(rest: &mut &[u8]) -> Option<String> {
    let length = number(rest)?;
    String::from_utf8(take(rest, length)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_they_were_written_and_nothing_else_is() {
        let answer = CachedAnswer {
            stored_at: 1_700_000_000,
            is_stream: true,
            headers: vec![("content-type".to_owned(), "text/event-stream".to_owned())],
            body: Bytes::from_static(b"data: a\n\n"),
        };
        let bytes = encode(&answer);
        assert_eq!(decode(&bytes.clone().into()), Some(answer.clone()));
        let head = bytes.len() - answer.body.len();
        for end in 0..head {
            assert_eq!(decode(&Bytes::copy_from_slice(&bytes[..end])), None, "{end} bytes");
        }
        let mut other = bytes;
        other[0] = 2;
        assert_eq!(decode(&other.into()), None);
        assert_eq!(
            decode(&Bytes::from_static(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255])),
            None
        );
    }
}
