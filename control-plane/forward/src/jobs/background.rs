//! `"background": true`, by which OpenAI's clients ask for a job.
//!
//! <https://platform.openai.com/docs/guides/background>

use std::ops::Range;

use bartizan_verdict::Reason;
use bartizan_wire::json::{Reader, Token};

use crate::failure::Failure;

/// Members of a request that matter here, and where they stand.
#[derive(Debug, Default)]
struct Members {
    background: Option<(bool, Range<usize>)>,
    store: Option<bool>,
}

/// Whether a request of the responses API asks to be worked on in the background.
///
/// # Errors
/// When it does, and also asks that nothing be stored: the answer could never be fetched.
pub(crate) fn asked_for(body: &[u8]) -> Result<bool, Failure> {
    let members = read(body)?;
    let asked_for = members.background.is_some_and(|(background, _)| background);
    if asked_for && members.store == Some(false) {
        let message =
            "A response in the background is stored until it is fetched. Leave out `store`, or set it to true.";
        return Err(Failure::new(Reason::WrongType, "background without store")
            .message(Some(message.to_owned()))
            .place("$.store"));
    }
    Ok(asked_for)
}

/// The request without its wish.
pub(super) fn without(body: &[u8]) -> Result<Vec<u8>, Failure> {
    let Some((_, range)) = read(body)?.background else {
        return Ok(body.to_vec());
    };
    let (before, after) = (body.get(..range.start), body.get(range.end..));
    Ok([before.unwrap_or_default(), after.unwrap_or_default()].concat())
}

/// Finds the members. The range of one is from its key to the next key, or, of the last, from the end of the member
/// before it to its own end, so that what is left is an object.
fn read(body: &[u8]) -> Result<Members, Failure> {
    let mut members = Members::default();
    walk(body, &mut members).map_err(|error| Failure::of_body(&error.into()))?;
    Ok(members)
}

fn walk(body: &[u8], members: &mut Members) -> Result<(), bartizan_wire::json::JsonError> {
    let mut reader = Reader::new(body)?;
    // The end of the member before, the key of the member that is open, and whether it is ours.
    let (mut end_before, mut end) = (0, 0);
    let mut open: Option<(bool, usize)> = None;
    while let Some(token) = reader.read()? {
        let range = reader.token_range();
        match token {
            Token::Key(key) if reader.depth() == 1 => {
                if let Some((background, start)) = open.take() {
                    members.background = Some((background, start..range.start));
                }
                let name = key.decode();
                end_before = end;
                let start = range.start;
                if name == "background" || name == "store" {
                    let value = reader.read()?;
                    end = end_of(value.as_ref(), reader.token_range().end);
                    let value = matches!(value, Some(Token::Bool(true)));
                    if name == "background" {
                        open = Some((value, start));
                    } else {
                        members.store = Some(value);
                    }
                }
            }
            _ => end = end_of(Some(&token), range.end),
        }
        if reader.depth() == 0
            && let Some((background, _)) = open.take()
        {
            // The end of the object is not that of the member.
            let closing = body.get(..range.start).unwrap_or_default().trim_ascii_end().len();
            members.background = Some((background, end_before..closing));
        }
    }
    Ok(())
}

/// Behind a token; a reader tells of strings where they are within their quotes.
const fn end_of(token: Option<&Token<'_>>, end: usize) -> usize {
    match token {
        Some(Token::String(_)) => end.saturating_add(1),
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_is_found_and_taken_out() {
        let table = [
            (r#"{"background":true,"model":"m"}"#, true, r#"{"model":"m"}"#),
            (r#"{"model":"m","background":true}"#, true, r#"{"model":"m"}"#),
            (r#"{"model":"m" , "background" : true }"#, true, r#"{"model":"m" }"#),
            (
                r#"{"model":"m","background":true, "input":[{"background":false}]}"#,
                true,
                r#"{"model":"m","input":[{"background":false}]}"#,
            ),
            (
                r#"{"input":[[1],{"a":{}}],"background":true}"#,
                true,
                r#"{"input":[[1],{"a":{}}]}"#,
            ),
            (r#"{"background":true}"#, true, "{}"),
            (
                r#"{"store":true,"a":"\u00e9","background":true}"#,
                true,
                r#"{"store":true,"a":"\u00e9"}"#,
            ),
            (r#"{"background":false,"model":"m"}"#, false, r#"{"model":"m"}"#),
            (r#"{"background":null}"#, false, "{}"),
            (r#"{"back\u0067round":true,"store":true}"#, true, r#"{"store":true}"#),
            (
                r#"{"input":{"background":true}}"#,
                false,
                r#"{"input":{"background":true}}"#,
            ),
            ("{}", false, "{}"),
        ];
        for (body, expected, left) in table {
            assert_eq!(asked_for(body.as_bytes()).unwrap(), expected, "{body}");
            assert_eq!(
                String::from_utf8(without(body.as_bytes()).unwrap()).unwrap(),
                left,
                "{body}"
            );
        }
    }

    #[test]
    fn what_is_not_stored_cannot_be_fetched() {
        let table = [
            (r#"{"background":true,"store":false}"#, false),
            (r#"{"store":true,"background":true}"#, true),
            (r#"{"store":false}"#, true),
            ("[", false),
        ];
        for (body, expected) in table {
            assert_eq!(asked_for(body.as_bytes()).is_ok(), expected, "{body}");
        }
    }
}
