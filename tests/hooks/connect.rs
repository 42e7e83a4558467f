//! `connect(2)` to every kind of peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bigfoot_tests::servers::{self, Server};
use bigfoot_tests::{Finished, Scene, guest};

use crate::{each_says, is_transparent, words};

/// Calls that reach somebody, in each variant.
const CALLS: &str = "tcp,tcp6,mapped,path,abstract,udp,nonblocking,raw,refused";

/// One server of each kind, outside the guest's tree.
struct Peers {
    tcp: Server,
    tcp6: Server,
    udp: Server,
    path: std::path::PathBuf,
    path_callers: Arc<AtomicUsize>,
    name: String,
    name_callers: Arc<AtomicUsize>,
    closed: String,
    _folder: Scene,
}

impl Peers {
    fn new() -> Self {
        let folder = Scene::new();
        let path = folder.path("peer.socket");
        let name = path.to_string_lossy().replace('/', ".");
        Self {
            tcp: servers::plain(),
            tcp6: servers::plain6(),
            udp: servers::echo_udp(),
            path_callers: servers::unix(&path),
            path,
            name_callers: servers::unix_abstract(&name),
            name,
            closed: servers::closed_port(),
            _folder: folder,
        }
    }

    fn command(&self, cases: &str) -> Vec<std::ffi::OsString> {
        let (tcp, tcp6, udp) = (self.tcp.port(), self.tcp6.port(), self.udp.port());
        words([&guest("connect"), &cases, &tcp, &tcp6, &self.path, &self.name, &udp, &self.closed])
    }

    fn run(&self, scene: &Scene, cases: &str) -> Finished {
        scene.run(self.command(cases))
    }

    fn callers(&self) -> usize {
        let unix =
            self.path_callers.load(Ordering::SeqCst) + self.name_callers.load(Ordering::SeqCst);
        self.tcp.callers() + self.tcp6.callers() + self.udp.callers() + unix
    }
}

/// With the guard off, results, errno, descriptors and the peer's name are libc's own.
#[test]
fn a_guest_connects_as_without_bigfoot() {
    let peers = Peers::new();

    is_transparent(Scene::new, &peers.command("all"));
}

/// Under `error` every variant is refused, and no server hears of it.
#[test]
fn a_guarded_guest_connects_to_nobody() {
    let peers = Peers::new();

    let guest = peers.run(&Scene::new().guard("error"), CALLS);

    guest.is_broken();
    // Where nobody serves on this machine, the call fails as it would without us.
    each_says(&guest.stdout, "refused", "-1 ECONNREFUSED");
    let served: Vec<_> = CALLS.split(',').filter(|case| *case != "refused").collect();
    each_says(&guest.stdout, &served.join(","), "-1 EACCES");
    assert_eq!(peers.callers(), 0);
    assert_eq!(guest.calls(), CALLS.split(',').count() as u64, "{:#}", guest.report);
}

/// Under `warn`, the default, the calls are real, and each is reported.
#[test]
fn a_warned_guest_connects_and_is_reported() {
    let peers = Peers::new();
    let native = Scene::new().native(peers.command("tcp,tcp6,path,udp"));

    let guest = peers.run(&Scene::new(), "tcp,tcp6,path,udp");

    guest.is_warned().prints(&native.stdout);
    assert_eq!(guest.calls(), 4, "{:#}", guest.report);
}

/// An allowed peer is called and not reported, by port and by network, on v4-mapped addresses too.
#[test]
fn an_allowed_guest_connects_unreported() {
    let peers = Peers::new();
    let port = peers.tcp.port();

    for rule in [format!("socket://127.0.0.1:{port}"), "socket://127.0.0.0/8".into()] {
        let guest =
            peers.run(&Scene::new().guard("error").allow(&rule), "tcp,mapped,nonblocking,raw");

        guest.is_clean();
        each_says(&guest.stdout, "tcp,mapped,raw", "0");
    }
}

/// A rule for one port, network or path says nothing of the others.
#[test]
fn an_allowed_neighbour_allows_nothing() {
    let peers = Peers::new();
    let port: u16 = peers.tcp.address.port();

    for rule in [
        format!("socket://127.0.0.1:{}", port ^ 1),
        "socket://127.0.0.2/32".into(),
        "unix:/no/such".into(),
    ] {
        let guest = peers.run(&Scene::new().guard("error").allow(&rule), "tcp,path");

        guest.is_broken();
        each_says(&guest.stdout, "tcp,path", "-1 EACCES");
    }
    assert_eq!(peers.callers(), 0);
}

/// A denied peer is refused even with the guard off, whatever its address is written like.
#[test]
fn a_denied_guest_is_refused_without_a_guard() {
    let peers = Peers::new();

    let guest = peers.run(
        &Scene::new().guard("off").deny("socket://127.0.0.1/32"),
        "tcp,mapped,nonblocking,raw,tcp6",
    );

    guest.is_broken();
    each_says(&guest.stdout, "tcp,mapped,nonblocking,raw", "-1 EACCES");
    each_says(&guest.stdout, "tcp6", "0");
    assert_eq!(peers.tcp.callers(), 0);
}

/// A Unix socket is allowed by its path.
#[test]
fn a_unix_socket_is_allowed_by_its_path() {
    let peers = Peers::new();
    let rule = format!("unix:{}", peers.path.display());

    let guest = peers.run(&Scene::new().guard("error").allow(&rule), "path");

    guest.is_clean();
    each_says(&guest.stdout, "path", "0");
}

/// What lies outside a restriction is refused, even where a rule allows it.
#[test]
fn a_restricted_guest_stays_inside() {
    let peers = Peers::new();
    let inside = format!("socket://127.0.0.1:{}", peers.tcp.port());
    let scene = Scene::new().guard("error").allow("socket:*").restrict(&inside);

    let guest = peers.run(&scene, "tcp,tcp6");

    guest.is_broken();
    each_says(&guest.stdout, "tcp", "0");
    each_says(&guest.stdout, "tcp6", "-1 EACCES");
}
