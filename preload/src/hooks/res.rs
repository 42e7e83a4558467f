//! `res_query(3)` and its family: the guest asks the DNS in the DNS's own form (RFC 1035).
//!
//! The names with underscores are those that older programs are linked to; libc keeps them for such
//! programs only, so their real function is found by the plain name.

use core::ffi::{c_char, c_int, c_void};
use core::net::SocketAddr;
use core::ptr::null;
use core::time::Duration;

use bigfoot_ipc::guest::Query;

use super::look_up::{NO_RECOVERY, Plan, TRY_AGAIN, plan, set_h_errno};
use super::name_server::{self, Question};
use crate::cabi;
use crate::thread::InLookup;

hook! {
    unsafe fn res_query(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) -> c_int => query;
    unsafe fn __res_query(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) -> c_int => query_;
    unsafe fn res_search(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) -> c_int => search;
    unsafe fn __res_search(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) -> c_int => search_;
    unsafe fn res_querydomain(
        name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int,
    ) -> c_int => domain;
    unsafe fn __res_querydomain(
        name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int,
    ) -> c_int => domain_;
    unsafe fn res_send(question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) -> c_int => send;
    unsafe fn __res_send(question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) -> c_int => send_;
    unsafe fn res_nquery(
        state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int,
    ) -> c_int => nquery;
    unsafe fn __res_nquery(
        state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int,
    ) -> c_int => nquery_;
    unsafe fn res_nsearch(
        state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int,
    ) -> c_int => nsearch;
    unsafe fn __res_nsearch(
        state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int,
    ) -> c_int => nsearch_;
    unsafe fn res_nquerydomain(
        state: *mut c_void, name: *const c_char, domain: *const c_char, class: c_int, kind: c_int,
        answer: *mut u8, bytes: c_int,
    ) -> c_int => ndomain;
    unsafe fn __res_nquerydomain(
        state: *mut c_void, name: *const c_char, domain: *const c_char, class: c_int, kind: c_int,
        answer: *mut u8, bytes: c_int,
    ) -> c_int => ndomain_;
    unsafe fn res_nsend(state: *mut c_void, question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) -> c_int => nsend;
    unsafe fn __res_nsend(state: *mut c_void, question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) -> c_int => nsend_;
}

macro_rules! asks {
    ($($body:ident = $real:ident($($argument:ident: $type:ty),*) by $done:expr;)+) => { $(
        /// # Safety
        ///
        /// As for res_query(3).
        unsafe fn $body($($argument: $type),*) -> c_int {
            // SAFETY: this function's contract.
            if let Some(done) = unsafe { $done } {
                return done;
            }
            let _inside = InLookup::enter();
            // SAFETY: the guest's own arguments.
            unsafe { real!($real)($($argument),*) }
        }
    )+ };
}

asks! {
    query = res_query(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::of(name, class, kind), answer, bytes, null());
    search = res_search(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::of(name, class, kind), answer, bytes, null());
    domain = res_querydomain(name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::within(name, domain, class, kind), answer, bytes, null());
    send = res_send(question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::written(question, length), answer, bytes, null());
    query_ = res_query(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::of(name, class, kind), answer, bytes, null());
    search_ = res_search(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::of(name, class, kind), answer, bytes, null());
    domain_ = res_querydomain(name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::within(name, domain, class, kind), answer, bytes, null());
    send_ = res_send(question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::written(question, length), answer, bytes, null());
    nquery = res_nquery(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::of(name, class, kind), answer, bytes, state);
    nsearch = res_nsearch(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::of(name, class, kind), answer, bytes, state);
    ndomain = res_nquerydomain(state: *mut c_void, name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::within(name, domain, class, kind), answer, bytes, state);
    nsend = res_nsend(state: *mut c_void, question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::written(question, length), answer, bytes, state);
    nquery_ = res_nquery(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::of(name, class, kind), answer, bytes, state);
    nsearch_ = res_nsearch(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::of(name, class, kind), answer, bytes, state);
    ndomain_ = res_nquerydomain(state: *mut c_void, name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::within(name, domain, class, kind), answer, bytes, state);
    nsend_ = res_nsend(state: *mut c_void, question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) by look_up(&Asked::written(question, length), answer, bytes, state);
}

/// Longest name in text, in bytes (RFC 1035, 2.3.4), with room for its dots.
const NAME_BYTES_MAX: usize = 1025;

/// What the guest asks.
enum Asked<'a> {
    /// For records of a name.
    Records { name: Name, class: c_int, kind: c_int },
    /// In a message of its own.
    Written { name: Name, kind: u16, message: &'a [u8] },
    /// Nothing that can be read: a name that is too long, a message that is none.
    Broken,
    /// Nothing: libc says what is wrong.
    Nothing,
}

impl Asked<'_> {
    /// # Safety
    ///
    /// `name` is null or a C string.
    unsafe fn of(name: *const c_char, class: c_int, kind: c_int) -> Self {
        // SAFETY: this function's contract.
        unsafe { Self::within(name, null(), class, kind) }
    }

    /// # Safety
    ///
    /// Both are null or C strings.
    unsafe fn within(
        name: *const c_char,
        domain: *const c_char,
        class: c_int,
        kind: c_int,
    ) -> Self {
        // SAFETY: this function's contract.
        let (text, domain) = unsafe { (cabi::text(name), cabi::text(domain)) };
        if text.or(domain).is_none() {
            return Self::Nothing;
        }
        let mut name = Name::new();
        name.push(text.unwrap_or_default());
        if let Some(domain) = domain {
            name.push(b".");
            name.push(domain);
        }
        Self::Records { name, class, kind }
    }

    /// # Safety
    ///
    /// `question` is null or points to `length` bytes that outlive the result.
    unsafe fn written(question: *const u8, length: c_int) -> Self {
        let Ok(length) = usize::try_from(length) else {
            return Self::Nothing;
        };
        if question.is_null() {
            return Self::Nothing;
        }
        // SAFETY: this function's contract.
        let message = unsafe { core::slice::from_raw_parts(question, length) };
        let mut name = Name::new();
        match name.read(message) {
            Some(kind) => Self::Written { name, kind, message },
            None => Self::Broken,
        }
    }

    fn plan(&self) -> Plan {
        let (name, kind) = match self {
            Self::Records { name, kind, .. } => (name, u16::try_from(*kind).unwrap_or(0)),
            Self::Written { name, kind, .. } => (name, *kind),
            Self::Broken => return Plan::Refused,
            Self::Nothing => return Plan::Real { tell: false },
        };
        match name.text() {
            Some(name) => plan(Some(name), libc::AF_UNSPEC, |name| Query::Kind { name, kind }),
            None => Plan::Refused,
        }
    }

    /// Asks this server.
    ///
    /// # Errors
    ///
    /// h_errno.
    fn put(
        &self,
        server: SocketAddr,
        answer: &mut [u8],
        patience: Duration,
    ) -> Result<usize, c_int> {
        match self {
            Self::Written { message, .. } => {
                name_server::ask(server, message, answer, patience).ok_or(TRY_AGAIN)
            }
            Self::Records { name, class, kind } => {
                let number = |value: &c_int| u16::try_from(*value).map_err(|_| NO_RECOVERY);
                let name = name.text().ok_or(NO_RECOVERY)?;
                let question =
                    Question::new(name, number(class)?, number(kind)?).ok_or(NO_RECOVERY)?;
                let length = name_server::ask(server, question.bytes(), answer, patience)
                    .ok_or(TRY_AGAIN)?;
                name_server::h_errno(answer).map_or(Ok(length), Err)
            }
            Self::Broken | Self::Nothing => Err(NO_RECOVERY),
        }
    }
}

/// Looks up in place of the real call; None where that shall be made.
///
/// # Safety
///
/// `answer` may be written, `bytes` of it; `state` is null, for the thread's own, or a resolver's.
unsafe fn look_up(
    asked: &Asked<'_>,
    answer: *mut u8,
    bytes: c_int,
    state: *const c_void,
) -> Option<c_int> {
    let done = match asked.plan() {
        Plan::Real { .. } => return None,
        Plan::At(server) if !answer.is_null() => {
            let bytes = usize::try_from(bytes).unwrap_or(0);
            // SAFETY: this function's contract; any bytes are bytes.
            let answer = unsafe { core::slice::from_raw_parts_mut(answer, bytes) };
            // SAFETY: this function's contract.
            let patience = unsafe { name_server::patience(state.cast()) };
            asked.put(server, answer, patience)
        }
        refused => Err(refused.h_errno()),
    };
    Some(match done {
        Ok(length) => c_int::try_from(length).unwrap_or(c_int::MAX),
        Err(why) => {
            set_h_errno(why);
            -1
        }
    })
}

/// A name put together on the stack.
struct Name {
    bytes: [u8; NAME_BYTES_MAX],
    used: usize,
    overflown: bool,
}

impl Name {
    fn new() -> Self {
        Self { bytes: [0; NAME_BYTES_MAX], used: 0, overflown: false }
    }

    fn push(&mut self, part: &[u8]) {
        match self.bytes.get_mut(self.used..self.used + part.len()) {
            Some(place) => {
                place.copy_from_slice(part);
                self.used += part.len();
            }
            None => self.overflown = true,
        }
    }

    /// Reads the labels behind a header of 12 bytes (RFC 1035, 4.1); the type behind them.
    fn read(&mut self, question: &[u8]) -> Option<u16> {
        let mut rest = question.get(12..)?;
        while let [length @ 1..=63, behind @ ..] = rest {
            let (label, next) = behind.split_at_checked(usize::from(*length))?;
            self.push(label);
            self.push(b".");
            rest = next;
        }
        match rest {
            [0, high, low, ..] => Some(u16::from_be_bytes([*high, *low])),
            _ => None,
        }
    }

    fn text(&self) -> Option<&[u8]> {
        self.bytes.get(..self.used).filter(|_| !self.overflown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(question: &[u8]) -> Option<(Vec<u8>, u16)> {
        let mut name = Name::new();
        let kind = name.read(question)?;
        Some((name.text()?.to_vec(), kind))
    }

    /// The question's name follows a header of twelve bytes, label by label.
    #[test]
    fn a_question_names_its_name() {
        assert_eq!(
            name(b"............\x01a\x07example\0\0\x0f\0\x01"),
            Some((b"a.example.".to_vec(), 15))
        );
        assert_eq!(name(b"............\0\0\x02\0\x01"), Some((b"".to_vec(), 2)));
    }

    /// Cut off, compressed or endless questions have no name, and nothing is read beyond them.
    #[test]
    fn a_malformed_question_has_no_name() {
        for question in
            [&b""[..], b"short", b"............", b"............\x05ab", b"............\xc0\x0c\0"]
        {
            assert_eq!(name(question), None, "{question:?}");
        }
        let endless = [&[0; 12][..], &b"\x3f".repeat(64 * 100)].concat();
        assert_eq!(name(&endless), None);
    }
}
