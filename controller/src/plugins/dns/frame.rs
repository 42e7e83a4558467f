//! Messages of the DNS (RFC 1035, 4): bytes to questions, and answers to bytes.

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{DNSClass, Record};

/// Bytes of a header.
const HEADER_BYTES: usize = 12;
/// Bytes of a datagram that every client takes (RFC 1035, 4.2.1).
const DATAGRAM_BYTES_MIN: usize = 512;
/// Bytes of the longest message: its length stands in two bytes.
const MESSAGE_BYTES_MAX: usize = u16::MAX as usize;
/// What we take in a datagram, told to clients that tell it, too (DNS flag day 2020).
const OWN_DATAGRAM_BYTES: u16 = 1232;
/// The option that says why (RFC 8914), and its code for "not permitted here".
const EXTENDED_ERROR: u16 = 15;
const PROHIBITED: u16 = 18;
/// Longest reason that is sent, in bytes.
const REASON_BYTES_MAX: usize = 200;

/// A client's message that is no question we can take.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// What is wrong, in words that follow "the client".
    pub reason: &'static str,
    /// What it hears: nothing, if there is not even a header.
    pub answer: Option<Vec<u8>>,
    /// It is off the protocol, not merely beyond what a mock can say.
    pub malformed: bool,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    /// The whole message.
    message: Message,
    /// What it asks, once.
    pub query: Query,
}

/// Reads one message of a client.
pub(super) fn read(bytes: &[u8]) -> Result<Question, Wrong> {
    let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
        let reason = "sent less than a DNS header";
        return Err(Wrong { reason, answer: None, malformed: true });
    };
    if header[2] & 0x80 != 0 {
        let reason = "sent an answer in place of a question";
        return Err(Wrong { reason, answer: None, malformed: true });
    }
    if header[2] & 0x78 != 0 {
        let reason = "asked for something other than a look-up";
        return Err(Wrong {
            reason,
            answer: Some(bare(header, NOT_IMPLEMENTED)),
            malformed: false,
        });
    }
    let malformed =
        |reason| Wrong { reason, answer: Some(bare(header, FORMAT_ERROR)), malformed: true };
    let message = Message::from_vec(bytes).map_err(|_| malformed("sent a broken DNS message"))?;
    let [query] = &*message.queries else {
        return Err(malformed("sent a DNS message that does not ask one question"));
    };
    let query = query.clone();
    if query.query_class() != DNSClass::IN {
        let reason = "asked for records of a class other than IN";
        return Err(Wrong {
            reason,
            answer: Some(bare(header, NOT_IMPLEMENTED)),
            malformed: false,
        });
    }
    let question = Question { query, message };
    if question.message.version() > 0 {
        let reason = "speaks a later version of EDNS";
        let answer = question.encoded(&question.response(ResponseCode::BADVERS, None));
        return Err(Wrong { reason, answer: Some(answer), malformed: false });
    }
    Ok(question)
}

/// Response codes of bare answers (RFC 1035, 4.1.1).
const FORMAT_ERROR: u8 = 1;
const SERVER_FAILURE: u8 = 2;
const NOT_IMPLEMENTED: u8 = 4;

/// An answer of a header only.
fn bare(question: &[u8; HEADER_BYTES], code: u8) -> Vec<u8> {
    let mut header = [0; HEADER_BYTES];
    header[0] = question[0];
    header[1] = question[1];
    header[2] = 0x80 | (question[2] & 0x79); // a response; the operation and "recursion desired" again
    header[3] = 0x80 | code; // recursion is available
    header.to_vec()
}

impl Question {
    /// The number by which the client knows the answer.
    pub fn id(&self) -> u16 {
        self.message.metadata.id
    }

    /// How many bytes of a datagram the client takes.
    pub fn datagram_bytes(&self) -> usize {
        usize::from(self.message.max_payload()).max(DATAGRAM_BYTES_MIN)
    }

    /// An answer of these records in at most so many bytes; cut, and marked so, if they are more.
    pub fn answer(&self, code: ResponseCode, records: Vec<Record>, bytes_max: usize) -> Vec<u8> {
        let mut answer = self.response(code, None);
        answer.add_answers(records);
        let bytes_max = bytes_max.min(MESSAGE_BYTES_MAX);
        match answer.to_vec() {
            Ok(bytes) if bytes.len() <= bytes_max => bytes,
            Ok(_) if bytes_max < MESSAGE_BYTES_MAX => {
                let mut cut = self.response(code, None);
                cut.metadata.truncation = true;
                self.encoded(&cut)
            }
            Ok(_) | Err(_) => self.failure("the answer does not fit into a DNS message"),
        }
    }

    /// An answer that refuses: why is told to clients that can hear it.
    pub fn refusal(&self, why: &str) -> Vec<u8> {
        self.encoded(&self.response(ResponseCode::Refused, Some(why)))
    }

    /// An answer that the server has failed.
    pub fn failure(&self, why: &str) -> Vec<u8> {
        self.encoded(&self.response(ResponseCode::ServFail, Some(why)))
    }

    fn encoded(&self, answer: &Message) -> Vec<u8> {
        answer.to_vec().unwrap_or_else(|_| {
            let [high, low] = self.id().to_be_bytes();
            let desired = u8::from(self.message.metadata.recursion_desired);
            bare(&[high, low, desired, 0, 0, 0, 0, 0, 0, 0, 0, 0], SERVER_FAILURE)
        })
    }

    fn response(&self, code: ResponseCode, why: Option<&str>) -> Message {
        let asked = &self.message.metadata;
        let mut answer = Message::new(asked.id, MessageType::Response, OpCode::Query);
        answer.metadata.response_code = code;
        answer.metadata.recursion_desired = asked.recursion_desired;
        answer.metadata.recursion_available = true; // else glibc takes an empty answer for a lame server's
        answer.metadata.checking_disabled = asked.checking_disabled;
        answer.add_query(self.query.clone());
        if let Some(edns) = &self.message.edns {
            answer.set_edns(self.extension(edns, why));
        }
        answer
    }

    fn extension(&self, asked: &Edns, why: Option<&str>) -> Edns {
        let mut edns = Edns::new();
        edns.set_max_payload(OWN_DATAGRAM_BYTES).set_version(0);
        edns.set_dnssec_ok(asked.flags().dnssec_ok);
        if let Some(why) = why {
            let mut option = PROHIBITED.to_be_bytes().to_vec();
            let fits = |(at, c): &(usize, char)| at + c.len_utf8() <= REASON_BYTES_MAX;
            let cut = why.char_indices().take_while(fits).map(|(_, c)| c);
            option.extend(cut.collect::<String>().into_bytes());
            edns.options_mut().insert(EdnsOption::Unknown(EXTENDED_ERROR, option));
        }
        edns
    }
}

/// A real server's answer: its number, and what it says if it can be read.
pub(super) fn heard(bytes: &[u8]) -> Option<(u16, Option<Message>)> {
    let number = u16::from_be_bytes(*bytes.first_chunk()?);
    let message = Message::from_vec(bytes).ok();
    Some((number, message.filter(|it| it.metadata.message_type == MessageType::Response)))
}

/// The first whole message of a stream, and what follows it: two bytes of length stand before each.
pub(super) fn split(stream: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = stream.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// Appends a message to a stream; one that is too long for its length is none of ours.
pub(super) fn put(stream: &mut Vec<u8>, message: &[u8]) {
    if let Ok(length) = u16::try_from(message.len()) {
        stream.extend(length.to_be_bytes());
        stream.extend(message);
    }
}
