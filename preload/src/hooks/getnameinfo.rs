//! `getnameinfo(3)`: the guest looks up the name of an address.

use core::ffi::{c_char, c_int};
use core::net::IpAddr;
use core::ptr::null_mut;

use bigfoot_ipc::guest::Peer;
use libc::{sockaddr, socklen_t};

use super::look_up::{Plan, TRY_AGAIN, plan_of_address};
use super::name_server::{Name, name_of};
use crate::cabi;
use crate::thread::InLookup;

hook! {
    unsafe fn getnameinfo(
        addr: *const sockaddr, len: socklen_t, host: *mut c_char, host_bytes: socklen_t,
        service: *mut c_char, service_bytes: socklen_t, flags: c_int,
    ) -> c_int => hooked;
}

/// # Safety
///
/// As for getnameinfo(3).
unsafe fn hooked(
    addr: *const sockaddr,
    len: socklen_t,
    host: *mut c_char,
    host_bytes: socklen_t,
    service: *mut c_char,
    service_bytes: socklen_t,
    flags: c_int,
) -> c_int {
    let wants_name = !host.is_null() && host_bytes > 0 && flags & libc::NI_NUMERICHOST == 0;
    // SAFETY: this function's contract.
    let address = if wants_name { unsafe { internet(addr, len) } } else { None };
    // SAFETY: the guest's own arguments, but for what is looked up.
    let real = |host, host_bytes, flags| unsafe {
        let _inside = InLookup::enter();
        real!(getnameinfo)(addr, len, host, host_bytes, service, service_bytes, flags)
    };
    // Of other families libc knows the names without asking anybody, or says what is wrong.
    match (address.map_or(Plan::Real { tell: false }, plan_of_address), address) {
        (Plan::Real { .. }, _) => real(host, host_bytes, flags),
        (plan, Some(address)) => match answer(&plan, address) {
            Ok(name) => {
                // SAFETY: this function's contract.
                if !unsafe { write(name.with_zero(), host, host_bytes) } {
                    return libc::EAI_OVERFLOW;
                }
                if service.is_null() || service_bytes == 0 {
                    return 0;
                }
                real(null_mut(), 0, flags)
            }
            Err(Missing::NoName) if flags & libc::NI_NAMEREQD == 0 => {
                real(host, host_bytes, flags | libc::NI_NUMERICHOST)
            }
            Err(Missing::NoName) => libc::EAI_NONAME,
            Err(Missing::Failure(code)) => code,
        },
        (_, None) => libc::EAI_FAIL,
    }
}

/// Why there is no name in place of the real call's.
enum Missing {
    /// The address has none: it is written in numbers, unless a name is required.
    NoName,
    /// With this code.
    Failure(c_int),
}

fn answer(plan: &Plan, address: IpAddr) -> Result<Name, Missing> {
    match plan {
        Plan::At(server) => name_of(address, *server).map_err(|h_errno| match h_errno {
            TRY_AGAIN => Missing::Failure(libc::EAI_AGAIN),
            _ => Missing::NoName,
        }),
        Plan::NotFound(libc::EAI_NONAME | libc::EAI_NODATA) => Err(Missing::NoName),
        other => Err(Missing::Failure(other.code())),
    }
}

/// # Safety
///
/// `addr` is null or points to `len` readable bytes.
unsafe fn internet(addr: *const sockaddr, len: socklen_t) -> Option<IpAddr> {
    // SAFETY: this function's contract.
    match unsafe { cabi::peer(addr, len) } {
        Some(Peer::Internet(address)) => Some(address.ip()),
        _ => None,
    }
}

/// Writes a name; false if there is not enough room.
///
/// # Safety
///
/// `bytes` bytes of `place` may be written.
unsafe fn write(name: &[u8], place: *mut c_char, bytes: socklen_t) -> bool {
    let fits = name.len() <= bytes as usize;
    if fits {
        // SAFETY: as many bytes as there are, of memory that is not ours.
        unsafe { place.cast::<u8>().copy_from_nonoverlapping(name.as_ptr(), name.len()) };
    }
    fits
}
