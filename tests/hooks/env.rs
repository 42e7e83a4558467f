//! setenv(3), putenv(3), unsetenv(3), clearenv(3), and what a guest sees of bigfoot's own variables: nothing.

use bigfoot_tests::{Scene, guest};

use crate::{is_transparent, words};

/// With the guard off, the environment reads and changes as without bigfoot, in children too.
#[test]
fn a_guest_has_the_environment_it_would_have() {
    is_transparent(Scene::new, &words([&guest("env"), &"all", &guest("echo")]));
}

/// A user's own preloaded library is kept, and is what the guest sees.
#[test]
fn a_users_own_preload_is_kept() {
    let scene = || Scene::new().variable("LD_PRELOAD", "libm.so.6");
    let native = scene().native(words([&guest("env"), &"get"]));
    assert!(native.stdout.contains("get: LD_PRELOAD=libm.so.6"), "{}", native.stdout);

    let guest = scene().guard("off").run(words([&guest("env"), &"get"]));

    guest.equals(&native);
}

/// `env` prints no variable that it would not print without bigfoot.
#[test]
fn programs_show_no_variables_of_bigfoots() {
    let native = Scene::new().native(["env"]);

    let guest = Scene::new().run(["env"]);

    guest.equals(&native);
}
