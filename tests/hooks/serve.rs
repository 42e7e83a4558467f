//! bind(2) and listen(2): servers of the guest's own tree are free to be called by it.

use std::io::{BufRead, BufReader, Write};

use bigfoot_tests::{Scene, guest, servers};

use crate::{is_transparent, words};

/// With the guard off, servers and their callers are as without bigfoot.
#[test]
fn a_guest_serves_as_without_bigfoot() {
    is_transparent(Scene::new, &words([&guest("serve"), &"all"]));
}

/// Under `error`, a tree's own servers may be called by any process of the tree, and nothing is reported.
#[test]
fn the_tree_may_call_its_own_servers() {
    let native = Scene::new().native(words([&guest("serve"), &"all"]));

    let guest = Scene::new().guard("error").run(words([&guest("serve"), &"all"]));

    guest.is_clean().prints(&native.stdout);
}

/// A port that the tree let go of and somebody else took is somebody else's.
#[test]
fn a_port_that_was_let_go_is_not_remembered() {
    let scene = Scene::new().guard("error");
    let (mut bigfoot, _watch) = scene.start(words([&guest("serve"), &"let-go"]));
    let mut output =
        BufReader::new(bigfoot.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let port = output.find_map(|line| line.strip_prefix("port ")?.parse().ok()).expect("a port");

    let outside = servers::plain_at(port);
    bigfoot.stdin.take().expect("its input").write_all(b"\n").expect("a line to the guest");
    let last = output.last();

    assert_eq!(last.as_deref(), Some("let-go: -1 EACCES"));
    assert_eq!(bigfoot.wait().expect("its end").code(), Some(60));
    assert_eq!(outside.callers(), 0);
}
