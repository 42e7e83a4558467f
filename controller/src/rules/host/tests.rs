//! Tests of hosts.

use std::net::IpAddr;

use proptest::prelude::*;

use super::{Host, normal};

/// Names are compared in one form, so whatever two programs write for one host has to be one text.
#[test]
fn hosts_have_one_form() {
    for (written, form) in [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("１２７.0.0.1", "127.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%eth0]", "fe80::1"),
        ("10.0.0.1%eth0", "10.0.0.1%eth0"),
        ("[10.0.0.1]", "[10.0.0.1]"),
        ("_srv.example", "_srv.example"),
        ("", ""),
        (".", ""),
    ] {
        assert_eq!(normal(written), form, "{written}");
    }
}

/// Only a name needs a look-up to be known again.
#[test]
fn names_are_told_by_name() {
    let needs = |host: &str, name: &str| Host::parse(host).is_ok_and(|host| host.needs_name(name));
    assert!(
        needs("a.example", "a.example")
            && needs("*.example", "a.example")
            && needs("~a.*", "a.example")
    );
    assert!(
        !needs("*", "a.example")
            && !needs("10.0.0.1", "10.0.0.1")
            && !needs("localhost", "localhost")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What is normal stays so.
    #[test]
    fn normal_is_a_fixed_point(name in any::<String>()) {
        let once = normal(&name);
        prop_assert_eq!(normal(&once), once);
    }

    /// An address is matched by itself, however it is written.
    #[test]
    fn an_address_matches_itself(address in any::<IpAddr>()) {
        let host = Host::parse(&address.to_string()).expect("an address");
        prop_assert!(host.has_address(address) && host.has_name(&normal(&address.to_string())));
    }
}
