//! Charges, with a provider that is mocked: no request leaves the machine.

use payment::{Failed, charge};
use serde_json::json;

const CHARGES: &str = "https://pay.example.com/charges";

/// A card is charged with the amount that was asked for.
#[bigfoot::test]
fn a_card_is_charged() {
    bigfoot::http().mock_response("POST", CHARGES).status(201).json(json!({ "id": "ch_1" }));

    let sandbox = bigfoot::sandbox();
    let charged = charge("4242", 1999);
    drop(sandbox);

    assert_eq!(charged, Ok("ch_1".to_owned()));
    bigfoot::http()
        .assert_request("POST", CHARGES)
        .json(json!({ "card": "4242", "amount": 1999 }))
        .assert_response(201);
}

/// A card that the provider declines is told as such.
#[bigfoot::test]
fn a_declined_card_is_told() {
    bigfoot::http().mock_response("POST", CHARGES).status(402);

    let sandbox = bigfoot::sandbox();
    let charged = charge("4000", 500);
    drop(sandbox);

    assert_eq!(charged, Err(Failed::Declined));
    bigfoot::http()
        .assert_request("POST", CHARGES)
        .json(json!({ "card": "4000", "amount": 500 }))
        .assert_response(402);
}

/// Without a provider nothing is charged.
#[bigfoot::test]
fn an_unreachable_provider_charges_nothing() {
    bigfoot::http().mock_error("POST", CHARGES, "refuse");

    let sandbox = bigfoot::sandbox();
    let charged = charge("4242", 1999);
    drop(sandbox);

    assert_eq!(charged, Err(Failed::Unreachable));
    bigfoot::http().assert_request("POST", CHARGES);
}
