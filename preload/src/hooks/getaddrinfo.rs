//! `getaddrinfo(3)`: the guest looks up a name.

use core::ffi::{c_char, c_int, c_void};
use core::net::IpAddr;
use core::ptr::null_mut;

use bigfoot_ipc::guest::{Peer, Query};
use bigfoot_ipc::page::watch;
use libc::addrinfo;

use super::look_up::{Addresses, Found, Plan, addresses_of, plan, set_h_errno};
use crate::thread::InLookup;
use crate::{cabi, gate};

hook! {
    unsafe fn getaddrinfo(
        node: *const c_char, service: *const c_char, hints: *const addrinfo, list: *mut *mut addrinfo,
    ) -> c_int => hooked;
    unsafe fn getaddrinfo_a(mode: c_int, list: *mut *mut c_void, count: c_int, event: *mut c_void) -> c_int => several;
}

unsafe extern "C" {
    fn inet_ntop(
        family: c_int,
        address: *const c_void,
        text: *mut c_char,
        bytes: libc::socklen_t,
    ) -> *const c_char;
}

/// An address as text, with its zero byte.
struct Numeric([c_char; 48]);

impl Numeric {
    fn new(address: IpAddr) -> Option<Self> {
        let mut text = [0; 48];
        let mut write = |family, octets: &[u8]| {
            // SAFETY: as many bytes as the family has, and room for the longest text.
            unsafe { inet_ntop(family, octets.as_ptr().cast(), text.as_mut_ptr(), 48) }
        };
        let done = match address {
            IpAddr::V4(address) => write(libc::AF_INET, &address.octets()),
            IpAddr::V6(address) => write(libc::AF_INET6, &address.octets()),
        };
        (!done.is_null()).then_some(Self(text))
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
    match plan(name, family, |name| addresses_of(name, family, flags)) {
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
        // SAFETY: the guest's own arguments; `node` is a C string, since there is a name.
        Plan::Found(found) => unsafe { answer(&found, node, service, hints, list) },
        refused => {
            set_h_errno(refused.h_errno());
            refused.code()
        }
    }
}

/// What getaddrinfo(3) takes for hints where it is given none.
fn no_hints() -> addrinfo {
    // SAFETY: all zeroes is a valid addrinfo.
    let none: addrinfo = unsafe { core::mem::zeroed() };
    addrinfo { ai_flags: libc::AI_V4MAPPED | libc::AI_ADDRCONFIG, ..none }
}

/// Lists these addresses as the answer: each by the real call, which knows services, types and
/// errors, and whose memory freeaddrinfo(3) knows. Which families this machine has is no matter
/// (AI_ADDRCONFIG), since none of it is asked for anything.
///
/// # Safety
///
/// As for getaddrinfo(3); `node` is a C string.
unsafe fn answer(
    found: &Found,
    node: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    list: *mut *mut addrinfo,
) -> c_int {
    // SAFETY: this function's contract.
    let hints = unsafe { hints.as_ref() }.copied().unwrap_or_else(no_hints);
    let flags = hints.ai_flags;
    let plain = addrinfo { ai_flags: flags & !(libc::AI_ADDRCONFIG | libc::AI_CANONNAME), ..hints };

    let _inside = InLookup::enter(); // libc may ask for the service
    let mut chain = Chain::new();
    for address in found.hinted(hints.ai_family, flags) {
        let Some(numeric) = Numeric::new(address) else {
            continue;
        };
        let mut one = null_mut();
        // SAFETY: the guest's own arguments, but for a name that is a C string too, and hints of ours.
        let code = unsafe {
            real!(getaddrinfo)(numeric.0.as_ptr(), service, &raw const plain, &raw mut one)
        };
        if code != 0 {
            return code;
        }
        chain.append(one, flags);
    }
    if chain.first.is_null() {
        return libc::EAI_NODATA;
    }
    // SAFETY: the first entry of a list of ours; a C string, which is copied into the memory that
    // freeaddrinfo(3) gives back.
    if flags & libc::AI_CANONNAME != 0 && !unsafe { chain.name(node) } {
        return libc::EAI_MEMORY;
    }
    // SAFETY: this function's contract.
    unsafe { list.write(chain.kept()) };
    0
}

/// Lists of getaddrinfo(3)'s, one behind the other; given back unless they are kept.
struct Chain {
    first: *mut addrinfo,
    last: *mut addrinfo,
}

impl Chain {
    fn new() -> Self {
        Self { first: null_mut(), last: null_mut() }
    }

    /// Appends a list whose entries were asked for with these flags.
    fn append(&mut self, list: *mut addrinfo, flags: c_int) {
        let mut at = list;
        // SAFETY: null, or entries that getaddrinfo(3) has made, and that are ours until they are kept.
        unsafe {
            match self.last.as_mut() {
                Some(last) => last.ai_next = list,
                None => self.first = list,
            }
            while let Some(entry) = at.as_mut() {
                entry.ai_flags = flags;
                self.last = at;
                at = entry.ai_next;
            }
        }
    }

    /// Gives the first entry its canonical name; false where there is no memory for it.
    ///
    /// # Safety
    ///
    /// There is an entry; `name` is a C string.
    unsafe fn name(&mut self, name: *const c_char) -> bool {
        // SAFETY: this function's contract.
        unsafe {
            let copy = libc::strdup(name);
            (*self.first).ai_canonname = copy;
            !copy.is_null()
        }
    }

    fn kept(mut self) -> *mut addrinfo {
        core::mem::replace(&mut self.first, null_mut())
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        if !self.first.is_null() {
            // SAFETY: lists of getaddrinfo(3)'s that nobody else knows of.
            unsafe { libc::freeaddrinfo(self.first) };
        }
    }
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
        if let Some(Peer::Internet(address)) = peer {
            addresses.add(address.ip());
        }
        at = entry.ai_next;
    }
    addresses.tell(name);
}

/// `struct gaicb` of getaddrinfo_a(3).
#[repr(C)]
struct Request {
    name: *const c_char,
    service: *const c_char,
    hints: *const addrinfo,
    list: *mut addrinfo,
    code: c_int,
}

/// "Wait until all are done" (netdb.h).
const GAI_WAIT: c_int = 0;

/// getaddrinfo_a(3) looks names up in threads of its own. All of them must be allowed; neither a
/// stand-in nor a mock is an answer here.
///
/// Where the kernel backstop would ask about those threads once more, look-ups that are waited for
/// are made here, one after the other.
///
/// # Safety
///
/// As for getaddrinfo_a(3).
unsafe fn several(mode: c_int, list: *mut *mut c_void, count: c_int, event: *mut c_void) -> c_int {
    // SAFETY: this function's contract: `count` pointers, each null or a request.
    let requests = || unsafe { requests(list.cast(), count) };
    if mode == GAI_WAIT && gate::watches(watch::CALLS) {
        for request in requests() {
            let Request { name, service, hints, .. } = *request;
            request.list = null_mut();
            // SAFETY: what a request holds is what getaddrinfo(3) takes.
            request.code = unsafe { hooked(name, service, hints, &raw mut request.list) };
        }
        return 0;
    }
    for request in requests() {
        // SAFETY: a request's name is null or a C string.
        let name = unsafe { cabi::text(request.name) };
        if !matches!(plan(name, libc::AF_UNSPEC, Query::Records), Plan::Real { .. }) {
            return libc::EAI_FAIL;
        }
    }
    // SAFETY: the guest's own arguments.
    unsafe { real!(getaddrinfo_a)(mode, list, count, event) }
}

/// # Safety
///
/// `list` has `count` pointers, each null or a request that nobody else uses meanwhile.
unsafe fn requests<'a>(
    list: *const *mut Request,
    count: c_int,
) -> impl Iterator<Item = &'a mut Request> {
    let places = 0..usize::try_from(count).unwrap_or(0);
    // SAFETY: this function's contract.
    places.filter_map(move |place| unsafe { list.add(place).read().as_mut() })
}
