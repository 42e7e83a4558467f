//! Tables as a test says them: in JSON, with the keys and values that a configuration has.

use std::path::Path;

use super::error::{Error, Source};
use super::json;
use super::schema::Reader;
use super::tree::{Entry, Node, Value};
use crate::fields::Fields;
use crate::mocks::{Matcher, Mock, Step, When};
use crate::plugins::card::Shape;
use crate::plugins::object::Object;
use crate::plugins::{self, PLUGINS, Plugin};
use crate::rules::{Frame, Origin, Place, Rule};

/// Deepest nesting of a table.
const DEPTH_MAX: usize = 100;
/// A field that is as said, whatever it is.
const ANY: &str = "any";

/// What a test says that was done.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Of which protocol.
    pub plugin: &'static dyn Plugin,
    /// Of what.
    pub shape: &'static Shape,
    /// Which of these.
    pub when: When,
    /// Fields that are named, and may be anything.
    pub any: Vec<&'static str>,
    /// Fields that the test looks at itself.
    pub judged: Vec<&'static str>,
    /// What has to be part of the answer.
    pub reply: Fields,
    /// Where it stands.
    pub origin: Origin,
}

/// Something that only the test sees.
#[derive(Debug, Clone)]
pub struct Done {
    /// Of which protocol.
    pub plugin: &'static dyn Plugin,
    /// Of what.
    pub shape: &'static Shape,
    /// What it is.
    pub fields: Fields,
}

/// A mock.
///
/// # Errors
///
/// It is none.
pub fn mock(text: &str, origin: Origin, directory: &Path) -> Result<Mock, Error> {
    let (source, place) = (source(text, &origin)?, place(directory));
    let plugins: Vec<&'static dyn Plugin> = PLUGINS.iter().copied().chain([own()]).collect();
    let reader = Reader::new(&source, &place, &plugins);
    let mut mock = reader.mock(&json::parse(&source)?)?;
    for step in &mut mock.steps {
        match step {
            Step::One(step) => step.origin = origin.clone(),
            Step::AnyOrder(steps) => {
                steps.iter_mut().for_each(|step| step.origin = origin.clone());
            }
        }
    }
    Ok(Mock { origin, ..mock })
}

/// An assertion.
///
/// # Errors
///
/// It is none.
pub fn expected(
    (of, fields, reply): (&str, &str, &str),
    judged: &[String],
    origin: Origin,
    directory: &Path,
) -> Result<Expected, Error> {
    let (plugin, shape) = named(of)?;
    let (source_, place) = (source(fields, &origin)?, place(directory));
    let reader = Reader::new(&source_, &place, PLUGINS);
    let table = json::parse(&source_)?;
    let (mut any, mut when) = (Vec::new(), Vec::new());
    for entry in reader.entries(&table, "fields")? {
        match (is_any(&entry.node), shape.field(&entry.key)) {
            (true, Some(field)) => any.push(field.name),
            (true, None) => return Err(reader.no_field(entry, "when", shape)),
            (false, _) => when.push(entry.clone()),
        }
    }
    let span = table.span.clone();
    let node = Node { span: span.clone(), value: Value::Table(when) };
    let entry = Entry { key: "when".to_owned(), span: span.clone(), node };
    let when = reader.when(&Node { span, value: Value::Table(vec![entry]) }, shape)?;
    let unknown = |name: &String| Error::plain(format!("{of} has no field `{name}`"));
    let judged = judged
        .iter()
        .map(|name| shape.field(name).map(|field| field.name).ok_or_else(|| unknown(name)));
    let judged = judged.collect::<Result<_, _>>()?;
    let reply = answer(reply, shape, &origin, directory)?;
    Ok(Expected { plugin, shape, when, any, judged, reply, origin })
}

/// What is answered, or has to be part of it.
fn answer(
    text: &str,
    shape: &'static Shape,
    origin: &Origin,
    directory: &Path,
) -> Result<Fields, Error> {
    let (source, place) = (source(text, origin)?, place(directory));
    Reader::new(&source, &place, PLUGINS).reply(&json::parse(&source)?, shape)
}

/// What an object answered.
///
/// # Errors
///
/// It is no table of a reply's fields.
pub fn returned(text: &str) -> Result<Fields, Error> {
    let shape = own().card().shape("mock:call").ok_or_else(|| Error::plain("no such source"))?;
    answer(text, shape, &Origin::File("the test".to_owned(), 0), Path::new("/"))
}

/// Something that only the test sees.
///
/// # Errors
///
/// It is not of that kind.
pub fn done(of: &str, fields: &str, origin: &Origin, directory: &Path) -> Result<Done, Error> {
    let (plugin, shape) = named(of)?;
    if plugin.card().name != own().card().name {
        return Err(Error::plain(format!("{of} is seen without being told of"))
            .help("a test tells of `mock:call` only"));
    }
    let (source, place) = (source(fields, origin)?, place(directory));
    let reader = Reader::new(&source, &place, PLUGINS);
    let table = json::parse(&source)?;
    let mut fields = Fields::new();
    for entry in reader.entries(&table, "fields")? {
        let Some(field) = shape.field(&entry.key) else {
            return Err(reader.no_field(entry, "when", shape));
        };
        fields.set(field.name, reader.reply_value(field, &entry.node)?);
    }
    Ok(Done { plugin, shape, fields })
}

/// Rules that came together.
///
/// # Errors
///
/// One of them is none.
pub fn rules(
    [allow, deny, restrict]: [&[String]; 3],
    origin: &Origin,
    directory: &Path,
) -> Result<Frame, Error> {
    let place = place(directory);
    let read = |texts: &[String]| -> Result<Vec<Rule>, Error> {
        texts.iter().map(|text| rule(text, origin, &place)).collect()
    };
    let mut frame = Frame::new(origin.clone());
    frame.allow = read(allow)?;
    frame.deny = read(deny)?;
    frame.restrict = read(restrict)?;
    if frame.is_empty() {
        return Err(Error::plain("there is no rule here").help("name at least one"));
    }
    Ok(frame)
}

fn rule(text: &str, origin: &Origin, place: &Place) -> Result<Rule, Error> {
    let source = Source { name: origin.to_string(), text: text.to_owned() };
    Rule::parse(text, origin.clone(), place).map_err(|fault| source.fault(0, &fault))
}

fn own() -> &'static dyn Plugin {
    &Object
}

fn named(of: &str) -> Result<(&'static dyn Plugin, &'static Shape), Error> {
    let known = || own().card().shape(of).map(|shape| (own(), shape));
    plugins::source(of).or_else(known).ok_or_else(|| {
        Error::plain(format!("unknown source `{of}`")).help("`bigfoot plugins` lists them")
    })
}

fn place(directory: &Path) -> Place {
    Place { directory: directory.to_owned(), home: None }
}

fn source(text: &str, origin: &Origin) -> Result<Source, Error> {
    if depth(text) > DEPTH_MAX {
        return Err(Error::plain("this table is nested too deeply"));
    }
    Ok(Source { name: origin.to_string(), text: text.to_owned() })
}

/// How deep the brackets of a text are nested.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn is_any(node: &Node) -> bool {
    let Value::Table(entries) = &node.value else {
        return false;
    };
    matches!(entries.as_slice(), [only] if only.key == ANY && only.node.value == Value::Boolean(true))
}

impl Expected {
    /// Whether it says nothing: anything would be as it says.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let says = |(_, matcher): &(&str, Matcher)| !is_wild(matcher);
        !self.shape.fields.is_empty() && self.judged.is_empty() && !self.when.0.iter().any(says)
    }

    /// Whether it names this field.
    #[must_use]
    pub fn names(&self, field: &str) -> bool {
        self.any.contains(&field) || self.judged.contains(&field) || self.when.get(field).is_some()
    }
}

/// Whether anything is as this says.
fn is_wild(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::Glob(text, _) => text.chars().all(|c| c == '*'),
        Matcher::Words { words, rest } => *rest && words.iter().all(is_wild),
        Matcher::Pairs(pairs) => pairs.is_empty(),
        Matcher::Subset(part) => part.as_object().is_some_and(serde_json::Map::is_empty),
        Matcher::UrlBase(inner) => is_wild(inner),
        Matcher::All(all) => all.iter().all(is_wild),
        Matcher::Exact(_) | Matcher::Regex(_) | Matcher::Paths(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Origin {
        Origin::File("tests/a.rs".to_owned(), 7)
    }

    fn said(fields: &str) -> Result<Expected, Error> {
        expected(("http:request", fields, "{}"), &[], here(), Path::new("/"))
    }

    /// A mock is the same table as in a configuration, and stands where the test has it.
    #[test]
    fn a_mock_is_read_as_in_a_configuration() {
        let text = r#"{"source": "http:request", "when": {"url": "http://x/a"}, "times": 2}"#;
        let mock = mock(text, here(), Path::new("/")).unwrap();

        assert_eq!((mock.times.max, mock.origin), (Some(2), here()));
    }

    /// What is wrong is shown in the test's own text, with the nearest right word.
    #[test]
    fn what_is_wrong_is_shown() {
        let text = r#"{"source": "http:request", "when": {"ulr": "http://x/a"}}"#;
        let wrong = mock(text, here(), Path::new("/")).unwrap_err().to_string();

        for part in ["unknown field `ulr`", "tests/a.rs:7", "did you mean `url`?"] {
            assert!(wrong.contains(part), "{wrong}");
        }
        for text in ["", "[", "7", r#"{"source": "http:request", "when": []}"#, &"[".repeat(200)] {
            assert!(mock(text, here(), Path::new("/")).is_err(), "{text}");
        }
    }

    /// An assertion of nothing but wildcards says nothing, however they are written.
    #[test]
    fn wildcards_say_nothing() {
        for fields in ["{}", r#"{"url": {"any": true}}"#, r#"{"url": "*", "json": {}}"#] {
            assert!(said(fields).unwrap().is_empty(), "{fields}");
        }
        for fields in [r#"{"method": "GET", "url": "*"}"#, r#"{"json": {"a": 1}}"#] {
            assert!(!said(fields).unwrap().is_empty(), "{fields}");
        }
    }

    /// A field that the source does not have is named, whoever is to look at it.
    #[test]
    fn unknown_fields_are_named() {
        assert!(said(r#"{"path": {"any": true}}"#).unwrap_err().to_string().contains("path"));
        let judged = ["path".to_owned()];
        let wrong = expected(("http:request", "{}", "{}"), &judged, here(), Path::new("/"));
        assert!(wrong.unwrap_err().to_string().contains("no field `path`"));
    }

    /// A test tells of its own objects only: what is seen anyway is not to be told.
    #[test]
    fn a_test_tells_of_its_objects_only() {
        let fields = r#"{"name": "rate", "args": ["1"]}"#;
        assert!(done("mock:call", fields, &here(), Path::new("/")).is_ok());
        assert!(done("http:request", "{}", &here(), Path::new("/")).is_err());
        assert!(rules([&[], &[], &[]], &here(), Path::new("/")).is_err());
    }
}
