//! Where connections go, as mocks and interactions name it: a host and port, or the path of a Unix socket.

use super::PORT;
use crate::fields::Fields;
use crate::mocks::{Matcher, When};
use crate::plugins::conversation::Opening;
use crate::plugins::{Endpoint, Hosts};
use crate::rules::host;

/// The port of a Unix socket.
const NO_PORT: u16 = 0;

/// The fields of a connection. That to a Unix socket has its path for a host, too.
pub(super) fn fields(opening: &Opening) -> Fields {
    let host = Fields::new().with("host", opening.host.as_str());
    if opening.port == NO_PORT {
        host.with("path", opening.host.as_str())
    } else {
        host.with("port", i64::from(opening.port))
    }
}

/// Where the connections go that a mock may have to answer on.
pub(super) fn endpoint(when: &When) -> Endpoint {
    if let Some(path) = when.get("path") {
        return Endpoint { host: hosts(path, str::to_owned), ports: NO_PORT..=NO_PORT };
    }
    let host = when.get("host").map_or(Hosts::Any, |matcher| hosts(matcher, host::normal));
    let port = when.get("port").and_then(Matcher::only).and_then(|value| value.number());
    match (port.and_then(|port| u16::try_from(port).ok()), when.get("port")) {
        (Some(port), _) => Endpoint { host, ports: port..=port },
        (None, Some(_)) => Endpoint { host, ports: 1..=u16::MAX },
        (None, None) => Endpoint { host, ports: PORT..=PORT },
    }
}

fn hosts(matcher: &Matcher, normal: impl Fn(&str) -> String) -> Hosts {
    match matcher {
        Matcher::Exact(value) => Hosts::One(normal(&value.text().unwrap_or_default())),
        pattern => Hosts::Pattern(pattern.clone()),
    }
}
