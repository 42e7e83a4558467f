//! What a plugin answers that reads another's interactions.

use super::*;
use crate::fields::Fields;
use crate::plugins::conversation::Answer;
use crate::timeline::How;

const SERVER: &str = "192.0.2.80:9200";

const SEARCH: &str = r#"
[[mock]]
source = "elasticsearch:search"
when = { index = "users", body = { query = { match = { name = "Alice" } } } }
reply = { json = { hits = { hits = [] } } }
times = 2
"#;

const LOWER: &str = r#"
[[mock]]
source = "http:request"
when = { method = "POST", url = "http://192.0.2.80:9200/users/_search" }
reply = { status = 299 }
"#;

/// A search for Alice in an index, as HTTP tells it: the reply's fields, or the refusal.
fn search(scene: &mut Scene, ticket: u32, index: &str) -> Result<Fields, String> {
    let fields = Fields::new()
        .with("method", "POST")
        .with("url", format!("http://{SERVER}/{index}/_search"))
        .with("body", r#"{"query": {"match": {"name": "Alice"}}}"#.as_bytes().to_vec());
    match scene.engine.answer(ticket, "http:request", fields) {
        Answer::Mocked(reply) => Ok((*reply.fields).clone()),
        Answer::Real(_) => Err("real".to_owned()),
        Answer::Refused(why) => Err(why.split(' ').next().unwrap_or_default().to_owned()),
    }
}

/// A request is answered by a mock of what it means, in the words of the protocol below.
#[test]
fn a_mock_of_the_layer_answers() {
    let mut scene = Scene::configured(&format!("sandbox = \"run\"\n{SEARCH}"));
    let ticket = scene.claimed(200, SERVER);

    let reply = search(&mut scene, ticket, "users").expect("an answer");

    assert_eq!(reply.number("status"), Some(200));
    assert!(reply.get("json").is_some() && reply.get("headers").is_some(), "{reply:?}");
    let (_, interactions, _) = scene.ended();
    assert_eq!(interactions[0].shape.source, "elasticsearch:search");
    assert!(matches!(interactions[0].how, How::Mocked(_)), "{:?}", interactions[0].how);
}

/// Whoever mocks the request itself means that one; once it is used up, the layer's answers.
#[test]
fn a_mock_of_the_protocol_below_comes_first() {
    let text = ["sandbox = \"run\"\n", SEARCH, LOWER].concat();
    let mut scene = Scene::configured(&text);
    let ticket = scene.claimed(200, SERVER);

    let mut status = || search(&mut scene, ticket, "users").expect("an answer").number("status");

    assert_eq!([status(), status(), status()], [Some(299), Some(200), Some(200)]);
}

/// What no mock answers is told as what it means, with a mock to paste that would have answered it.
#[test]
fn what_no_mock_answers_is_told_as_what_it_means() {
    let mut scene = Scene::configured(&format!("sandbox = \"run\"\n{SEARCH}"));
    let ticket = scene.claimed(200, SERVER);

    assert_eq!(search(&mut scene, ticket, "groups"), Err("BF104".to_owned()));

    let (findings, ..) = scene.ended();
    let request = findings[0].request.as_ref().expect("a request");
    assert_eq!(
        (request.source, request.words.as_str()),
        ("elasticsearch:search", "search in groups")
    );
    let pasted = findings[0].mock.clone().expect("a mock to paste");
    let mut scene = Scene::configured(&format!("sandbox = \"run\"\n{pasted}"));
    let ticket = scene.claimed(200, SERVER);
    let reply = search(&mut scene, ticket, "groups").expect("an answer");
    assert_eq!(reply.number("status"), Some(200), "{pasted}");
}

/// Where no mock of the layer may answer, a request is one of the protocol below and nothing else.
#[test]
fn elsewhere_requests_are_those_of_the_protocol_below() {
    let lower = LOWER.replace("9200/users", "8080/users");
    let mut scene = Scene::configured(&format!("sandbox = \"run\"\n{SEARCH}{lower}"));
    let ticket = scene.claimed(200, "192.0.2.80:8080");

    assert_eq!(search(&mut scene, ticket, "users"), Err("BF104".to_owned()));

    let (findings, ..) = scene.ended();
    let request = findings[0].request.as_ref().expect("a request");
    assert_eq!(request.source, "http:request");
}
