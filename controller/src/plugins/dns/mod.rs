//! Name look-ups, and connections to name servers. Which connections are answered is the engine's to say:
//! as soon as a name must mean something else here, those to every name server.
//!
//! | module | job |
//! |---|---|
//! | `record` | record types, records and names as people write them |
//! | `check` | whether a mock can match, and the DNS carry what it answers |
//! | `asked` | what is looked up, as it is recorded |
//! | `answer` | a mock's answer: as a verdict for libc callers, as records for everybody else |
//! | `frame` | messages of the DNS (RFC 1035, RFC 6891) |
//! | `session` | a name server's side of a conversation |

mod answer;
mod asked;
mod check;
mod frame;
mod record;
mod session;
#[cfg(test)]
mod tests;

pub(crate) use answer::{addresses_of, is_silent, merged, stand_in, verdict_of};
pub use asked::Family;
pub(crate) use asked::{both, family, is_of_addresses, pointer, query_of, records_of};

use bigfoot_ipc::guest::Transport;

use crate::fields::{Fields, Value};
use crate::mocks::{Matcher, Mock, When};
use crate::plugins::card::{Card, FaultKind, Field, FieldKind, Kind, Shape};
use crate::plugins::conversation::{Conversation, Opening};
use crate::plugins::{Plugin, Unfit};

/// The plugin.
#[derive(Debug)]
pub struct Dns;

/// The one kind of interaction.
pub(crate) const SOURCE: &str = "dns:lookup";

/// Port of name servers (RFC 1035, 4.2).
const PORT: u16 = 53;

static CARD: Card = Card {
    name: "dns",
    summary: "Name look-ups, and connections to name servers",
    schemes: &[],
    ports: &[PORT, 853],
    firewall: &["name", "address"],
    guard_default: true,
    kind: Kind::Call,
    examples: &["dns:example.com", "dns:*.internal", "dns:10.0.0.0/8", "dns:*"],
    interactions: &[Shape {
        source: SOURCE,
        summary: "a look-up of a name, or of an address",
        fields: &[
            Field {
                name: "name",
                kind: FieldKind::Word,
                summary: "the name; of a look-up by address (PTR) the address, or its in-addr.arpa name",
            },
            Field {
                name: "type",
                kind: FieldKind::Word,
                summary: "A, AAAA, CNAME, MX, TXT, SRV, PTR, NS, SOA or another; A+AAAA for \
                          getaddrinfo(3) without a family. A mock without it answers every look-up of \
                          addresses, and one of type A or AAAA its half of A+AAAA",
            },
            Field {
                name: "family",
                kind: FieldKind::Word,
                summary: "ipv4 or ipv6, of a look-up of type A or AAAA",
            },
        ],
        key: Some("name"),
        reply: &[
            Field {
                name: "addresses",
                kind: FieldKind::Words,
                summary: "addresses of both families, in order, at most 8; each look-up is given those of its own",
            },
            Field {
                name: "records",
                kind: FieldKind::Words,
                summary: "records of the `type`, as in a zone file: `10 mail.example.com`",
            },
            Field {
                name: "aliases",
                kind: FieldKind::Words,
                summary: "names that the name stands for (CNAME), in order; the answer belongs to the last. \
                          libc's own look-ups do not tell them",
            },
            Field {
                name: "ttl",
                kind: FieldKind::Number,
                summary: "seconds that the answer may be kept; 60 if not given",
            },
            Field {
                name: "error",
                kind: FieldKind::Word,
                summary: "nxdomain, servfail, timeout or nodata. After `timeout` libc's look-ups fail at once",
            },
        ],
        faults: &[FaultKind::Timeout],
        opens: false,
    }],
    mocks: &[
        "[[mock]]\nsource = \"dns:lookup\"\nwhen = { name = \"api.example.com\" }\n\
         reply = { addresses = [\"192.0.2.10\", \"2001:db8::10\"] }\n",
        "[[mock]]\nsource = \"dns:lookup\"\nwhen = { name = \"example.com\", type = \"MX\" }\n\
         reply = { records = [\"10 mail.example.com\"], ttl = 300 }\n",
        "[[mock]]\nsource = \"dns:lookup\"\nwhen = { name = \"192.0.2.10\", type = \"PTR\" }\n\
         reply = { records = [\"host.example.com\"] }\n",
        "[[mock]]\nsource = \"dns:lookup\"\nwhen = { name = \"*.missing.example\" }\n\
         reply = { error = \"nxdomain\" }\ntimes = \"any\"\n",
    ],
};

impl Plugin for Dns {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn check(&self, _shape: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
        check::check(mock)
    }

    fn converse(&self, opening: &Opening) -> Option<Box<dyn Conversation>> {
        let speaks = opening.transport != Transport::Other && CARD.has_port(opening.port);
        let readable = opening.port == PORT || opening.encrypted;
        (speaks && readable).then(|| Box::new(session::Session::new(opening)) as Box<_>)
    }

    fn key(&self, _shape: &'static Shape, fields: &Fields) -> Option<String> {
        fields.text("name").map(|name| record::recorded(&name))
    }

    fn mock_key(&self, _shape: &'static Shape, when: &When) -> Option<String> {
        match when.get("name")? {
            Matcher::Exact(value) => value.text().map(|name| record::recorded(&name)),
            _ => None,
        }
    }

    /// A mock without a type is for addresses; and names are compared as they are recorded.
    fn fits(&self, shape: &'static Shape, when: &When, fields: &Fields) -> bool {
        (is_of_addresses(fields) || when.get("type").is_some())
            && when.0.iter().all(|(name, matcher)| match matcher {
                Matcher::Exact(value) if *name == "name" => {
                    value.text().map(|name| record::recorded(&name))
                        == fields.text("name").map(|name| record::recorded(&name))
                }
                _ => {
                    let kind = shape.field(name).map_or(FieldKind::Text, |field| field.kind);
                    fields.get(name).is_some_and(|value| matcher.has(kind, value))
                }
            })
    }

    fn words(&self, _shape: &'static Shape, fields: &Fields) -> String {
        let name = fields.text("name").unwrap_or_default();
        match fields.text("type").filter(|kind| *kind != record::BOTH) {
            Some(kind) => format!("look-up of {name} ({kind})"),
            None => format!("look-up of {name}"),
        }
    }

    fn paste(&self, _shape: &'static Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
        let plain = fields.get("type").is_none() || is_of_addresses(fields);
        let wanted: &[&'static str] = if plain { &["name"] } else { &["name", "type"] };
        wanted.iter().filter_map(|name| Some((*name, fields.get(name)?.clone()))).collect()
    }

    fn paste_reply(&self, _: &'static Shape, fields: &Fields) -> &'static str {
        example(&fields.text("type").unwrap_or_default())
    }
}

/// An answer of each type.
fn example(kind: &str) -> &'static str {
    match kind {
        "AAAA" => r#"{ addresses = ["2001:db8::10"] }"#,
        "MX" => r#"{ records = ["10 mail.example.com"] }"#,
        "TXT" => r#"{ records = ["text"] }"#,
        "SRV" => r#"{ records = ["10 5 5060 server.example.com"] }"#,
        "CNAME" | "NS" | "PTR" => r#"{ records = ["host.example.com"] }"#,
        "A" | "A+AAAA" | "" => r#"{ addresses = ["192.0.2.10"] }"#,
        _ => r#"{ error = "nodata" }"#,
    }
}
