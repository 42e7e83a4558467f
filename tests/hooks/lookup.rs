//! Look-ups: getaddrinfo(3), gethostbyname(3), getnameinfo(3), resolver(3) and their families.

use bigfoot_tests::{Finished, Scene, guest, servers};

use crate::{is_transparent, words};

/// Calls that ask a name server about a name or an address.
const LOOKUPS: &[&str] = &[
    "getaddrinfo",
    "gethostbyname",
    "gethostbyname2",
    "gethostbyname_r",
    "gethostbyname2_r",
    "gethostbyaddr",
    "gethostbyaddr_r",
    "getnameinfo",
    "res_query",
    "res_search",
    "res_querydomain",
    "res_send",
    "res_nquery",
    "res_nsearch",
    "res_nquerydomain",
    "res_nsend",
];

/// With the guard off, every answer, code and h_errno is libc's own.
#[test]
fn a_guest_looks_up_as_without_bigfoot() {
    let dns = servers::dns();

    is_transparent(Scene::new, &words([&guest("lookup"), &"all", &dns.port()]));
}

/// Under `error` each call is refused with a code of its own family, and the name server hears nothing.
#[test]
fn a_guarded_guest_learns_no_address() {
    let dns = servers::dns();

    let guest =
        Scene::new().guard("error").run(words([&guest("lookup"), &LOOKUPS.join(","), &dns.port()]));

    guest.is_broken();
    assert_eq!(dns.callers(), 0, "{}", guest.stdout);
    for case in LOOKUPS {
        is_refused(&guest, case);
    }
}

/// getaddrinfo(3) and getnameinfo(3) refuse with EAI_FAIL, gethostbyname(3) and resolver(3) with NO_RECOVERY.
fn is_refused(guest: &Finished, case: &str) {
    let expected = match case {
        "getaddrinfo" | "getnameinfo" => "-4 Non-recoverable failure in name resolution",
        _ if case.starts_with("res_") => "-1 Unknown server error",
        _ => "NULL Unknown server error",
    };
    let lines: Vec<&str> =
        guest.stdout.lines().filter(|line| line.starts_with(&format!("{case}: "))).collect();
    let last = lines.last().copied().unwrap_or_default();
    assert!(last.contains(expected), "{case}: {lines:?}");
}

/// Addresses in numbers, no name at all and the machine's own name for loopback ask nobody.
#[test]
fn numeric_addresses_are_no_look_ups() {
    let dns = servers::dns();
    let command =
        words([&guest("lookup"), &"not-looked-up,wrongly-asked,getnameinfo-numeric", &dns.port()]);
    let native = Scene::new().native(&command);

    let guest = Scene::new().guard("error").run(&command);

    guest.is_clean().prints(&native.stdout);
}

/// Under `warn` the answers are real, and each call is reported.
#[test]
fn a_warned_guest_is_answered_and_reported() {
    let dns = servers::dns();

    let guest = Scene::new().run(words([
        &guest("lookup"),
        &"getaddrinfo,gethostbyname,res_query",
        &dns.port(),
    ]));

    guest.is_warned();
    assert!(guest.stdout.contains("192.0.2.7 port 80"), "{}", guest.stdout);
    assert!(guest.stdout.contains("gethostbyname: host.example is 192.0.2.7"), "{}", guest.stdout);
}

/// An allowed name is looked up by every call, and nothing is reported.
#[test]
fn an_allowed_name_is_answered_unreported() {
    let dns = servers::dns();
    let cases = "getaddrinfo,gethostbyname,gethostbyname_r,res_query,res_nquery,res_search";

    let guest = Scene::new().guard("error").allow("dns:*.example").run(words([
        &guest("lookup"),
        &cases,
        &dns.port(),
    ]));

    guest.is_clean();
    assert!(guest.stdout.contains("192.0.2.7 port 80"), "{}", guest.stdout);
}

/// A denied name is refused with the guard off, and its neighbours are not.
#[test]
fn a_denied_name_is_refused_alone() {
    let dns = servers::dns();
    let scene = Scene::new().guard("off").deny("dns:host.example");

    let guest =
        scene.run(words([&guest("lookup"), &"getaddrinfo,gethostbyname-missing", &dns.port()]));

    guest.is_broken();
    is_refused(&guest, "getaddrinfo");
    assert!(guest.stdout.contains("gethostbyname-missing: NULL Unknown host"), "{}", guest.stdout);
    assert_eq!(guest.findings().len(), 1, "{:#}", guest.report);
}

/// Asynchronous look-ups are no way around.
#[test]
fn a_guarded_guest_cannot_look_up_later() {
    let dns = servers::dns();

    let guest = Scene::new().guard("error").run(words([
        &guest("lookup"),
        &"getaddrinfo_a-name",
        &dns.port(),
    ]));

    guest.is_broken();
    assert!(guest.stdout.contains("nothing found"), "{}", guest.stdout);
}
