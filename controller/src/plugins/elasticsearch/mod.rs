//! Elasticsearch and OpenSearch, as they are spoken: in [requests of HTTP][api].
//!
//! | file | holds |
//! |---|---|
//! | `place`, `check` | what a mock waits for and whether its answer can be given |
//! | `layer` | requests as interactions, and replies as responses |
//! | `path` | which operation a request is, by its method and path |
//! | `words` | both for people |
//!
//! [api]: https://www.elastic.co/docs/api/doc/elasticsearch/

mod check;
mod layer;
mod path;
mod place;
#[cfg(test)]
mod tests;
mod words;

use super::{Endpoint, Layer, Plugin, Unfit};
use crate::fields::{Fields, Value};
use crate::mocks::Mock;
use crate::plugins::card::{Card, FaultKind, Field, FieldKind, Kind, Scheme, Shape};

/// The plugin.
#[derive(Debug)]
pub struct Elasticsearch;

/// The port of its servers.
const USUAL_PORT: u16 = 9200;

const INDEX: &str = "elasticsearch:index";
const GET: &str = "elasticsearch:get";
const SEARCH: &str = "elasticsearch:search";
const UPDATE: &str = "elasticsearch:update";
const DELETE: &str = "elasticsearch:delete";
const BULK: &str = "elasticsearch:bulk";
const COUNT: &str = "elasticsearch:count";
const MGET: &str = "elasticsearch:mget";
const MSEARCH: &str = "elasticsearch:msearch";
/// Any other path of the API.
const REQUEST: &str = "elasticsearch:request";

const AT_HOST: Field = Field { name: "host", kind: FieldKind::Word, summary: "the server's name" };
const AT_PORT: Field = Field {
    name: "port",
    kind: FieldKind::Number,
    summary: "its port; mocks without one answer on 9200",
};
const OF_INDEX: Field = Field {
    name: "index",
    kind: FieldKind::Text,
    summary: "index, alias or stream of the path; several as written: `a,b`",
};
const OF_ID: Field =
    Field { name: "id", kind: FieldKind::Text, summary: "the document's, where the path has one" };
const BODY: Field = Field { name: "body", kind: FieldKind::Json, summary: "what was sent" };
const LINES: Field =
    Field { name: "body", kind: FieldKind::Json, summary: "what was sent: a list of its lines" };
const QUERY: Field =
    Field { name: "query", kind: FieldKind::Pairs, summary: "what follows the path's `?`" };

/// Of operations on a document, without and with one that is sent.
const BY_ID: &[Field] = &[AT_HOST, AT_PORT, OF_INDEX, OF_ID, QUERY];
const DOCUMENT: &[Field] = &[AT_HOST, AT_PORT, OF_INDEX, OF_ID, BODY, QUERY];
/// Of operations on indices, with one document or many that are sent.
const INDICES: &[Field] = &[AT_HOST, AT_PORT, OF_INDEX, BODY, QUERY];
const MANY: &[Field] = &[AT_HOST, AT_PORT, OF_INDEX, LINES, QUERY];

const OTHER: &[Field] = &[
    AT_HOST,
    AT_PORT,
    Field { name: "method", kind: FieldKind::Word, summary: "GET, PUT, .." },
    Field { name: "path", kind: FieldKind::Text, summary: "begins with `/`; decoded" },
    BODY,
    QUERY,
];

static CARD: Card = Card {
    name: "elasticsearch",
    summary: "Elasticsearch and OpenSearch",
    schemes: &[Scheme { name: "elasticsearch", port: Some(USUAL_PORT) }],
    ports: &[USUAL_PORT],
    firewall: &["host", "port"],
    guard_default: true,
    kind: Kind::Connection,
    examples: &["elasticsearch://localhost", "elasticsearch:*"],
    interactions: &[
        shape(INDEX, "index", DOCUMENT),
        shape(GET, "get", BY_ID),
        shape(SEARCH, "search", INDICES),
        shape(UPDATE, "update", DOCUMENT),
        shape(DELETE, "delete", BY_ID),
        shape(BULK, "bulk", MANY),
        shape(COUNT, "count", INDICES),
        shape(MGET, "mget", INDICES),
        shape(MSEARCH, "msearch", MANY),
        Shape { key: Some("path"), ..shape(REQUEST, "any other request", OTHER) },
    ],
    mocks: &[
        r#"[[mock]]
source = "elasticsearch:search"
when = { index = "users-*", body = { query = { match = { name = "Alice" } } } }
reply = { json = { hits = { total = { value = 1, relation = "eq" }, hits = [{ _id = "42", _source = { name = "Alice" } }] } } }
"#,
        r#"[[mock]]
source = "elasticsearch:index"
when = { host = "search.example.com", index = "users", id = "42", body = { name = "Alice" } }
reply = { json = { _index = "users", _id = "42", result = "created" } }
"#,
        r#"[[mock]]
source = "elasticsearch:get"
when = { index = "users", id = "43" }
reply = { status = 404, json = { found = false } }
"#,
        r#"[[mock]]
source = "elasticsearch:bulk"
when = { body = [{ index = { _index = "users" } }, { name = "Alice" }] }
reply = { json = { errors = false, items = [] } }
"#,
        r#"[[mock]]
source = "elasticsearch:request"
when = { host = "search.example.com", port = 443, method = "GET", path = "/_cluster/health" }
reply = { json = { status = "green" } }
times = "any"
"#,
    ],
};

const fn shape(source: &'static str, summary: &'static str, fields: &'static [Field]) -> Shape {
    Shape {
        source,
        summary,
        fields,
        key: Some("index"),
        reply: &[
            Field {
                name: "status",
                kind: FieldKind::Number,
                summary: "200 unless it is given; 201 where a document is indexed",
            },
            Field { name: "json", kind: FieldKind::Json, summary: "what is answered" },
            Field { name: "body", kind: FieldKind::Bytes, summary: "the same, as it is sent" },
        ],
        faults: &[
            FaultKind::Refuse,
            FaultKind::Reset,
            FaultKind::Timeout,
            FaultKind::Slow,
            FaultKind::Garbage,
            FaultKind::Truncated,
        ],
        opens: false,
    }
}

impl Plugin for Elasticsearch {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn check(&self, shape: &'static Shape, mock: &Mock) -> Result<(), Unfit> {
        check::mock(shape, mock)
    }

    fn endpoint(&self, mock: &Mock) -> Option<Endpoint> {
        Some(place::endpoint(&mock.when))
    }

    fn layer(&self) -> Option<&'static dyn Layer> {
        Some(&layer::Rest)
    }

    fn words(&self, shape: &'static Shape, fields: &Fields) -> String {
        words::words(shape, fields)
    }

    fn paste(&self, shape: &'static Shape, fields: &Fields) -> Vec<(&'static str, Value)> {
        words::paste(shape, fields)
    }

    fn paste_reply(&self, shape: &'static Shape, _: &Fields) -> &'static str {
        words::reply(shape)
    }
}
