//! Descriptors: bigfoot keeps none that a guest could see, close or overwrite.

use bigfoot_tests::{Scene, guest, servers};

use crate::{is_transparent, words};

/// With the guard off, a guest has the descriptors it would have, however it treats them.
#[test]
fn a_guest_has_the_descriptors_it_would_have() {
    let server = servers::plain();

    is_transparent(Scene::new, &words([&guest("fds"), &"all", &server.port()]));
}

/// Closing everything, overwriting everything or having none left opens no way out.
#[test]
fn no_descriptor_trick_gets_through() {
    let server = servers::plain();

    for case in ["counted", "inherited", "closed", "few", "overwritten", "closed-range", "none"] {
        let guest = Scene::new().guard("error").run(words([&guest("fds"), &case, &server.port()]));

        guest.is_broken();
        assert!(guest.stdout.contains("-1 EACCES"), "{}", guest.stdout);
    }
    assert_eq!(server.callers(), 0);
}
