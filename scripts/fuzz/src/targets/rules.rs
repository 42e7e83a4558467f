//! Any text as a rule, and rules that are suggested for any call.

use std::path::PathBuf;

use bigfoot_controller::call::{Call, Connect, Exec, Load, Lookup, Open, Peer, Query, Request};
use bigfoot_controller::fields::Fields;
use bigfoot_controller::rules::{
    Decision, Frame, Levels, Origin, Place, Policy, Rule, TestGlob, host,
};
use bigfoot_ipc::guest::Transport;

/// Most lines of which calls are made: that many rules are read for each.
const LINES_MAX: usize = 1;

/// A line for each rule; each is also a name, a path and a command that rules are asked about.
pub fn target(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let place = Place { home: Some("/home/user".into()), ..Place::at("/project") };
    let rules: Vec<Rule> = text.lines().filter_map(|line| rule(line, &place)).collect();
    let mut frame = Frame::new(Origin::Flag("--deny"));
    frame.deny = rules.clone();
    let policy = Policy::new(vec![allow(rules), frame], Levels::default());
    for line in text.lines().take(LINES_MAX) {
        let _ = TestGlob::parse(line).map(|glob| glob.has("a::b[c]")); // may be none
        let _ = policy.stands_in(&host::normal(line));
        for call in calls(line) {
            let _ = policy.speak(&call, None);
            suggests(&policy, &call);
        }
    }
}

/// A rule reads the same again; of a text that is none, the place at fault lies within it.
fn rule(line: &str, place: &Place) -> Option<Rule> {
    match Rule::parse(line, Origin::Flag("--allow"), place) {
        Ok(rule) => {
            let again = Rule::parse(rule.text(), Origin::Flag("--allow"), place);
            assert_eq!(Ok(&rule), again.as_ref(), "{line:?} read again");
            Some(rule)
        }
        Err(fault) => {
            assert!(
                fault.span.start <= fault.span.end && fault.span.end <= line.len(),
                "{fault:?}"
            );
            None
        }
    }
}

fn allow(rules: Vec<Rule>) -> Frame {
    let mut frame = Frame::new(Origin::Flag("--allow"));
    frame.allow = rules;
    frame
}

/// What is suggested is a rule, and allows the call.
fn suggests(policy: &Policy, call: &Call) {
    let text = policy.suggest(call);
    let rule = Rule::parse(&text, Origin::Flag("--allow"), &Place::at("/"));
    let rule = rule.unwrap_or_else(|fault| panic!("{text:?} is suggested: {fault:?}"));
    let alone = Policy::new(vec![allow(vec![rule])], Levels::default());
    let decision = alone.speak(call, None);
    assert!(matches!(decision, Decision::Allowed { .. }), "{text:?} does not allow {call:?}");
}

/// Calls that a line may be about.
fn calls(line: &str) -> Vec<Call> {
    let port =
        line.bytes().fold(0_u16, |port, byte| port.wrapping_mul(31).wrapping_add(byte.into()));
    let path = PathBuf::from(format!("/{}", line.trim_start_matches('/')));
    let connection = |peer, names| Connect { transport: Transport::Stream, peer, names };
    let connect = |peer, names| Call::Connect(connection(peer, names));
    let v4 = Peer::Internet(([192, 0, 2, line.len() as u8], port).into());
    let v6 = Peer::Internet(([0x2001, 0xdb8, 0, 0, 0, 0, 0, port], port).into());
    let http = Fields::new().with("method", line.split(' ').next().unwrap_or_default());
    let http = http.with("url", format!("http://a.example/{line}"));
    let socket = Fields::new().with("bytes", line.as_bytes().to_vec());
    let request = |source, fields| {
        let connect = connection(v4.clone(), vec!["a.example".to_owned()]);
        Call::Request(Request { connect, source, fields })
    };
    vec![
        request("http:request", http),
        request("socket:exchange", socket),
        connect(v4.clone(), vec![host::normal(line)]),
        connect(v6, Vec::new()),
        connect(Peer::UnixPath(path.clone()), Vec::new()),
        connect(Peer::UnixAbstract(line.as_bytes().to_vec()), Vec::new()),
        connect(Peer::Other(port), Vec::new()),
        Call::Lookup(Lookup { query: Query::Name(host::normal(line)) }),
        Call::Open(Open { path: path.clone(), read: port % 2 == 0, write: port % 3 == 0 }),
        Call::Exec(Exec { program: path, arguments: words(line) }),
        Call::Load(Load { library: line.to_owned() }),
    ]
}

fn words(line: &str) -> Vec<Vec<u8>> {
    line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
}
