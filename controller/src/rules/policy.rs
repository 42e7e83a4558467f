//! All rules and levels of a run, and how they decide a call.

use std::net::{IpAddr, SocketAddr};

use bigfoot_ipc::page::ask;

use super::frame::{Frame, Word};
use super::level::{Level, Levels};
use super::pattern::{self, Pattern, Subject};
use super::rule::Rule;
use super::suggest;
use crate::call::{Call, Connect, Peer, Transport};
use crate::plugins::{self, Kind};

/// All rules and levels of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    frames: Vec<Frame>,
    levels: Levels,
}

/// What the rules say of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'a> {
    /// A rule allows it.
    Allowed {
        /// The rule.
        rule: &'a Rule,
    },
    /// A rule denies it.
    Denied {
        /// The rule.
        rule: &'a Rule,
    },
    /// It lies outside a restriction.
    Restricted {
        /// The frame whose restriction it is.
        frame: &'a Frame,
    },
    /// No rule speaks of it.
    Silent,
}

impl Policy {
    /// A policy of these frames, outermost first. Empty ones are left out.
    #[must_use]
    pub fn new(frames: Vec<Frame>, levels: Levels) -> Self {
        Self { frames: frames.into_iter().filter(|frame| !frame.is_empty()).collect(), levels }
    }

    /// What the rules say of a call: the innermost frame that speaks, and nothing but a refusal
    /// outside a restriction. A denied call is denied whether or not it lies outside one too.
    #[must_use]
    pub fn speak<'a>(&'a self, call: &Call, test: Option<&str>) -> Decision<'a> {
        self.speak_around(None, call, test)
    }

    /// The same where the frames of another policy lie inside all of these.
    #[must_use]
    pub fn speak_around<'a>(
        &'a self,
        inner: Option<&'a Self>,
        call: &Call,
        test: Option<&str>,
    ) -> Decision<'a> {
        let everything = self.everything_means(call);
        let inner = inner.map_or(&[][..], |inner| &inner.frames);
        let frames = || self.frames.iter().chain(inner).filter(|frame| frame.holds(test));
        let word = frames().rev().find_map(|frame| frame.word(call, everything));
        if let Some(Word::Denied(rule)) = word {
            return Decision::Denied { rule };
        }
        if let Some(frame) = frames().find(|frame| !frame.admits(call, everything)) {
            return Decision::Restricted { frame };
        }
        match word {
            Some(Word::Allowed(rule)) => Decision::Allowed { rule },
            _ => Decision::Silent,
        }
    }

    /// Whether `*` means this call: files and libraries only where they are guarded, or no
    /// program could be started under it.
    fn everything_means(&self, call: &Call) -> bool {
        !matches!(call, Call::Open(_) | Call::Load(_)) || self.level(call) != Level::Off
    }

    /// What happens to a call of which no rule speaks.
    #[must_use]
    pub fn level(&self, call: &Call) -> Level {
        self.levels.of(pattern::protocol(call))
    }

    /// The protocol of a call.
    #[must_use]
    pub fn protocol(&self, call: &Call) -> &'static str {
        pattern::protocol(call)
    }

    /// Whether connections to this host are refused, or read, by its name, so that its look-up is
    /// answered with a stand-in. The name is normalised.
    #[must_use]
    pub fn stands_in(&self, name: &str) -> bool {
        let denied = |rule: &Rule| matches!(&rule.pattern, Pattern::Connection(host, _) if host.needs_name(name));
        let read = |rule: &Rule| matches!(&rule.pattern, Pattern::Requests(requests) if requests.host.needs_name(name));
        let frames = || self.frames.iter();
        frames().flat_map(|frame| &frame.deny).any(denied)
            || frames().flat_map(Frame::rules).any(read)
    }

    /// Whether some names are answered with stand-ins.
    #[must_use]
    pub fn has_stand_ins(&self) -> bool {
        let denied = |rule: &Rule| matches!(&rule.pattern, Pattern::Connection(..));
        self.has_reads() || self.frames.iter().flat_map(|frame| &frame.deny).any(denied)
    }

    /// Whether there are rules that some connections have to be read for.
    #[must_use]
    pub fn has_reads(&self) -> bool {
        let reads = |rule: &Rule| matches!(&rule.pattern, Pattern::Requests(_));
        self.frames.iter().flat_map(Frame::rules).any(reads)
    }

    /// By which protocol a connection has to be read, since a rule may speak of what is asked on it: at
    /// this address and port, known by these names.
    #[must_use]
    pub fn reads(&self, names: &[String], address: IpAddr, port: u16) -> Option<&'static str> {
        let peer = Peer::Internet(SocketAddr::new(address, port));
        let connect = Connect { transport: Transport::Stream, peer, names: names.to_vec() };
        self.frames.iter().flat_map(Frame::rules).find_map(|rule| rule.pattern.reads(&connect))
    }

    /// Which kinds of calls have to be asked about: bits of [`ask`].
    #[must_use]
    pub fn asks(&self) -> u32 {
        let rules = self.frames.iter().flat_map(Frame::rules);
        let kinds = rules.fold(self.asked_by_level(), |kinds, rule| kinds | asked_by_rule(rule));
        if kinds == 0 { 0 } else { kinds | ask::PROGRAMS }
    }

    /// Which kinds of calls its rules speak of: bits of [`ask`].
    #[must_use]
    pub fn asks_by_rules(&self) -> u32 {
        let rules = self.frames.iter().flat_map(Frame::rules);
        rules.fold(0, |kinds, rule| kinds | asked_by_rule(rule))
    }

    fn asked_by_level(&self) -> u32 {
        let guarded = plugins::cards().filter(|card| self.levels.of(card.name) != Level::Off);
        guarded.fold(0, |kinds, card| kinds | asked_for_card(card.name, card.kind))
    }

    /// Whether it matters which test made a call.
    #[must_use]
    pub fn wants_test(&self) -> bool {
        self.frames.iter().any(|frame| frame.test.is_some())
    }

    /// The narrowest rule that would allow this call.
    #[must_use]
    pub fn suggest(&self, call: &Call) -> String {
        suggest::rule(call)
    }

    /// The frames, outermost first.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The guard levels.
    #[must_use]
    pub fn levels(&self) -> &Levels {
        &self.levels
    }
}

fn asked_for_card(name: &str, kind: Kind) -> u32 {
    match (name, kind) {
        ("dns", _) => ask::NAMES | ask::NETWORK,
        ("file", _) => ask::FILES,
        ("native", _) => ask::LIBRARIES,
        ("subprocess", _) => ask::PROGRAMS,
        (_, Kind::Connection) => ask::NETWORK,
        (_, Kind::Layered | Kind::Call) => 0,
    }
}

fn asked_by_rule(rule: &Rule) -> u32 {
    match rule.pattern.kind() {
        Subject::Everything => ask::NETWORK | ask::NAMES | ask::PROGRAMS,
        Subject::Connections | Subject::Dns => ask::NETWORK | ask::NAMES,
        Subject::Sockets => ask::NETWORK,
        Subject::Lookups => ask::NAMES,
        Subject::Files => ask::FILES,
        Subject::Libraries => ask::LIBRARIES,
        Subject::Programs => ask::PROGRAMS,
    }
}
