//! What a guest did on a socket, for people.

use crate::fields::{Fields, Value};

/// Most bytes that a line shows.
const SHOWN_BYTES_MAX: usize = 64;

/// `connect to db.example.com:1521`, `send "PING\r\n" to 192.0.2.7:7000 by udp`.
pub(super) fn words(source: &str, fields: &Fields) -> String {
    let place = place(fields);
    if source == super::CONNECT {
        return format!("connect to {place}");
    }
    let bytes = fields.bytes("bytes").unwrap_or_default();
    format!("send {} to {place}", shown(&bytes))
}

fn place(fields: &Fields) -> String {
    let host = fields.text("path").or(fields.text("host")).unwrap_or_default();
    let Some(port) = fields.number("port") else {
        return host.into_owned();
    };
    let host = if host.contains(':') { format!("[{host}]") } else { host.into_owned() };
    let datagrams = fields.text("transport").is_some_and(|transport| transport == "udp");
    format!("{host}:{port}{}", if datagrams { " by udp" } else { "" })
}

fn shown(bytes: &[u8]) -> String {
    match bytes.get(..SHOWN_BYTES_MAX) {
        Some(first) if bytes.len() > SHOWN_BYTES_MAX => {
            format!("\"{}\"... ({} bytes)", first.escape_ascii(), bytes.len())
        }
        _ => format!("\"{}\"", bytes.escape_ascii()),
    }
}

/// The place, and the bytes that were sent.
pub(super) fn paste(fields: &Fields) -> Vec<(&'static str, Value)> {
    let place: &[&str] = if fields.get("path").is_some() { &["path"] } else { &["host", "port"] };
    let named = |(name, _): &(&'static str, &Value)| place.contains(name) || *name == "bytes";
    fields.iter().filter(named).map(|(name, value)| (name, value.clone())).collect()
}
