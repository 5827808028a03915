//! Bodies that are read to their end before anything is done with them.

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::patience::Patience;

/// Why a body is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Incomplete {
    TooLarge,
    Broken,
    TimedOut,
}

/// Reads a body of at most `limit` bytes; trailers are ignored. A body of one part is not copied.
pub(crate) async fn read(body: &mut Incoming, limit: usize, patience: &mut Patience) -> Result<Bytes, Incomplete> {
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        return Err(Incomplete::TooLarge);
    }
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(part) = next(body, patience).await? {
        if first.len() + rest.len() + part.len() > limit {
            return Err(Incomplete::TooLarge);
        }
        if first.is_empty() && rest.is_empty() {
            first = part;
            continue;
        }
        if rest.is_empty() {
            // What is announced is no more than the limit, so a lie costs no more than that.
            rest.reserve(
                usize::try_from(announced)
                    .unwrap_or_default()
                    .max(first.len() + part.len()),
            );
            rest.extend_from_slice(&std::mem::take(&mut first));
        }
        rest.extend_from_slice(&part);
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

async fn next(body: &mut Incoming, patience: &mut Patience) -> Result<Option<Bytes>, Incomplete> {
    loop {
        if body.is_end_stream() {
            return Ok(None);
        }
        let frame = tokio::select! {
            biased;
            frame = body.frame() => frame,
            () = patience.spent() => return Err(Incomplete::TimedOut),
        };
        patience.progress();
        match frame {
            None => return Ok(None),
            Some(Err(_)) => return Err(Incomplete::Broken),
            Some(Ok(frame)) => {
                if let Ok(part) = frame.into_data() {
                    return Ok(Some(part));
                }
            }
        }
    }
}
