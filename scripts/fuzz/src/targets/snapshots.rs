//! Accepted interactions: any text as a file of them, and files that are written of any interactions.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use bigfoot_controller::accept::{self, FOLDER, Snapshots};
use bigfoot_controller::call::{Call, Load};
use bigfoot_controller::engine::{Details, Ran};
use bigfoot_controller::fields::{Fields, Value};
use bigfoot_controller::plugins;
use bigfoot_controller::plugins::card::{Field, FieldKind};
use bigfoot_controller::timeline::{Asserted, How, Interaction, Layer};

use crate::scratch;

/// A project with snapshots.
static PROJECT: LazyLock<PathBuf> = LazyLock::new(|| {
    let project = scratch::FOLDER.join("project");
    fs::create_dir_all(project.join(FOLDER)).expect("a temporary folder");
    project
});

/// A text that begins with `#!` makes interactions, any other is read.
pub fn target(input: &[u8]) {
    match input.strip_prefix(b"#!") {
        Some(values) => written(values),
        None => read(input),
    }
}

/// It is a snapshot, or it is said what is wrong with it.
fn read(input: &[u8]) {
    empty();
    fs::write(PROJECT.join(FOLDER).join("run.toml"), input).expect("a temporary file");
    match Snapshots::load(&PROJECT) {
        Ok(snapshots) => drop(snapshots.compare(&mut [], &Ran::default())),
        Err(error) => assert!(error.to_string().len() <= (1 << 14) + 16 * input.len()),
    }
}

/// What was written can be read, and is what was done; written once more, it is the same.
fn written(values: &[u8]) {
    empty();
    let mut done: Vec<Interaction> =
        values.split(|byte| *byte == b'\n').filter_map(interaction).collect();
    accept::write(&PROJECT, &done, &Ran::default()).expect("snapshots");
    let again = accept::write(&PROJECT, &done, &Ran::default()).expect("snapshots");
    assert_eq!(again.written, [] as [&Path; 0], "written once more");
    let snapshots = Snapshots::load(&PROJECT).unwrap_or_else(|error| panic!("{error}"));
    let broken = snapshots.compare(&mut done, &Ran::default());
    assert!(broken.is_empty(), "{broken:?}");
}

fn empty() {
    for entry in fs::read_dir(PROJECT.join(FOLDER)).expect("a temporary folder").flatten() {
        let _ = fs::remove_file(entry.path()); // the next write tells
    }
}

/// A line makes one: its first byte says of what, the next whose it is, and words are its values.
fn interaction(line: &[u8]) -> Option<Interaction> {
    let [of, whose, values @ ..] = line else {
        return None;
    };
    let shapes: Vec<_> = plugins::PLUGINS
        .iter()
        .flat_map(|plugin| plugin.card().interactions.iter().map(move |shape| (*plugin, shape)))
        .collect();
    let (plugin, shape) = *shapes.get(usize::from(*of) % shapes.len())?;
    let mut words = values.split(|byte| *byte == b' ');
    let test = whose.is_ascii_lowercase().then(|| String::from_utf8_lossy(values).into_owned());
    Some(Interaction {
        number: 1,
        plugin,
        shape,
        fields: fields(shape.fields, &mut words),
        reply: Arc::new(fields(shape.reply, &mut words)),
        how: How::Real,
        call: Call::Load(Load { library: String::new() }),
        test,
        process: (1, 1, 1),
        layer: Layer::Wire,
        sandbox: None,
        asserted: Asserted::Open,
        details: Details::default(),
    })
}

fn fields<'a>(card: &[Field], words: &mut impl Iterator<Item = &'a [u8]>) -> Fields {
    let mut fields = Fields::new();
    for (field, word) in card.iter().zip(words) {
        fields.set(field.name, value(field.kind, word));
    }
    fields
}

fn value(kind: FieldKind, word: &[u8]) -> Value {
    let text = String::from_utf8_lossy(word).into_owned();
    match kind {
        FieldKind::Bytes | FieldKind::Path => Value::Bytes(word.to_vec()),
        FieldKind::Number => Value::Number(text.parse().unwrap_or(word.len() as i64)),
        FieldKind::Words => {
            Value::Words(word.split(|byte| *byte == b',').map(<[u8]>::to_vec).collect())
        }
        FieldKind::Pairs | FieldKind::Headers => {
            let pairs = text.split(',').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            Value::Pairs(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
        }
        FieldKind::Json => serde_json::from_slice(word).map_or(Value::Text(text), Value::Json),
        FieldKind::Text
        | FieldKind::Word
        | FieldKind::Url
        | FieldKind::Sql
        | FieldKind::NormalSql => Value::Text(text),
    }
}
