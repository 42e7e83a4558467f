//! What a mock's reply is to a caller of libc's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use bigfoot_ipc::guest::{ADDRESSES_MAX, Verdict};

use crate::call::Query;
use crate::fields::{Fields, Value};
use crate::plugins::conversation::Reply;

/// The source of look-ups.
pub(crate) const SOURCE: &str = "dns:lookup";

/// What is recorded of a look-up by libc.
pub(crate) fn fields_of(query: &Query) -> Fields {
    match query {
        Query::Name(name) => Fields::new().with("name", name.as_str()).with("type", "A+AAAA"),
        Query::Address(address) => {
            Fields::new().with("name", address.to_string()).with("type", "PTR")
        }
    }
}

/// The look-up that these fields are of; None for records other than addresses.
pub(crate) fn query_of(fields: &Fields) -> Option<Query> {
    let kind = fields.text("type")?;
    matches!(&*kind, "A" | "AAAA" | "A+AAAA")
        .then(|| fields.text("name").map(|name| Query::Name(crate::rules::host::normal(&name))))
        .flatten()
}

/// The addresses of a reply.
pub(crate) fn addresses_of(reply: &Fields) -> Vec<IpAddr> {
    match reply.get("addresses") {
        Some(Value::Words(words)) => {
            let words = words.iter().filter_map(|word| std::str::from_utf8(word).ok());
            words.filter_map(|word| word.parse().ok()).collect()
        }
        _ => Vec::new(),
    }
}

/// The answer with stand-in addresses.
pub(crate) fn stand_in(v4: Ipv4Addr, v6: Ipv6Addr) -> Reply {
    let words = vec![v4.to_string().into_bytes(), v6.to_string().into_bytes()];
    Reply { fields: Arc::new(Fields::new().with("addresses", words)), fault: None }
}

/// What a caller of libc's hears.
pub(crate) fn verdict_of(reply: &Reply) -> Verdict {
    let mut addresses = [[0; 16]; ADDRESSES_MAX];
    let found = addresses_of(&reply.fields);
    for (place, address) in addresses.iter_mut().zip(&found) {
        *place = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
            IpAddr::V6(address) => address.octets(),
        };
    }
    match found.len().min(ADDRESSES_MAX) {
        0 => Verdict::NotFound { code: nix::libc::EAI_NONAME },
        count => Verdict::Found { count: count as u8, addresses },
    }
}
