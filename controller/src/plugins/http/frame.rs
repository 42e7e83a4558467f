//! HTTP/1.1 on the wire (RFC 9112): heads, and bodies by length, in chunks or to the end.

use httparse::Status;

use super::headers::{Headers, is_valid};
use super::input::Input;

/// Longest head, and longest trailer, in bytes.
pub(super) const HEAD_LENGTH_MAX: usize = 64 * 1024;
/// Most header fields of a message.
const FIELDS_MAX: usize = 256;
/// Longest line that begins a chunk, in bytes.
const CHUNK_LINE_MAX: usize = 4 * 1024;

/// What is wrong with a message, in words that follow "the client" or "the server".
pub(super) type Wrong = &'static str;

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestHead {
    pub(super) method: String,
    pub(super) target: String,
    /// HTTP/1.x.
    pub(super) minor: u8,
    pub(super) headers: Headers,
}

/// The head of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResponseHead {
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) minor: u8,
    pub(super) headers: Headers,
}

/// What a message begins with, and how many bytes that takes; None while it is not all there.
type Read<T> = Result<Option<(T, usize)>, Wrong>;

/// Reads the head of a request.
pub(super) fn request(bytes: &[u8]) -> Read<RequestHead> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut request = httparse::Request::new(&mut fields);
    let Some(length) = settled(request.parse(bytes), bytes.len())? else {
        return Ok(None);
    };
    let head = RequestHead {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        minor: request.version.unwrap_or_default(),
        headers: headers(request.headers),
    };
    Ok(Some((head, length)))
}

/// Reads the head of a response.
pub(super) fn response(bytes: &[u8]) -> Read<ResponseHead> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut response = httparse::Response::new(&mut fields);
    let Some(length) = settled(response.parse(bytes), bytes.len())? else {
        return Ok(None);
    };
    let head = ResponseHead {
        status: response.code.unwrap_or_default(),
        reason: response.reason.unwrap_or_default().to_owned(),
        minor: response.version.unwrap_or_default(),
        headers: headers(response.headers),
    };
    Ok(Some((head, length)))
}

fn settled(parsed: httparse::Result<usize>, there: usize) -> Result<Option<usize>, Wrong> {
    match parsed {
        Ok(Status::Complete(length)) if length <= HEAD_LENGTH_MAX => Ok(Some(length)),
        Ok(Status::Partial) if there <= HEAD_LENGTH_MAX => Ok(None),
        Ok(_) => Err("sent a head of more than 64 KiB"),
        Err(httparse::Error::TooManyHeaders) => Err("sent more than 256 header fields"),
        Err(httparse::Error::HeaderName | httparse::Error::HeaderValue) => {
            Err("sent a header field that is none")
        }
        Err(_) => Err("sent what is no HTTP/1.1"),
    }
}

fn headers(parsed: &[httparse::Header<'_>]) -> Headers {
    let own = |field: &httparse::Header<'_>| (field.name.to_owned(), field.value.to_vec());
    Headers(parsed.iter().map(own).collect())
}

/// How far a body reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// So many bytes more.
    Length(u64),
    /// In chunks.
    Chunked(Chunk),
    /// To the end of the connection.
    ToEnd,
}

/// What comes next in a body of chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chunk {
    /// The line with a chunk's size.
    Size,
    /// So many bytes of a chunk.
    Data(u64),
    /// The end of its last line.
    End,
    /// Header fields behind the last chunk; so many bytes of them were read.
    Trailer(usize),
}

impl Body {
    /// The body of a request with these headers.
    pub(super) fn of_request(headers: &Headers) -> Result<Self, Wrong> {
        match (coding(headers)?, length(headers)?) {
            (true, Some(_)) => Err("gave its body two lengths"),
            (true, None) => Ok(Self::Chunked(Chunk::Size)),
            (false, length) => Ok(Self::Length(length.unwrap_or(0))),
        }
    }

    /// The body of a response with this head to a request of this method.
    pub(super) fn of_response(head: &ResponseHead, method: &str) -> Result<Self, Wrong> {
        if method == "HEAD" || has_no_body(head.status) {
            return Ok(Self::Length(0));
        }
        match (coding(&head.headers)?, length(&head.headers)?) {
            (true, _) => Ok(Self::Chunked(Chunk::Size)),
            (false, Some(length)) => Ok(Self::Length(length)),
            (false, None) => Ok(Self::ToEnd),
        }
    }

    /// Whether it is whole.
    pub(super) fn is_done(self) -> bool {
        self == Self::Length(0)
    }

    /// Takes what is there of it, off `input` and into `sink`; gives what there is of the trailer.
    pub(super) fn take(&mut self, input: &mut Input, sink: &mut Vec<u8>) -> Result<Headers, Wrong> {
        let mut trailer = Headers::default();
        while !self.is_done() {
            match self.step(input.rest(), sink, &mut trailer)? {
                0 => break,
                used => input.take(used),
            }
        }
        Ok(trailer)
    }

    /// One step: how many bytes it took; 0 if it needs more than there are.
    fn step(
        &mut self,
        input: &[u8],
        sink: &mut Vec<u8>,
        trailer: &mut Headers,
    ) -> Result<usize, Wrong> {
        match self {
            Self::Length(left) => Ok(data(left, input, sink)),
            Self::ToEnd => {
                sink.extend_from_slice(input);
                Ok(input.len())
            }
            Self::Chunked(Chunk::Data(left)) => {
                let used = data(left, input, sink);
                if *left == 0 {
                    *self = Self::Chunked(Chunk::End);
                }
                Ok(used)
            }
            Self::Chunked(Chunk::Size) => self.size(input),
            Self::Chunked(Chunk::End) => match input {
                [b'\r', b'\n', ..] => Ok(self.turn(Chunk::Size, 2)),
                [b'\n', ..] => Ok(self.turn(Chunk::Size, 1)),
                [] | [b'\r'] => Ok(0),
                _ => Err("sent a chunk longer than its size"),
            },
            Self::Chunked(Chunk::Trailer(read)) => {
                let read = *read;
                self.trailer(input, read, trailer)
            }
        }
    }

    fn turn(&mut self, next: Chunk, used: usize) -> usize {
        *self = Self::Chunked(next);
        used
    }

    fn size(&mut self, input: &[u8]) -> Result<usize, Wrong> {
        match httparse::parse_chunk_size(input) {
            Ok(Status::Complete((used, 0))) => Ok(self.turn(Chunk::Trailer(0), used)),
            Ok(Status::Complete((used, size))) => Ok(self.turn(Chunk::Data(size), used)),
            Ok(Status::Partial) if input.len() <= CHUNK_LINE_MAX => Ok(0),
            _ => Err("sent a chunk without a size"),
        }
    }

    /// A line of the trailer, left out if it is no field; an empty one ends the body.
    fn trailer(
        &mut self,
        input: &[u8],
        read: usize,
        trailer: &mut Headers,
    ) -> Result<usize, Wrong> {
        let line = input.iter().position(|byte| *byte == b'\n');
        if read + line.unwrap_or(input.len()) > HEAD_LENGTH_MAX {
            return Err("sent a trailer of more than 64 KiB");
        }
        match line {
            None => Ok(0),
            Some(end) if matches!(input.get(..end), Some(b"" | b"\r")) => {
                *self = Self::Length(0);
                Ok(end + 1)
            }
            Some(end) => {
                trailer.0.extend(field(input.get(..end).unwrap_or_default()));
                Ok(self.turn(Chunk::Trailer(read + end + 1), end + 1))
            }
        }
    }
}

/// The field that a line is, if it is one.
fn field(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let (name, value) = (str::from_utf8(name).ok()?, value.get(1..)?.trim_ascii());
    is_valid(name, value).then(|| (name.to_owned(), value.to_vec()))
}

fn data(left: &mut u64, input: &[u8], sink: &mut Vec<u8>) -> usize {
    let count = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
    sink.extend_from_slice(input.get(..count).unwrap_or_default());
    *left -= count as u64;
    count
}

/// Whether responses of this status have no body at all (RFC 9110 §6.4.1).
pub(super) fn has_no_body(status: u16) -> bool {
    matches!(status, 100..=199 | 204 | 304)
}

/// Whether the body comes in chunks.
fn coding(headers: &Headers) -> Result<bool, Wrong> {
    let codings = headers.tokens("transfer-encoding");
    match codings.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] if headers.has("transfer-encoding") => Err("named an empty transfer coding"),
        [] => Ok(false),
        ["chunked"] => Ok(true),
        _ => Err("named a transfer coding that is not chunked"),
    }
}

/// The length that is written in the head.
fn length(headers: &Headers) -> Result<Option<u64>, Wrong> {
    let mut found = None;
    for value in headers.all("content-length") {
        let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let number = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok());
        match number.filter(|_| digits) {
            Some(number) if found.is_none_or(|found| found == number) => found = Some(number),
            _ => return Err("sent a content-length that is none"),
        }
    }
    Ok(found)
}
