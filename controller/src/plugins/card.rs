//! What is known of a protocol, as data: rules, levels, help and reports read it off here.

/// One protocol.
#[derive(Debug)]
pub struct Card {
    /// Its name in the guard table, in `name:*` and in reports.
    pub name: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// Schemes of URLs that mean it.
    pub schemes: &'static [Scheme],
    /// Ports that its servers usually have: a connection there counts as this protocol.
    pub ports: &'static [u16],
    /// What a rule can name of its calls.
    pub firewall: &'static [&'static str],
    /// Whether it is guarded unless the guard table says otherwise.
    pub guard_default: bool,
    /// How the calls are known.
    pub kind: Kind,
    /// Rules that speak of it.
    pub examples: &'static [&'static str],
}

/// A scheme of a URL.
#[derive(Debug)]
pub struct Scheme {
    /// The word before `://`.
    pub name: &'static str,
    /// Port that it means where none is written; None means any.
    pub port: Option<u16>,
}

/// How the calls of a protocol are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Connections, told by their port.
    Connection,
    /// Connections, on the ports of another protocol: cannot be told apart yet.
    Layered,
    /// Calls of their own kind: look-ups, files, programs, libraries.
    Call,
}

impl Card {
    /// Whether a connection to this port counts as this protocol.
    #[must_use]
    pub fn has_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }
}
