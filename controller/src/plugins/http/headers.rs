//! Header fields as they were sent: in order, in their own case, a name perhaps more than once.

/// Header fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Headers(pub(super) Vec<(String, Vec<u8>)>);

/// What concerns one connection alone and is not passed on (RFC 9110 §7.6.1).
const HOPS: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

impl Headers {
    /// The first value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        let named = |(own, _): &&(String, Vec<u8>)| own.eq_ignore_ascii_case(name);
        self.0.iter().find(named).map(|(_, value)| value.as_slice())
    }

    /// All values of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = |(own, _): &&(String, Vec<u8>)| own.eq_ignore_ascii_case(name);
        self.0.iter().filter(named).map(|(_, value)| value.as_slice())
    }

    /// Whether the name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The parts of a list, in lower case.
    pub(super) fn tokens(&self, name: &str) -> Vec<String> {
        let lists = self.all(name).map(|value| String::from_utf8_lossy(value).to_ascii_lowercase());
        let parts = lists.flat_map(|list| {
            list.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>()
        });
        parts.filter(|part| !part.is_empty()).collect()
    }

    /// Whether a list has this part.
    pub(super) fn has_token(&self, name: &str, token: &str) -> bool {
        self.tokens(name).iter().any(|part| part == token)
    }

    /// The kind of the body, without its parameters, in lower case.
    pub(super) fn kind(&self) -> String {
        let kind = String::from_utf8_lossy(self.get("content-type").unwrap_or_default());
        kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// Whether the body is said to be JSON.
    pub(super) fn is_json(&self) -> bool {
        let kind = self.kind();
        matches!(kind.as_str(), "application/json" | "text/json") || kind.ends_with("+json")
    }

    /// Adds one at the end.
    pub(super) fn add(&mut self, name: &str, value: impl Into<Vec<u8>>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Those that are passed on.
    pub(super) fn end_to_end(&self) -> Self {
        let named = self.tokens("connection");
        let stays = |(name, _): &&(String, Vec<u8>)| {
            let name = name.to_ascii_lowercase();
            !HOPS.contains(&name.as_str()) && !named.contains(&name)
        };
        Self(self.0.iter().filter(stays).cloned().collect())
    }

    /// The same without these names.
    pub(super) fn without(mut self, names: &[&str]) -> Self {
        self.0.retain(|(own, _)| !names.iter().any(|name| own.eq_ignore_ascii_case(name)));
        self
    }

    /// As fields have them.
    pub(super) fn pairs(&self) -> Vec<(String, String)> {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        self.0.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// As they stand in a message.
    pub(super) fn write(&self, output: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            output.extend_from_slice(name.as_bytes());
            output.extend_from_slice(b": ");
            output.extend_from_slice(value);
            output.extend_from_slice(b"\r\n");
        }
    }
}

/// Whether a name and a value can stand in a message (RFC 9110 §5.1, §5.5).
pub(super) fn is_valid(name: &str, value: &[u8]) -> bool {
    let odd = |byte: &u8| *byte != b'\t' && (*byte < 0x20 || *byte == 0x7f);
    !name.is_empty() && name.bytes().all(is_token) && !value.iter().any(odd)
}

/// Whether this stands in names and methods.
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
