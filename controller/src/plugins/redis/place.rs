//! Where connections go, as mocks and interactions name it.

use crate::fields::Fields;
use crate::mocks::{Matcher, When};
use crate::plugins::conversation::Opening;
use crate::plugins::{Endpoint, Hosts};
use crate::rules::host;

/// The port of a Unix socket.
const NO_PORT: u16 = 0;

/// Host and port of a connection, or the path of its socket.
pub(super) fn fields(opening: &Opening) -> Fields {
    let place = opening.host.as_str();
    match opening.port {
        NO_PORT => Fields::new().with("path", place),
        port => Fields::new().with("host", place).with("port", i64::from(port)),
    }
}

/// Where the connections go that a mock may have to answer on.
pub(super) fn endpoints(when: &When, usual: &[u16]) -> Vec<Endpoint> {
    if let Some(path) = when.get("path") {
        return vec![Endpoint { host: hosts(path, str::to_owned), ports: NO_PORT..=NO_PORT }];
    }
    let host = when.get("host").map_or(Hosts::Any, |host| hosts(host, host::normal));
    let port = match when.get("port") {
        Some(Matcher::Exact(value)) => value.number().and_then(|port| u16::try_from(port).ok()),
        _ => None,
    };
    let ports = port.map_or_else(|| usual.to_vec(), |port| vec![port]);
    let endpoint = |port| Endpoint { host: host.clone(), ports: port..=port };
    ports.into_iter().map(endpoint).collect()
}

fn hosts(matcher: &Matcher, normal: impl Fn(&str) -> String) -> Hosts {
    match matcher {
        Matcher::Exact(value) => Hosts::One(normal(&value.text().unwrap_or_default())),
        pattern => Hosts::Pattern(pattern.clone()),
    }
}
