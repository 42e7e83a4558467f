//! The one encoding: bincode with fixed-width little-endian integers, a length of four bytes first.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use serde::{Deserialize, Serialize};

/// Largest message, in bytes. Linux's own limit on the arguments of a program (execve(2)) is 6 MiB.
pub const MESSAGE_BYTES_MAX: usize = 8 << 20;

/// Largest message of the controller to a guest, in bytes: [`crate::guest::Verdict`] is small.
pub const VERDICT_BYTES_MAX: usize = 192;

/// Bytes of the length before each message.
pub const LENGTH_BYTES: usize = 4;

const CONFIG: Configuration<LittleEndian, Fixint, Limit<MESSAGE_BYTES_MAX>> =
    bincode::config::legacy().with_limit::<MESSAGE_BYTES_MAX>();

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl core::fmt::Display for Malformed {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("malformed message")
    }
}

impl core::error::Error for Malformed {}

/// Writes length and message into `buffer`; the bytes used, or None if it is too small or the message
/// over [`MESSAGE_BYTES_MAX`]. Does not allocate.
pub fn encode_into<T: Serialize>(message: &T, buffer: &mut [u8]) -> Option<usize> {
    let (head, body) = buffer.split_at_mut_checked(LENGTH_BYTES)?;
    let used = bincode::serde::encode_into_slice(message, body, CONFIG).ok()?;
    head.copy_from_slice(&announced(used)?);
    Some(LENGTH_BYTES + used)
}

/// Length and message as bytes; an error if the message is over [`MESSAGE_BYTES_MAX`].
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, Malformed> {
    let body = bincode::serde::encode_to_vec(message, CONFIG).map_err(|_| Malformed)?;
    let head = announced(body.len()).ok_or(Malformed)?;
    Ok([&head[..], &body].concat())
}

/// The length as it is written; None over the limit, which bincode itself holds to in decoding only.
fn announced(length: usize) -> Option<[u8; LENGTH_BYTES]> {
    let length = Some(length).filter(|length| *length <= MESSAGE_BYTES_MAX)?;
    Some(u32::try_from(length).ok()?.to_le_bytes())
}

/// The length that these first bytes announce; an error if it is over [`MESSAGE_BYTES_MAX`].
pub fn length(head: [u8; LENGTH_BYTES]) -> Result<usize, Malformed> {
    let length = u32::from_le_bytes(head) as usize;
    if length > MESSAGE_BYTES_MAX { Err(Malformed) } else { Ok(length) }
}

/// Reads a message (without its length) that borrows from `body`. Left-over bytes are an error.
pub fn decode<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Malformed> {
    match bincode::serde::borrow_decode_from_slice(body, CONFIG) {
        Ok((message, used)) if used == body.len() => Ok(message),
        _ => Err(Malformed),
    }
}
