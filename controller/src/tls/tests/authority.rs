//! Certificates.

use std::time::Instant;

use super::*;

/// One is made for each name, once; the cache does not grow without bound.
#[test]
fn a_certificate_is_made_once_for_a_name() {
    let authority = authority();

    let first = authority.certificate(&["api.example"]).unwrap();
    let again = authority.certificate(&["API.example"]).unwrap();
    let other = authority.certificate(&["other.example"]).unwrap();

    assert!(Arc::ptr_eq(&first, &again));
    assert_ne!(first.cert, other.cert);
}

/// What cannot stand in a certificate is none; of several names the others do.
#[test]
fn a_name_that_cannot_be_is_left_out() {
    let authority = authority();

    assert!(authority.certificate(&["/run/some.sock"]).is_none());
    assert!(authority.certificate(&["bücher.example"]).is_none());
    assert!(authority.certificate(&["/run/some.sock", "::1"]).is_some());
    assert!(authority.certificate(&["with_underscore.example."]).is_some());
}

/// The keys are nowhere to be seen.
#[test]
fn an_authority_prints_no_keys() {
    assert_eq!(format!("{:?}", authority()), "Authority { .. }");
}

/// Many threads share one.
#[test]
fn threads_share_an_authority() {
    let authority = authority();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let authority = &authority;
            scope.spawn(move || {
                for number in 0..50 {
                    let name = format!("{}.example", number + thread % 2);
                    assert!(authority.certificate(&[&name]).is_some());
                }
            });
        }
    });
}

/// Making an authority and a certificate must not hold up a run: a generous bound.
#[test]
fn an_authority_is_made_soon() {
    let start = Instant::now();
    let authority = authority();
    let made = start.elapsed();
    let start = Instant::now();
    for number in 0..100 {
        authority.certificate(&[&format!("{number}.example")]).unwrap();
    }
    let signed = start.elapsed() / 100;

    println!("authority {made:?}, certificate {signed:?}");
    assert!(made.as_millis() < 1000 && signed.as_millis() < 100, "{made:?}, {signed:?}");
}
