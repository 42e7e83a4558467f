//! The signals that end a process (signal(7)).

use nix::sys::signal::Signal;

/// Those that leave a process as it is, stop it or let it go on.
const HARMLESS: [Signal; 8] = [
    Signal::SIGCHLD,
    Signal::SIGCONT,
    Signal::SIGSTOP,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    Signal::SIGURG,
    Signal::SIGWINCH,
];

/// The signal of this name (`SIGKILL`, `KILL`) or number, if it ends a process.
pub(super) fn ending(text: &str) -> Option<u8> {
    let name = text.to_ascii_uppercase();
    let signal = match text.parse::<i32>() {
        Ok(number) => Signal::try_from(number).ok(),
        Err(_) if name.starts_with("SIG") => name.parse().ok(),
        Err(_) => format!("SIG{name}").parse().ok(),
    };
    let signal: Signal = signal.filter(|signal| !HARMLESS.contains(signal))?;
    u8::try_from(signal as i32).ok()
}
