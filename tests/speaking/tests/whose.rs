//! Whose a call is: tests that run at once, with mocks of one address and different answers.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Barrier, OnceLock};
use std::thread;

use speaking::{get, get_by_child, meet, url};

static THREADS: Barrier = Barrier::new(2);

fn by_threads(own: &str) {
    bigfoot::http().mock_response("GET", url("/name")).body(own).times(3);
    let sandbox = bigfoot::sandbox();
    meet(&THREADS);
    let direct = get("/name").unwrap();
    let threaded = thread::spawn(|| get("/name").unwrap()).join().unwrap();
    let nested = thread::spawn(|| thread::spawn(|| get("/name").unwrap()).join().unwrap());
    let nested = nested.join().unwrap();
    meet(&THREADS);
    drop(sandbox);
    assert_eq!([direct, threaded, nested], [own, own, own]);
    for _ in 0..3 {
        bigfoot::http().assert_request("GET", url("/name"));
    }
}

/// A thread, and a thread that it makes, belong to their test.
#[bigfoot::test]
fn threads_one() {
    by_threads("one");
}

/// The other one.
#[bigfoot::test]
fn threads_two() {
    by_threads("two");
}

static CHILDREN: Barrier = Barrier::new(2);

fn by_child(own: &str) {
    bigfoot::http().mock_response("GET", url("/child")).body(own);
    let _allowed = bigfoot::allow(["subprocess:bash"]);
    let sandbox = bigfoot::sandbox();
    meet(&CHILDREN);
    let said = get_by_child("/child").unwrap();
    meet(&CHILDREN);
    drop(sandbox);
    assert_eq!(said, own);
    bigfoot::http().assert_request("GET", url("/child"));
}

/// A process belongs to the test that started it.
#[bigfoot::test]
fn children_one() {
    by_child("one");
}

/// The other one.
#[bigfoot::test]
fn children_two() {
    by_child("two");
}

static TASKS: Barrier = Barrier::new(2);

async fn by_tasks(own: &'static str) {
    bigfoot::http().mock_response("GET", url("/task")).body(own).times(4);
    let sandbox = bigfoot::sandbox();
    meet(&TASKS);
    let tasks = [(); 4].map(|()| tokio::task::spawn_blocking(|| get("/task").unwrap()));
    for task in tasks {
        assert_eq!(task.await.unwrap(), own);
    }
    meet(&TASKS);
    drop(sandbox);
    for _ in 0..4 {
        bigfoot::http().assert_request("GET", url("/task"));
    }
}

/// The threads of a runtime belong to the test that it was made for.
#[bigfoot::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_one() {
    by_tasks("one").await;
}

/// The other one, which returns a `Result`.
#[bigfoot::test(flavor = "multi_thread")]
async fn tasks_two() -> Result<(), String> {
    by_tasks("two").await;
    Ok(())
}

/// A runtime of one thread.
#[bigfoot::test]
async fn a_task_of_one_thread() {
    bigfoot::http().mock_response("GET", url("/one")).body("1");
    let sandbox = bigfoot::sandbox();
    let said = tokio::task::spawn_blocking(|| get("/one").unwrap()).await.unwrap();
    drop(sandbox);
    assert_eq!(said, "1");
    bigfoot::http().assert_request("GET", url("/one"));
}

type Job = Box<dyn FnOnce() + Send>;

/// A pool of one thread, made by whichever test comes first.
fn pool() -> &'static Sender<Job> {
    static POOL: OnceLock<Sender<Job>> = OnceLock::new();
    POOL.get_or_init(|| {
        let (sender, jobs) = channel::<Job>();
        let made_by_main = || jobs.into_iter().for_each(|job| job());
        thread::Builder::new().name("pool".into()).spawn(made_by_main).unwrap();
        sender
    })
}

/// Does this in a thread of a pool that several tests share.
fn in_pool(
    job: impl FnOnce() -> std::io::Result<String> + Send + 'static,
) -> std::io::Result<String> {
    let (done, answer) = channel();
    pool().send(Box::new(move || drop(done.send(job())))).unwrap();
    answer.recv().unwrap()
}

static POOLED: Barrier = Barrier::new(2);

fn by_pool(own: &'static str) {
    bigfoot::http().mock_response("GET", url("/pool")).body(own);
    let sandbox = bigfoot::sandbox();
    meet(&POOLED);
    let test = bigfoot::current();
    let said = in_pool(move || {
        let _inside = test.enter();
        get("/pool")
    });
    meet(&POOLED);
    drop(sandbox);
    assert_eq!(said.unwrap(), own);
    bigfoot::http().assert_request("GET", url("/pool"));
}

/// A pool's thread that enters a test belongs to it for as long as it works for it.
#[bigfoot::test]
fn pooled_one() {
    by_pool("one");
}

/// The other one.
#[bigfoot::test]
fn pooled_two() {
    by_pool("two");
}

/// A plain test beside the others is in nobody's sandbox.
#[test]
fn plain() {
    let refused = get("/name").unwrap_err().to_string();
    assert!(!refused.contains("one") && !refused.contains("two"), "{refused}");
}

/// Without a call there is nothing to assert; nested sandboxes are one behind the other.
#[bigfoot::test]
fn nested() {
    bigfoot::http().mock_response("GET", url("/inner")).body("1");
    bigfoot::http().mock_response("GET", url("/outer")).body("2");
    let outer = bigfoot::sandbox();
    let inner = bigfoot::sandbox();
    assert_eq!(get("/inner").unwrap(), "1");
    inner.close();
    assert_eq!(get("/outer").unwrap(), "2");
    outer.close();
    let _any = bigfoot::in_any_order();
    bigfoot::http().assert_request("GET", url("/outer"));
    bigfoot::http().assert_request("GET", bigfoot::predicate(|url| url.ends_with("/inner")));
}

static FORKS: Barrier = Barrier::new(2);

fn by_fork(own: &str) {
    bigfoot::http().mock_response("GET", url("/fork")).body(own);
    let sandbox = bigfoot::sandbox();
    meet(&FORKS);
    let said = forked(own);
    meet(&FORKS);
    drop(sandbox);
    assert!(said);
    bigfoot::http().assert_request("GET", url("/fork"));
}

/// Whether a fork of this process is answered like this.
fn forked(own: &str) -> bool {
    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::{ForkResult, fork};
    #[expect(
        unsafe_code,
        reason = "the child does what a child of threads may not: it looks names up"
    )]
    // SAFETY: glibc lets a child allocate, and it leaves by _exit.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            let same = get("/fork").is_ok_and(|said| said == own);
            // SAFETY: no handler of the parent's runs.
            unsafe { nix::libc::_exit(i32::from(!same)) }
        }
        ForkResult::Parent { child } => {
            waitpid(child, None).unwrap() == WaitStatus::Exited(child, 0)
        }
    }
}

/// A process belongs to the test that forked it.
#[bigfoot::test]
fn forks_one() {
    by_fork("one");
}

/// The other one.
#[bigfoot::test]
fn forks_two() {
    by_fork("two");
}
