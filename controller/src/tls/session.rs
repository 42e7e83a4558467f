//! One TLS connection without a socket: bytes in, bytes out. Of either side.

use std::io::{Read, Write};

use rustls::{Connection, Error};

/// Most bytes of a handshake: a client's with many certificates has a tenth of it.
const HANDSHAKE_BYTES_MAX: usize = 128 << 10;
/// Most bytes that wait in a session until its handshake is over.
const WAITING_BYTES_MAX: usize = 16 << 20;

/// A connection.
#[derive(Debug)]
pub(super) struct Session {
    connection: Connection,
    handshake_bytes: usize,
    /// Bytes that went to the other side.
    pub sent_bytes: u64,
    ended: bool,
}

/// What arrived.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The handshake is over, since this.
    pub opened: bool,
    /// What was said inside.
    pub plain: Vec<u8>,
    /// The other side said that it sends no more, since this.
    pub ended: bool,
    /// The connection is of no use any more: why.
    pub failed: Option<Error>,
}

impl Session {
    /// A connection on which nothing was said yet.
    pub(super) fn new(connection: impl Into<Connection>) -> Self {
        let mut connection = connection.into();
        connection.set_buffer_limit(Some(WAITING_BYTES_MAX));
        Self { connection, handshake_bytes: 0, sent_bytes: 0, ended: false }
    }

    /// Whether the handshake is still going on.
    pub(super) fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// The protocol that was chosen (ALPN).
    pub(super) fn alpn(&self) -> Option<&[u8]> {
        self.connection.alpn_protocol()
    }

    /// Takes bytes of the other side; `out` takes what has to be sent for it.
    pub(super) fn hear(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Heard {
        let mut heard = Heard::default();
        let handshaking = self.is_handshaking();
        while !bytes.is_empty() && heard.failed.is_none() && !heard.ended {
            if let Err(error) = self.step(&mut bytes, &mut heard) {
                heard.failed = Some(error);
            }
        }
        heard.opened = handshaking && !self.is_handshaking();
        self.flush(out);
        heard
    }

    /// Takes as many of the bytes as fit, and what they say.
    fn step(&mut self, bytes: &mut &[u8], heard: &mut Heard) -> Result<(), Error> {
        let before = bytes.len();
        let read =
            self.connection.read_tls(bytes).map_err(|error| Error::General(error.to_string()))?;
        if self.is_handshaking() {
            self.handshake_bytes += before - bytes.len();
            if self.handshake_bytes > HANDSHAKE_BYTES_MAX {
                return Err(Error::PeerSentOversizedRecord);
            }
        }
        let state = self.connection.process_new_packets();
        let _ = self.connection.reader().read_to_end(&mut heard.plain); // WouldBlock: that is all so far
        let closed = state?.peer_has_closed();
        if (closed || read == 0) && !self.ended {
            self.ended = true;
            heard.ended = true;
        }
        Ok(())
    }

    /// Says something inside. False if too much waits for the handshake already.
    pub(super) fn say(&mut self, mut plain: &[u8], out: &mut Vec<u8>) -> bool {
        while !plain.is_empty() {
            let written = self.connection.writer().write(plain).unwrap_or(0);
            self.flush(out);
            match plain.get(written..) {
                Some(rest) if written > 0 => plain = rest,
                _ => return false,
            }
        }
        true
    }

    /// Says that this side sends no more.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.connection.send_close_notify();
        self.flush(out);
    }

    /// What is ready to be sent.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) {
        while self.connection.wants_write() {
            match self.connection.write_tls(out) {
                Ok(sent @ 1..) => self.sent_bytes += sent as u64,
                _ => return,
            }
        }
    }

    /// Whether the other side has said that it sends no more.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }
}
