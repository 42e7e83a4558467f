//! The layer that takes TLS off: any bytes, and a real client whose bytes may be broken.

use std::fmt;
use std::fs;
use std::io::{Read, Write};
use std::sync::{Arc, LazyLock};

use bigfoot_controller::plugins;
use bigfoot_controller::plugins::conversation::{Conversation, Desk, End, Event, Opening, Output};
use bigfoot_controller::tls::{self, Authority, Ends, Trust, Wishes};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, version};

use super::http::{MOCKS, pieces_matter};
use crate::clerk::Clerk;
use crate::script::Script;
use crate::{scratch, talk};

/// The run's authority, which real servers are trusted by as well.
static ENDS: LazyLock<Ends> = LazyLock::new(|| {
    let authority = Arc::new(Authority::new().expect("an authority"));
    let roots = scratch::FOLDER.join("roots.pem");
    fs::write(&roots, authority.pem()).expect("a temporary file");
    let trust = Trust::new(move |name| (name == "SSL_CERT_FILE").then(|| roots.clone().into()));
    Ends { authority, trust: Arc::new(trust) }
});

/// Letters beside the usual ones: `t` the client is a real one, and what it says goes inside; `2` it
/// speaks HTTP/2 there; `o` it is an old one (TLS 1.2).
pub fn target(input: &[u8]) {
    let script = Script::of(input);
    let opening = Opening { encrypted: false, alpn: None, ..script.opening(443) };
    let broken = input.contains(&BELOW);
    let splits = script.has(b't') && !script.has(b'2') && !broken && !pieces_matter(input);
    let make = || {
        let layer = layer(&opening);
        Some(if script.has(b't') { Box::new(Real::new(layer, &script, broken)) } else { layer })
    };
    let clerk = || Clerk::new(&MOCKS, &script.answers, false);
    talk::alike(&script, make, clerk, splits);
}

/// HTTP over TLS, as the responder has it.
fn layer(opening: &Opening) -> Box<dyn Conversation> {
    let plugin = plugins::plugin("http").expect("a plugin");
    let alpn = plugin.over_tls().expect("protocols over TLS");
    let wishes = Wishes { alpn, waits_for_client: true };
    tls::layer(opening.clone(), &ENDS, wishes, Box::new(|opening| plugin.converse(opening)))
}

/// What begins with this byte is said below TLS, as it is.
const BELOW: u8 = 1;

/// A conversation as a real client has it: what is said to it goes inside.
struct Real {
    layer: Box<dyn Conversation>,
    client: ClientConnection,
    /// Something is said below TLS, so that anything may come of it.
    broken: bool,
}

impl fmt::Debug for Real {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Real").finish_non_exhaustive()
    }
}

impl Real {
    fn new(layer: Box<dyn Conversation>, script: &Script, broken: bool) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(ENDS.authority.der().to_vec())).expect("an authority");
        let versions = if script.has(b'o') { &version::TLS12 } else { &version::TLS13 };
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[versions])
            .expect("a version")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols =
            vec![if script.has(b'2') { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        let name = ServerName::try_from("a.example").expect("a name");
        let client = ClientConnection::new(Arc::new(config), name).expect("a client");
        Self { layer, client, broken }
    }

    /// Moves bytes between client and layer until nobody has any more.
    fn flow(&mut self, desk: &mut dyn Desk, output: &mut Output) {
        while self.client.wants_write() && !is_over(output) {
            let mut bytes = Vec::new();
            self.client.write_tls(&mut bytes).expect("bytes");
            self.hand(Event::Client(&bytes), desk, output);
        }
    }

    /// Tells the layer what happened, and the client what the layer says to it.
    fn hand(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        let heard = std::mem::take(&mut output.client);
        self.layer.on(event, desk, output);
        let said = std::mem::replace(&mut output.client, heard);
        let mut bytes = said.as_slice();
        while !bytes.is_empty() && self.client.read_tls(&mut bytes).is_ok_and(|read| read > 0) {
            let state = self.client.process_new_packets();
            assert!(self.broken || state.is_ok(), "the client cannot read it: {state:?}");
            let _ = self.client.reader().read_to_end(&mut output.client); // WouldBlock: no more yet
        }
    }
}

impl Conversation for Real {
    fn on(&mut self, event: Event<'_>, desk: &mut dyn Desk, output: &mut Output) {
        match event {
            Event::Client([BELOW, bytes @ ..]) => self.hand(Event::Client(bytes), desk, output),
            Event::Client(bytes) => {
                let _ = self.client.writer().write(bytes); // up to a limit before the handshake
            }
            Event::ClientEnd => {
                self.flow(desk, output);
                self.client.send_close_notify();
                self.flow(desk, output);
                if !is_over(output) {
                    self.hand(event, desk, output);
                }
            }
            event => self.hand(event, desk, output),
        }
        self.flow(desk, output);
    }
}

fn is_over(output: &Output) -> bool {
    matches!(output.end, Some(End::Close | End::Reset))
}
