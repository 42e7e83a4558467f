//! Shell scripts, which are launchers.

use bigfoot_tests::Scene;

/// A subshell that outlives its shell is a launcher still.
#[test]
fn a_subshell_in_the_background_raises_no_alarm() {
    for _ in 0..5 {
        let line = "(/bin/true; /bin/true) >/dev/null 2>&1 & exit 0";

        Scene::new().guard("error").run(["sh", "-c", line]).is_clean();
    }
}

/// Pipes, substitutions and here-documents.
#[test]
fn a_script_raises_no_alarm() {
    let script = "set -e\nfor word in a b c; do echo $word; done | sort | head -2\necho $(date +%Y | wc -c)\n\
                  cat <<END\n$(basename /a/b)\nEND\ntrap 'rm -f kept' EXIT\ntouch kept\n";

    crate::is_no_alarm(Scene::new().file("script.sh", script), &["sh", "script.sh"])
        .prints("a\nb\n5\nb\n");
}
