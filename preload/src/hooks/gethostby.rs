//! `gethostbyname(3)`, `gethostbyaddr(3)` and their re-entrant forms.

use core::ffi::{c_char, c_int, c_void};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::ptr::null_mut;

use libc::{hostent, size_t, socklen_t};

use super::host_entry::Host;
use super::look_up::{
    Addresses, HOST_NOT_FOUND, NETDB_INTERNAL, NO_DATA, Plan, TRY_AGAIN, addresses_of, plan,
    plan_of_address, set_h_errno,
};
use super::name_server::name_of;
use crate::cabi;
use crate::thread::InLookup;

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

/// Where a call leaves what it found, and how it fails.
enum Form {
    /// In memory of ours; h_errno says why there is nothing.
    Plain,
    /// In the caller's.
    Reentrant {
        entry: *mut hostent,
        buffer: *mut c_char,
        bytes: size_t,
        result: *mut *mut hostent,
        h_errno: *mut c_int,
    },
}

/// What a call found, and the number that the re-entrant forms return.
struct Done {
    entry: *mut hostent,
    code: c_int,
}

impl Form {
    /// Answers with this host; with none where it has no address.
    ///
    /// # Safety
    ///
    /// What the form holds may be written.
    unsafe fn answer(&self, host: &Host<'_, impl Iterator<Item = IpAddr> + Clone>) -> Done {
        if host.addresses.clone().next().is_none() {
            // SAFETY: this function's contract.
            return unsafe { self.fail(NO_DATA) };
        }
        match *self {
            Self::Plain => Done { entry: host.shared(), code: 0 },
            Self::Reentrant { entry, buffer, bytes, result, h_errno } => {
                // SAFETY: this function's contract.
                unsafe {
                    if host.write(entry, buffer.cast(), bytes) {
                        result.write(entry);
                        h_errno.write(0);
                        return Done { entry, code: 0 };
                    }
                    result.write(null_mut());
                    h_errno.write(NETDB_INTERNAL);
                }
                cabi::set_errno(libc::ERANGE);
                Done { entry: null_mut(), code: libc::ERANGE }
            }
        }
    }

    /// Fails for this reason. The re-entrant forms return 0 where the answer is that there is none.
    ///
    /// # Safety
    ///
    /// What the form holds may be written.
    unsafe fn fail(&self, why: c_int) -> Done {
        let code = match why {
            HOST_NOT_FOUND | NO_DATA => 0,
            TRY_AGAIN => libc::EAGAIN,
            _ => libc::EACCES,
        };
        match *self {
            Self::Plain => set_h_errno(why),
            // SAFETY: this function's contract.
            Self::Reentrant { result, h_errno, .. } => unsafe {
                result.write(null_mut());
                h_errno.write(why);
            },
        }
        Done { entry: null_mut(), code }
    }
}

/// Looks up a name, by `real` where that is allowed.
///
/// # Safety
///
/// `name` is null or a C string; what the form holds may be written.
unsafe fn look_up(
    name: *const c_char,
    family: c_int,
    form: &Form,
    real: impl FnOnce() -> Done,
) -> Done {
    // SAFETY: this function's contract.
    let text = unsafe { cabi::text(name) };
    match plan(text, family, |name| addresses_of(name, family, 0)) {
        Plan::Real { tell } => {
            let inside = InLookup::enter();
            let done = real();
            drop(inside);
            if let (true, Some(text)) = (tell, text) {
                // SAFETY: the entry that libc has just made.
                unsafe { remember(text, done.entry) };
            }
            done
        }
        Plan::Found(found) => {
            let name = text.unwrap_or_default();
            let host = Host { name, family, addresses: found.of(family) };
            // SAFETY: this function's contract.
            unsafe { form.answer(&host) }
        }
        // SAFETY: this function's contract.
        refused => unsafe { form.fail(refused.h_errno()) },
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
        let real = || plain(real!(gethostbyname)(name));
        look_up(name, libc::AF_INET, &Form::Plain, real).entry
    }
}

/// # Safety
///
/// As for gethostbyname2(3).
unsafe fn by_name2(name: *const c_char, family: c_int) -> *mut hostent {
    // SAFETY: this function's contract.
    unsafe {
        let real = || plain(real!(gethostbyname2)(name, family));
        look_up(name, family, &Form::Plain, real).entry
    }
}

fn plain(entry: *mut hostent) -> Done {
    Done { entry, code: 0 }
}

/// What a re-entrant form of libc's has done.
///
/// # Safety
///
/// `result` was written by it.
unsafe fn reentrant(code: c_int, result: *const *mut hostent) -> Done {
    // SAFETY: this function's contract.
    Done { entry: if code == 0 { unsafe { *result } } else { null_mut() }, code }
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
    let form = Form::Reentrant { entry, buffer, bytes, result, h_errno };
    // SAFETY: this function's contract.
    unsafe {
        let real = || {
            reentrant(real!(gethostbyname_r)(name, entry, buffer, bytes, result, h_errno), result)
        };
        look_up(name, libc::AF_INET, &form, real).code
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
    let form = Form::Reentrant { entry, buffer, bytes, result, h_errno };
    // SAFETY: this function's contract.
    unsafe {
        let real = || {
            let code = real!(gethostbyname2_r)(name, family, entry, buffer, bytes, result, h_errno);
            reentrant(code, result)
        };
        look_up(name, family, &form, real).code
    }
}

/// Looks up the name of an address, by `real` where that is allowed.
///
/// # Safety
///
/// `at` is null or points to `length` bytes; what the form holds may be written.
unsafe fn look_back(
    at: *const c_void,
    length: socklen_t,
    family: c_int,
    form: &Form,
    real: impl FnOnce() -> Done,
) -> Done {
    // SAFETY: this function's contract.
    let address = if at.is_null() { None } else { unsafe { internet(at, length, family) } };
    // Of no address, libc says what is wrong.
    let plan = address.map_or(Plan::Real { tell: false }, plan_of_address);
    match (plan, address) {
        (Plan::Real { .. }, _) => {
            let _inside = InLookup::enter();
            real()
        }
        (Plan::At(server), Some(address)) => {
            match name_of(address, server) {
                Ok(name) => {
                    let addresses = core::iter::once(address);
                    // SAFETY: this function's contract.
                    unsafe { form.answer(&Host { name: name.text(), family, addresses }) }
                }
                // SAFETY: this function's contract.
                Err(why) => unsafe { form.fail(why) },
            }
        }
        // SAFETY: this function's contract.
        (refused, _) => unsafe { form.fail(refused.h_errno()) },
    }
}

/// # Safety
///
/// As for gethostbyaddr(3).
unsafe fn by_address(address: *const c_void, len: socklen_t, family: c_int) -> *mut hostent {
    // SAFETY: this function's contract.
    unsafe {
        let real = || plain(real!(gethostbyaddr)(address, len, family));
        look_back(address, len, family, &Form::Plain, real).entry
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
    let form = Form::Reentrant { entry, buffer, bytes, result, h_errno };
    // SAFETY: this function's contract.
    unsafe {
        let real = || {
            let code =
                real!(gethostbyaddr_r)(address, len, family, entry, buffer, bytes, result, h_errno);
            reentrant(code, result)
        };
        look_back(address, len, family, &form, real).code
    }
}
