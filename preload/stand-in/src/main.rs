//! The program that stands in for a mocked one: it asks what to play, writes that, waits, and ends as
//! the mock says. A guest that waits for it waits for a real process.
//!
//! It is linked statically where that is possible, so that it starts fast and loads nothing of the
//! guest's; the run is found by its environment. What it cannot ask it refuses: a few words on standard
//! error, and [`CANNOT`].
//!
//! | module | job |
//! |---|---|
//! | `process` | arguments, environment, standard input and output, and how a process goes on or ends |
//! | `question` | what it says to the controller, and what it hears |
#![no_main]

mod process;
mod question;

use core::convert::Infallible;
use core::ffi::{c_char, c_int};
use core::time::Duration;

use bigfoot_ipc::frame::MESSAGE_BYTES_MAX;
use bigfoot_ipc::guest::{Call, Cue, Part};
use bigfoot_ipc::{RUN_VARIABLE, STAND_IN_VARIABLE};

use process::{Started, end, write};

/// Exit code of a stand-in that cannot play its part (env(1): found, and not to be executed).
const CANNOT: u8 = 126;
/// Exit code of a stand-in that has no part (env(1): not found).
const NOT_FOUND: u8 = 127;

/// The start of a C program rather than of Rust's own: signals stay as the guest set them, SIGPIPE too.
#[expect(unsafe_code, reason = "the symbol that libc starts")]
#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, argv: *const *const c_char, envp: *const *const c_char) -> c_int {
    // SAFETY: libc's own: C strings, each vector ended by a null pointer.
    let started = unsafe { Started::new(argv, envp) };
    started.take_name();
    let Err(Refused { code, why }) = stand(&started);
    write(2, format!("bigfoot: {}: {why}\n", started.name()).as_bytes());
    end(code)
}

/// Why nothing is played.
#[derive(Debug)]
struct Refused {
    code: u8,
    why: String,
}

impl From<&str> for Refused {
    fn from(why: &str) -> Self {
        Self { code: CANNOT, why: why.to_owned() }
    }
}

/// What it was told to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ticket {
    number: u64,
    reads: bool,
}

/// That of a stand-in whose start was not seen: it was found on PATH.
const UNSEEN: Ticket = Ticket { number: 0, reads: false };

impl Ticket {
    /// Reads `NUMBER` or `NUMBER,r`.
    fn parse(text: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(text).ok()?;
        let (number, reads) = match text.split_once(',') {
            Some((number, "r")) => (number, true),
            Some(_) => return None,
            None => (text, false),
        };
        Some(Self { number: number.parse().ok()?, reads })
    }
}

/// Does as it is told, which does not come back.
fn stand(started: &Started) -> Result<Infallible, Refused> {
    let ticket = match started.variable(STAND_IN_VARIABLE.as_bytes()) {
        Some(ticket) => Ticket::parse(ticket).ok_or("its part has no number")?,
        None => UNSEEN,
    };
    if ticket == UNSEEN && started.variable(RUN_VARIABLE.as_bytes()).is_none() {
        let why = "a mock names this program, and its start was not seen, so nothing answers it";
        return Err(Refused { code: NOT_FOUND, why: why.to_owned() });
    }
    let (arguments, environment) = (started.arguments(), started.environment());
    let room = MESSAGE_BYTES_MAX.saturating_sub(arguments.len() + environment.len() + ROOM);
    let input = if ticket.reads { Some(read(room)?) } else { None };
    let call = Call::Stand {
        number: ticket.number,
        arguments: &arguments,
        environment: &environment,
        input: input.as_deref(),
    };
    let mut space = Vec::new();
    match question::ask(started, call, &mut space)? {
        Cue::Play(part) => play(&part),
        Cue::Become { program, start, arm } => {
            if let Some(input) = &input {
                process::give_back(input).ok_or("its standard input cannot be given back")?;
            }
            let error = process::become_program(started, program, start, arm);
            Err(Refused { code: CANNOT, why: format!("{error}") })
        }
    }
}

/// Bytes of a message beside what varies in it.
const ROOM: usize = 4096;

fn read(room: usize) -> Result<Vec<u8>, Refused> {
    process::input(room).ok_or_else(|| {
        let why = format!("its standard input has more than {room} bytes, or cannot be read");
        Refused { code: CANNOT, why }
    })
}

fn play(part: &Part<'_>) -> ! {
    write(1, part.output);
    write(2, part.error);
    if part.delay_ms > 0 {
        std::thread::sleep(Duration::from_millis(part.delay_ms));
    }
    if part.signal != 0 {
        process::end_by(part.signal);
    }
    end(part.code)
}
