//! `getaddrinfo(3)`: the guest looks up a name.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::null;

use bigfoot_ipc::guest::{Call, Query, Verdict};
use bigfoot_ipc::page::ask;
use libc::addrinfo;

use crate::cabi::{self, KeepErrno};
use crate::hook::fenced;
use crate::thread::InLookup;
use crate::{controller, shared};

hook! {
    unsafe fn getaddrinfo(
        node: *const c_char, service: *const c_char, hints: *const addrinfo, list: *mut *mut addrinfo,
    ) -> c_int => hooked;
    unsafe fn getaddrinfo_a(mode: c_int, list: *mut *mut c_void, count: c_int, event: *mut c_void) -> c_int => several;
}

unsafe extern "C" {
    fn inet_aton(text: *const c_char, address: *mut libc::in_addr) -> c_int;
    fn inet_ntop(
        family: c_int,
        address: *const c_void,
        text: *mut c_char,
        bytes: libc::socklen_t,
    ) -> *const c_char;
}

/// Most addresses of one answer that are remembered.
const ADDRESSES_MAX: usize = 64;

/// What to do about a look-up.
pub(super) enum Plan {
    /// The real one; its answer is told to the controller where that was asked.
    Real { tell: bool },
    /// The real one, of this numeric address in place of the name.
    At { v4: Numeric, v6: Numeric },
    /// None.
    Refused,
}

/// An address as text, with its zero byte.
pub(super) struct Numeric([c_char; 48]);

impl Numeric {
    fn new(family: c_int, address: &[u8]) -> Option<Self> {
        let mut text = [0; 48];
        // SAFETY: as many bytes as the family has, and room for the longest text.
        let done = unsafe { inet_ntop(family, address.as_ptr().cast(), text.as_mut_ptr(), 48) };
        (!done.is_null()).then_some(Self(text))
    }

    pub(super) fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr()
    }
}

/// # Safety
///
/// As for getaddrinfo(3).
unsafe fn hooked(
    node: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    list: *mut *mut addrinfo,
) -> c_int {
    // SAFETY: this function's contract.
    let (flags, family) =
        unsafe { hints.as_ref() }.map_or((0, 0), |hints| (hints.ai_flags, hints.ai_family));
    // SAFETY: this function's contract.
    let name = if flags & libc::AI_NUMERICHOST != 0 { None } else { unsafe { cabi::text(node) } };
    match plan(name, Query::Name) {
        Plan::Real { tell } => {
            let inside = InLookup::enter();
            // SAFETY: the guest's own arguments.
            let done = unsafe { real!(getaddrinfo)(node, service, hints, list) };
            drop(inside);
            if let (true, 0, Some(name)) = (tell, done, name) {
                // SAFETY: the list that getaddrinfo(3) has just made.
                unsafe { remember(name, *list) };
            }
            done
        }
        Plan::At { v4, v6 } => {
            let node = if family == libc::AF_INET6 { v6.as_ptr() } else { v4.as_ptr() };
            // SAFETY: the guest's own arguments, but for a name that is a C string too.
            unsafe { real!(getaddrinfo)(node, service, hints, list) }
        }
        Plan::Refused => libc::EAI_FAIL,
    }
}

/// What to do about a look-up of this name; numbers and no name at all ask nobody.
pub(super) fn plan<'a>(name: Option<&'a [u8]>, query: impl FnOnce(&'a [u8]) -> Query<'a>) -> Plan {
    let Some(name) = name.filter(|name| !is_numeric(name)) else {
        return Plan::Real { tell: false };
    };
    if !shared::asks(ask::NAMES) {
        return Plan::Real { tell: false };
    }
    fenced(|| decide(query(name))).unwrap_or(Plan::Refused)
}

pub(super) fn decide(query: Query<'_>) -> Plan {
    match controller::decide(Call::Lookup { query }) {
        Verdict::Allow => Plan::Real { tell: true },
        Verdict::Answer { v4, v6 } => {
            match (Numeric::new(libc::AF_INET, &v4), Numeric::new(libc::AF_INET6, &v6)) {
                (Some(v4), Some(v6)) => Plan::At { v4, v6 },
                _ => Plan::Refused,
            }
        }
        _ => Plan::Refused,
    }
}

/// Whether libc reads the text as an address (inet_aton(3), RFC 4291, RFC 4007 zones).
fn is_numeric(name: &[u8]) -> bool {
    if name.is_empty() {
        return true;
    }
    let host = name.split(|byte| *byte == b'%').next().unwrap_or(name);
    if core::str::from_utf8(host).is_ok_and(|host| host.parse::<core::net::IpAddr>().is_ok()) {
        return true;
    }
    let mut text = [0; 64];
    let Some(space) = text.get_mut(..name.len()).filter(|_| name.len() < 64) else {
        return false;
    };
    space.copy_from_slice(name);
    let mut address = libc::in_addr { s_addr: 0 };
    // SAFETY: a C string, since the last byte was left zero.
    CStr::from_bytes_until_nul(&text)
        .is_ok_and(|text| unsafe { inet_aton(text.as_ptr(), &raw mut address) != 0 })
}

/// Tells the controller which addresses a name has.
///
/// # Safety
///
/// `list` is null or a list of getaddrinfo(3)'s.
unsafe fn remember(name: &[u8], list: *const addrinfo) {
    let mut addresses = Addresses::new();
    let mut at = list;
    // SAFETY: this function's contract.
    while let Some(entry) = unsafe { at.as_ref() } {
        // SAFETY: an entry's address is as long as it says.
        let peer = unsafe { cabi::peer(entry.ai_addr, entry.ai_addrlen) };
        if let Some(bigfoot_ipc::guest::Peer::Internet(address)) = peer {
            addresses.add(address.ip());
        }
        at = entry.ai_next;
    }
    addresses.tell(name);
}

/// Addresses of one name, 16 bytes each.
pub(super) struct Addresses {
    bytes: [u8; ADDRESSES_MAX * 16],
    used: usize,
}

impl Addresses {
    pub(super) fn new() -> Self {
        Self { bytes: [0; ADDRESSES_MAX * 16], used: 0 }
    }

    /// One more; the same twice in a row counts once, as getaddrinfo(3) lists each by socket type.
    pub(super) fn add(&mut self, address: core::net::IpAddr) {
        let wide = match address {
            core::net::IpAddr::V4(address) => address.to_ipv6_mapped(),
            core::net::IpAddr::V6(address) => address,
        };
        let wide = wide.octets();
        let last = self.used.checked_sub(16).and_then(|from| self.bytes.get(from..self.used));
        if last == Some(&wide[..]) {
            return;
        }
        if let Some(place) = self.bytes.get_mut(self.used..self.used + 16) {
            place.copy_from_slice(&wide);
            self.used += 16;
        }
    }

    pub(super) fn tell(&self, name: &[u8]) {
        let _errno = KeepErrno::new();
        let addresses = self.bytes.get(..self.used).unwrap_or_default();
        fenced(|| controller::decide(Call::Resolved { name, addresses }));
    }
}

/// `struct gaicb` of getaddrinfo_a(3), as far as it is read here.
#[repr(C)]
struct Request {
    name: *const c_char,
}

/// getaddrinfo_a(3) looks names up in threads of its own. All of them must be allowed; a stand-in is
/// no answer here.
///
/// # Safety
///
/// As for getaddrinfo_a(3).
unsafe fn several(mode: c_int, list: *mut *mut c_void, count: c_int, event: *mut c_void) -> c_int {
    for index in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: `count` pointers, each null or a request.
        let request = unsafe { list.add(index).read().cast::<Request>().as_ref() };
        // SAFETY: a request's name is null or a C string.
        let name = unsafe { cabi::text(request.map_or(null(), |request| request.name)) };
        if !matches!(plan(name, Query::Records), Plan::Real { .. }) {
            return libc::EAI_FAIL;
        }
    }
    // SAFETY: the guest's own arguments.
    unsafe { real!(getaddrinfo_a)(mode, list, count, event) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever libc reads as an address asks nobody; a name does.
    #[test]
    fn addresses_are_told_from_names_as_libc_tells_them() {
        for text in ["127.0.0.1", "127.1", "0x7f000001", "::1", "fe80::1%eth0", ""] {
            assert!(is_numeric(text.as_bytes()), "{text}");
        }
        for text in ["localhost", "1.2.3.4.example", "a", "::g", &"1".repeat(100)] {
            assert!(!is_numeric(text.as_bytes()), "{text}");
        }
    }
}
