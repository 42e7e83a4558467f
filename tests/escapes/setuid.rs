//! Programs that would gain rights: with the filter in force they cannot (no_new_privs), and the report says so.

use crate::routes::{Route, Unmocked};
use crate::trial::{scene, users};

/// `su` stands for sudo and ping: every Debian has it. Root gains nothing by it.
#[test]
fn a_setuid_program_is_explained() {
    assert_eq!(Route::named("setuid").unmocked, Unmocked::Explained);
    for user in users()
        .into_iter()
        .filter(|user| user.is_some() || !nix::unistd::Uid::effective().is_root())
    {
        let guest =
            scene(user).guard("error").allow("subprocess:*").run(["/usr/bin/su", "--version"]);

        guest.succeeds();
        let said = guest.report["notes"].to_string();
        assert!(said.contains("/usr/bin/su gains no privileges"), "{:#}", guest.report);
        assert_eq!(guest.report["coverage"]["armed"], guest.report["coverage"]["processes"]);
    }
}
