//! What a command answers: in which types of the protocol a plain value of a mock goes out.

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing that a mock could give: the answer follows from the request.
    Nothing,
    /// `+OK`.
    Status,
    /// A string.
    Bulk,
    /// A number.
    Integer,
    /// A number with a fraction; a string in RESP2.
    Double,
    /// A text for people.
    Verbatim,
    /// Whatever the value is by itself.
    Any,
    /// A list of these.
    List(&'static Form),
    /// A set of strings; a list in RESP2.
    Set,
    /// Strings with values; a list of both in turns in RESP2.
    Map(&'static Form),
    /// The same as a list of pairs; in RESP2 a list of both in turns.
    Pairs(&'static Form),
    /// Strings in turns, in both versions.
    Flat,
    /// These, in this order; or an empty list.
    Tuple(&'static [Form]),
    /// Where to go on, and a list.
    Scan(&'static Form),
    /// Streams with their entries: a map; a list of pairs in RESP2.
    Streams,
    /// The same, or null where there is nothing.
    Maybe(&'static Form),
}

use Form::{
    Any, Bulk, Double, Flat, Integer, List, Map, Maybe, Nothing, Pairs, Scan, Set, Status, Streams,
    Tuple, Verbatim,
};

pub(super) const NOTHING: Form = Nothing;
pub(super) const STATUS: Form = Status;
pub(super) const BULK: Form = Bulk;
pub(super) const INTEGER: Form = Integer;
pub(super) const DOUBLE: Form = Double;
pub(super) const VERBATIM: Form = Verbatim;
pub(super) const ANY: Form = Any;
pub(super) const MAYBE_INTEGER: Form = Maybe(&Integer);
pub(super) const LIST: Form = List(&Bulk);
pub(super) const MAYBE_LIST: Form = Maybe(&LIST);
pub(super) const INTEGERS: Form = List(&Integer);
pub(super) const DOUBLES: Form = List(&Double);
pub(super) const SET: Form = Set;
pub(super) const MAP: Form = Map(&Bulk);
pub(super) const PAIRS: Form = Pairs(&Bulk);
/// Members with their scores.
pub(super) const SCORES: Form = Pairs(&Double);
pub(super) const SCAN: Form = Scan(&LIST);
pub(super) const SCAN_FLAT: Form = Scan(&Flat);
/// Entries of a stream: an id, and fields with values.
pub(super) const ENTRIES: Form = List(&Tuple(&[Bulk, Flat]));
pub(super) const CLAIMED: Form = Tuple(&[Bulk, ENTRIES, LIST]);
pub(super) const STREAMS: Form = Maybe(&Streams);
pub(super) const POSITIONS: Form = List(&Tuple(&[Double, Double]));
/// A member with its score.
pub(super) const MEMBER: Form = Tuple(&[Bulk, Double]);
pub(super) const RANK: Form = Maybe(&Tuple(&[Integer, Double]));
/// A key, and what was found there.
pub(super) const FOUND_MEMBER: Form = Maybe(&Tuple(&[Bulk, Bulk, Double]));
pub(super) const FOUND_LIST: Form = Maybe(&Tuple(&[Bulk, LIST]));
pub(super) const FOUND_MEMBERS: Form = Maybe(&Tuple(&[Bulk, List(&MEMBER)]));

impl Form {
    /// Whether its null is that of a list in RESP2.
    pub(super) fn is_list(self) -> bool {
        match self {
            Nothing | Status | Bulk | Integer | Double | Verbatim | Any => false,
            Maybe(inner) => inner.is_list(),
            List(_) | Set | Map(_) | Pairs(_) | Flat | Tuple(_) | Scan(_) | Streams => true,
        }
    }

    /// What it takes, for people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Nothing => "nothing",
            Status => "a word such as `OK`",
            Bulk => "a string, or `{ hex = \"..\" }`",
            Integer => "a whole number",
            Double => "a number",
            Verbatim => "a text",
            Any => "a value of the protocol",
            List(_) | Set => "a list",
            Map(_) | Pairs(_) | Flat => "a table, or a list of pairs",
            Tuple(forms) => match forms.len() {
                2 => "a list of two",
                _ => "a list of three",
            },
            Scan(_) => "a list, or a cursor and a list",
            Streams => "a table of streams with their entries",
            Maybe(inner) => inner.words(),
        }
    }
}
