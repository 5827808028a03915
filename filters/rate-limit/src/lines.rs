/// Counts the `data:` lines of an event stream that comes in pieces
/// (<https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DataLines {
    count: u64,
    line: Line,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// So many bytes of it are there, and all are those of `data:`.
    Matching(usize),
    /// It is counted, or is another.
    Known,
}

const FIELD: &[u8] = b"data:";

impl DataLines {
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        for byte in chunk {
            self.line = match (self.line, byte) {
                (_, b'\n' | b'\r') => Line::Matching(0),
                (Line::Matching(length), byte) if FIELD.get(length) == Some(byte) => {
                    if length + 1 == FIELD.len() {
                        self.count += 1;
                        Line::Known
                    } else {
                        Line::Matching(length + 1)
                    }
                }
                (Line::Matching(_) | Line::Known, _) => Line::Known,
            };
        }
    }

    pub(crate) const fn count(self) -> u64 {
        self.count
    }
}

impl Default for Line {
    fn default() -> Self {
        Self::Matching(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] =
        b"event: a\ndata: {\"x\":\"data:\"}\n\ndata:b\r\n\r\n:data:\n data: no\ndat: no\ndata: [DONE]\n\n";

    #[test]
    fn only_lines_that_begin_with_the_field_count() {
        let mut lines = DataLines::default();
        lines.push(STREAM);
        assert_eq!(lines.count(), 3);
    }

    #[test]
    fn any_two_pieces_count_the_same() {
        for cut in 0..=STREAM.len() {
            let mut lines = DataLines::default();
            lines.push(&STREAM[..cut]);
            lines.push(&STREAM[cut..]);
            assert_eq!(lines.count(), 3, "cut at {cut}");
        }
    }
}
