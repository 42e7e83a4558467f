//! Messages of a client: a type, a length, and fields of known shapes
//! (<https://www.postgresql.org/docs/15/protocol-message-formats.html>).

/// Longest message, in bytes; PostgreSQL itself takes 1 GiB.
pub(super) const MESSAGE_BYTES_MAX: usize = 16 << 20;
/// Longest first message of a connection, in bytes, as PostgreSQL has it.
const STARTUP_BYTES_MAX: usize = 10_000;
/// Version 3.x of the protocol.
const VERSION_MAJOR: u32 = 3;

/// What is wrong, in words that follow "the client" or "the real server".
pub(super) type Wrong = &'static str;

/// What a connection begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum First {
    /// It asks for TLS.
    Tls,
    /// It asks for encryption by Kerberos.
    Gss,
    /// It wants another connection's statement cancelled.
    Cancel,
    /// It logs in: the minor version, and names with values.
    Startup(u16, Vec<(String, String)>),
    /// It speaks another version.
    Version(u32),
}

/// A message of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    Query(String),
    Parse {
        name: String,
        sql: String,
        types: Vec<u32>,
    },
    Bind(Bind),
    Describe(Target),
    Execute {
        portal: String,
        rows_max: usize,
    },
    Close(Target),
    Flush,
    Sync,
    Terminate,
    Password,
    /// Part of a COPY, which nobody asked for.
    Copy,
    /// A call of a function by its number.
    Call,
}

/// A portal with its parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bind {
    pub(super) portal: String,
    pub(super) statement: String,
    /// Whether each parameter is binary: none, one for all, or each its own.
    pub(super) formats: Vec<bool>,
    pub(super) parameters: Vec<Option<Vec<u8>>>,
    /// The same for the columns that come back.
    pub(super) results: Vec<bool>,
}

/// A prepared statement or a portal, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Statement(String),
    Portal(String),
}

/// The format of the element at `at`, out of the formats of a Bind.
pub(super) fn is_binary(formats: &[bool], at: usize) -> bool {
    match formats {
        [one] => *one,
        formats => formats.get(at).copied().unwrap_or(false),
    }
}

/// How many bytes the first message has, with its length. None if that is not known yet.
pub(super) fn first_length(bytes: &[u8]) -> Result<Option<usize>, Wrong> {
    let Some(length) = Reader(bytes).number() else {
        return Ok(None);
    };
    match usize::try_from(length) {
        Ok(length) if (8..=STARTUP_BYTES_MAX).contains(&length) => Ok(Some(length)),
        _ => Err("began with no message of PostgreSQL's"),
    }
}

/// Reads the first message, all of it.
pub(super) fn first(bytes: &[u8]) -> Result<First, Wrong> {
    const WRONG: Wrong = "sent a startup message that cannot be read";
    let mut reader = Reader(bytes.get(4..).unwrap_or_default());
    match reader.number().ok_or(WRONG)? {
        80_877_103 => Ok(First::Tls),
        80_877_104 => Ok(First::Gss),
        80_877_102 => Ok(First::Cancel),
        code if code >> 16 == VERSION_MAJOR => {
            let minor = u16::try_from(code & 0xffff).unwrap_or_default();
            Ok(First::Startup(minor, reader.pairs().ok_or(WRONG)?))
        }
        code => Ok(First::Version(code)),
    }
}

/// How many bytes the next message has, with its type and length. None if that is not known yet.
pub(super) fn length(bytes: &[u8], bytes_max: usize) -> Result<Option<usize>, Wrong> {
    let Some(length) = bytes.get(1..).and_then(|rest| Reader(rest).number()) else {
        return Ok(None);
    };
    match usize::try_from(length) {
        Ok(length) if length < 4 => Err("sent a message of a length that cannot be"),
        Ok(length) if length <= bytes_max => Ok(Some(length + 1)),
        _ => Err("sent a message that is longer than is read here"),
    }
}

/// Reads a message, all of it.
pub(super) fn message(bytes: &[u8]) -> Result<Message, Wrong> {
    let kind = bytes.first().copied().unwrap_or_default();
    let mut reader = Reader(bytes.get(5..).unwrap_or_default());
    let message = match kind {
        b'Q' => reader.string().map(Message::Query).ok_or("sent a Query that cannot be read"),
        b'P' => reader.parse().ok_or("sent a Parse that cannot be read"),
        b'B' => reader.bind().map(Message::Bind).ok_or("sent a Bind that cannot be read"),
        b'D' => reader.target().map(Message::Describe).ok_or("sent a Describe that cannot be read"),
        b'C' => reader.target().map(Message::Close).ok_or("sent a Close that cannot be read"),
        b'E' => reader.execute().ok_or("sent an Execute that cannot be read"),
        b'H' => Ok(Message::Flush),
        b'S' => Ok(Message::Sync),
        b'X' => Ok(Message::Terminate),
        b'd' | b'c' | b'f' => return Ok(Message::Copy),
        b'F' => return Ok(Message::Call),
        b'p' => return Ok(Message::Password),
        _ => Err("sent a message of a type that there is not"),
    }?;
    if reader.0.is_empty() { Ok(message) } else { Err("sent a message longer than its fields") }
}

/// Bytes of a message, read from the front.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn short(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Characters up to a zero; what is no UTF-8 in them is replaced.
    pub(super) fn string(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// Bytes behind their length; None inside for NULL.
    #[expect(clippy::option_option, reason = "the outer one is for bytes that are missing")]
    pub(super) fn value(&mut self) -> Option<Option<&'a [u8]>> {
        match self.number()? {
            u32::MAX => Some(None),
            length => self.take(usize::try_from(length).ok()?).map(Some),
        }
    }

    fn pairs(&mut self) -> Option<Vec<(String, String)>> {
        let mut pairs = Vec::new();
        loop {
            let name = self.string()?;
            if name.is_empty() {
                return Some(pairs);
            }
            pairs.push((name, self.string()?));
        }
    }

    fn parse(&mut self) -> Option<Message> {
        let (name, sql) = (self.string()?, self.string()?);
        let count = self.short()?;
        let types = (0..count).map(|_| self.number()).collect::<Option<_>>()?;
        Some(Message::Parse { name, sql, types })
    }

    fn formats(&mut self) -> Option<Vec<bool>> {
        let count = self.short()?;
        (0..count).map(|_| self.short().map(|format| format == 1)).collect()
    }

    fn bind(&mut self) -> Option<Bind> {
        let (portal, statement) = (self.string()?, self.string()?);
        let formats = self.formats()?;
        let count = self.short()?;
        let value = |_| self.value().map(|value| value.map(<[u8]>::to_vec));
        let parameters = (0..count).map(value).collect::<Option<_>>()?;
        Some(Bind { portal, statement, formats, parameters, results: self.formats()? })
    }

    fn target(&mut self) -> Option<Target> {
        match self.take(1)? {
            b"S" => self.string().map(Target::Statement),
            b"P" => self.string().map(Target::Portal),
            _ => None,
        }
    }

    fn execute(&mut self) -> Option<Message> {
        let portal = self.string()?;
        let rows_max = i32::from_be_bytes(self.array()?); // none, if it is negative
        Some(Message::Execute { portal, rows_max: usize::try_from(rows_max).unwrap_or(0) })
    }
}
