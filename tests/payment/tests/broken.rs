//! The four ways in which a test breaks its promises. Each of them passes with a mock that asks for
//! less; here each fails, and says what to write.

use payment::{Failed, charge};
use serde_json::json;

const CHARGES: &str = "https://pay.example.com/charges";

/// No mock answers the request. The code under test swallows that, and the test is none the wiser.
#[bigfoot::test]
fn unmocked() {
    let sandbox = bigfoot::sandbox();
    let charged = charge("4242", 1999);
    drop(sandbox);

    assert_eq!(charged, Err(Failed::Unreachable));
}

/// The request is answered, and nobody looks at what was asked.
#[bigfoot::test]
fn unasserted() {
    bigfoot::http().mock_response("POST", CHARGES).status(201).json(json!({ "id": "ch_1" }));

    let sandbox = bigfoot::sandbox();
    let charged = charge("4242", 1999);
    drop(sandbox);

    assert_eq!(charged, Ok("ch_1".to_owned()));
}

/// An answer is prepared that nobody asks for.
#[bigfoot::test]
fn unused() {
    bigfoot::http().mock_response("POST", "https://pay.example.com/refunds").status(201);

    let sandbox = bigfoot::sandbox();
    drop(sandbox);
}

/// The amount is in another unit than the test says.
#[bigfoot::test]
fn mismatch() {
    bigfoot::http().mock_response("POST", CHARGES).status(201).json(json!({ "id": "ch_1" }));

    let sandbox = bigfoot::sandbox();
    let charged = charge("4242", 1999);
    drop(sandbox);

    assert_eq!(charged, Ok("ch_1".to_owned()));
    bigfoot::http()
        .assert_request("POST", CHARGES)
        .json(json!({ "card": "4242", "amount": 19.99 }))
        .assert_response(201);
}
