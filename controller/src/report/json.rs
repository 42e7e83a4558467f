//! The report for programs. Keys are stable; new ones may come, and `version` changes when one goes.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::advice::Advice;
use super::paste::hex;
use super::text::shorten;
use super::words::{call, relative};
use super::{Attribution, Blind, Broken, Finding, Report, Resolve, Style, coverage, redact};
use crate::call::{Call, Connect, Exec, Peer, Query, Transport};
use crate::fields::{Fields, Value as Field};
use crate::site::{Place, call_site};

/// Version of the keys.
const VERSION: u32 = 1;

/// Most places of a stack that are written.
const PLACES_MAX: usize = 64;

/// Most arguments of a program that are written, and most characters of each.
const ARGUMENTS_MAX: usize = 256;
const ARGUMENT_CHARS_MAX: usize = 4096;

/// Most characters of a field that are written.
const FIELD_CHARS_MAX: usize = 65536;

/// One document.
pub(super) fn write(
    report: &Report,
    style: &Style,
    resolve: &mut Resolve<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let findings: Vec<_> =
        report.ordered().iter().map(|it| finding(it, &resolve(&it.stack), style)).collect();
    let broken: Vec<_> = report.ordered_broken().into_iter().map(broken).collect();
    let mut document = json!({ "version": VERSION, "findings": findings, "broken": broken });
    append(&mut document, summary(report));
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// One object a line.
pub(super) fn write_lines(
    report: &Report,
    style: &Style,
    resolve: &mut Resolve<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for it in report.ordered() {
        let mut line = json!({ "type": "finding" });
        append(&mut line, finding(it, &resolve(&it.stack), style));
        writeln!(out, "{line}")?;
    }
    for it in report.ordered_broken() {
        let mut line = json!({ "type": "broken" });
        append(&mut line, broken(it));
        writeln!(out, "{line}")?;
    }
    let mut line = json!({ "type": "summary", "version": VERSION });
    append(&mut line, summary(report));
    writeln!(out, "{line}")
}

fn append(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

fn summary(report: &Report) -> Value {
    let coverage = &report.coverage;
    json!({
        "refused": report.calls(true),
        "warned": report.calls(false),
        "broken_count": report.broken.len(),
        "command_failed": report.command_failed,
        "coverage": {
            "required": report.coverage_required,
            "complete": !coverage.has_gaps(),
            "processes": coverage.processes,
            "armed": coverage.armed,
            "tools": coverage.tools,
            "lost": coverage.lost,
            "backstop_only": coverage::times(&coverage.by_backstop),
            "by_backstop": coverage.by_backstop.iter().map(blind).collect::<Vec<_>>(),
            "blind_count": coverage::times(&coverage.blind),
            "blind": coverage.blind.iter().map(blind).collect::<Vec<_>>(),
        },
        "notes": report.notes,
    })
}

fn blind(blind: &Blind) -> Value {
    json!({ "program": text(&blind.program), "reason": blind.reason.words(), "count": blind.count })
}

/// A finding. An interpreter has no site: its own code says nothing of the script.
fn finding(finding: &Finding, places: &[Place], style: &Style) -> Value {
    let advice = Advice::of(finding);
    let chain: Vec<_> = finding.chain.iter().map(|line| redact::text(line)).collect();
    json!({
        "code": finding.code.name(),
        "title": finding.code.title(),
        "refused": finding.refused,
        "count": finding.count,
        "test": test(&finding.test),
        "process": { "chain": chain, "thread": finding.thread, "script": finding.script },
        "site": call_site(places).filter(|_| finding.script.is_none()).map(|it| place(it, style)),
        "call": described(finding),
        "layer": finding.layer.name(),
        "rule": finding.rule.as_ref().map(|(rule, place)| json!({ "text": rule, "place": place })),
        "allow": {
            "rule": finding.allow,
            "words": advice.words,
            "toml": advice.toml.map(|(table, key)| format!("{table}\n{key}\n")),
            "flag": advice.flag,
        },
        "request": finding.request.as_ref().map(|it| json!({
            "source": it.source,
            "words": redact::text(&it.words),
            "fields": values(&it.fields),
        })),
        "parts": parts(&finding.parts),
        "mock": finding.mock,
        "stack": places.iter().take(PLACES_MAX).map(|it| place(it, style)).collect::<Vec<_>>(),
    })
}

/// A promise that was broken without a call.
fn broken(broken: &Broken) -> Value {
    json!({
        "code": broken.code.name(),
        "title": broken.code.title(),
        "test": test(&broken.test),
        "words": redact::text(&broken.words),
        "parts": parts(&broken.parts),
        "paste": broken.paste,
        "count": broken.count,
    })
}

fn parts(parts: &[(&'static str, Vec<String>)]) -> Value {
    let part = |(label, lines): &(&str, Vec<String>)| {
        let lines: Vec<_> = lines.iter().map(|line| redact::text(line)).collect();
        json!({ "label": label, "lines": lines })
    };
    parts.iter().map(part).collect()
}

fn values(fields: &Fields) -> Value {
    let fields = redact::fields(fields);
    fields.iter().map(|(name, it)| (name.to_owned(), value(it))).collect()
}

/// Pairs are arrays of two, since a name may be there more than once.
fn value(value: &Field) -> Value {
    match value {
        Field::Text(text) => shorten(text, FIELD_CHARS_MAX).into(),
        Field::Bytes(bytes) => octets(bytes),
        Field::Number(number) => json!(number),
        Field::Words(words) => words.iter().map(|word| octets(word)).collect(),
        Field::Pairs(pairs) => json!(pairs),
        Field::Json(document) => document.clone(),
    }
}

fn octets(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => shorten(text, FIELD_CHARS_MAX).into(),
        Err(_) => json!({ "hex": hex(bytes.get(..FIELD_CHARS_MAX).unwrap_or(bytes)) }),
    }
}

fn test(test: &Attribution) -> Value {
    match test {
        Attribution::Test(name) => json!({ "name": name, "known_by": "runner" }),
        Attribution::Thread(name) => json!({ "name": name, "known_by": "thread" }),
        Attribution::Unknown => Value::Null,
    }
}

fn place(place: &Place, style: &Style) -> Value {
    json!({
        "function": place.function,
        "file": place.file.as_deref().map(|file| text(relative(file, style))),
        "line": place.line,
        "module": place.module.as_deref().map(text),
    })
}

fn described(finding: &Finding) -> Value {
    let mut object = json!({ "words": call(finding), "protocol": finding.protocol });
    append(&mut object, fields(&finding.call));
    object
}

fn fields(call: &Call) -> Value {
    match call {
        Call::Connect(it) => connect(it),
        Call::Lookup(it) => match &it.query {
            Query::Name(name) => json!({ "kind": "lookup", "name": name }),
            Query::Address(address) => json!({ "kind": "lookup", "address": address.to_string() }),
        },
        Call::Open(it) => {
            json!({ "kind": "open", "path": text(&it.path), "read": it.read, "write": it.write })
        }
        Call::Exec(it) => exec(it),
        Call::Load(it) => json!({ "kind": "load", "library": it.library }),
        Call::Request(it) => connect(&it.connect),
    }
}

fn connect(it: &Connect) -> Value {
    let transport = match it.transport {
        Transport::Stream => "stream",
        Transport::Datagram => "datagram",
        Transport::Other => "other",
    };
    let mut object = json!({ "kind": "connect", "transport": transport });
    append(
        &mut object,
        match &it.peer {
            Peer::Internet(peer) => {
                json!({ "names": it.names, "address": peer.ip().to_string(), "port": peer.port() })
            }
            Peer::UnixPath(path) => json!({ "path": text(path) }),
            Peer::UnixAbstract(name) => json!({ "abstract": String::from_utf8_lossy(name) }),
            Peer::Other(family) => json!({ "family": family }),
        },
    );
    object
}

fn exec(it: &Exec) -> Value {
    let arguments = it.arguments.get(..ARGUMENTS_MAX).unwrap_or(&it.arguments);
    let arguments: Vec<_> = redact::words(arguments)
        .iter()
        .map(|word| shorten(&String::from_utf8_lossy(word), ARGUMENT_CHARS_MAX))
        .collect();
    json!({ "kind": "exec", "program": text(&it.program), "arguments": arguments })
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
