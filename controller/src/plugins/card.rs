//! What is known of a protocol, as data: rules, mocks, levels, help and reports read it off here.

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
    /// What a guest does in it that can be mocked; none if this version has no mocks of it.
    pub interactions: &'static [Shape],
    /// Mocks of it, as they stand in a configuration.
    pub mocks: &'static [&'static str],
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

/// One kind of thing that a guest does.
#[derive(Debug)]
pub struct Shape {
    /// `http:request`.
    pub source: &'static str,
    /// What it is, in a few words.
    pub summary: &'static str,
    /// What is recorded of it, and what a mock's `when` may name.
    pub fields: &'static [Field],
    /// The field by whose exact value mocks are found at once.
    pub key: Option<&'static str>,
    /// What the answer is made of.
    pub reply: &'static [Field],
    /// What may go wrong on demand.
    pub faults: &'static [FaultKind],
    /// It opens a session, whose further steps a mock may list.
    pub opens: bool,
}

/// A named value.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What values it takes.
    pub kind: FieldKind,
    /// What it is, in a few words.
    pub summary: &'static str,
}

/// What values a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Characters; a mock may give a glob or a regular expression for them.
    Text,
    /// Characters whose case does not matter, such as a method or a host name.
    Word,
    /// An address of the web; compared in its normal form.
    Url,
    /// A statement of SQL, as it is written but for blanks and semicolons around it; a `*` is itself.
    Sql,
    /// The same, compared in its normal form: layout, comments and the case of words make no difference.
    NormalSql,
    /// Bytes, also written as characters or `{ hex = ".." }`.
    Bytes,
    /// A number.
    Number,
    /// Words in order, such as arguments.
    Words,
    /// Names with values; a mock gives those that have to be among them.
    Pairs,
    /// The same, and the case of names does not matter.
    Headers,
    /// A document; a mock gives what has to be in it, or JSONPaths with their values.
    Json,
    /// A file to read the value from, when the run begins.
    Path,
}

/// What may go wrong on demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The connection is refused.
    Refuse,
    /// The connection is reset after `after` bytes of the answer.
    Reset,
    /// No answer ever comes.
    Timeout,
    /// The answer comes byte by byte, `delay_ms` apart.
    Slow,
    /// Bytes that are none of the protocol.
    Garbage,
    /// The answer ends after `after` bytes.
    Truncated,
    /// The server stops sending and goes on reading.
    HalfClose,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Refuse,
        Self::Reset,
        Self::Timeout,
        Self::Slow,
        Self::Garbage,
        Self::Truncated,
        Self::HalfClose,
    ];

    /// As a configuration has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Slow => "slow",
            Self::Garbage => "garbage",
            Self::Truncated => "truncated",
            Self::HalfClose => "half-close",
        }
    }
}

impl Card {
    /// Whether a connection to this port counts as this protocol.
    #[must_use]
    pub fn has_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }

    /// The shape of this source.
    #[must_use]
    pub fn shape(&self, source: &str) -> Option<&'static Shape> {
        self.interactions.iter().find(|shape| shape.source == source)
    }
}

impl Shape {
    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The part of the answer of this name.
    #[must_use]
    pub fn reply_field(&self, name: &str) -> Option<&'static Field> {
        self.reply.iter().find(|field| field.name == name)
    }

    /// The word before the colon.
    #[must_use]
    pub fn protocol(&self) -> &'static str {
        self.source.split(':').next().unwrap_or(self.source)
    }
}
