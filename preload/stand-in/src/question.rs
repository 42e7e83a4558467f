//! What a stand-in says to the controller, and what it hears.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use bigfoot_ipc::frame::{self, LENGTH_BYTES};
use bigfoot_ipc::guest::{Asker, Call, Cue, Registers, Request};
use bigfoot_ipc::{RUN_VARIABLE, SOCKET, VERSION};

use crate::Refused;
use crate::process::{self, Started};

/// Asks what to do; the answer borrows from `space`.
pub(crate) fn ask<'a>(
    started: &Started,
    call: Call<'_>,
    space: &'a mut Vec<u8>,
) -> Result<Cue<'a>, Refused> {
    let run = started.variable(RUN_VARIABLE.as_bytes()).unwrap_or_default();
    let folder = run.split(|byte| *byte == b',').next().unwrap_or_default();
    let socket = Path::new(OsStr::from_bytes(folder)).join(SOCKET);
    let question = frame::encode(&Request { asker: asker(), call })
        .map_err(|_| "its arguments and environment are too long to be told")?;
    *space = exchange(&socket, &question).map_err(|_| "the run that mocks it cannot be asked")?;
    Ok(frame::decode(space).map_err(|_| "the run that mocks it is of another version")?)
}

fn exchange(socket: &Path, question: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(question)?;
    let mut head = [0; LENGTH_BYTES];
    stream.read_exact(&mut head)?;
    let mut body = vec![0; frame::length(head).map_err(std::io::Error::other)?];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn asker() -> Asker<'static> {
    let thread = process::thread();
    Asker {
        version: VERSION,
        thread,
        lineage: thread,
        registers: Registers::default(),
        test: b"",
        in_lookup: false,
    }
}
