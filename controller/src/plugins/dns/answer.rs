//! What a mock answers: in a verdict for libc callers, in records for everybody else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use bigfoot_ipc::guest::{ADDRESSES_MAX, Verdict};
use hickory_proto::rr::rdata::{A, AAAA, CNAME};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use nix::libc;

use super::asked::Family;
use super::record;
use crate::fields::{Fields, Value};
use crate::plugins::card::FaultKind;
use crate::plugins::conversation::Reply;

/// Seconds that an answer may be kept where a mock does not say.
const TTL: u32 = 60;
/// Most seconds (RFC 2181, 8).
pub(super) const TTL_MAX: i64 = 0x7fff_ffff;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// There is no such name.
    NoName,
    /// The name server fails.
    Failure,
    /// The name server says nothing.
    Silence,
    /// The name is there, and has nothing of this kind.
    NoData,
}

impl Missing {
    /// As a mock has it.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.name().eq_ignore_ascii_case(name))
    }

    /// The same, of all of them.
    pub(super) const ALL: [Self; 4] = [Self::NoName, Self::Failure, Self::Silence, Self::NoData];

    /// As a mock has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NoName => "nxdomain",
            Self::Failure => "servfail",
            Self::Silence => "timeout",
            Self::NoData => "nodata",
        }
    }

    /// What getaddrinfo(3) says of it. A libc caller does not wait for a silent server: it is told at
    /// once what it would hear after its last try.
    fn code(self) -> i32 {
        match self {
            Self::NoName => libc::EAI_NONAME,
            Self::Failure | Self::Silence => libc::EAI_AGAIN,
            Self::NoData => libc::EAI_NODATA,
        }
    }
}

/// Why this reply has no answer, if it says so.
pub(super) fn missing(reply: &Reply) -> Option<Missing> {
    if reply.fault.is_some_and(|fault| fault.kind == FaultKind::Timeout) {
        return Some(Missing::Silence);
    }
    Missing::parse(&reply.fields.text("error")?)
}

/// What a libc caller hears of a mock's reply: the addresses of this family, or of any, in order.
pub(crate) fn verdict_of(reply: &Reply, family: Option<Family>) -> Verdict {
    if let Some(missing) = missing(reply) {
        return Verdict::NotFound { code: missing.code() };
    }
    let fits = |address: &IpAddr| family.is_none_or(|family| family == Family::of(*address));
    found(&addresses(&reply.fields).filter(fits).collect::<Vec<_>>())
}

/// What a libc caller hears of two mocks' replies, of the A look-up and of the AAAA look-up, where there
/// are both.
pub(crate) fn merged(v4: Option<&Reply>, v6: Option<&Reply>) -> Verdict {
    let halves = [(v4, Family::V4), (v6, Family::V6)];
    let answered = || halves.iter().filter_map(|(reply, family)| Some(((*reply)?, *family)));
    let all: Vec<IpAddr> = answered()
        .filter(|(reply, _)| missing(reply).is_none())
        .flat_map(|(reply, family)| {
            addresses(&reply.fields).filter(move |it| Family::of(*it) == family)
        })
        .collect();
    match answered().next() {
        Some((first, of)) if all.is_empty() => verdict_of(first, Some(of)),
        _ => found(&all),
    }
}

fn found(all: &[IpAddr]) -> Verdict {
    if all.is_empty() {
        return Verdict::NotFound { code: Missing::NoData.code() };
    }
    let mut addresses = [[0; 16]; ADDRESSES_MAX];
    let mut count = 0;
    for (place, address) in addresses.iter_mut().zip(all) {
        *place = wide(*address).octets();
        count += 1;
    }
    Verdict::Found { count, addresses }
}

fn wide(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// The addresses of a reply.
pub(crate) fn addresses_of(fields: &Fields) -> Vec<IpAddr> {
    addresses(fields).collect()
}

/// Whether this reply is that nothing is ever heard.
pub(crate) fn is_silent(reply: &Reply) -> bool {
    missing(reply) == Some(Missing::Silence)
}

/// A reply of the addresses that stand in for a name's.
pub(crate) fn stand_in(v4: Ipv4Addr, v6: Ipv6Addr) -> Reply {
    let words = vec![v4.to_string().into_bytes(), v6.to_string().into_bytes()];
    let fields = Fields::new().with("addresses", words).with("ttl", 0);
    Reply { fields: Arc::new(fields), fault: None }
}

/// The addresses of a reply; a text that is none has been refused long before.
fn addresses(fields: &Fields) -> impl Iterator<Item = IpAddr> {
    words(fields, "addresses").into_iter().filter_map(|text| text.parse().ok())
}

/// The words of this name; one alone may stand without brackets.
pub(super) fn words(fields: &Fields, name: &str) -> Vec<String> {
    match fields.get(name) {
        Some(Value::Words(words)) => {
            words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect()
        }
        Some(other) => other.text().map(|text| vec![text.into_owned()]).unwrap_or_default(),
        None => Vec::new(),
    }
}

/// The records that a mock's reply answers a question with. None, if the name has nothing of this type.
///
/// # Errors
///
/// The reply is that there is no answer.
pub(super) fn records(
    reply: &Reply,
    name: &Name,
    kind: RecordType,
) -> Result<Vec<Record>, Missing> {
    if let Some(missing) = missing(reply) {
        return Err(missing);
    }
    let fields = &reply.fields;
    let ttl = fields.number("ttl").and_then(|ttl| u32::try_from(ttl).ok()).unwrap_or(TTL);
    let (mut records, owner) = aliases(fields, name, kind, ttl);
    let data = match Family::of_kind(kind) {
        Some(family) => of_family(fields, family),
        None => words(fields, "records")
            .iter()
            .filter_map(|text| record::parse(kind, text).ok())
            .collect(),
    };
    records.extend(data.into_iter().map(|data| Record::from_rdata(owner.clone(), ttl, data)));
    Ok(records)
}

/// The chain of names that this one stands for, and the last of them.
fn aliases(fields: &Fields, name: &Name, kind: RecordType, ttl: u32) -> (Vec<Record>, Name) {
    let mut owner = name.clone();
    if kind == RecordType::CNAME {
        return (Vec::new(), owner);
    }
    let mut chain = Vec::new();
    for next in words(fields, "aliases").iter().filter_map(|alias| record::wire_name(alias)) {
        chain.push(Record::from_rdata(owner, ttl, RData::CNAME(CNAME(next.clone()))));
        owner = next;
    }
    (chain, owner)
}

fn of_family(fields: &Fields, family: Family) -> Vec<RData> {
    let fits = |address: &IpAddr| Family::of(*address) == family;
    addresses(fields)
        .filter(fits)
        .map(|address| match address {
            IpAddr::V4(address) => RData::A(A(address)),
            IpAddr::V6(address) => RData::AAAA(AAAA(address)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(addresses: &[&str]) -> Reply {
        let words: Vec<Vec<u8>> = addresses.iter().map(|text| text.as_bytes().to_vec()).collect();
        Reply { fields: Arc::new(Fields::new().with("addresses", words)), fault: None }
    }

    fn error(name: &str) -> Reply {
        Reply { fields: Arc::new(Fields::new().with("error", name)), fault: None }
    }

    fn heard(verdict: &Verdict) -> Result<Vec<String>, i32> {
        match verdict {
            Verdict::Found { count, addresses } => Ok(addresses[..usize::from(*count)]
                .iter()
                .map(|octets| Ipv6Addr::from(*octets).to_canonical().to_string())
                .collect()),
            Verdict::NotFound { code } => Err(*code),
            other => panic!("{other:?}"),
        }
    }

    /// A caller hears the addresses of the family that it asked for, in the mock's order.
    #[test]
    fn a_family_hears_its_addresses() {
        let reply = reply(&["2001:db8::1", "192.0.2.2", "192.0.2.1"]);

        assert_eq!(
            heard(&verdict_of(&reply, None)).unwrap(),
            ["2001:db8::1", "192.0.2.2", "192.0.2.1"]
        );
        assert_eq!(
            heard(&verdict_of(&reply, Some(Family::V4))).unwrap(),
            ["192.0.2.2", "192.0.2.1"]
        );
        assert_eq!(heard(&verdict_of(&reply, Some(Family::V6))).unwrap(), ["2001:db8::1"]);
    }

    /// Each error is the code that libc gives for it; a name without addresses of the family is there all the same.
    #[test]
    fn errors_are_libcs_codes() {
        for (name, code) in [
            ("nxdomain", libc::EAI_NONAME),
            ("servfail", libc::EAI_AGAIN),
            ("timeout", libc::EAI_AGAIN),
            ("nodata", libc::EAI_NODATA),
        ] {
            assert_eq!(heard(&verdict_of(&error(name), None)), Err(code), "{name}");
        }
        let v4 = reply(&["192.0.2.1"]);
        assert_eq!(heard(&verdict_of(&v4, Some(Family::V6))), Err(libc::EAI_NODATA));
    }

    /// Mocks of one family each answer one call; what one of them says alone is the answer, too.
    #[test]
    fn two_halves_are_one_answer() {
        let (v4, v6) = (reply(&["192.0.2.1", "2001:db8::9"]), reply(&["2001:db8::1"]));

        assert_eq!(heard(&merged(Some(&v4), Some(&v6))).unwrap(), ["192.0.2.1", "2001:db8::1"]);
        assert_eq!(heard(&merged(None, Some(&v6))).unwrap(), ["2001:db8::1"]);
        let none = error("nxdomain");
        assert_eq!(heard(&merged(Some(&none), Some(&v6))).unwrap(), ["2001:db8::1"]);
        assert_eq!(heard(&merged(Some(&none), None)), Err(libc::EAI_NONAME));
    }

    /// No more addresses than a verdict carries; the rest is left out rather than the answer.
    #[test]
    fn a_verdict_carries_the_first_addresses() {
        let many: Vec<String> = (0..20).map(|last| format!("192.0.2.{last}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();

        assert_eq!(heard(&verdict_of(&reply(&many), None)).unwrap(), many[..ADDRESSES_MAX]);
    }
}
