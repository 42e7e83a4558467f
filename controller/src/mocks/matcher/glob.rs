//! Characters with stars in them. Nothing but the star is special, since `?` and brackets are usual
//! in addresses, and a star stands for any characters, `/` and line ends too.

/// A pattern of characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// What stands between the stars: one more than there are stars.
    parts: Vec<Vec<u8>>,
}

impl Glob {
    /// Any text is one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { parts: text.split('*').map(|part| part.as_bytes().to_vec()).collect() }
    }

    /// Whether these characters match as a whole.
    #[must_use]
    pub fn has(&self, bytes: &[u8]) -> bool {
        let (Some((first, rest)), bytes) = (self.parts.split_first(), bytes) else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return bytes == first.as_slice();
        };
        let inner = bytes.strip_prefix(first.as_slice());
        let Some(inner) = inner.and_then(|inner| inner.strip_suffix(last.as_slice())) else {
            return false;
        };
        // The leftmost place of each part leaves most room for those after it.
        middle.iter().try_fold(inner, |left, part| after(left, part)).is_some()
    }
}

/// What follows the first place of a part.
fn after<'a>(bytes: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    if part.is_empty() {
        return Some(bytes);
    }
    let at = bytes.windows(part.len()).position(|window| window == part)?;
    bytes.get(at + part.len()..)
}
