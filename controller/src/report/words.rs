//! A call, a site, a test and a process in words.

use std::path::{Path, PathBuf};

use super::text::{brief, clean, shell};
use super::{Attribution, Code, Finding, Style, redact};
use crate::call::{Call, Connect, Exec, Open, Peer, Query, Transport, UNKNOWN_FAMILY};
use crate::site::{Place, call_site};

/// Most arguments of a program that are shown.
const ARGUMENTS_MAX: usize = 12;

/// Most processes of a chain that are shown: the first ones and the last ones.
const CHAIN_MAX: usize = 8;

impl Code {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Guarded,
        Self::Denied,
        Self::Restricted,
        Self::Unmocked,
        Self::Mismatch,
        Self::Late,
        Self::Unasserted,
        Self::Unused,
        Self::Snapshot,
        Self::Malformed,
        Self::Untrusted,
        Self::Unattributed,
    ];

    /// Causes come before their consequences: the lower the earlier.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Guarded | Self::Denied | Self::Restricted | Self::Unmocked => 0,
            Self::Malformed | Self::Untrusted | Self::Unattributed => 0,
            Self::Mismatch => 1,
            Self::Late => 2,
            Self::Unasserted => 3,
            Self::Unused | Self::Snapshot => 4,
        }
    }

    /// Whether it may come of a test that failed before it was done.
    pub(super) fn is_consequence(self) -> bool {
        matches!(self, Self::Unasserted | Self::Unused | Self::Snapshot)
    }

    /// As it is printed, and as `bigfoot explain` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Guarded => "BF101",
            Self::Denied => "BF102",
            Self::Restricted => "BF103",
            Self::Unmocked => "BF104",
            Self::Mismatch => "BF105",
            Self::Late => "BF106",
            Self::Unasserted => "BF107",
            Self::Unused => "BF108",
            Self::Snapshot => "BF109",
            Self::Malformed => "BF110",
            Self::Untrusted => "BF111",
            Self::Unattributed => "BF112",
        }
    }

    /// What it stands for, in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Guarded => "call that no rule allows",
            Self::Denied => "call that a rule denies",
            Self::Restricted => "call outside a restriction",
            Self::Unmocked => "call that no mock answers",
            Self::Mismatch => "call unlike what was expected",
            Self::Late => "call after its sandbox closed",
            Self::Unasserted => "interaction that nothing asserts",
            Self::Unused => "mock left unused",
            Self::Snapshot => "interactions unlike the accepted ones",
            Self::Malformed => "client off its protocol",
            Self::Untrusted => "client that refused the run's certificate",
            Self::Unattributed => "call of a thread that is of no test",
        }
    }
}

/// A call in its protocol's words.
pub(super) fn call(finding: &Finding) -> String {
    match &finding.call {
        Call::Connect(it) => request(it, finding),
        Call::Lookup(it) => match &it.query {
            Query::Name(name) => format!("look-up of {}", brief(name)),
            Query::Address(address) => format!("look-up of the name of {address}"),
        },
        Call::Open(it) => open(it),
        Call::Exec(it) => exec(it),
        Call::Load(it) => match &finding.request {
            Some(request) => brief(&redact::text(&request.words)),
            None => format!("load of {}", brief(&it.library)),
        },
        Call::Request(it) => request(&it.connect, finding),
    }
}

fn connect(it: &Connect, protocol: &str) -> String {
    let verb = if it.transport == Transport::Datagram { "datagram to" } else { "connect to" };
    match &it.peer {
        Peer::Internet(peer) => {
            let host = match it.names.first() {
                Some(name) => format!("{} ({})", brief(name), peer.ip()),
                None => peer.ip().to_string(),
            };
            format!("{verb} {host} port {}, {protocol}", peer.port())
        }
        Peer::UnixPath(path) => format!("{verb} unix socket {}", shown(path)),
        Peer::UnixAbstract(name) => {
            format!("{verb} abstract unix socket @{}", brief(&String::from_utf8_lossy(name)))
        }
        Peer::Other(UNKNOWN_FAMILY) => {
            format!(
                "{verb} an address that cannot be read (the process lets nobody read its memory)"
            )
        }
        Peer::Other(family) => format!("{verb} an address of family {family}"),
    }
}

/// What was asked, and on which connection where that is not said by it.
fn request(it: &Connect, finding: &Finding) -> String {
    let Some(request) = &finding.request else {
        return connect(it, finding.protocol);
    };
    let words = brief(&redact::text(&request.words));
    match peer(it) {
        Some((host, port)) if !words.contains(&host) => format!("{words}, on {host}{port}"),
        _ => words,
    }
}

/// The other end by the name that it is known by, and its port.
fn peer(it: &Connect) -> Option<(String, String)> {
    match &it.peer {
        Peer::Internet(peer) => {
            let host = it.names.first().map_or_else(|| peer.ip().to_string(), |name| brief(name));
            Some((host, format!(" port {}", peer.port())))
        }
        Peer::UnixPath(path) => Some((shown(path), String::new())),
        Peer::UnixAbstract(_) | Peer::Other(_) => None,
    }
}

fn open(it: &Open) -> String {
    let verb = match (it.read, it.write) {
        (true, true) => "read and write",
        (false, true) => "write",
        (true, false) => "read",
        (false, false) => "open",
    };
    format!("{verb} of {}", shown(&it.path))
}

fn exec(it: &Exec) -> String {
    let mut words = vec![shown(&it.program)];
    let shown = it.arguments.get(..it.arguments.len().min(ARGUMENTS_MAX + 1)).unwrap_or_default();
    let arguments = redact::words(shown).into_iter().skip(1);
    words.extend(arguments.map(|word| shell(&brief(&String::from_utf8_lossy(&word)))));
    if it.arguments.len() > ARGUMENTS_MAX + 1 {
        words.push("...".to_owned());
    }
    brief(&format!("start of {}", words.join(" ")))
}

fn shown(path: &Path) -> String {
    brief(&path.to_string_lossy())
}

/// Whose it was.
pub(super) fn test(test: &Attribution) -> String {
    match test {
        Attribution::Test(name) => brief(name),
        Attribution::Thread(name) => format!("unknown; the thread is named {}", brief(name)),
        Attribution::Unknown => "unknown".to_owned(),
    }
}

/// The processes down to the one that made the call.
pub(super) fn process(finding: &Finding) -> String {
    let mut steps: Vec<_> = finding.chain.iter().map(|line| brief(&redact::text(line))).collect();
    if steps.len() > CHAIN_MAX {
        steps.splice(2..steps.len() - (CHAIN_MAX - 3), ["...".to_owned()]);
    }
    let thread = finding.thread.as_ref().map(|name| format!(", thread {}", brief(name)));
    steps.join(" > ") + &thread.unwrap_or_default()
}

/// Where a call was made.
#[derive(Debug, Default)]
pub(super) struct Site {
    /// The source file as the user would name it.
    pub file: Option<PathBuf>,
    /// The line in it.
    pub line: Option<u32>,
    /// In words.
    pub words: String,
}

impl Site {
    /// An interpreter's own code says little: its script comes first.
    pub fn of(finding: &Finding, places: &[Place], style: &Style) -> Self {
        if let Some(script) = &finding.script {
            return Self { words: format!("script {}", brief(script)), ..Self::default() };
        }
        match call_site(places) {
            Some(place) => Self::at(place, style),
            None => Self { words: "unknown".to_owned(), ..Self::default() },
        }
    }

    fn at(place: &Place, style: &Style) -> Self {
        let file = place.file.as_deref().map(|file| relative(file, style).to_owned());
        let place_words = match (&file, place.line) {
            (Some(file), Some(line)) => Some(format!("{}:{line}", shown(file))),
            (Some(file), None) => Some(shown(file)),
            (None, _) => None,
        };
        let function = place.function.as_deref().map(brief);
        let module = || place.module.as_deref().map(|module| shown(relative(module, style)));
        let words = match (place_words, function) {
            (Some(place), Some(function)) => format!("{place}, in {function}"),
            (Some(place), None) => place,
            (None, Some(function)) => format!("{function}, in {}", module().unwrap_or_default()),
            (None, None) => module().unwrap_or_default(),
        };
        Self { file, line: place.line, words }
    }
}

/// A file as someone in the base directory would name it.
pub(super) fn relative<'a>(file: &'a Path, style: &Style) -> &'a Path {
    style.base.as_deref().and_then(|base| file.strip_prefix(base).ok()).unwrap_or(file)
}

/// Which rule spoke, and where it stands; None where no rule has to do with it.
pub(super) fn rule(finding: &Finding) -> Option<String> {
    let spoke = match &finding.rule {
        Some((rule, place)) => format!("{} ({})", brief(rule), clean(place)),
        None if finding.code.rank() > 0 => return None,
        None if matches!(finding.code, Code::Malformed | Code::Untrusted) => return None,
        None => "none speaks for it".to_owned(),
    };
    Some(match (finding.code, finding.refused) {
        (Code::Unmocked, _) => format!("{spoke}, and in a sandbox nothing else is let through"),
        (Code::Guarded, true) => format!("{spoke}, and the guard level is error"),
        (Code::Guarded, false) => format!("{spoke}; would be refused under guard = \"error\""),
        _ => spoke,
    })
}
