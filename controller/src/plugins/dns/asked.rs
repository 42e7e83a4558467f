//! What is looked up, as it is recorded.
//!
//! The engine asks for a look-up of libc's by [`both`], [`family`], [`pointer`] or [`records_of`].
//! For [`both`], a mock of one family answers its half; the engine then asks for each [`family`] and
//! puts the halves together by [`super::merged`].

use std::net::IpAddr;

use hickory_proto::rr::RecordType;

use super::record::{self, BOTH};
use crate::call::Query;
use crate::fields::Fields;

/// A family of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4, record type A.
    V4,
    /// IPv6, record type AAAA.
    V6,
}

impl Family {
    /// The family of an address.
    pub(super) fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    /// As the field has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }

    fn kind(self) -> RecordType {
        match self {
            Self::V4 => RecordType::A,
            Self::V6 => RecordType::AAAA,
        }
    }

    /// The family whose addresses are records of this type.
    pub(super) fn of_kind(kind: RecordType) -> Option<Self> {
        match kind {
            RecordType::A => Some(Self::V4),
            RecordType::AAAA => Some(Self::V6),
            _ => None,
        }
    }
}

/// A look-up of the addresses of a name, of whichever family: getaddrinfo(3) without one.
pub(crate) fn both(name: &str) -> Fields {
    Fields::new().with("name", record::recorded(name)).with("type", BOTH)
}

/// A look-up of the addresses of one family: getaddrinfo(3) with one, gethostbyname(3).
pub(crate) fn family(name: &str, family: Family) -> Fields {
    look_up(record::recorded(name), family.kind())
}

/// A look-up of the name of an address: getnameinfo(3), gethostbyaddr(3).
pub(crate) fn pointer(address: IpAddr) -> Fields {
    look_up(address.to_canonical().to_string(), RecordType::PTR)
}

/// A look-up of the records of this type: res_query(3).
pub(crate) fn records_of(name: &str, kind: u16) -> Fields {
    look_up(record::recorded(name), RecordType::from(kind))
}

/// A look-up as it is recorded; the name is in its recorded form.
pub(super) fn look_up(name: String, kind: RecordType) -> Fields {
    let fields = Fields::new().with("name", name).with("type", record::name_of(kind));
    match Family::of_kind(kind) {
        Some(family) => fields.with("family", family.name()),
        None => fields,
    }
}

/// The look-up that these fields are of.
pub(crate) fn query_of(fields: &Fields) -> Option<Query> {
    let name = fields.text("name")?;
    let address = (fields.text("type")? == "PTR").then(|| name.parse().ok()).flatten();
    Some(address.map_or_else(|| Query::Name(name.into_owned()), Query::Address))
}

/// Whether a look-up is of addresses.
pub(crate) fn is_of_addresses(fields: &Fields) -> bool {
    fields.text("type").is_some_and(|kind| {
        ["A", "AAAA", BOTH].iter().any(|known| known.eq_ignore_ascii_case(&kind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is recorded of each kind of look-up.
    #[test]
    fn look_ups_are_recorded_by_name_type_and_family() {
        let told = |fields: Fields| {
            fields
                .iter()
                .map(|(name, value)| format!("{name}={}", value.text().unwrap()))
                .collect::<Vec<_>>()
        };

        assert_eq!(told(both("Api.Example.")), ["name=api.example", "type=A+AAAA"]);
        assert_eq!(
            told(family("a.example", Family::V6)),
            ["name=a.example", "type=AAAA", "family=ipv6"]
        );
        assert_eq!(
            told(pointer("::ffff:192.0.2.7".parse().unwrap())),
            ["name=192.0.2.7", "type=PTR"]
        );
        assert_eq!(told(records_of("a.example", 15)), ["name=a.example", "type=MX"]);
        assert_eq!(told(records_of("a.example", 65400)), ["name=a.example", "type=TYPE65400"]);
        assert_eq!(told(records_of("7.2.0.192.in-addr.arpa", 12)), ["name=192.0.2.7", "type=PTR"]);
    }
}
