//! Who a conversation asks: it answers by bytes of the input, and claims that it is asked in the words
//! of the plugin's card.
//!
//! A byte for each question, over and over: `0` refuses, `1` lets the real server answer, `2` and on
//! are the answers of the mocks, in order. Without any, everything is refused.

use std::collections::HashSet;
use std::sync::Arc;

use bigfoot_controller::fields::Fields;
use bigfoot_controller::mocks::{Act, Mock};
use bigfoot_controller::plugins::conversation::{Answer, By, Desk, Foreseen, Reply, Wait};
use bigfoot_controller::plugins::{self, Plugin, card, layer};

/// Who is asked.
#[derive(Debug)]
pub struct Clerk {
    mocks: &'static [Mock],
    answers: Vec<u8>,
    names: bool,
    speaks: bool,
    real: HashSet<u64>,
    /// What was asked, in order.
    pub asked: Vec<(&'static str, Fields)>,
}

impl Clerk {
    /// One that gives these answers of these mocks. `names` if mocks speak of handshakes and the like.
    pub fn new(mocks: &'static [Mock], answers: &[u8], names: bool) -> Self {
        let (real, asked) = (HashSet::new(), Vec::new());
        Self { mocks, answers: answers.to_vec(), names, speaks: names, real, asked }
    }

    /// The same, and mocks speak of the protocol, if not of its handshakes.
    pub fn speaking(self) -> Self {
        Self { speaks: true, ..self }
    }

    /// All that the mocks of a source answer, and those of protocols above it in its words.
    fn replies(&self, source: &str) -> Vec<Reply> {
        self.mocks.iter().flat_map(|mock| replies(mock, source)).collect()
    }

    /// What the engine and the report make of what was asked.
    fn read(&self, plugin: &'static dyn Plugin, shape: &'static card::Shape, fields: &Fields) {
        claim_names(shape.fields, fields);
        for mock in self.mocks.iter().filter(|mock| mock.shape.source == shape.source) {
            plugin.fits(shape, &mock.when, fields); // matches by globs, expressions and paths
        }
        plugin.key(shape, fields);
        plugin.words(shape, fields);
        plugin.paste(shape, fields);
    }

    fn choose(&mut self, source: &str, number: usize) -> Answer {
        let byte = self.answers.get(number % self.answers.len().max(1)).copied().unwrap_or(b'0');
        let replies = self.replies(source);
        match usize::from(byte.wrapping_sub(b'0')) % (replies.len() + 2) {
            0 => Answer::Refused("no mock answers it, and no rule allows it".to_owned()),
            1 => {
                self.real.insert(number as u64);
                Answer::Real(number as u64)
            }
            at => Answer::Mocked(replies[at - 2].clone()),
        }
    }
}

impl Desk for Clerk {
    fn answer(&mut self, source: &'static str, fields: Fields) -> Answer {
        let (plugin, shape) = plugins::source(source).expect("a source of a card");
        self.read(plugin, shape, &fields);
        if let Some(above) = layer::lifted(source, &fields, |_| true) {
            self.read(above.plugin, above.shape, &above.fields);
        }
        let number = self.asked.len();
        self.asked.push((source, fields));
        self.choose(source, number)
    }

    fn completed(&mut self, number: u64, reply: Fields) {
        assert!(self.real.remove(&number), "{number} was not asked of a server, or told twice");
        let (source, _) = &self.asked[usize::try_from(number).expect("a number of ours")];
        let (_, shape) = plugins::source(source).expect("a source of a card");
        claim_names(shape.reply, &reply);
    }

    fn foresee(&mut self, source: &'static str, _: &Fields) -> Foreseen {
        let when =
            self.mocks.iter().find(|mock| mock.shape.source == source).map(|mock| &mock.when);
        let when = when.cloned().unwrap_or_default();
        match self.choose(source, self.asked.len()) {
            Answer::Mocked(reply) => Foreseen { when, replies: vec![reply.fields], by: By::Mock },
            Answer::Real(number) => {
                self.real.remove(&number); // it was not asked
                Foreseen { by: By::Server, ..Foreseen::nobody() }
            }
            Answer::Refused(_) => Foreseen::nobody(),
        }
    }

    /// Mocks wait for lines; none waits for one that begins with `!`.
    fn waits(&mut self, _: &'static str, fields: &Fields) -> Wait {
        let bytes = fields.bytes("bytes").unwrap_or_default();
        match bytes.iter().position(|byte| *byte == b'\n') {
            _ if bytes.starts_with(b"!") => Wait::Never,
            Some(end) => Wait::Match(end + 1),
            None => Wait::Prefix,
        }
    }

    fn names(&self, source: &'static str) -> bool {
        if source.contains(':') { self.names } else { self.speaks }
    }
}

/// What a mock answers to this source.
fn replies(mock: &Mock, source: &str) -> Vec<Reply> {
    let said = |fields: &Arc<Fields>| match mock.plugin.layer() {
        Some(layer) if layer.over() == source => {
            Some(Arc::new(layer.lower(mock.shape.source, fields)))
        }
        _ if mock.shape.source == source => Some(Arc::clone(fields)),
        _ => None,
    };
    let (replies, fault) = match &mock.act {
        Act::Replies(replies) => (replies.as_slice(), None),
        Act::Fault(fault, fields) => (std::slice::from_ref(fields), Some(*fault)),
        Act::Real(_) => (&[][..], None),
    };
    replies.iter().filter_map(said).map(|fields| Reply { fields, fault }).collect()
}

fn claim_names(known: &[card::Field], fields: &Fields) {
    for (name, _) in fields.iter() {
        assert!(known.iter().any(|field| field.name == name), "the card has no field {name}");
    }
}
