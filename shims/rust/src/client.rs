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

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    /// A controller that goes away in the middle of a word is an error, and no wait without end.
    #[test]
    fn a_controller_that_ends_is_an_error() {
        let folder = std::env::temp_dir().join(format!("bigfoot-client-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(SOCKET)).unwrap();
        let ended = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 8]).unwrap();
            stream.write_all(&[200, 0, 0, 0, 1]).unwrap(); // the beginning of an answer
        });

        let said = Client::connect(&folder).unwrap().say(&Control::Check);

        ended.join().unwrap();
        assert!(said.is_err(), "{said:?}");
        assert!(Client::connect(&folder).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
