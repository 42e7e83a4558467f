//! Where connections go, as mocks and interactions name it.

use bigfoot_ipc::guest::Transport;

use crate::fields::Fields;
use crate::mocks::{Matcher, When};
use crate::plugins::conversation::Opening;
use crate::plugins::{Endpoint, Hosts};
use crate::rules::host;

/// Any port that a connection may go to.
const PORTS: std::ops::RangeInclusive<u16> = 1..=u16::MAX;
/// The port of a Unix socket.
const NO_PORT: u16 = 0;

/// The fields of a connection. That to a Unix socket has its path for a host, too.
pub(super) fn fields(opening: &Opening) -> Fields {
    let host = Fields::new().with("host", opening.host.as_str());
    let place = if is_unix(opening) {
        host.with("path", opening.host.as_str())
    } else {
        host.with("port", i64::from(opening.port))
    };
    place.with("transport", transport(opening))
}

fn transport(opening: &Opening) -> &'static str {
    match opening.transport {
        _ if is_unix(opening) => "unix",
        Transport::Datagram => "udp",
        Transport::Stream | Transport::Other => "tcp",
    }
}

fn is_unix(opening: &Opening) -> bool {
    opening.port == NO_PORT
}

/// Where the connections go that a mock may have to answer on; None where it names no place.
pub(super) fn endpoint(when: &When) -> Option<Endpoint> {
    if let Some(path) = when.get("path") {
        return Some(Endpoint { host: hosts(path, str::to_owned), ports: NO_PORT..=NO_PORT });
    }
    let port = when.get("port");
    let host = match (when.get("host"), port) {
        (Some(host), _) => hosts(host, host::normal),
        (None, Some(_)) => Hosts::Any,
        (None, None) => return None,
    };
    let ports = port.and_then(exact_port).map_or(PORTS, |port| port..=port);
    Some(Endpoint { host, ports })
}

fn hosts(matcher: &Matcher, normal: impl Fn(&str) -> String) -> Hosts {
    match matcher {
        Matcher::Exact(value) => Hosts::One(normal(&value.text().unwrap_or_default())),
        pattern => Hosts::Pattern(pattern.clone()),
    }
}

fn exact_port(matcher: &Matcher) -> Option<u16> {
    match matcher {
        Matcher::Exact(value) => u16::try_from(value.number()?).ok(),
        _ => None,
    }
}

/// The host or path by which a mock is found at once.
pub(super) fn key(when: &When) -> Option<String> {
    match when.get("path").or(when.get("host"))? {
        Matcher::Exact(value) => value.text().map(|text| text.to_ascii_lowercase()),
        _ => None,
    }
}
