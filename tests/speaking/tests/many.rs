//! 64 tests at once, each with 20 mocks of one address and answers of its own; threads and processes of
//! each ask for them. `ROUNDS` says how often.

use std::sync::Barrier;
use std::thread;

use speaking::{get, get_by_child, meet, url};

const TESTS: usize = 64;
const MOCKS: usize = 20;

static ALL: Barrier = Barrier::new(TESTS);

fn rounds() -> usize {
    std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

fn prepare(test: usize) -> Vec<String> {
    let own: Vec<String> = (0..MOCKS).map(|mock| format!("{test}-{mock}")).collect();
    for _ in 0..rounds() {
        for body in &own {
            bigfoot::http().mock_response("GET", url("/same")).body(body);
        }
    }
    own
}

fn verify() {
    for _ in 0..rounds() * MOCKS {
        bigfoot::http().assert_request("GET", url("/same")).assert_response(200);
    }
}

/// By threads, two of which are at work at a time, and by one child process.
fn by_threads(test: usize) {
    let own = prepare(test);
    let _allowed = bigfoot::allow(["subprocess:bash"]);
    meet(&ALL);
    let sandbox = bigfoot::sandbox();
    for round in 0..rounds() {
        let mut found: Vec<String> = Vec::new();
        if round == 0 {
            found.push(get_by_child("/same").unwrap());
        }
        while found.len() < MOCKS {
            let both: Vec<_> = (found.len()..MOCKS)
                .take(2)
                .map(|_| thread::spawn(|| get("/same").unwrap()))
                .collect();
            found.extend(both.into_iter().map(|thread| thread.join().unwrap()));
        }
        found.sort_by_key(|body| own.iter().position(|known| known == body));
        assert_eq!(found, own, "round {round}");
    }
    drop(sandbox);
    verify();
}

/// By tasks of a runtime of several threads.
async fn by_tasks(test: usize) {
    let own = prepare(test);
    meet(&ALL);
    let sandbox = bigfoot::sandbox();
    for round in 0..rounds() {
        let tasks: Vec<_> =
            (0..MOCKS).map(|_| tokio::task::spawn_blocking(|| get("/same").unwrap())).collect();
        let mut found = Vec::new();
        for task in tasks {
            found.push(task.await.unwrap());
        }
        found.sort_by_key(|body| own.iter().position(|known| known == body));
        assert_eq!(found, own, "round {round}");
    }
    drop(sandbox);
    verify();
}

macro_rules! tests {
    ($($name:ident $number:literal)*) => {
        $(mod $name {
            /// One half of them has threads, the other a runtime.
            #[bigfoot::test]
            fn threads_or_tasks() {
                if $number % 2 == 0 {
                    super::by_threads($number);
                } else {
                    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
                    runtime.unwrap().block_on(super::by_tasks($number));
                }
            }
        })*
    };
}

tests! {
    t0 0 t1 1 t2 2 t3 3 t4 4 t5 5 t6 6 t7 7 t8 8 t9 9 t10 10 t11 11 t12 12 t13 13 t14 14 t15
    15 t16 16 t17 17 t18 18 t19 19 t20 20 t21 21 t22 22 t23 23 t24 24 t25 25 t26 26 t27 27 t28
    28 t29 29 t30 30 t31 31 t32 32 t33 33 t34 34 t35 35 t36 36 t37 37 t38 38 t39 39 t40 40 t41
    41 t42 42 t43 43 t44 44 t45 45 t46 46 t47 47 t48 48 t49 49 t50 50 t51 51 t52 52 t53 53 t54
    54 t55 55 t56 56 t57 57 t58 58 t59 59 t60 60 t61 61 t62 62 t63 63
}
