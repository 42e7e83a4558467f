//! Where the requests go that a mock waits for.

use super::USUAL_PORT;
use crate::mocks::{Matcher, When};
use crate::plugins::{Endpoint, Hosts};
use crate::rules::host::normal;

/// Without a host, any; without a port, the usual one.
pub(super) fn endpoint(when: &When) -> Endpoint {
    let host = when.get("host").map_or(Hosts::Any, hosts);
    let ports = match when.get("port") {
        None => USUAL_PORT..=USUAL_PORT,
        Some(port) => exact(port).map_or(1..=u16::MAX, |port| port..=port),
    };
    Endpoint { host, ports }
}

fn hosts(matcher: &Matcher) -> Hosts {
    match matcher {
        Matcher::Exact(value) => Hosts::One(normal(&value.text().unwrap_or_default())),
        pattern => Hosts::Pattern(pattern.clone()),
    }
}

fn exact(port: &Matcher) -> Option<u16> {
    u16::try_from(port.only()?.number()?).ok()
}
