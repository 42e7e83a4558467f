//! Content codings (RFC 9110 §8.4.1): gzip and deflate are taken off, others left as they are.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::headers::Headers;

/// Largest body, as sent and as decoded, in bytes.
pub(super) const BODY_LENGTH_MAX: usize = 16 * 1024 * 1024;

/// A body that is larger than [`BODY_LENGTH_MAX`] once decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

/// The body without its content codings. What is coded in another way, or not as it is said to be,
/// stays as it was sent.
pub(super) fn decoded(headers: &Headers, body: &[u8]) -> Result<Vec<u8>, TooLarge> {
    let mut decoded = body.to_vec();
    for coding in headers.tokens("content-encoding").iter().rev() {
        decoded = match coding.as_str() {
            "identity" => decoded,
            "gzip" | "x-gzip" => match read(MultiGzDecoder::new(decoded.as_slice()))? {
                Some(inner) => inner,
                None => return Ok(body.to_vec()),
            },
            "deflate" => match deflated(&decoded)? {
                Some(inner) => inner,
                None => return Ok(body.to_vec()),
            },
            _ => return Ok(body.to_vec()),
        };
    }
    Ok(decoded)
}

/// In zlib's format, as it should be, or without it, as some send it.
fn deflated(bytes: &[u8]) -> Result<Option<Vec<u8>>, TooLarge> {
    match read(ZlibDecoder::new(bytes))? {
        Some(inner) => Ok(Some(inner)),
        None => read(DeflateDecoder::new(bytes)),
    }
}

/// All that comes out; None if that ends in an error.
fn read(decoder: impl Read) -> Result<Option<Vec<u8>>, TooLarge> {
    let mut inner = Vec::new();
    let whole = decoder.take(BODY_LENGTH_MAX as u64 + 1).read_to_end(&mut inner);
    match whole {
        Ok(_) if inner.len() > BODY_LENGTH_MAX => Err(TooLarge),
        Ok(_) => Ok(Some(inner)),
        Err(_) => Ok(None),
    }
}
