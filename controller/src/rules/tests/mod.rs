//! Tests of the rules as a whole; here is what they are made of.

mod calls;
mod connections;
mod frames;
mod refusals;
mod requests;
mod suggestions;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::{Decision, Fault, Frame, Level, Levels, Origin, Place, Policy, Rule, TestGlob};
use crate::call::{Call, Connect, Exec, Load, Lookup, Open, Peer, Query, Request, Transport};
use crate::fields::Fields;
use bigfoot_ipc::page::ask;

fn place() -> Place {
    Place { directory: "/project".into(), home: Some("/home/ada".into()) }
}

fn rule(text: &str) -> Rule {
    parse(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}"))
}

fn parse(text: &str) -> Result<Rule, Fault> {
    Rule::parse(text, Origin::Flag("--allow"), &place())
}

fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| rule(text)).collect()
}

fn frame(allow: &[&str], deny: &[&str], restrict: &[&str]) -> Frame {
    let empty = Frame::new(Origin::Flag("--restrict"));
    Frame { allow: rules(allow), deny: rules(deny), restrict: rules(restrict), ..empty }
}

fn policy(frames: Vec<Frame>) -> Policy {
    Policy::new(frames, Levels::default())
}

fn connect(address: &str, names: &[&str]) -> Call {
    let peer = Peer::Internet(address.parse().expect("an address and a port"));
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Call::Connect(Connect { transport: Transport::Stream, peer, names })
}

/// A request on a connection to this address, by these names.
fn request(method: &str, url: &str, address: &str, names: &[&str]) -> Call {
    let Call::Connect(connect) = connect(address, names) else { unreachable!() };
    let fields = Fields::new().with("method", method).with("url", url);
    Call::Request(Request { connect, source: "http:request", fields })
}

fn unix(path: &str) -> Call {
    let peer = match path.strip_prefix('@') {
        Some(name) => Peer::UnixAbstract(name.as_bytes().to_vec()),
        None => Peer::UnixPath(path.into()),
    };
    Call::Connect(Connect { transport: Transport::Stream, peer, names: Vec::new() })
}

fn lookup(name: &str) -> Call {
    let query =
        name.parse().map_or_else(|_| Query::Name(super::host::normal(name)), Query::Address);
    Call::Lookup(Lookup { query })
}

fn open(path: &str, access: &str) -> Call {
    Call::Open(Open { path: path.into(), read: access.contains('r'), write: access.contains('w') })
}

fn exec(program: &str, arguments: &[&str]) -> Call {
    let arguments =
        std::iter::once(&"name").chain(arguments).map(|text| text.as_bytes().to_vec()).collect();
    Call::Exec(Exec { program: program.into(), arguments })
}

fn load(library: &str) -> Call {
    Call::Load(Load { library: library.to_owned() })
}

/// Whether the rule means the call, as a table of what is expected.
fn check(text: &str, yes: &[Call], no: &[Call]) {
    let rule = rule(text);
    for call in yes {
        assert!(rule.permits(call), "{text} should mean {call:?}");
    }
    for call in no {
        assert!(!rule.permits(call), "{text} should not mean {call:?}");
    }
}
