//! Mocks of the configuration: which can be, and where they answer.

use std::sync::Arc;

use super::super::Socket;
use super::*;
use crate::fields::Value;
use crate::mocks::{Act, Matcher, Mock, Times, When};
use crate::plugins::{Hosts, Plugin};
use crate::rules::Origin;

fn mock<const N: usize>(source: &str, when: [(&'static str, Value); N], act: Act) -> Mock {
    let shape = Socket.card().shape(source).unwrap();
    let exact = |(name, value)| (name, Matcher::Exact(value));
    Mock {
        plugin: &Socket,
        shape,
        when: When(when.into_iter().map(exact).collect()),
        act,
        times: Times::ONCE,
        test: None,
        asserts: false,
        steps: Vec::new(),
        origin: Origin::Flag("--allow"),
    }
}

fn replies(fields: Fields) -> Act {
    Act::Replies(vec![Arc::new(fields)])
}

fn fails(kind: FaultKind, after: u64, fields: Fields) -> Act {
    Act::Fault(fault(kind, after, 0), Arc::new(fields))
}

fn at_host() -> [(&'static str, Value); 2] {
    [("host", "db.example".into()), ("port", 5000.into())]
}

/// The key that a mock is unfit for; None if it is fit.
fn fault_of(mock: &Mock) -> Option<&'static str> {
    Socket.check(mock.shape, mock).err().map(|unfit| unfit.key)
}

/// What a mock waits for has to be able to come.
#[test]
fn mocks_that_never_match_are_told() {
    for (key, when) in [
        ("host", vec![]),
        ("host", vec![("transport", "tcp".into())]),
        ("host", vec![("host", "".into())]),
        ("host", vec![("host", "db.example:5000".into())]),
        ("host", vec![("host", "/run/app.sock".into())]),
        ("host", vec![("host", "[::1]".into())]),
        ("host", vec![("host", "db.example.".into())]),
        ("port", vec![("host", "db.example".into()), ("port", 0.into())]),
        ("port", vec![("port", 65_536.into())]),
        ("path", vec![("path", "app.sock".into())]),
        ("path", vec![("path", "/run/app.sock".into()), ("port", 1.into())]),
        ("transport", vec![("port", 1.into()), ("transport", "sctp".into())]),
        ("transport", vec![("port", 1.into()), ("transport", "unix".into())]),
        ("transport", vec![("path", "/run/app.sock".into()), ("transport", "TCP".into())]),
    ] {
        let shown = format!("{when:?}");
        let mut mock = mock(CONNECT, [], replies(Fields::new()));
        mock.when = When(when.into_iter().map(|(name, v)| (name, Matcher::Exact(v))).collect());
        assert_eq!(fault_of(&mock), Some(key), "{shown}");
    }
    let empty =
        mock(EXCHANGE, [("port", 1.into()), ("bytes", Vec::<u8>::new().into())], says_act("x"));
    assert_eq!(fault_of(&empty), Some("bytes"));
    let endless = [("port", 1.into()), ("bytes", vec![0_u8; (1 << 20) + 1].into())];
    assert_eq!(fault_of(&mock(EXCHANGE, endless, says_act("x"))), Some("bytes"));
}

fn says_act(bytes: &str) -> Act {
    replies(says(bytes))
}

/// What a mock answers has to be able to go.
#[test]
fn answers_that_cannot_be_given_are_told() {
    for (key, act) in [
        ("close", replies(says("x").with("close", "slam"))),
        ("close", fails(FaultKind::Reset, 0, Fields::new().with("close", "close"))),
        ("bytes", fails(FaultKind::Timeout, 0, says("x"))),
        ("after", fails(FaultKind::Truncated, 3, says("abc"))),
        ("after", fails(FaultKind::HalfClose, 1, says("abc"))),
    ] {
        let shown = format!("{act:?}");
        assert_eq!(fault_of(&mock(EXCHANGE, at_host(), act)), Some(key), "{shown}");
    }
    let udp = || [("host", "db.example".into()), ("transport", Value::from("udp"))];
    for (key, act) in [
        ("close", replies(says("x").with("close", "close"))),
        ("bytes", replies(Fields::new().with("bytes", vec![0_u8; 65_508]))),
        ("fault", fails(FaultKind::Reset, 0, Fields::new())),
    ] {
        assert_eq!(fault_of(&mock(EXCHANGE, udp(), act)), Some(key));
    }
}

/// Mocks that can be are left alone; a step of a session has its session's place.
#[test]
fn fit_mocks_are_fit() {
    for act in [
        says_act("x"),
        replies(says("x").with("close", "half-close")),
        fails(FaultKind::Truncated, 2, says("abc")),
        fails(FaultKind::Reset, 0, Fields::new()),
        fails(FaultKind::Slow, 0, says("x").with("close", "close")),
        Act::Real(Arc::default()),
    ] {
        assert_eq!(fault_of(&mock(EXCHANGE, at_host(), act)), None);
    }
    assert_eq!(fault_of(&mock(CONNECT, [("host", "::1".into())], says_act("x"))), None);
    assert_eq!(fault_of(&mock(CONNECT, [("path", "/run/app.sock".into())], says_act("x"))), None);
    assert_eq!(fault_of(&mock(EXCHANGE, [("bytes", "PING".into())], says_act("x"))), None);
}

/// A mock answers where its host, port or path says, and nowhere else.
#[test]
fn a_mock_has_its_place() {
    let place = |when: Vec<(&'static str, Value)>| {
        let mut mock = mock(EXCHANGE, [], says_act("x"));
        mock.when = When(when.into_iter().map(|(name, v)| (name, Matcher::Exact(v))).collect());
        let endpoint = Socket.endpoint(&mock)?;
        let host = match endpoint.host {
            Hosts::One(host) => host,
            Hosts::Any => "*".into(),
            Hosts::Pattern(_) => "pattern".into(),
        };
        Some((host, endpoint.ports, Socket.mock_key(mock.shape, &mock.when)))
    };
    let key = |text: &str| Some(text.to_owned());

    assert_eq!(
        place(vec![("host", "DB.example".into()), ("port", 5000.into())]),
        Some(("db.example".into(), 5000..=5000, key("db.example")))
    );
    assert_eq!(place(vec![("host", "a".into())]), Some(("a".into(), 1..=65535, key("a"))));
    assert_eq!(place(vec![("port", 53.into())]), Some(("*".into(), 53..=53, None)));
    assert_eq!(
        place(vec![("path", "/run/App.sock".into())]),
        Some(("/run/App.sock".into(), 0..=0, key("/run/app.sock")))
    );
    assert_eq!(place(vec![("bytes", "x".into())]), None);
}

/// An interaction is found under the key of its mock.
#[test]
fn a_mock_and_its_interaction_have_one_key() {
    let shape = Socket.card().shape(EXCHANGE).unwrap();
    for (opening, when) in [
        (opening("db.example", 5000), ("host", Value::from("db.example"))),
        (opening("/run/App.sock", 0), ("path", Value::from("/run/App.sock"))),
    ] {
        let fields = super::super::place::fields(&opening);
        let mock = mock(EXCHANGE, [when], says_act("x"));
        assert_eq!(Socket.key(shape, &fields), Socket.mock_key(shape, &mock.when));
    }
}

/// A report shows bytes in one line, and a pasted mock has what was sent.
#[test]
fn words_are_for_people() {
    let shape = Socket.card().shape(EXCHANGE).unwrap();
    let tcp = super::super::place::fields(&opening("db.example", 5000));
    let sent = tcp.clone().with("bytes", b"PING\r\n\xff".to_vec());
    assert_eq!(Socket.words(shape, &sent), r#"send "PING\r\n\xff" to db.example:5000"#);
    let names: Vec<_> = Socket.paste(shape, &sent).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["host", "port", "bytes"]);

    let long = tcp.clone().with("bytes", vec![b'x'; 1000]);
    assert!(Socket.words(shape, &long).contains("(1000 bytes)"));

    let shape = Socket.card().shape(CONNECT).unwrap();
    assert_eq!(Socket.words(shape, &tcp), "connect to db.example:5000");
    let unix = super::super::place::fields(&opening("/run/app.sock", 0));
    assert_eq!(Socket.words(shape, &unix), "connect to /run/app.sock");
    let v6 = super::super::place::fields(&opening("2001:db8::1", 53));
    assert_eq!(Socket.words(shape, &v6), "connect to [2001:db8::1]:53");
}
