//! The real server: requests that may really be made go to it one after the other, over a connection of
//! its own. It first hears what the client said about itself, and nothing else if it refuses that.

use std::mem;

use super::{Session, Stage};
use crate::fields::Fields;
use crate::plugins::conversation::{Desk, End, Fault, Opening, Output, Upstream};
use crate::plugins::redis::answer::{self, Answers};
use crate::plugins::redis::asked::Asked;
use crate::plugins::redis::form::Form;
use crate::plugins::redis::frame::{put_error, request};
use crate::plugins::redis::request::Words;

/// Most requests about the client itself that are kept for the real server.
const KEPT_MAX: usize = 256;

/// The real server.
#[derive(Debug)]
pub(super) struct Real {
    server: Upstream,
    is_connected: bool,
    answers: Answers,
    /// What it has to hear first.
    greeting: Vec<Words>,
}

/// What is waited for.
#[derive(Debug)]
pub(super) struct Passing {
    /// It may never come.
    pub(super) blocks: bool,
    /// How many answers to the greeting are missing.
    greeted: usize,
    /// What is sent behind the greeting.
    held: Vec<u8>,
    wants: Wants,
}

/// What the real server has to say.
#[derive(Debug)]
pub(super) enum Wants {
    /// One answer.
    Answer(Option<u64>, Form),
    /// So many confirmations of subscriptions.
    Confirmations(Option<u64>, usize),
    /// So many words on the way to EXEC's answer, and that.
    Exec(Box<Exec>, usize),
}

/// A transaction, some of whose requests the real server answers.
#[derive(Debug)]
pub(super) struct Exec {
    /// The answers; of those of the real server nothing yet.
    pub(super) parts: Vec<Vec<u8>>,
    /// Which part, under which number, and what was asked.
    pub(super) requests: Vec<(usize, Option<u64>, Asked)>,
    /// What goes wrong with all of it.
    pub(super) fault: Option<Fault>,
}

impl Real {
    pub(super) fn to(opening: &Opening) -> Self {
        let (host, port) = (opening.host.clone(), opening.port);
        let tls = opening.encrypted.then(|| (host.clone(), Vec::new()));
        let server = Upstream { host, port, tls };
        Self { server, is_connected: false, answers: Answers::default(), greeting: Vec::new() }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.is_connected
    }

    /// Keeps what the client says about itself, in place of what it said of that before.
    pub(super) fn keep(&mut self, asked: &Asked) {
        let about = |words: &Words| {
            let count = if asked.name == "CLIENT" { 2 } else { 1 };
            words.iter().take(count).map(|word| word.to_ascii_uppercase()).collect::<Vec<_>>()
        };
        if asked.name != "WATCH" {
            self.greeting.retain(|known| about(known) != about(&asked.words));
        }
        if self.greeting.len() < KEPT_MAX {
            self.greeting.push(asked.words.clone());
        }
    }

    pub(super) fn forget(&mut self) {
        self.greeting.clear();
    }

    /// Whether any keys were watched.
    pub(super) fn forget_watches(&mut self) -> bool {
        let before = self.greeting.len();
        let is_watch =
            |words: &Words| words.first().is_some_and(|it| it.eq_ignore_ascii_case(b"WATCH"));
        self.greeting.retain(|words| !is_watch(words));
        self.greeting.len() < before
    }

    /// Sends these, or holds them back until the greeting is answered: of how many requests that is, but
    /// for one that is sent now.
    fn send(&mut self, frames: Vec<u8>, now: &Words, output: &mut Output) -> (usize, Vec<u8>) {
        if mem::replace(&mut self.is_connected, true) {
            output.upstream.extend(frames);
            return (0, Vec::new());
        }
        output.connect = Some(self.server.clone());
        let greeting: Vec<_> = self.greeting.iter().filter(|words| *words != now).collect();
        if greeting.is_empty() {
            output.upstream.extend(frames);
            return (0, Vec::new());
        }
        output.upstream.extend(greeting.iter().flat_map(|words| frame(words)));
        (greeting.len(), frames)
    }

    fn lose(&mut self) {
        self.is_connected = false;
        self.answers = Answers::default();
    }
}

impl Session {
    /// One request.
    pub(super) fn pass(&mut self, number: Option<u64>, asked: &Asked, output: &mut Output) {
        let wants = Wants::Answer(number, asked.form());
        self.send(frame(&asked.words), asked, wants, asked.waits_ms().is_some(), output);
    }

    /// One that is confirmed so many times.
    pub(super) fn pass_confirmed(
        &mut self,
        number: Option<u64>,
        count: usize,
        asked: &Asked,
        output: &mut Output,
    ) {
        self.send(frame(&asked.words), asked, Wants::Confirmations(number, count), true, output);
    }

    /// Another one in its place.
    pub(super) fn pass_unwatch(&mut self, asked: &Asked, output: &mut Output) {
        let frames = request([&b"UNWATCH"[..]].into_iter());
        self.send(frames, asked, Wants::Answer(None, asked.form()), false, output);
    }

    pub(super) fn pass_exec(&mut self, exec: Exec, asked: &Asked, output: &mut Output) {
        let mut frames = request([&b"MULTI"[..]].into_iter());
        frames.extend(exec.requests.iter().flat_map(|(_, _, asked)| frame(&asked.words)));
        frames.extend(request([&b"EXEC"[..]].into_iter()));
        let before = 1 + exec.requests.len();
        self.send(frames, asked, Wants::Exec(Box::new(exec), before), false, output);
    }

    fn send(
        &mut self,
        frames: Vec<u8>,
        asked: &Asked,
        wants: Wants,
        blocks: bool,
        output: &mut Output,
    ) {
        let (greeted, held) = self.real.send(frames, &asked.words, output);
        self.stage = Stage::Passing(Passing { blocks, greeted, held, wants });
    }

    /// The real server said something.
    pub(super) fn upstream(&mut self, bytes: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        if !self.real.is_connected || matches!(self.stage, Stage::Over) {
            return;
        }
        self.real.answers.add(bytes);
        loop {
            match self.real.answers.next() {
                Ok(Some(answer)) => self.answered(&answer, desk, output),
                Ok(None) => return,
                Err(wrong) => {
                    self.lost(&format!("it sent {wrong}"), output);
                    output.end_upstream = true;
                    return self.over(End::Close, output);
                }
            }
        }
    }

    fn answered(&mut self, answer: &[u8], desk: &mut dyn Desk, output: &mut Output) {
        match mem::replace(&mut self.stage, Stage::Ready) {
            Stage::Passing(passing) => self.expected(passing, answer, desk, output),
            Stage::Sending(mut sending) => {
                sending.add(answer); // behind what is being said
                self.stage = Stage::Sending(sending);
            }
            Stage::Ready => {
                output.client.extend_from_slice(answer); // what is published
                self.work(desk, output);
            }
            other => self.stage = other,
        }
    }

    fn expected(
        &mut self,
        mut passing: Passing,
        answer: &[u8],
        desk: &mut dyn Desk,
        output: &mut Output,
    ) {
        let may_be_pushed = answer.starts_with(b">") || self.channels.are_real;
        let pushed = may_be_pushed.then(|| answer::pushed(answer)).flatten();
        let confirms = pushed.as_ref().is_some_and(|word| word.ends_with("subscribe"));
        if pushed.is_some_and(|word| answer.starts_with(b">") || word.ends_with("message"))
            && !confirms
        {
            output.client.extend_from_slice(answer);
            self.stage = Stage::Passing(passing);
            return;
        }
        if passing.greeted > 0 {
            return self.greeted(passing, answer, desk, output);
        }
        match &mut passing.wants {
            Wants::Answer(number, form) => {
                output.client.extend_from_slice(answer);
                complete(*number, answer, *form, desk);
            }
            Wants::Confirmations(number, left) => {
                output.client.extend_from_slice(answer);
                *left -= 1;
                if *left > 0 && confirms {
                    self.stage = Stage::Passing(passing);
                    return;
                }
                complete(*number, answer, Form::Nothing, desk);
            }
            Wants::Exec(_, before) if *before > 0 => {
                *before -= 1;
                self.stage = Stage::Passing(passing);
                return;
            }
            Wants::Exec(exec, _) => {
                exec.take(answer, desk);
                match exec.fault {
                    Some(fault) => self.fail(fault, exec.answer(answer), output),
                    None => output.client.extend(exec.answer(answer)),
                }
            }
        }
        self.work(desk, output);
    }

    /// An answer to the greeting. If it is an error, that is the answer to what was asked.
    fn greeted(
        &mut self,
        mut passing: Passing,
        answer: &[u8],
        desk: &mut dyn Desk,
        output: &mut Output,
    ) {
        if answer::error(answer).is_some() {
            output.client.extend_from_slice(answer);
            passing
                .wants
                .numbers()
                .for_each(|number| complete(Some(number), answer, Form::Any, desk));
            output.end_upstream = true;
            return self.over(End::Close, output);
        }
        passing.greeted -= 1;
        if passing.greeted == 0 {
            output.upstream.append(&mut passing.held);
        }
        self.stage = Stage::Passing(passing);
    }

    /// The real server says no more: who waits is told so.
    pub(super) fn lost(&mut self, why: &str, output: &mut Output) {
        self.real.lose();
        if matches!(self.stage, Stage::Over) {
            return;
        }
        if matches!(self.stage, Stage::Passing(_)) {
            let words = format!("ERR bigfoot: the real server did not answer: {why}");
            put_error(&mut output.client, &words);
            self.stage = Stage::Ready;
        }
        if !self.is_mocked || self.channels.are_real {
            self.over(End::Close, output);
        }
    }
}

impl Wants {
    fn numbers(&self) -> impl Iterator<Item = u64> {
        let numbers = match self {
            Self::Answer(number, _) | Self::Confirmations(number, _) => vec![*number],
            Self::Exec(exec, _) => exec.requests.iter().map(|(_, number, _)| *number).collect(),
        };
        numbers.into_iter().flatten()
    }
}

impl Exec {
    /// EXEC's answer has those that are missing; an error or null has none.
    fn take(&mut self, answer: &[u8], desk: &mut dyn Desk) {
        let elements = answer::elements(answer);
        let found = elements.filter(|found| found.len() == self.requests.len());
        for (at, (part, number, asked)) in self.requests.iter().enumerate() {
            match found.as_ref().and_then(|found| found.get(at)) {
                Some(element) => {
                    complete(*number, element, asked.form(), desk);
                    if let Some(part) = self.parts.get_mut(*part) {
                        part.extend_from_slice(element);
                    }
                }
                None => complete(*number, answer, Form::Any, desk),
            }
        }
    }

    /// What the client hears: all parts, or why there are none.
    fn answer(&self, answer: &[u8]) -> Vec<u8> {
        match answer::elements(answer) {
            Some(elements) if elements.len() == self.requests.len() => self.whole(),
            _ => answer.to_vec(),
        }
    }
}

/// Tells what the real server said.
fn complete(number: Option<u64>, answer: &[u8], form: Form, desk: &mut dyn Desk) {
    let Some(number) = number else {
        return;
    };
    let fields = match answer::error(answer) {
        Some(error) => Fields::new().with("error", error),
        None if form == Form::Nothing => Fields::new(),
        None => Fields::new().with("value", answer::value(answer, form)),
    };
    desk.completed(number, fields);
}

fn frame(words: &Words) -> Vec<u8> {
    request(words.iter().map(Vec::as_slice))
}
