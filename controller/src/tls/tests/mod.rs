//! The layer under clients and servers of rustls, in memory.

mod authority;
mod files;
mod guests;
mod servers;

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion, version};

use super::{Authority, Ends, Make, Trust, Wishes, layer};
use crate::plugins::conversation::{Conversation, Desk, End, Event, Opening, Output, Upstream};
use crate::plugins::transcript::{Paper, opening};

const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

/// What the conversation inside heard, in words.
type Diary = Arc<Mutex<Vec<String>>>;

/// The conversation inside: it writes down what happens and answers a few words.
#[derive(Debug)]
struct Inner {
    diary: Diary,
    greets: bool,
}

impl Inner {
    fn note(&self, line: impl Into<String>) {
        self.diary.lock().unwrap().push(line.into());
    }

    fn answer(&self, said: &[u8], output: &mut Output) {
        match said {
            b"close" => output.end = Some(End::Close),
            b"reset" => output.end = Some(End::Reset),
            b"half" => output.end = Some(End::HalfClose),
            b"big" => output.client = vec![b'x'; 3 << 20],
            b"nobody" => return,
            said if said.starts_with(b"to ") => self.forward(said, output),
            said => output.client.extend_from_slice(said),
        }
        if said.len() < 64 && output.client.is_empty() {
            output.client.extend_from_slice(b"bye");
        }
    }

    /// `to tls h2 name` or `to plain - name`: a connection to a real server, and a word to it.
    fn forward(&self, said: &[u8], output: &mut Output) {
        let words = String::from_utf8(said.to_vec()).unwrap();
        let words: Vec<&str> = words.split(' ').collect();
        let alpn = if words[2] == "-" { vec![] } else { vec![words[2].as_bytes().to_vec()] };
        let tls = (words[1] == "tls").then(|| (words[3].to_owned(), alpn));
        output.connect = Some(Upstream { host: words[3].to_owned(), port: 443, tls });
        output.upstream.extend_from_slice(b"hello");
        output.end_upstream = words.get(4) == Some(&"end");
    }
}

impl Conversation for Inner {
    fn on(&mut self, event: Event<'_>, _: &mut dyn Desk, output: &mut Output) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match event {
            Event::Opened if self.greets => output.client.extend_from_slice(b"220 ready"),
            Event::Opened => {}
            Event::Client(bytes) if bytes.len() > 64 => {
                return self.note(format!("{} bytes", bytes.len()));
            }
            Event::Client(bytes) => {
                self.note(text(bytes));
                return self.answer(bytes, output);
            }
            Event::Upstream(bytes) => return self.note(format!("upstream: {}", text(bytes))),
            Event::UpstreamFailed(why) => return self.note(format!("failed: {why}")),
            other => return self.note(format!("{other:?}")),
        }
        self.note("opened");
    }
}

/// A connection through the layer, seen from its outside.
struct Line {
    layer: Box<dyn Conversation>,
    desk: Paper,
    diary: Diary,
    opened: Arc<Mutex<Option<Opening>>>,
    /// How the connection ended.
    end: Option<End>,
    untrusted: Option<String>,
    malformed: Option<String>,
    connect: Option<Upstream>,
    upstream: Vec<u8>,
    end_upstream: bool,
}

impl Line {
    fn to(host: &str, authority: &Arc<Authority>) -> Self {
        Self::with(opening(host, 443), authority, wishes(), no_roots(), false)
    }

    fn with(
        opening: Opening,
        authority: &Arc<Authority>,
        wishes: Wishes,
        trust: Arc<Trust>,
        greets: bool,
    ) -> Self {
        let (diary, opened) = (Diary::default(), Arc::new(Mutex::new(None)));
        let (inside, seen) = (Arc::clone(&diary), Arc::clone(&opened));
        let make: Make = Box::new(move |opening| {
            *seen.lock().unwrap() = Some(opening.clone());
            (opening.host != "nobody.example")
                .then(|| Box::new(Inner { diary: inside, greets }) as Box<dyn Conversation>)
        });
        let ends = Ends { authority: Arc::clone(authority), trust };
        Self {
            layer: layer(opening, &ends, wishes, make),
            desk: Paper::default(),
            diary,
            opened,
            end: None,
            untrusted: None,
            malformed: None,
            connect: None,
            upstream: Vec::new(),
            end_upstream: false,
        }
    }

    /// Something happens; what the client is sent for it.
    fn on(&mut self, event: Event<'_>) -> Vec<u8> {
        let mut output = Output::default();
        self.layer.on(event, &mut self.desk, &mut output);
        self.end = output.end.or(self.end);
        self.untrusted = output.untrusted.map(|it| it.words).or(self.untrusted.take());
        self.malformed = output.malformed.map(|bad| bad.reason).or(self.malformed.take());
        self.connect = output.connect.or(self.connect.take());
        self.upstream.extend(output.upstream);
        self.end_upstream |= output.end_upstream;
        output.client
    }

    fn diary(&self) -> Vec<String> {
        self.diary.lock().unwrap().clone()
    }

    fn opened(&self) -> Option<Opening> {
        self.opened.lock().unwrap().clone()
    }
}

/// A client's end.
struct Client {
    tls: ClientConnection,
    heard: Vec<u8>,
    failed: Option<rustls::Error>,
    closed: bool,
}

impl Client {
    fn new(config: ClientConfig, name: &str) -> Self {
        let name = name.to_owned().try_into().unwrap();
        let tls = ClientConnection::new(Arc::new(config), name).unwrap();
        Self { tls, heard: Vec::new(), failed: None, closed: false }
    }

    /// Says something, and moves bytes until nobody has any more.
    fn says(&mut self, plain: &[u8], line: &mut Line) -> &mut Self {
        self.tls.set_buffer_limit(None);
        self.tls.writer().write_all(plain).unwrap();
        self.talk(line, usize::MAX)
    }

    /// Moves bytes in pieces of this size at most.
    fn talk(&mut self, line: &mut Line, piece: usize) -> &mut Self {
        while self.tls.wants_write() && line.end.is_none() {
            let mut out = Vec::new();
            self.tls.write_tls(&mut out).unwrap();
            for piece in out.chunks(piece) {
                let answer = line.on(Event::Client(piece));
                self.hears(&answer);
            }
        }
        self
    }

    fn hears(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.failed.is_none() && !self.closed {
            self.tls.read_tls(&mut bytes).unwrap();
            match self.tls.process_new_packets() {
                Ok(state) => self.closed = state.peer_has_closed(),
                Err(error) => self.failed = Some(error),
            }
            let _ = self.tls.reader().read_to_end(&mut self.heard);
        }
    }
}

/// A client that trusts this certificate, and speaks these versions.
fn trusting(der: &[u8], versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(der.to_vec())).unwrap();
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn authority() -> Arc<Authority> {
    Arc::new(Authority::new().unwrap())
}

fn no_roots() -> Arc<Trust> {
    Arc::new(Trust::new(|_| Some("/nonexistent".into())))
}

fn wishes() -> Wishes {
    Wishes { alpn: &[b"h2", b"http/1.1"], waits_for_client: true }
}
