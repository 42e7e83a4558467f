//! Where the requests go that a mock waits for: hosts and ports out of the address in its `when`.

use std::ops::RangeInclusive;

use crate::fields::Value;
use crate::mocks::Matcher;
use crate::mocks::url::Url;
use crate::plugins::card::{Card, FieldKind};
use crate::plugins::{Endpoint, Hosts, Unfit};
use crate::rules::host::normal;

/// Where requests to such addresses go.
pub(super) fn endpoints(card: &'static Card, url: Option<&Matcher>) -> Vec<Endpoint> {
    match url {
        Some(Matcher::UrlBase(inner)) => endpoints(card, Some(inner)),
        Some(Matcher::Exact(Value::Text(text))) => Url::parse(text).iter().map(exact).collect(),
        Some(Matcher::Glob(text, _)) => glob(card, text),
        _ => at(Hosts::Any, &usual_ports(card)),
    }
}

/// Whether a request can be made to such an address.
pub(super) fn check(url: &Matcher) -> Result<(), Unfit> {
    match url {
        Matcher::UrlBase(inner) => check(inner),
        Matcher::Exact(Value::Text(text)) => match Url::parse(text) {
            Some(url) if matches!(url.scheme.as_str(), "http" | "https") => Ok(()),
            Some(url) => {
                let message = format!("`{}` is not a scheme of HTTP", url.scheme);
                Err(unfit(message, "write `http://` or `https://`"))
            }
            None => Err(whole(text)),
        },
        Matcher::Glob(text, _) if !text.starts_with('*') => match text.split_once("://") {
            Some((scheme, rest)) if is_scheme(scheme) && !rest.starts_with('/') => Ok(()),
            _ => Err(whole(text)),
        },
        _ => Ok(()),
    }
}

fn whole(text: &str) -> Unfit {
    let path = text.strip_prefix('/').map_or(text, |path| path.trim_start_matches('/'));
    let start = if text.starts_with('/') { "http://HOST/" } else { "http://" };
    unfit(format!("`{text}` is no whole address"), &format!("write `{start}{path}`"))
}

fn unfit(message: String, help: &str) -> Unfit {
    Unfit { key: "url", message, help: Some(help.to_owned()) }
}

/// Whether a scheme, perhaps with stars, can be one of HTTP.
fn is_scheme(text: &str) -> bool {
    let glob = Matcher::glob(FieldKind::Word, text);
    ["http", "https"].iter().any(|scheme| glob.has(FieldKind::Word, &Value::from(*scheme)))
}

fn exact(url: &Url) -> Endpoint {
    Endpoint { host: Hosts::One(url.host.clone()), ports: url.port..=url.port }
}

fn glob(card: &'static Card, text: &str) -> Vec<Endpoint> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return at(Hosts::Any, &usual_ports(card));
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let end = authority.find(']').map_or(0, |at| at + 1);
    let (host, port) = match authority.get(end..).and_then(|after| after.rfind(':')) {
        Some(colon) => (authority.get(..end + colon), authority.get(end + colon + 1..)),
        None => (Some(authority), None),
    };
    // A star at the end may stand for the port, and for the path behind it.
    let open = port.is_none() && authority.ends_with('*') && authority.len() == rest.len();
    let ports = match port.map(str::parse::<u16>) {
        Some(Ok(port)) => vec![port..=port],
        Some(Err(_)) => vec![1..=u16::MAX],
        None if open => usual_ports(card),
        None => scheme_ports(card, scheme),
    };
    at(hosts(host.unwrap_or(authority)), &ports)
}

fn hosts(text: &str) -> Hosts {
    match text {
        "*" => Hosts::Any,
        text if text.contains('*') => {
            Hosts::Pattern(Matcher::glob(FieldKind::Word, text.trim_matches(['[', ']'])))
        }
        text => Hosts::One(normal(text)),
    }
}

/// The ports of the schemes that this can be.
fn scheme_ports(card: &'static Card, text: &str) -> Vec<RangeInclusive<u16>> {
    let glob = Matcher::glob(FieldKind::Word, text);
    let schemes =
        card.schemes.iter().filter(|scheme| glob.has(FieldKind::Word, &Value::from(scheme.name)));
    schemes.filter_map(|scheme| scheme.port).map(|port| port..=port).collect()
}

fn usual_ports(card: &'static Card) -> Vec<RangeInclusive<u16>> {
    card.ports.iter().map(|port| *port..=*port).collect()
}

fn at(host: Hosts, ports: &[RangeInclusive<u16>]) -> Vec<Endpoint> {
    ports.iter().map(|ports| Endpoint { host: host.clone(), ports: ports.clone() }).collect()
}
