//! `sendto(2)`, `sendmsg(2)` and `sendmmsg(2)` with an address.

use std::sync::atomic::Ordering;

use bigfoot_tests::{Scene, guest, servers};

use crate::{each_says, is_transparent, words};

const CALLS: &str = "sendto,sendto-raw,sendmsg,sendmsg-raw,sendmmsg,path,fastopen,sendto6";

/// With the guard off, datagrams go and come as without bigfoot.
#[test]
fn a_guest_sends_as_without_bigfoot() {
    let (udp, tcp, folder) = (servers::echo_udp(), servers::plain(), Scene::new());
    servers::unix_datagrams(&folder.path("peer"));

    let command = words([&guest("send"), &"all", &udp.port(), &folder.path("peer"), &tcp.port()]);

    is_transparent(Scene::new, &command);
}

/// Under `error` nothing is sent, by any of the calls.
#[test]
fn a_guarded_guest_sends_nothing() {
    let (udp, tcp, folder) = (servers::echo_udp(), servers::plain(), Scene::new());
    let unix = servers::unix_datagrams(&folder.path("peer"));

    let command = words([&guest("send"), &CALLS, &udp.port(), &folder.path("peer"), &tcp.port()]);
    let guest = Scene::new().guard("error").run(command);

    guest.is_broken();
    each_says(&guest.stdout, CALLS, "-1 EACCES");
    assert_eq!(udp.callers() + tcp.callers() + unix.load(Ordering::SeqCst), 0);
}

/// Under `warn` everything is sent, and reported.
#[test]
fn a_warned_guest_sends_and_is_reported() {
    let udp = servers::echo_udp();

    let guest = Scene::new().run(words([&guest("send"), &"sendto,sendmsg,sendmmsg", &udp.port()]));

    guest.is_warned();
    each_says(&guest.stdout, "sendto,sendmsg", "4");
    each_says(&guest.stdout, "sendmmsg", "2");
}

/// An allowed peer is sent to, and nothing is reported.
#[test]
fn an_allowed_guest_sends_unreported() {
    let udp = servers::echo_udp();
    let rule = format!("socket://127.0.0.1:{}", udp.port());

    let guest = Scene::new().guard("error").allow(&rule).run(words([
        &guest("send"),
        &"sendto,sendto-raw,sendmsg,sendmmsg,sendto6",
        &udp.port(),
    ]));

    guest.is_clean();
    each_says(&guest.stdout, "sendto,sendto-raw,sendmsg,sendto6", "4");
}

/// A denied peer is sent nothing, even with the guard off.
#[test]
fn a_denied_guest_sends_nothing() {
    let udp = servers::echo_udp();
    let rule = format!("socket://127.0.0.1:{}", udp.port());

    let guest = Scene::new().guard("off").deny(&rule).run(words([
        &guest("send"),
        &"sendto,sendmmsg",
        &udp.port(),
    ]));

    guest.is_broken();
    each_says(&guest.stdout, "sendto,sendmmsg", "-1 EACCES");
    assert_eq!(udp.callers(), 0);
}
