//! The connection to the controller: one word, one outcome.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;

use bigfoot_ipc::SOCKET;
use bigfoot_ipc::control::{Control, MAGIC, Outcome};
use bigfoot_ipc::frame::{self, LENGTH_BYTES};

/// A connection that is kept.
#[derive(Debug)]
pub(crate) struct Client(Mutex<UnixStream>);

impl Client {
    /// To the controller of the run with this directory.
    pub(crate) fn connect(directory: &Path) -> io::Result<Self> {
        let mut stream = UnixStream::connect(directory.join(SOCKET))?;
        stream.write_all(&MAGIC)?;
        Ok(Self(Mutex::new(stream)))
    }

    /// Says a word, and waits for its outcome.
    pub(crate) fn say(&self, word: &Control) -> io::Result<Outcome> {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stream.write_all(&frame::encode(word).map_err(io::Error::other)?)?;
        let mut head = [0; LENGTH_BYTES];
        stream.read_exact(&mut head)?;
        let mut body = vec![0; frame::length(head).map_err(io::Error::other)?];
        stream.read_exact(&mut body)?;
        frame::decode(&body).map_err(io::Error::other)
    }
}
