//! `res_query(3)` and its family: the guest asks the DNS in the DNS's own form (RFC 1035).
//!
//! The names with underscores are those that older programs are linked to; libc keeps them for such
//! programs only, so their real function is found by the plain name.

use core::ffi::{c_char, c_int, c_void};

use bigfoot_ipc::guest::Query;

use super::getaddrinfo::{Plan, plan};
use super::gethostby::refused;
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
    ($($body:ident = $real:ident($($argument:ident: $type:ty),*) by $name:expr;)+) => { $(
        /// # Safety
        ///
        /// As for res_query(3).
        unsafe fn $body($($argument: $type),*) -> c_int {
            // SAFETY: this function's contract.
            if !unsafe { $name } {
                refused();
                return -1;
            }
            let _inside = InLookup::enter();
            // SAFETY: the guest's own arguments.
            unsafe { real!($real)($($argument),*) }
        }
    )+ };
}

asks! {
    query = res_query(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed(name);
    search = res_search(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed(name);
    domain = res_querydomain(name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed_in(name, domain);
    send = res_send(question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) by allowed_question(question, length);
    query_ = res_query(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed(name);
    search_ = res_search(name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed(name);
    domain_ = res_querydomain(name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed_in(name, domain);
    send_ = res_send(question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) by allowed_question(question, length);
    nquery = res_nquery(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed(name);
    nsearch = res_nsearch(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed(name);
    ndomain = res_nquerydomain(state: *mut c_void, name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed_in(name, domain);
    nsend = res_nsend(state: *mut c_void, question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) by allowed_question(question, length);
    nquery_ = res_nquery(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed(name);
    nsearch_ = res_nsearch(state: *mut c_void, name: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed(name);
    ndomain_ = res_nquerydomain(state: *mut c_void, name: *const c_char, domain: *const c_char, class: c_int, kind: c_int, answer: *mut u8, bytes: c_int) by allowed_in(name, domain);
    nsend_ = res_nsend(state: *mut c_void, question: *const u8, length: c_int, answer: *mut u8, bytes: c_int) by allowed_question(question, length);
}

/// Longest name in text, in bytes (RFC 1035, 2.3.4), with room for its dots.
const NAME_BYTES_MAX: usize = 1025;

fn may(name: &[u8]) -> bool {
    matches!(plan(Some(name), Query::Records), Plan::Real { .. })
}

/// # Safety
///
/// `name` is null or a C string.
unsafe fn allowed(name: *const c_char) -> bool {
    // SAFETY: this function's contract.
    unsafe { cabi::text(name) }.is_none_or(may)
}

/// # Safety
///
/// Both are null or C strings.
unsafe fn allowed_in(name: *const c_char, domain: *const c_char) -> bool {
    // SAFETY: this function's contract.
    let (name, domain) = unsafe { (cabi::text(name), cabi::text(domain)) };
    let mut whole = Name::new();
    whole.push(name.unwrap_or_default());
    if let Some(domain) = domain {
        whole.push(b".");
        whole.push(domain);
    }
    whole.text().is_some_and(may)
}

/// The name that a whole question asks for.
///
/// # Safety
///
/// `question` is null or points to `length` bytes.
unsafe fn allowed_question(question: *const u8, length: c_int) -> bool {
    let Ok(length) = usize::try_from(length) else {
        return true; // libc says what is wrong
    };
    if question.is_null() {
        return true;
    }
    // SAFETY: this function's contract.
    let question = unsafe { core::slice::from_raw_parts(question, length) };
    let mut name = Name::new();
    name.read(question).is_some_and(|()| name.text().is_some_and(may))
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

    /// Reads the labels behind a header of 12 bytes (RFC 1035, 4.1).
    fn read(&mut self, question: &[u8]) -> Option<()> {
        let mut rest = question.get(12..)?;
        while let [length @ 1..=63, behind @ ..] = rest {
            let (label, next) = behind.split_at_checked(usize::from(*length))?;
            self.push(label);
            self.push(b".");
            rest = next;
        }
        (rest.first() == Some(&0)).then_some(())
    }

    fn text(&self) -> Option<&[u8]> {
        self.bytes.get(..self.used).filter(|_| !self.overflown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(question: &[u8]) -> Option<Vec<u8>> {
        let mut name = Name::new();
        name.read(question)?;
        name.text().map(<[u8]>::to_vec)
    }

    /// The question's name follows a header of twelve bytes, label by label.
    #[test]
    fn a_question_names_its_name() {
        assert_eq!(
            name(b"............\x01a\x07example\0\0\x01\0\x01").as_deref(),
            Some(&b"a.example."[..])
        );
        assert_eq!(name(b"............\0\0\x02\0\x01").as_deref(), Some(&b""[..]));
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
