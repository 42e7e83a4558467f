//! Hosts: names and addresses in one form, and the patterns of rules.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use globset::{GlobBuilder, GlobMatcher};
use ipnet::IpNet;
use regex::{Regex, RegexBuilder};

use super::fault::Fault;

/// Longest name that DNS can carry.
const NAME_LENGTH_MAX: usize = 253;
/// Size to which a regular expression may compile, in bytes.
const REGEX_SIZE_MAX: usize = 1 << 20;

/// A host in the one form in which hosts are compared: lower case, ASCII, no trailing dot, no
/// brackets, addresses as they are usually written.
#[must_use]
pub fn normal(name: &str) -> String {
    let name = name.trim_end_matches('.');
    if let Some(address) = address(name) {
        return address.to_string();
    }
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let Ok(ascii) = idna::domain_to_ascii(name) else {
        return name.to_lowercase();
    };
    let ascii = ascii.trim_end_matches('.'); // other scripts have full stops of their own
    address(ascii).map_or_else(|| ascii.to_owned(), |address| address.to_string())
}

/// The address that is written here, with or without brackets; IPv4 in IPv6 is IPv4, and the
/// interface of a link-local address does not count.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let (number, zone) = match inner.unwrap_or(text).split_once('%') {
        Some((number, _)) => (number, true),
        None => (inner.unwrap_or(text), false),
    };
    let address: IpAddr = number.parse().ok()?;
    let is_v6_only = zone || inner.is_some();
    (address.is_ipv6() || !is_v6_only).then(|| address.to_canonical())
}

/// Whether this address is the machine itself, in one of the forms in which programs write it.
fn is_local(address: IpAddr) -> bool {
    [
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    ]
    .contains(&address)
}

/// The hosts that a rule speaks of.
#[derive(Debug, Clone)]
pub(super) enum Host {
    /// All.
    Any,
    /// The machine itself: `localhost`, 127.0.0.1, ::1, 0.0.0.0, ::.
    Local,
    /// One name, normalised.
    Name(String),
    /// One address.
    Address(IpAddr),
    /// A network.
    Network(IpNet),
    /// Names, and addresses as they are written.
    Glob(GlobMatcher),
    /// The same.
    Regex(Regex),
}

impl Host {
    /// Reads a name, a glob, an address or `~regex`. An IPv6 address stands without brackets here.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        if let Some(expression) = text.strip_prefix('~') {
            return regex(expression).map_err(|fault| fault.shifted(1));
        }
        if text == "*" || text == "**" {
            return Ok(Self::Any);
        }
        if text.contains('*') {
            return glob(text);
        }
        let name = normal(text);
        match address(&name) {
            Some(address) if is_local(address) => Ok(Self::Local),
            Some(address) => Ok(Self::Address(address)),
            None if name == "localhost" => Ok(Self::Local),
            None => checked(text, &name).map(|()| Self::Name(name)),
        }
    }

    /// Reads the network of an address and the text after its slash.
    pub(super) fn network(address: IpAddr, prefix: &str) -> Result<Self, Fault> {
        let whole = 0..address.to_string().len() + 1 + prefix.len();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let Some(length) = prefix.parse::<u8>().ok().filter(|length| *length <= most) else {
            return Err(Fault::at(
                whole,
                format!("`/{prefix}` is no prefix length"),
                "not a network",
            )
            .help(format!("the prefix of such an address has 0 to {most} bits")));
        };
        let (address, length) = match (address, address.to_canonical()) {
            (IpAddr::V6(_), v4 @ IpAddr::V4(_)) if length >= 96 => (v4, length - 96),
            _ => (address, length),
        };
        if length == 0 {
            return Err(Fault::at(whole, "this network is every address", "every address")
                .help(format!("write `*` for every host, or leave out `/{prefix}` for this one")));
        }
        let network = IpNet::new(address, length).map(|network| (network, network.trunc()));
        match network {
            Ok((network, right)) if network == right => Ok(Self::Network(network)),
            Ok((network, right)) => Err(Fault::at(
                whole,
                format!("`{network}` is an address within a network"),
                format!("its network is {right}"),
            )
            .help(format!(
                "write `{right}` for the network, or `{}` for the address",
                network.addr()
            ))),
            Err(_) => Err(Fault::at(whole, "this is no network", "not a network")),
        }
    }

    /// Whether a name, normalised, is one of them. The name may be an address.
    pub(super) fn has_name(&self, name: &str) -> bool {
        if let Some(address) = address(name) {
            return self.has_address(address);
        }
        match self {
            Self::Any => true,
            Self::Local => name == "localhost",
            Self::Name(own) => own == name,
            Self::Address(_) => false,
            Self::Network(_) => {
                name == "localhost" && self.has_address(IpAddr::V4(Ipv4Addr::LOCALHOST))
            }
            Self::Glob(glob) => glob.is_match(name),
            Self::Regex(regex) => regex.is_match(name),
        }
    }

    /// Whether an address is one of them.
    pub(super) fn has_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            Self::Any => true,
            Self::Local => is_local(address),
            Self::Name(_) => false,
            Self::Address(own) => *own == address,
            Self::Network(network) => {
                network.contains(&address) || network.contains(&specified(address))
            }
            Self::Glob(glob) => written(address).any(|text| glob.is_match(text)),
            Self::Regex(regex) => written(address).any(|text| regex.is_match(&text)),
        }
    }

    /// Whether this host is told by its name alone, so that its look-up has to be answered for a
    /// connection to be known again.
    pub(super) fn needs_name(&self, name: &str) -> bool {
        let told_by_name = matches!(self, Self::Name(_) | Self::Glob(_) | Self::Regex(_));
        told_by_name && name != "localhost" && address(name).is_none() && self.has_name(name)
    }
}

/// The address that is reached under this one.
fn specified(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    }
}

/// An address as rules may spell it.
fn written(address: IpAddr) -> impl Iterator<Item = String> {
    let local = is_local(address).then(|| "localhost".to_owned());
    std::iter::once(address.to_string()).chain(local)
}

fn regex(expression: &str) -> Result<Host, Fault> {
    let build = |text: &str| {
        RegexBuilder::new(text).case_insensitive(true).size_limit(REGEX_SIZE_MAX).build()
    };
    if expression.is_empty() {
        return Err(Fault::at(0..0, "this regular expression is empty", "matches no host"));
    }
    let whole = 0..expression.len();
    build(expression)
        .and_then(|_| build(&format!(r"\A(?:{expression})\z"))) // alone first: `a)|(b` would fit into the parentheses
        .map(Host::Regex)
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => Fault::at(
                whole,
                "this regular expression is too large",
                "larger than 1 MiB when compiled",
            )
            .help("use smaller repetitions"),
            other => {
                Fault::at(whole, "this regular expression is not valid", reason(&other.to_string()))
            }
        })
}

/// The last line of the regex crate's message, which says what is wrong.
fn reason(message: &str) -> String {
    let line = message.lines().last().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

fn glob(text: &str) -> Result<Host, Fault> {
    let labels: Vec<String> = text.trim_end_matches('.').split('.').map(label).collect();
    let pattern = labels.join(".");
    checked(text, &pattern.replace('*', "x"))?;
    GlobBuilder::new(&pattern)
        .case_insensitive(true)
        .backslash_escape(false)
        .build()
        .map(|glob| Host::Glob(glob.compile_matcher()))
        .map_err(|error| {
            Fault::at(0..text.len(), "this glob is not valid", error.kind().to_string())
        })
}

fn label(text: &str) -> String {
    if text.contains('*') { text.to_ascii_lowercase() } else { normal(text) }
}

/// Whether names can look like this; else the rule would never match.
fn checked(text: &str, name: &str) -> Result<(), Fault> {
    let whole = 0..text.len();
    let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if name.is_empty() {
        return Err(Fault::at(whole, "the host is empty", "a host is missing here")
            .help("`*` stands for every host"));
    }
    if let Some(c) = name.chars().find(|c| odd(*c)) {
        return Err(Fault::at(
            whole,
            format!("`{}` occurs in no host", c.escape_debug()),
            "not a host",
        )
        .help(
            "a host is a name, a glob such as `*.example.com`, an address, a network, or `~regex`",
        ));
    }
    if name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        // What ends in a number is an address to every client (WHATWG URL, "ends in a number").
        return Err(Fault::at(whole, "this is no address", "neither an address nor a name")
            .help("an IPv4 address has four numbers from 0 to 255"));
    }
    if name.starts_with('.') || name.contains("..") {
        let help = format!("write `*.{}` for all names below a domain", name.trim_matches('.'));
        return Err(
            Fault::at(whole, "a part of the host is empty", "no host has an empty part").help(help)
        );
    }
    if name.len() > NAME_LENGTH_MAX {
        return Err(Fault::at(whole, "the host is too long", "a name has at most 253 bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
