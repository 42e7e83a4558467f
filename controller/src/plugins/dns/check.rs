//! Whether a mock can match, and whether the DNS can carry what it answers.

use std::borrow::Cow;
use std::net::IpAddr;

use bigfoot_ipc::guest::ADDRESSES_MAX;
use hickory_proto::rr::RecordType;

use super::answer::{Missing, TTL_MAX, words};
use super::asked::Family;
use super::record::{self, BOTH};
use crate::fields::Fields;
use crate::mocks::{Act, Matcher, Mock, When};
use crate::plugins::Unfit;

/// Most records of one answer.
const RECORDS_MAX: usize = 64;

/// What is wrong with a mock, if anything is.
pub(super) fn check(mock: &Mock) -> Result<(), Unfit> {
    let wanted = Wanted::of(&mock.when)?;
    match &mock.act {
        Act::Replies(replies) => replies.iter().try_for_each(|reply| {
            if words(reply, "records").is_empty()
                && words(reply, "addresses").is_empty()
                && words(reply, "aliases").is_empty()
                && reply.get("error").is_none()
            {
                return Err(empty(&wanted));
            }
            wanted.check(reply)
        }),
        Act::Fault(_, reply) => match reply.iter().next() {
            Some((key, _)) => Err(unfit(key, format!("`{key}` is no part of a failure"))),
            None => Ok(()),
        },
        Act::Real(reply) => wanted.check(reply),
    }
}

fn empty(wanted: &Wanted) -> Unfit {
    match wanted.kind {
        Some(kind) if Family::of_kind(kind).is_none() => {
            let example = record::example(kind);
            helped("records", "the answer has no records", format!("records = [\"{example}\"]"))
        }
        _ => helped(
            "addresses",
            "the answer has neither addresses nor an error",
            "addresses = [\"192.0.2.10\"], or error = \"nxdomain\"",
        ),
    }
}

/// What a mock waits for, as far as it is one value.
struct Wanted {
    kind: Option<RecordType>,
    family: Option<Family>,
    /// The type is written as a pattern: which records it will answer is not known yet.
    any_kind: bool,
}

impl Wanted {
    fn of(when: &When) -> Result<Self, Unfit> {
        let typed = when.get("type");
        let any_kind = typed.is_some_and(|matcher| !matches!(matcher, Matcher::Exact(_)));
        let kind = match exact(when, "type") {
            Some(name) if name.eq_ignore_ascii_case(BOTH) => None,
            Some(name) => Some(record::kind(&name).ok_or_else(|| {
                helped(
                    "type",
                    format!("`{name}` is no type of records that can be mocked"),
                    format!("the types are {}, and {BOTH} for getaddrinfo(3)", record::kinds()),
                )
            })?),
            None => None,
        };
        let wanted = Self { kind, family: family(when, kind)?, any_kind };
        wanted.check_name(when, typed.is_some()).map(|()| wanted)
    }

    fn check_name(&self, when: &When, typed: bool) -> Result<(), Unfit> {
        let name = match when.get("name") {
            Some(Matcher::Glob(glob, _)) => Cow::Owned(glob.replace(['*', '?'], "x")),
            _ => match exact(when, "name") {
                Some(name) => name,
                None => return Ok(()),
            },
        };
        if record::recorded(&name).parse::<IpAddr>().is_ok() {
            return match self.kind {
                Some(RecordType::PTR) => Ok(()),
                None if self.any_kind => Ok(()),
                None if !typed => Err(helped(
                    "name",
                    format!("`{name}` is an address"),
                    "add type = \"PTR\" for the look-up of its name",
                )),
                _ => Err(helped(
                    "name",
                    format!("`{name}` is an address, which has a name only"),
                    "write type = \"PTR\"",
                )),
            };
        }
        record::checked(&name).map_err(|why| unfit("name", format!("`{name}` is no name: {why}")))
    }

    fn check(&self, reply: &Fields) -> Result<(), Unfit> {
        self.check_error(reply)?;
        self.check_addresses(&words(reply, "addresses"))?;
        self.check_records(&words(reply, "records"))?;
        for alias in words(reply, "aliases") {
            record::checked(&alias)
                .map_err(|why| unfit("aliases", format!("`{alias}` is no name: {why}")))?;
        }
        match reply.number("ttl") {
            Some(ttl) if !(0..=TTL_MAX).contains(&ttl) => {
                Err(unfit("ttl", format!("{ttl} seconds are not from 0 to {TTL_MAX}")))
            }
            _ => Ok(()),
        }
    }

    fn check_error(&self, reply: &Fields) -> Result<(), Unfit> {
        let Some(error) = reply.text("error") else {
            return Ok(());
        };
        if Missing::parse(&error).is_none() {
            let all = Missing::ALL.map(Missing::name).join(", ");
            return Err(helped(
                "error",
                format!("`{error}` is no error of a look-up"),
                format!("the errors are {all}"),
            ));
        }
        match ["addresses", "records", "aliases"].iter().find(|key| reply.get(key).is_some()) {
            Some(key) => Err(unfit("error", format!("an answer with `{key}` is no error"))),
            None => Ok(()),
        }
    }

    fn check_addresses(&self, addresses: &[String]) -> Result<(), Unfit> {
        let kind = self.kind.filter(|kind| Family::of_kind(*kind).is_none());
        if let (Some(kind), false) = (kind, addresses.is_empty()) {
            let (name, example) = (record::name_of(kind), record::example(kind));
            return Err(helped(
                "addresses",
                format!("an answer of type {name} has no addresses"),
                format!("records = [\"{example}\"]"),
            ));
        }
        if addresses.len() > ADDRESSES_MAX {
            let count = addresses.len();
            return Err(unfit(
                "addresses",
                format!("{count} addresses are more than {ADDRESSES_MAX}"),
            ));
        }
        for text in addresses {
            let address: IpAddr =
                text.parse().map_err(|_| unfit("addresses", format!("`{text}` is no address")))?;
            if let Some(family) = self.family.filter(|family| *family != Family::of(address)) {
                let name = family.name();
                return Err(unfit("addresses", format!("`{text}` is no {name} address")));
            }
        }
        Ok(())
    }

    fn check_records(&self, records: &[String]) -> Result<(), Unfit> {
        if records.is_empty() || self.any_kind {
            return Ok(());
        }
        let Some(kind) = self.kind else {
            return Err(helped(
                "records",
                "records of which type is not said",
                "add type = \"MX\" or the like to `when`; addresses are given as `addresses`",
            ));
        };
        let name = record::name_of(kind);
        if Family::of_kind(kind).is_some() {
            return Err(helped(
                "records",
                format!("the records of type {name} are addresses"),
                format!("addresses = [\"{}\"]", record::example(kind)),
            ));
        }
        let max = if kind == RecordType::CNAME { 1 } else { RECORDS_MAX };
        if records.len() > max {
            let count = records.len();
            return Err(unfit(
                "records",
                format!("{count} records of type {name} are more than {max}"),
            ));
        }
        records.iter().try_for_each(|text| {
            let help = || format!("such a record looks like \"{}\"", record::example(kind));
            record::parse(kind, text).map(|_| ()).map_err(|why| {
                helped("records", format!("`{text}` is no {name} record: it {why}"), help())
            })
        })
    }
}

/// The family that a mock waits for; one that its type never has would never match.
fn family(when: &When, kind: Option<RecordType>) -> Result<Option<Family>, Unfit> {
    let named = match exact(when, "family").as_deref() {
        None => None,
        Some(name) if name.eq_ignore_ascii_case("ipv4") => Some(Family::V4),
        Some(name) if name.eq_ignore_ascii_case("ipv6") => Some(Family::V6),
        Some(name) => {
            return Err(helped(
                "family",
                format!("`{name}` is no family of addresses"),
                "the families are ipv4 and ipv6",
            ));
        }
    };
    let own = kind.and_then(Family::of_kind);
    let both = exact(when, "type").is_some_and(|name| name.eq_ignore_ascii_case(BOTH));
    match named {
        Some(_) if both => Err(unfit("family", format!("a look-up of type {BOTH} has no family"))),
        Some(_) if kind.is_some() && own != named => {
            let name = kind.map(record::name_of).unwrap_or_default();
            Err(unfit("family", format!("a look-up of type {name} never has this family")))
        }
        _ => Ok(named.or(own)),
    }
}

/// The one value that a mock waits for in this field.
fn exact<'a>(when: &'a When, name: &str) -> Option<Cow<'a, str>> {
    match when.get(name)? {
        Matcher::Exact(value) => value.text(),
        _ => None,
    }
}

fn unfit(key: &'static str, message: impl Into<String>) -> Unfit {
    Unfit { key, message: message.into(), help: None }
}

fn helped(key: &'static str, message: impl Into<String>, help: impl Into<String>) -> Unfit {
    Unfit { help: Some(help.into()), ..unfit(key, message) }
}
