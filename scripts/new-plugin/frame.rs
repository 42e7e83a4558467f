//! Lines: `get KEY`, answered by `VALUE text`, `NONE` or `ERROR why`; each ends in CR LF, or LF alone.

/// Longest line, with its end, in bytes.
pub(super) const LINE_BYTES_MAX: usize = 8192;
/// Longest value, in bytes.
pub(super) const VALUE_BYTES_MAX: usize = LINE_BYTES_MAX - "VALUE \r\n".len();

/// How many bytes the first line has, with its end. None if it has not ended yet.
pub(super) fn first(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n').map(|end| end + 1)
}

/// The key that a line asks for.
pub(super) fn get(line: &[u8]) -> Option<&str> {
    let key = std::str::from_utf8(line).ok()?.trim_end().strip_prefix("get ")?;
    (!key.is_empty() && !key.contains(char::is_whitespace)).then_some(key)
}

/// The value that a line of a server gives.
pub(super) fn value(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"VALUE ").map(<[u8]>::trim_ascii_end)
}

pub(super) fn put_value(output: &mut Vec<u8>, value: &[u8]) {
    put(output, &[b"VALUE ", value]);
}

pub(super) fn put_none(output: &mut Vec<u8>) {
    put(output, &[b"NONE"]);
}

/// Why there is no answer, in words without the end of a line.
pub(super) fn put_error(output: &mut Vec<u8>, why: &str) {
    let why = why.replace(['\r', '\n'], " ");
    put(output, &[b"ERROR ", why.as_bytes()]);
}

fn put(output: &mut Vec<u8>, parts: &[&[u8]]) {
    output.extend(parts.concat());
    output.extend(b"\r\n");
}
