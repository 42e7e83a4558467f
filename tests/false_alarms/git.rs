//! git on local repositories.

use bigfoot_tests::{Scene, tools};

use crate::is_no_alarm;

const SESSION: &str = "set -e
rm -rf one two three
git init -q -b main one
cd one
git config user.name Ada
git config user.email ada@tiny.example
echo text > file
git add file
git commit -q -m 'first'
git status --short
git log --oneline | cat
git branch other
git diff --stat
git stash list
cd ..
git clone -q one two
git clone -q --no-hardlinks file://$PWD/one three
cd two
git pull -q
git push -q origin HEAD:refs/heads/pushed
git gc -q
";

/// Status, commit, clones by path and by transport, pull and push between folders.
#[test]
fn git_on_local_repositories_raises_no_alarm() {
    let _ = tools::needed("git", "git");

    is_no_alarm(Scene::new().file("session.sh", SESSION), &["sh", "session.sh"]);
}

/// Started by a test and allowed, what git starts for itself is git's own affair.
#[test]
fn an_allowed_git_may_start_its_own_parts() {
    let _ = tools::needed("git", "git");
    let program = "import subprocess\nsubprocess.run(['git', 'init', '-q', 'one'], check=True)\n\
                   subprocess.run(['git', 'clone', '-q', 'file:///' + __import__('os').getcwd() + '/one', 'two'])\n";
    let scene = Scene::new().file("session.py", program).guard("error").allow("subprocess:git");

    scene.run(["python3", "session.py"]).is_clean();
}
