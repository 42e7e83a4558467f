//! What shall happen to a name look-up, whichever call makes it.

use core::ffi::{CStr, c_char, c_int};
use core::net::{IpAddr, Ipv6Addr, SocketAddr};

use bigfoot_ipc::guest::{ADDRESSES_MAX, Call, Query, Verdict};
use bigfoot_ipc::page::ask;

use crate::cabi::KeepErrno;
use crate::hook::fenced;
use crate::{controller, shared};

unsafe extern "C" {
    fn inet_aton(text: *const c_char, address: *mut libc::in_addr) -> c_int;
    fn __h_errno_location() -> *mut c_int;
}

/// h_errno's values (gethostbyname(3)).
pub(super) const HOST_NOT_FOUND: c_int = 1;
pub(super) const TRY_AGAIN: c_int = 2;
pub(super) const NO_RECOVERY: c_int = 3;
pub(super) const NO_DATA: c_int = 4;
/// "Internal error, see errno".
pub(super) const NETDB_INTERNAL: c_int = -1;

/// Most addresses of one answer that are remembered.
const REMEMBERED_MAX: usize = 64;

/// What to do about a look-up.
pub(super) enum Plan {
    /// The real one; its answer is told to the controller where that was asked.
    Real { tell: bool },
    /// None; these are the addresses.
    Found(Found),
    /// None; it fails with this code (getaddrinfo(3)).
    NotFound(c_int),
    /// This name server is asked.
    At(SocketAddr),
    /// None.
    Refused,
}

impl Plan {
    /// h_errno of a look-up that has no answer.
    pub(super) fn h_errno(&self) -> c_int {
        match self {
            Self::NotFound(libc::EAI_NONAME) => HOST_NOT_FOUND,
            Self::NotFound(libc::EAI_AGAIN) => TRY_AGAIN,
            Self::NotFound(libc::EAI_NODATA) => NO_DATA,
            _ => NO_RECOVERY,
        }
    }

    /// Code of a look-up that has no answer, for calls that have codes.
    pub(super) fn code(&self) -> c_int {
        match self {
            Self::NotFound(code) if *code < 0 => *code,
            _ => libc::EAI_FAIL,
        }
    }
}

/// Sets h_errno.
pub(super) fn set_h_errno(value: c_int) {
    // SAFETY: h_errno's address is valid in every thread.
    unsafe { *__h_errno_location() = value };
}

/// The addresses that answer a look-up, in order.
pub(super) struct Found {
    addresses: [[u8; 16]; ADDRESSES_MAX],
    count: usize,
}

impl Found {
    /// The stand-in of a name. Who asks for either family is given the one of IPv4 only.
    fn stand_in(v4: [u8; 4], v6: [u8; 16], family: c_int) -> Self {
        let mut addresses = [[0; 16]; ADDRESSES_MAX];
        let wide = core::net::Ipv4Addr::from(v4).to_ipv6_mapped().octets();
        for (place, address) in addresses.iter_mut().zip([wide, v6]) {
            *place = address;
        }
        Self { addresses, count: if family == libc::AF_UNSPEC { 1 } else { 2 } }
    }

    /// All of them.
    fn all(&self) -> impl Iterator<Item = IpAddr> + Clone {
        let addresses = self.addresses.iter().take(self.count);
        addresses.map(|octets| Ipv6Addr::from(*octets).to_canonical())
    }

    /// Those of this family, in `AF_*`.
    pub(super) fn of(&self, family: c_int) -> impl Iterator<Item = IpAddr> + Clone {
        self.all().filter(move |address| address.is_ipv4() == (family == libc::AF_INET))
    }

    /// Those that getaddrinfo(3) lists for these hints. IPv4 counts as IPv6 where that is asked for,
    /// but beside IPv6 itself only if all are; an unknown family is libc's to judge.
    pub(super) fn hinted(&self, family: c_int, flags: c_int) -> impl Iterator<Item = IpAddr> {
        let has_v6 = self.all().any(|address| address.is_ipv6());
        let mapped = flags & libc::AI_V4MAPPED != 0 && (flags & libc::AI_ALL != 0 || !has_v6);
        self.all().filter(move |address| match family {
            libc::AF_INET => address.is_ipv4(),
            libc::AF_INET6 => address.is_ipv6() || mapped,
            _ => true,
        })
    }
}

/// What to do about a look-up of this name; numbers and no name at all ask nobody.
pub(super) fn plan<'a>(
    name: Option<&'a [u8]>,
    family: c_int,
    query: impl FnOnce(&'a [u8]) -> Query<'a>,
) -> Plan {
    let Some(name) = name.filter(|name| !is_numeric(name)) else {
        return Plan::Real { tell: false };
    };
    if !shared::asks(ask::NAMES) {
        return Plan::Real { tell: false };
    }
    fenced(|| decide(query(name), family)).unwrap_or(Plan::Refused)
}

/// The question for the addresses of a family, in `AF_*`, with these flags of getaddrinfo(3): IPv4 as
/// IPv6 is asked for in both.
pub(super) fn addresses_of(name: &[u8], family: c_int, flags: c_int) -> Query<'_> {
    match family {
        libc::AF_INET => Query::Family { name, v6: false },
        libc::AF_INET6 if flags & libc::AI_V4MAPPED == 0 => Query::Family { name, v6: true },
        _ => Query::Name(name),
    }
}

/// What to do about a look-up.
fn decide(query: Query<'_>, family: c_int) -> Plan {
    match controller::decide(Call::Lookup { query }) {
        Verdict::Allow => Plan::Real { tell: true },
        Verdict::Answer { v4, v6 } => Plan::Found(Found::stand_in(v4, v6, family)),
        Verdict::Found { count, addresses } => {
            Plan::Found(Found { addresses, count: usize::from(count) })
        }
        Verdict::NotFound { code } => Plan::NotFound(code),
        Verdict::Redirect { to } => Plan::At(to),
        _ => Plan::Refused,
    }
}

/// What to do about a look-up of the name of this address.
pub(super) fn plan_of_address(address: IpAddr) -> Plan {
    if !shared::asks(ask::NAMES) {
        return Plan::Real { tell: false };
    }
    fenced(|| decide(Query::Address(address), libc::AF_UNSPEC)).unwrap_or(Plan::Refused)
}

/// Whether libc reads the text as an address (inet_aton(3), RFC 4291, RFC 4007 zones).
fn is_numeric(name: &[u8]) -> bool {
    if name.is_empty() {
        return true;
    }
    let host = name.split(|byte| *byte == b'%').next().unwrap_or(name);
    if core::str::from_utf8(host).is_ok_and(|host| host.parse::<IpAddr>().is_ok()) {
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

/// Addresses of one name, for the controller to remember: 16 bytes each.
pub(super) struct Addresses {
    bytes: [u8; REMEMBERED_MAX * 16],
    used: usize,
}

impl Addresses {
    pub(super) fn new() -> Self {
        Self { bytes: [0; REMEMBERED_MAX * 16], used: 0 }
    }

    /// One more; the same twice in a row counts once, as getaddrinfo(3) lists each by socket type.
    pub(super) fn add(&mut self, address: IpAddr) {
        let wide = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped(),
            IpAddr::V6(address) => address,
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

    fn found(texts: &[&str]) -> Found {
        let mut addresses = [[0; 16]; ADDRESSES_MAX];
        for (place, text) in addresses.iter_mut().zip(texts) {
            *place = match text.parse().unwrap() {
                IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                IpAddr::V6(address) => address.octets(),
            };
        }
        Found { addresses, count: texts.len() }
    }

    fn hinted(texts: &[&str], family: c_int, flags: c_int) -> Vec<String> {
        found(texts).hinted(family, flags).map(|address| address.to_string()).collect()
    }

    /// A family's callers are given its addresses, in order; IPv4 as IPv6 where they ask for it.
    #[test]
    fn hints_choose_the_addresses() {
        let both = ["2001:db8::1", "192.0.2.2", "192.0.2.1"];

        assert_eq!(hinted(&both, libc::AF_UNSPEC, 0), both);
        assert_eq!(hinted(&both, libc::AF_INET, 0), both[1..]);
        assert_eq!(hinted(&both, libc::AF_INET6, 0), both[..1]);
        assert_eq!(hinted(&both, libc::AF_INET6, libc::AI_V4MAPPED), both[..1]);
        assert_eq!(hinted(&both, libc::AF_INET6, libc::AI_V4MAPPED | libc::AI_ALL), both);
        assert_eq!(hinted(&both[1..], libc::AF_INET6, libc::AI_V4MAPPED), both[1..]);
        assert_eq!(hinted(&both[1..], libc::AF_INET6, 0), [""; 0]);
    }

    /// A count beyond what there is room for, which no controller sends, is no way out of bounds.
    #[test]
    fn a_wrong_count_stays_within_bounds() {
        let found = Found { count: 255, ..found(&["192.0.2.1"]) };

        assert_eq!(found.all().count(), ADDRESSES_MAX);
    }
}
