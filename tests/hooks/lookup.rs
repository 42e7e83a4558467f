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

/// What the tests' name server says, as mocks.
const MOCKS: &str = r#"
[[mock]]
source = "dns:lookup"
when = { name = "host.example" }
reply = { addresses = ["2001:db8::7", "192.0.2.7"] }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "loop.example" }
reply = { addresses = ["127.0.0.1"] }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "missing.example" }
reply = { error = "nxdomain" }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "192.0.2.7", type = "PTR" }
reply = { records = ["host.example"] }
times = "any"

[[mock]]
source = "dns:lookup"
when = { name = "192.0.2.8", type = "PTR" }
reply = { error = "nxdomain" }
times = "any"
"#;

/// A guest that is mocked what a name server says hears it as it hears that server: the same answers,
/// codes, h_errno and messages, from every call; and the server hears nothing.
#[test]
fn a_mocked_guest_hears_what_a_name_server_says() {
    let dns = servers::dns();
    let cases = "getaddrinfo,getaddrinfo-more,getaddrinfo-named,getaddrinfo-missing,\
                 gethostbyname,gethostbyname-missing,gethostbyname2,gethostbyname_r,\
                 gethostbyname_r-missing,gethostbyname_r-small,gethostbyname2_r,\
                 gethostbyaddr,gethostbyaddr_r,gethostbyaddr-missing,getnameinfo,getnameinfo-numeric,\
                 getnameinfo-more,res_query,res_query-missing,res_query-kinds,res_search,\
                 res_querydomain,res_send,res_nquery,res_nsearch,res_nquerydomain,res_nsend";
    let command = words([&guest("lookup"), &cases, &dns.port()]);
    let native = Scene::new().native(&command);
    let asked = dns.callers();

    let mocked = Scene::new().guard("error").config(MOCKS).run(&command);

    mocked.is_clean();
    assert_eq!(sorted(&mocked), sorted(&native));
    assert_eq!(dns.callers(), asked);
}

/// The lines of a guest, without the order that libc gives addresses by this machine's routes.
fn sorted(guest: &Finished) -> Vec<&str> {
    let mut lines: Vec<&str> = guest.stdout.lines().collect();
    lines.sort_unstable();
    lines
}

/// A caller's buffer that is too small is told so, as often as it takes, and asked for again.
#[test]
fn a_mocked_guest_may_bring_too_little_room() {
    let guest = Scene::new().guard("error").config(MOCKS).run(words([
        &guest("lookup"),
        &"gethostbyname_r-little",
        &"0",
    ]));

    guest.is_clean();
    assert!(guest.stdout.starts_with("gethostbyname_r-little: ERANGE, h_errno -1\n"));
    assert!(guest.stdout.ends_with("host.example is 192.0.2.7, length 4\n"), "{}", guest.stdout);
}

/// A name server that fails, says nothing, or knows the name and no address of it, in the codes of each call.
#[test]
fn a_mocked_guest_hears_errors_in_codes() {
    let cases = "getaddrinfo,gethostbyname,gethostbyname_r,res_query,getnameinfo,gethostbyaddr";
    for (error, code, message, number) in [
        ("servfail", "-3 Temporary failure in name resolution", "Host name lookup failure", 11),
        ("timeout", "-3 Temporary failure in name resolution", "Host name lookup failure", 11),
        ("nodata", "-5 No address associated with hostname", "No address associated with name", 0),
    ] {
        let mock = |when: &str| {
            format!(
                "[[mock]]\nsource = \"dns:lookup\"\nwhen = {{ {when} }}\nreply = {{ error = \"{error}\" }}\ntimes = \"any\"\n"
            )
        };
        let mocks = mock("name = \"host.example\"") + &mock("name = \"192.0.2.7\", type = \"PTR\"");

        let guest = Scene::new().guard("error").config(&mocks).run(words([
            &guest("lookup"),
            &cases,
            &"9", // nobody is asked there
        ]));

        guest.is_clean();
        assert_eq!(guest.line("getaddrinfo: "), code);
        assert_eq!(guest.line("gethostbyname: "), format!("NULL {message}"));
        assert!(guest.line("gethostbyname_r: ").starts_with(&format!("{number}, h_errno ")));
        assert_eq!(guest.line("res_query: "), format!("-1 {message}"));
        assert_eq!(guest.line("gethostbyaddr: "), format!("NULL {message}"));
    }
}
