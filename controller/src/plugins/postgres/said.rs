//! Messages of a server, and those that a real server is sent.

use super::frame::Bind;
use super::reply::{Column, Failure};

/// Whether a transaction is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Status {
    #[default]
    Idle,
    Open,
    /// It is, and a statement of it failed.
    Failed,
}

/// Adds a message of this type.
pub(super) fn put(output: &mut Vec<u8>, kind: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    output.push(kind);
    let start = output.len();
    output.extend([0; 4]);
    fill(output);
    let length = u32::try_from(output.len() - start).unwrap_or(u32::MAX); // values are bounded
    if let Some(place) = output.get_mut(start..start + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

/// Characters with a zero behind them; they have none inside.
pub(super) fn string(output: &mut Vec<u8>, text: &str) {
    output.extend(text.bytes().filter(|byte| *byte != 0));
    output.push(0);
}

/// How many there are.
fn count(output: &mut Vec<u8>, number: usize) {
    output.extend(u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes());
}

/// A value behind its length, or NULL.
pub(super) fn value(output: &mut Vec<u8>, bytes: Option<&[u8]>) {
    let length = bytes.map_or(u32::MAX, |bytes| u32::try_from(bytes.len()).unwrap_or(0));
    output.extend(length.to_be_bytes());
    output.extend(bytes.unwrap_or_default());
}

/// AuthenticationOk.
pub(super) fn put_welcome(output: &mut Vec<u8>) {
    put(output, b'R', |out| out.extend([0; 4]));
}

/// ParameterStatus.
pub(super) fn put_parameter(output: &mut Vec<u8>, name: &str, text: &str) {
    put(output, b'S', |out| {
        string(out, name);
        string(out, text);
    });
}

/// BackendKeyData.
pub(super) fn put_key(output: &mut Vec<u8>, process: u32, secret: u32) {
    put(output, b'K', |out| out.extend([process.to_be_bytes(), secret.to_be_bytes()].concat()));
}

/// NegotiateProtocolVersion: 3.0, and none of these options.
pub(super) fn put_version(output: &mut Vec<u8>, options: &[&str]) {
    put(output, b'v', |out| {
        out.extend([0, 3, 0, 0]);
        out.extend(u32::try_from(options.len()).unwrap_or(0).to_be_bytes());
        options.iter().for_each(|name| string(out, name));
    });
}

/// ReadyForQuery.
pub(super) fn put_ready(output: &mut Vec<u8>, status: Status) {
    let letter = match status {
        Status::Idle => b'I',
        Status::Open => b'T',
        Status::Failed => b'E',
    };
    put(output, b'Z', |out| out.push(letter));
}

/// A message without fields.
pub(super) fn put_bare(output: &mut Vec<u8>, kind: u8) {
    put(output, kind, |_| {});
}

/// CommandComplete.
pub(super) fn put_complete(output: &mut Vec<u8>, tag: &str) {
    put(output, b'C', |out| string(out, tag));
}

/// ErrorResponse.
pub(super) fn put_error(output: &mut Vec<u8>, failure: &Failure) {
    put(output, b'E', |out| fields(out, failure));
}

/// NoticeResponse.
pub(super) fn put_notice(output: &mut Vec<u8>, severity: &str, code: &str, message: &str) {
    let mut notice = Failure::new(code, message);
    severity.clone_into(&mut notice.severity);
    put(output, b'N', |out| fields(out, &notice));
}

fn fields(out: &mut Vec<u8>, failure: &Failure) {
    for (letter, text) in failure.letters() {
        out.push(letter);
        string(out, text);
    }
    out.push(0);
}

/// RowDescription, in these formats.
pub(super) fn put_columns(
    output: &mut Vec<u8>,
    columns: &[Column],
    binary: impl Fn(usize) -> bool,
) {
    put(output, b'T', |out| {
        count(out, columns.len());
        for (at, column) in columns.iter().enumerate() {
            string(out, &column.name);
            out.extend([0; 6]); // no table's column
            out.extend(column.kind.oid().to_be_bytes());
            out.extend(column.kind.size().to_be_bytes());
            out.extend((-1_i32).to_be_bytes()); // no modifier
            out.extend(u16::from(binary(at)).to_be_bytes());
        }
    });
}

/// DataRow.
pub(super) fn put_row(output: &mut Vec<u8>, values: &[Option<Vec<u8>>]) {
    put(output, b'D', |out| {
        count(out, values.len());
        values.iter().for_each(|one| value(out, one.as_deref()));
    });
}

/// ParameterDescription.
pub(super) fn put_types(output: &mut Vec<u8>, types: &[u32]) {
    put(output, b't', |out| {
        count(out, types.len());
        types.iter().for_each(|oid| out.extend(oid.to_be_bytes()));
    });
}

/// Query.
pub(super) fn put_query(output: &mut Vec<u8>, sql: &str) {
    put(output, b'Q', |out| string(out, sql));
}

/// Parse, of the statement without a name.
pub(super) fn put_parse(output: &mut Vec<u8>, sql: &str, types: &[u32]) {
    put(output, b'P', |out| {
        string(out, "");
        string(out, sql);
        count(out, types.len());
        types.iter().for_each(|oid| out.extend(oid.to_be_bytes()));
    });
}

/// Bind, of the portal without a name to the statement without a name.
pub(super) fn put_bind(output: &mut Vec<u8>, bind: &Bind) {
    let formats = |out: &mut Vec<u8>, formats: &[bool]| {
        count(out, formats.len());
        formats.iter().for_each(|binary| out.extend(u16::from(*binary).to_be_bytes()));
    };
    put(output, b'B', |out| {
        out.extend([0, 0]);
        formats(out, &bind.formats);
        count(out, bind.parameters.len());
        bind.parameters.iter().for_each(|one| value(out, one.as_deref()));
        formats(out, &bind.results);
    });
}

/// Describe, of the statement without a name.
pub(super) fn put_describe(output: &mut Vec<u8>) {
    put(output, b'D', |out| out.extend(*b"S\0"));
}

/// Execute, of the portal without a name, for all rows.
pub(super) fn put_execute(output: &mut Vec<u8>) {
    put(output, b'E', |out| out.extend([0; 5]));
}
