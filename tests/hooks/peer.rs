//! `getpeername(2)`, `recvfrom(2)`, `recvmsg(2)` and `recvmmsg(2)`: who the other end is.

use bigfoot_tests::{Scene, guest, servers};

use crate::{is_transparent, words};

/// Names of peers, cut names, flags and errors are libc's own; so is the end of a cancelled thread.
#[test]
fn a_guest_is_told_its_peers_as_without_bigfoot() {
    let (udp, tcp, folder) = (servers::echo_udp(), servers::plain(), Scene::new());
    let path = folder.path("peer.socket");
    servers::unix(&path);

    is_transparent(Scene::new, &words([&guest("peer"), &"all", &udp.port(), &tcp.port(), &path]));
}

/// The same where a mock of somebody else makes bigfoot look at every name.
#[test]
fn a_guest_is_told_real_peers_beside_mocked_ones() {
    const MOCK: &str = "[[mock]]\nsource = \"socket:exchange\"\n\
                        when = { host = \"192.0.2.7\", port = 7000 }\ntimes = \"any\"\n";
    let (udp, tcp, folder) = (servers::echo_udp(), servers::plain(), Scene::new());
    let path = folder.path("peer.socket");
    servers::unix(&path);

    let scene = || Scene::new().config(MOCK);

    is_transparent(scene, &words([&guest("peer"), &"all", &udp.port(), &tcp.port(), &path]));
}
