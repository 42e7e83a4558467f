//! Names and addresses that this machine knows without asking anybody (hosts(5)).

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::rules::host::normal;

/// How long what was read holds.
const FRESH: Duration = Duration::from_secs(2);
/// Bytes of the file that are read.
const FILE_BYTES_MAX: usize = 4 << 20;

/// The machine's own names.
#[derive(Debug)]
pub struct Hosts {
    names: HashMap<String, Vec<IpAddr>>,
    own: String,
    read: Option<Instant>,
}

impl Hosts {
    /// Nothing read yet, but for the machine's own name.
    #[must_use]
    pub fn unread() -> Self {
        let own = nix::unistd::gethostname().unwrap_or_default();
        Self { names: HashMap::new(), own: normal(&own.to_string_lossy()), read: None }
    }

    /// Whether a name, normalised, is one that no name server is asked for.
    pub fn knows(&mut self, name: &str) -> bool {
        if name == "localhost" || name.ends_with(".localhost") || name == "localhost.localdomain" {
            return true;
        }
        self.refresh();
        name == self.own || self.names.contains_key(name)
    }

    /// Whether an address is one whose name no name server is asked for.
    pub fn knows_address(&mut self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        if address.is_loopback() || address.is_unspecified() {
            return true;
        }
        self.refresh();
        self.names.values().flatten().any(|known| *known == address)
            || std::net::UdpSocket::bind((address, 0)).is_ok() // the machine's own
    }

    fn refresh(&mut self) {
        if self.read.is_some_and(|read| read.elapsed() < FRESH) {
            return;
        }
        self.read = Some(Instant::now());
        let mut text = fs::read("/etc/hosts").unwrap_or_default();
        text.truncate(FILE_BYTES_MAX);
        self.names = parse(&String::from_utf8_lossy(&text));
    }
}

fn parse(text: &str) -> HashMap<String, Vec<IpAddr>> {
    let mut names: HashMap<String, Vec<IpAddr>> = HashMap::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let Some(address) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else {
            continue;
        };
        for name in words {
            names.entry(normal(name)).or_default().push(address.to_canonical());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Comments, several names a line and several lines a name.
    #[test]
    fn the_hosts_file_is_read_as_libc_reads_it() {
        let names = parse("127.0.0.1 localhost a # b\n::1 a\nnonsense c\n");

        assert_eq!(names["a"], ["127.0.0.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()]);
        assert!(!names.contains_key("b") && !names.contains_key("c"));
    }
}
