//! What is said of wrong ones.

use std::fs::File as Disk;

use proptest::prelude::*;

use super::{Folder, paper};
use crate::config::Error;

fn error(text: &str) -> Error {
    match Folder::new().read(text) {
        Err(error) => error,
        Ok(_) => panic!("this is a configuration:\n{text}"),
    }
}

/// An error shows the place, marks it, and says what to write.
#[test]
fn errors_show_the_place() {
    for (text, expected) in [
        (
            "[[mock]]\nsource = \"http:reqest\"\n",
            "error: unknown source `http:reqest`\n --> bigfoot.toml:2:10\n  |\n2 | source = \"http:reqest\"\n  |          ^^^^^^^^^^^^^ not a source\n  |\n  = help: did you mean `http:request`?",
        ),
        (
            "[[mock]]\nsource = \"http:request\"\nwhen = { methd = \"GET\" }\n",
            "error: unknown field `methd`\n --> bigfoot.toml:3:10\n  |\n3 | when = { methd = \"GET\" }\n  |          ^^^^^ not a field of http:request\n  |\n  = help: did you mean `method`?",
        ),
        (
            "[[mock]]\nsource = \"http:request\"\nreply = { status = 99 }\n",
            "error: 99 is no status\n --> bigfoot.toml:3:20\n  |\n3 | reply = { status = 99 }\n  |                    ^^ cannot be\n  |\n  = help: a status has three digits",
        ),
        (
            "[[mock]]\nsource = \"http:request\"\nreply = [{ status = 200 }, { status = 600 }]\n",
            "error: 600 is no status\n --> bigfoot.toml:3:39\n  |\n3 | reply = [{ status = 200 }, { status = 600 }]\n  |                                       ^^^ cannot be\n  |\n  = help: a status has three digits",
        ),
        (
            "[[mock]]\nsource = \"http:request\"\ntimes = \"any\"\n[[mock]]\nsource = \"http:request\"\n",
            "error: this mock never answers\n --> bigfoot.toml:4:1\n  |\n4 | [[mock]]\n  | ^^^^^^^^ is never asked\n  |\n  = help: the one at bigfoot.toml:1 answers all of these",
        ),
    ] {
        assert_eq!(error(text).to_string(), expected);
    }
}

/// Checks what is said of mocks with these lines after an HTTP source.
fn said(cases: &[(&str, &str, &str)]) {
    for (lines, message, help) in cases {
        let lines = match lines.contains("source") {
            true => (*lines).to_owned(),
            false => format!("source = \"http:request\"\n{lines}"),
        };
        let error = error(&format!("[[mock]]\n{lines}\n"));
        let shown = error.to_string();
        assert_eq!(error.message(), *message, "{lines}");
        assert!(shown.contains(" --> bigfoot.toml:") && shown.contains(help), "{help} in {shown}");
    }
}

/// What a mock is of.
#[test]
fn wrong_sources_have_their_words() {
    said(&[
        ("#source", "this mock has no source", "write `source = \"http:request\"`"),
        ("source = 1", "`source` takes a string", "a number stands here"),
        (
            "source = \"cache:get\"",
            "this version has no mocks of cache yet",
            "it has http:request, socket:connect, socket:exchange",
        ),
        ("source = \"kafka:get\"", "this version has no mocks of kafka yet", "it has http:request"),
        (
            "source = \"socket\"",
            "`socket` does not say what of it",
            "socket has socket:connect, socket:exchange",
        ),
        (
            "source = \"socket:listen\"",
            "unknown source `socket:listen`",
            "socket has socket:connect, socket:exchange",
        ),
        (
            "source = \"boto3:s3:GetObject\"",
            "unknown source `boto3:s3:GetObject`",
            "it has http:request",
        ),
        ("source = \"\"", "unknown source ``", "it has http:request"),
        ("sorce = \"http:request\"", "unknown key `sorce`", "did you mean `source`?"),
        ("method = \"GET\"", "`method` belongs into `when`", "write `when = { method = .. }`"),
        ("status = 200", "`status` belongs into `reply`", "write `reply = { status = .. }`"),
        ("colour = 1", "unknown key `colour`", "the keys of `mock` are source, when, reply, times"),
        ("Times = 1", "unknown key `Times`", "did you mean `times`?"),
    ]);
    assert_eq!(error("[mock]\nsource = \"x\"").message(), "`mock` takes a list of tables");
    assert_eq!(error("mock = [1]").message(), "`mock` takes a table");
}

/// What a mock waits for.
#[test]
fn wrong_patterns_have_their_words() {
    said(&[
        ("when = 1", "`when` takes a table", "a number stands here"),
        ("when = { status = 1 }", "unknown field `status`", "it belongs into `reply`"),
        (
            "when = { colour = 1 }",
            "unknown field `colour`",
            "`when` of http:request has method, url, query",
        ),
        ("when = { method = \"\" }", "`method` is empty", "matches nothing"),
        ("when = { method = 1 }", "`method` takes a string", "a number stands here"),
        ("when = { method = true }", "`method` takes a string", "a boolean stands here"),
        ("when = { method = {} }", "`method` takes one pattern", "write one of exact, glob, regex"),
        (
            "when = { method = { exact = \"a\", glob = \"b\" } }",
            "`method` takes one pattern",
            "write one of",
        ),
        ("when = { method = { regx = \"a\" } }", "unknown key `regx`", "did you mean `regex`?"),
        (
            "when = { method = { hex = \"00\" } }",
            "unknown key `hex`",
            "the keys of `method` are exact, glob, regex",
        ),
        ("when = { method = { exact = 1 } }", "`method` takes a string", "a number stands here"),
        ("when = { method = \"~a(\" }", "this regular expression is not valid", "unclosed group"),
        ("when = { method = \"~\" }", "this regular expression is empty", "matches nothing"),
        (
            "when = { body = \"~(((a{99}){99}){99}){99}\" }",
            "this regular expression is too large",
            "use smaller repetitions",
        ),
        ("when = { body = { hex = \"0\" } }", "this is no hex", "write two digits for each byte"),
        ("when = { body = { hex = \"zz\" } }", "this is no hex", "write two digits for each byte"),
        (
            "when = { body = 1 }",
            "`body` takes a string, or `{ hex = \"..\" }`",
            "a number stands here",
        ),
        (
            "when = { url = \"api.example.com/users\" }",
            "`api.example.com/users` is no address of the web",
            "write `https://api.example.com/users`",
        ),
        (
            "when = { url = \"api.example.com/*\" }",
            "`api.example.com/*` is no address of the web",
            "write `https://api.example.com/*`",
        ),
        (
            "when = { url = \"https://me:x@a.example/\" }",
            "`https://me:x@a.example/` is no address of the web",
            "leave the user out",
        ),
        (
            "when = { url = \"https://a.example:99999/\" }",
            "`https://a.example:99999/` is no address of the web",
            "an address has a scheme",
        ),
        ("when = { url = \"\" }", "`` is no address of the web", ""),
        (
            "when = { url = \"https://a.example/?q=1\", query = { q = 1 } }",
            "the query stands in the address and in `query`",
            "write it in one of them",
        ),
        ("when = { query = \"a=1\" }", "`query` takes a table", "a string stands here"),
        (
            "when = { headers = { a = 1.5 } }",
            "`a` takes a string, or `{ hex = \"..\" }`",
            "a number stands here",
        ),
        ("when = { json = { \"$.[\" = 1 } }", "`$.[` is no JSONPath", "RFC 9535"),
        ("when = { json = { a = nan } }", "JSON has no such number", ""),
        (
            "when = { json = { a = 99999999999999999999 } }",
            "JSON cannot carry this here",
            "a number beyond 64 bits",
        ),
        (
            "source = \"socket:connect\"\nwhen = { port = \"443\" }",
            "`port` takes a whole number",
            "a string stands here",
        ),
        (
            "source = \"socket:connect\"\nwhen = { port = 1.5 }",
            "`port` takes a whole number",
            "a number stands here",
        ),
        (
            "source = \"socket:exchange\"\nwhen = { argv = \"git push\" }",
            "`argv` takes a list of strings",
            "write it in brackets",
        ),
        (
            "source = \"socket:exchange\"\nwhen = { argv = [\"...\", \"a\"] }",
            "more words may follow at the end only",
            "write `\"*\"` for any one word",
        ),
        (
            "source = \"socket:exchange\"\nwhen = { argv = [[]] }",
            "`argv` takes a string, or `{ hex = \"..\" }`",
            "a list stands here",
        ),
    ]);
}

/// What a mock answers.
#[test]
fn wrong_replies_have_their_words() {
    said(&[
        ("reply = 1", "`reply` takes a table", "a number stands here"),
        ("reply = []", "there is no reply in this list", "empty"),
        ("reply = [1]", "`reply` takes a table", "a number stands here"),
        ("reply = { stats = 1 }", "unknown field `stats`", "did you mean `status`?"),
        ("reply = { method = 1 }", "unknown field `method`", "it belongs into `when`"),
        ("reply = { status = \"200\" }", "`status` takes a whole number", "a string stands here"),
        ("reply = { status = 99 }", "99 is no status", "a status has three digits"),
        (
            "reply = [{ status = 200 }, { status = 1000 }]",
            "1000 is no status",
            "a status has three digits",
        ),
        ("reply = { body = 1 }", "`body` takes a string, or `{ hex = \"..\" }`", ""),
        (
            "reply = { body = { hx = \"00\" } }",
            "`body` takes a string or hex",
            "{ hex = \"00ff\" }",
        ),
        ("reply = { body = { hex = \"0\" } }", "this is no hex", "write two digits"),
        ("reply = { headers = [] }", "`headers` takes a table", "a list stands here"),
        ("reply = { headers = { a = {} } }", "`a` takes a string", "a table stands here"),
        ("reply = { names = \"a\" }", "`names` takes a list of strings", "write it in brackets"),
        ("reply = { json = inf }", "JSON has no such number", ""),
        ("reply = { file = 1 }", "`file` takes the name of a file", "a number stands here"),
        ("reply = { file = \"none.json\" }", "there is no file `none.json`", "its name starts at "),
        ("reply = { file = \"below\" }", "`below` is not a file", ""),
        (
            "source = \"socket:connect\"\nreply = { bytes = \"\" }",
            "unknown field `bytes`",
            "socket:connect has no fields here",
        ),
        (
            "pass_through = true\nreply = [{}, {}]",
            "there is one call here, and so one reply",
            "several replies",
        ),
        ("pass_through = 1", "`pass_through` takes true or false", "a number stands here"),
        (
            "pass_through = true\nspy = true",
            "a mock is a spy or passes through, and not both",
            "a spy has to see its call",
        ),
    ]);
}

/// How often, for whom, and how it fails.
#[test]
fn wrong_times_and_faults_have_their_words() {
    said(&[
        ("times = 0", "this mock never answers", "no times"),
        ("times = \"0..0\"", "this mock never answers", "no times"),
        ("times = -1", "-1 is no number of times", "write a number"),
        ("times = \"3..1\"", "\"3..1\" is no number of times", "\"1..3\""),
        ("times = \"..3\"", "\"..3\" is no number of times", "\"1..3\""),
        ("times = \"1..=3\"", "\"1..=3\" is no number of times", "\"1..3\""),
        ("times = \"3\"", "\"3\" is no number of times", "write a number"),
        ("times = 1.5", "`times` takes a number or a range", "write a number"),
        (
            "reply = [{}, {}, {}]\ntimes = 2",
            "3 replies cannot be given in 2 times",
            "the last ones are never given",
        ),
        (
            "times = \"any\"\nrequired = true",
            "`times` says that this mock need not answer, `required` that it must",
            "write `times = \"1..\"`",
        ),
        ("required = 1", "`required` takes true or false", ""),
        ("assert = \"all\"", "`all` is no way to assert", "write `\"match\"`"),
        ("assert = true", "`assert` takes a string", ""),
        ("test = \"a[\"", "this glob is not valid", ""),
        ("test = \"\"", "this glob is empty", "matches no test"),
        ("test = 1", "`test` takes a string", ""),
        ("fault = \"reset\"", "`fault` takes a table", "a string stands here"),
        ("fault = {}", "this fault has no kind", "http:request has refuse, reset, timeout, slow"),
        ("fault = { kind = \"rest\" }", "unknown fault `rest`", "did you mean `reset`?"),
        (
            "fault = { kind = \"explode\" }",
            "unknown fault `explode`",
            "http:request has refuse, reset, timeout, slow",
        ),
        (
            "fault = { kind = \"garbage\" }",
            "http:request has no fault `garbage`",
            "http:request has refuse",
        ),
        (
            "source = \"socket:exchange\"\nfault = { kind = \"reset\" }",
            "socket:exchange has no fault `reset`",
            "socket:exchange has no faults",
        ),
        ("fault = { kind = \"reset\", aftr = 1 }", "unknown key `aftr`", "did you mean `after`?"),
        (
            "fault = { kind = \"reset\", after = -1 }",
            "`after` takes a number from 0",
            "out of range",
        ),
        (
            "fault = { kind = \"slow\", delay_ms = 86400001 }",
            "`delay_ms` takes a number from 0 to 86400000",
            "out of range",
        ),
        ("fault = { kind = \"slow\", delay_ms = \"1s\" }", "`delay_ms` takes a whole number", ""),
        (
            "fault = { kind = \"refuse\" }\nreply = {}",
            "nothing is answered where the fault is `refuse`",
            "never sent",
        ),
        (
            "fault = { kind = \"timeout\", after = 1 }",
            "nothing is answered where the fault is `timeout`",
            "never sent",
        ),
        (
            "fault = { kind = \"reset\" }\nreply = [{}, {}]",
            "there is one call here, and so one reply",
            "",
        ),
        ("fault = { kind = \"reset\" }\nspy = true", "a real call cannot be made to fail", ""),
    ]);
}

/// Sessions and their steps.
#[test]
fn wrong_steps_have_their_words() {
    let session = |steps: &str| format!("source = \"socket:connect\"\nsteps = {steps}");
    let step = "{ source = \"socket:exchange\" }";
    for (lines, message, help) in [
        (
            format!("source = \"http:request\"\nsteps = [{step}]"),
            "http:request opens no session, and so has no steps",
            "write a mock for each call",
        ),
        (
            format!("source = \"socket:exchange\"\nsteps = [{step}]"),
            "socket:exchange opens no session, and so has no steps",
            "a session is opened by socket:connect",
        ),
        (session("1"), "`steps` takes a list of tables", "write it in brackets"),
        (session("[1]"), "`step` takes a table", "a number stands here"),
        (session("[{}]"), "this step has no source", "write `source"),
        (
            session("[{ source = \"http:request\" }]"),
            "http:request is no step of a session of socket",
            "of another protocol",
        ),
        (
            session("[{ source = \"socket:connect\" }]"),
            "socket:connect opens a session, and is no step of one",
            "",
        ),
        (
            session("[{ source = \"socket:exchange\", times = 2 }]"),
            "unknown key `times`",
            "the keys of `step` are source, when, reply, fault",
        ),
        (
            session("[{ source = \"socket:exchange\", when = { byts = \"\" } }]"),
            "unknown field `byts`",
            "did you mean `bytes`?",
        ),
        (
            session("[{ source = \"socket:exchange\", reply = [{}, {}] }]"),
            "a step has one reply",
            "write a step for each",
        ),
        (session("[{ any_order = [] }]"), "there is no step in this group", "empty"),
        (session("[{ any_order = 1 }]"), "`any_order` takes a list of steps", ""),
        (session("[{ any_order = [{ any_order = [] }] }]"), "unknown key `any_order`", ""),
        (
            session("[{ any_order = [], source = \"x\" }]"),
            "`source` stands beside `any_order`",
            "write a step of its own",
        ),
        (
            format!("source = \"socket:connect\"\nspy = true\nsteps = [{step}]"),
            "a real call has no steps",
            "",
        ),
    ] {
        said(&[(&lines, message, help)]);
    }
}

/// A mock behind one without end is never asked; the words of the same thing may differ in order.
#[test]
fn mocks_behind_others_are_refused() {
    for (first, second) in [
        ("times = \"any\"", "test = \"a\""),
        (
            "times = \"2..\"\nwhen = { method = \"GET\", body = \"a\" }",
            "when = { body = \"a\", method = \"GET\" }",
        ),
        ("pass_through = true\ntest = \"a\"", "test = \"a\""),
        (
            "times = \"any\"\nwhen.url = \"https://a.example\"",
            "when.url = \"https://A.example:443/\"",
        ),
    ] {
        let text = [first, second]
            .map(|lines| format!("[[mock]]\nsource = \"http:request\"\n{lines}\n"))
            .concat();
        assert_eq!(error(&text).message(), "this mock never answers", "{text}");
    }
}

/// What is too large says so before it fills the memory.
#[test]
fn limits_are_kept() {
    let folder = Folder::new();
    let large = Disk::create(folder.0.join("large")).expect("a file");
    large.set_len((16 << 20) + 1).expect("a sparse file");
    let said =
        folder.read("[[mock]]\nsource = \"http:request\"\nreply = { file = \"large\" }").err();
    assert_eq!(said.as_ref().map(Error::message), Some("a value of a reply is larger than 16 MiB"));

    let body = "x".repeat((16 << 20) + 1);
    let text = format!("[[mock]]\nsource = \"http:request\"\nreply = {{ body = \"{body}\" }}");
    assert_eq!(error(&text).message(), "a value of a reply is larger than 16 MiB");

    let text = format!("mock = [{}]", "{},".repeat(100_001));
    assert_eq!(error(&text).message(), "there are more than 100,000 mocks");
}

/// The settings beside the mocks.
#[test]
fn wrong_settings_have_their_words() {
    for (text, message, help) in [
        (
            "[http]\nrequire_response = 1",
            "`require_response` takes true or false",
            "a number stands here",
        ),
        (
            "[http]\nrequire_respone = true",
            "unknown key `require_respone`",
            "did you mean `require_response`?",
        ),
        ("http = true", "`http` takes a table", ""),
        ("sandbox = \"test\"", "`test` is no kind of sandbox", "write `\"run\"`"),
    ] {
        let error = error(text);
        assert_eq!(error.message(), message);
        assert!(error.to_string().contains(help), "{error}");
    }
}

fn any_mock() -> impl Strategy<Value = String> {
    let value = "(\"[a-z*~:/.(]{0,6}\"|1|-1|1\\.5|true|\\{\\}|\\[\\]|\\[\"a\", \"\\.\\.\\.\"\\]|\\{ (exact|glob|regex|hex|kind|a|\"\\$\\.a\") = (\"[a-f0-9*(]{0,4}\"|1) \\}|\\[\\{\\}, 1\\])";
    let key = "(when|reply|times|assert|test|required|steps|pass_through|spy|fault|when\\.(method|url|query|headers|body|json)|reply\\.(status|headers|body|json|file|names))";
    prop::collection::vec((key, value), 0..5).prop_map(|lines| {
        let lines: String = lines.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        format!("[[mock]]\nsource = \"http:request\"\n{lines}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands there, it is read or refused in words.
    #[test]
    fn reading_a_mock_never_panics(text in any_mock()) {
        let folder = Folder::new();
        if let Err(error) = folder.read_of(&text, paper::PLUGINS) {
            prop_assert!(error.to_string().starts_with("error: "));
        }
    }
}
