//! Hooks allocate nothing: a guest whose allocator counts finds what it finds without bigfoot.

use bigfoot_tests::{Scene, guest};

use crate::words;

/// Whatever the verdict, a hooked call asks the guest's allocator for nothing.
#[test]
fn a_hooked_call_allocates_nothing() {
    let command = words([&guest("allocations")]);
    let native = Scene::new().native(&command);
    assert!(native.stdout.contains("connect: 0\n"), "{}", native.stdout);

    for scene in [
        Scene::new().guard("off"),
        Scene::new().guard("error").allow("*"),
        Scene::new().guard("error").deny("file:/etc/hostname"),
    ] {
        assert_eq!(scene.run(&command).stdout, native.stdout);
    }
}
