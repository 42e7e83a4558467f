//! `gethostbyname(3)`, `gethostbyaddr(3)` and their re-entrant forms.

use core::ffi::{c_char, c_int, c_void};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::ptr::null_mut;

use bigfoot_ipc::guest::Query;
use bigfoot_ipc::page::ask;
use libc::{hostent, size_t, socklen_t};

use super::getaddrinfo::{Addresses, Plan, decide, plan};
use crate::hook::fenced;
use crate::thread::InLookup;
use crate::{cabi, shared};

hook! {
    unsafe fn gethostbyname(name: *const c_char) -> *mut hostent => by_name;
    unsafe fn gethostbyname2(name: *const c_char, family: c_int) -> *mut hostent => by_name2;
    unsafe fn gethostbyname_r(
        name: *const c_char, entry: *mut hostent, buffer: *mut c_char, bytes: size_t,
        result: *mut *mut hostent, h_errno: *mut c_int,
    ) -> c_int => by_name_r;
    unsafe fn gethostbyname2_r(
        name: *const c_char, family: c_int, entry: *mut hostent, buffer: *mut c_char, bytes: size_t,
        result: *mut *mut hostent, h_errno: *mut c_int,
    ) -> c_int => by_name2_r;
    unsafe fn gethostbyaddr(address: *const c_void, len: socklen_t, family: c_int) -> *mut hostent => by_address;
    unsafe fn gethostbyaddr_r(
        address: *const c_void, len: socklen_t, family: c_int, entry: *mut hostent, buffer: *mut c_char,
        bytes: size_t, result: *mut *mut hostent, h_errno: *mut c_int,
    ) -> c_int => by_address_r;
}

unsafe extern "C" {
    fn __h_errno_location() -> *mut c_int;
}

/// "A nonrecoverable name server error occurred" (gethostbyname(3)).
const NO_RECOVERY: c_int = 3;

/// Fails a look-up in the way of the plain forms.
pub(super) fn refused() -> *mut hostent {
    // SAFETY: h_errno's address is valid in every thread.
    unsafe { *__h_errno_location() = NO_RECOVERY };
    null_mut()
}

/// # Safety
///
/// Both may be written.
unsafe fn refused_r(result: *mut *mut hostent, h_errno: *mut c_int) -> c_int {
    // SAFETY: this function's contract.
    unsafe {
        result.write(null_mut());
        h_errno.write(NO_RECOVERY);
    }
    libc::EACCES
}

/// Looks up by `real`, which is given the name, or the stand-in's address in its place.
///
/// # Safety
///
/// `name` is null or a C string.
unsafe fn look_up<R>(
    name: *const c_char,
    family: c_int,
    real: impl FnOnce(*const c_char) -> R,
    entry_of: impl FnOnce(&R) -> *const hostent,
    refuse: impl FnOnce() -> R,
) -> R {
    // SAFETY: this function's contract.
    let text = unsafe { cabi::text(name) };
    match plan(text, Query::Name) {
        Plan::Real { tell } => {
            let inside = InLookup::enter();
            let done = real(name);
            drop(inside);
            if let (true, Some(text)) = (tell, text) {
                // SAFETY: the entry that libc has just made.
                unsafe { remember(text, entry_of(&done)) };
            }
            done
        }
        Plan::At { v4, v6 } => {
            real(if family == libc::AF_INET6 { v6.as_ptr() } else { v4.as_ptr() })
        }
        Plan::Refused => refuse(),
    }
}

/// # Safety
///
/// `entry` is null or an entry of libc's.
unsafe fn remember(name: &[u8], entry: *const hostent) {
    let mut addresses = Addresses::new();
    // SAFETY: this function's contract: a list of addresses, each of `h_length` bytes.
    unsafe {
        let Some(entry) = entry.as_ref() else {
            return;
        };
        let mut at = entry.h_addr_list;
        while !at.is_null() && !(*at).is_null() {
            let length = u32::try_from(entry.h_length).unwrap_or(0);
            if let Some(address) = internet((*at).cast(), length, entry.h_addrtype) {
                addresses.add(address);
            }
            at = at.add(1);
        }
    }
    addresses.tell(name);
}

/// # Safety
///
/// `address` points to `length` bytes.
unsafe fn internet(address: *const c_void, length: socklen_t, family: c_int) -> Option<IpAddr> {
    match (family, length) {
        (libc::AF_INET, 4) => {
            // SAFETY: this function's contract.
            let octets = unsafe { address.cast::<[u8; 4]>().read() };
            Some(Ipv4Addr::from(octets).into())
        }
        (libc::AF_INET6, 16) => {
            // SAFETY: this function's contract.
            let octets = unsafe { address.cast::<[u8; 16]>().read() };
            Some(Ipv6Addr::from(octets).into())
        }
        _ => None,
    }
}

/// # Safety
///
/// As for gethostbyname(3).
unsafe fn by_name(name: *const c_char) -> *mut hostent {
    // SAFETY: this function's contract.
    unsafe {
        look_up(name, libc::AF_INET, |name| real!(gethostbyname)(name), |entry| *entry, refused)
    }
}

/// # Safety
///
/// As for gethostbyname2(3).
unsafe fn by_name2(name: *const c_char, family: c_int) -> *mut hostent {
    // SAFETY: this function's contract.
    unsafe {
        look_up(name, family, |name| real!(gethostbyname2)(name, family), |entry| *entry, refused)
    }
}

/// # Safety
///
/// As for gethostbyname_r(3).
unsafe fn by_name_r(
    name: *const c_char,
    entry: *mut hostent,
    buffer: *mut c_char,
    bytes: size_t,
    result: *mut *mut hostent,
    h_errno: *mut c_int,
) -> c_int {
    // SAFETY: this function's contract.
    unsafe {
        let real = |name| real!(gethostbyname_r)(name, entry, buffer, bytes, result, h_errno);
        let found =
            |done: &c_int| if *done == 0 { (*result).cast_const() } else { core::ptr::null() };
        look_up(name, libc::AF_INET, real, found, || refused_r(result, h_errno))
    }
}

/// # Safety
///
/// As for gethostbyname2_r(3).
unsafe fn by_name2_r(
    name: *const c_char,
    family: c_int,
    entry: *mut hostent,
    buffer: *mut c_char,
    bytes: size_t,
    result: *mut *mut hostent,
    h_errno: *mut c_int,
) -> c_int {
    // SAFETY: this function's contract.
    unsafe {
        let real =
            |name| real!(gethostbyname2_r)(name, family, entry, buffer, bytes, result, h_errno);
        let found =
            |done: &c_int| if *done == 0 { (*result).cast_const() } else { core::ptr::null() };
        look_up(name, family, real, found, || refused_r(result, h_errno))
    }
}

/// Whether the name of this address may be asked for.
///
/// # Safety
///
/// `at` is null or points to `length` bytes.
unsafe fn allowed(at: *const c_void, length: socklen_t, family: c_int) -> bool {
    if at.is_null() || !shared::asks(ask::NAMES) {
        return true;
    }
    // SAFETY: this function's contract.
    let Some(address) = (unsafe { internet(at, length, family) }) else {
        return true; // libc says what is wrong
    };
    matches!(fenced(|| decide(Query::Address(address))), Some(Plan::Real { .. }))
}

/// # Safety
///
/// As for gethostbyaddr(3).
unsafe fn by_address(address: *const c_void, len: socklen_t, family: c_int) -> *mut hostent {
    // SAFETY: this function's contract.
    unsafe {
        if !allowed(address, len, family) {
            return refused();
        }
        let _inside = InLookup::enter();
        real!(gethostbyaddr)(address, len, family)
    }
}

/// # Safety
///
/// As for gethostbyaddr_r(3).
#[expect(clippy::too_many_arguments, reason = "libc's signature")]
unsafe fn by_address_r(
    address: *const c_void,
    len: socklen_t,
    family: c_int,
    entry: *mut hostent,
    buffer: *mut c_char,
    bytes: size_t,
    result: *mut *mut hostent,
    h_errno: *mut c_int,
) -> c_int {
    // SAFETY: this function's contract.
    unsafe {
        if !allowed(address, len, family) {
            return refused_r(result, h_errno);
        }
        let _inside = InLookup::enter();
        real!(gethostbyaddr_r)(address, len, family, entry, buffer, bytes, result, h_errno)
    }
}
