//! The real server's side: bytes as they are, or TLS put on them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::ResolvesClientCert;
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, CertificateError, ClientConnection, Error, SignatureScheme};

use super::Trust;
use super::session::{Heard, Session};
use crate::plugins::conversation::{self, Event, Output};

/// The real server's side.
#[derive(Debug, Default)]
pub(super) enum Upstream {
    /// Nobody asked for it, or bytes go as they are.
    #[default]
    Plain,
    /// TLS.
    Secure(Box<Secure>),
    /// It failed, and that was told.
    Gone,
}

/// A real server that speaks TLS.
#[derive(Debug)]
pub(super) struct Secure {
    session: Session,
    name: String,
    alpn: Vec<Vec<u8>>,
    /// The server asked for a certificate of the client's.
    asked: Arc<Asked>,
    /// No more bytes for it, once the handshake is over.
    ends: bool,
}

/// What became of it.
pub(super) enum Became {
    Opened,
    Said(Vec<u8>),
    Ended,
    Failed(String),
}

impl Upstream {
    /// Sends what a conversation has for the real server, and takes it out. Why it cannot be, if so.
    pub(super) fn send(
        &mut self,
        said: &mut Output,
        trust: &Trust,
        output: &mut Output,
    ) -> Option<String> {
        let mut failed = None;
        if let Some(wanted) = said.connect.take() {
            *self = match Self::to(&wanted, trust) {
                Ok(upstream) => upstream,
                Err(why) => return Some(why),
            };
            output.connect = Some(conversation::Upstream { tls: None, ..wanted });
        }
        match self {
            Self::Gone => {}
            Self::Plain => {
                output.upstream.append(&mut said.upstream);
                output.end_upstream |= said.end_upstream;
            }
            Self::Secure(secure) => {
                let sent = secure.send(&said.upstream, said.end_upstream, output);
                failed = (!sent).then(|| "too much waits for its handshake".to_owned());
            }
        }
        if failed.is_some() {
            *self = Self::Gone;
            output.end_upstream = true;
        }
        failed
    }

    fn to(wanted: &conversation::Upstream, trust: &Trust) -> Result<Self, String> {
        let Some((name, alpn)) = &wanted.tls else {
            return Ok(Self::Plain);
        };
        let server = name.clone().try_into();
        let server = server.map_err(|_| format!("no certificate can name it: {name}"))?;
        let asked = Arc::new(Asked::default());
        let mut config = trust.config()?;
        config.alpn_protocols.clone_from(alpn);
        config.client_auth_cert_resolver = Arc::clone(&asked) as Arc<dyn ResolvesClientCert>;
        let connection = ClientConnection::new(Arc::new(config), server)
            .map_err(|error| format!("TLS cannot begin: {error}"))?;
        let (name, alpn) = (name.clone(), alpn.clone());
        let session = Session::new(connection);
        Ok(Self::Secure(Box::new(Secure { session, name, alpn, asked, ends: false })))
    }

    /// Takes what happened on the real server's connection.
    pub(super) fn hear(&mut self, event: Event<'_>, output: &mut Output) -> Vec<Became> {
        let became = match self {
            Self::Gone => Vec::new(),
            Self::Plain => plain(event).into_iter().collect(),
            Self::Secure(secure) => secure.hear(event, output),
        };
        if matches!(became.last(), Some(Became::Failed(_))) && matches!(self, Self::Secure(_)) {
            *self = Self::Gone;
            output.end_upstream = true;
        }
        became
    }
}

fn plain(event: Event<'_>) -> Option<Became> {
    Some(match event {
        Event::UpstreamOpened => Became::Opened,
        Event::Upstream(bytes) => Became::Said(bytes.to_vec()),
        Event::UpstreamEnd => Became::Ended,
        Event::UpstreamFailed(why) => Became::Failed(why.to_owned()),
        _ => return None,
    })
}

impl Secure {
    fn send(&mut self, plain: &[u8], ends: bool, output: &mut Output) -> bool {
        self.session.flush(&mut output.upstream); // our hello, the first time
        let sent = self.session.say(plain, &mut output.upstream);
        self.ends |= ends;
        self.end_if_open(output);
        sent
    }

    fn end_if_open(&mut self, output: &mut Output) {
        if self.ends && !self.session.is_handshaking() {
            self.ends = false;
            self.session.end(&mut output.upstream);
            output.end_upstream = true;
        }
    }

    fn hear(&mut self, event: Event<'_>, output: &mut Output) -> Vec<Became> {
        match event {
            Event::Upstream(bytes) => self.bytes(bytes, output),
            Event::UpstreamEnd if self.session.is_handshaking() => {
                vec![Became::Failed("it closed the connection during the TLS handshake".to_owned())]
            }
            Event::UpstreamEnd if self.session.has_ended() => Vec::new(),
            Event::UpstreamOpened => Vec::new(), // told when the handshake is over
            event => plain(event).into_iter().collect(),
        }
    }

    fn bytes(&mut self, bytes: &[u8], output: &mut Output) -> Vec<Became> {
        let mut answer = Vec::new();
        let Heard { opened, plain, ended, failed } = self.session.hear(bytes, &mut answer);
        if self.asked.0.load(Ordering::Relaxed) {
            return vec![Became::Failed(CLIENT_CERTIFICATE.to_owned())];
        }
        output.upstream.append(&mut answer);
        let mut became = Vec::new();
        if opened {
            if let Some(why) = self.other_protocol() {
                return vec![Became::Failed(why)];
            }
            became.push(Became::Opened);
            self.end_if_open(output);
        }
        if !plain.is_empty() {
            became.push(Became::Said(plain));
        }
        match failed {
            Some(error) => became.push(Became::Failed(self.why(&error))),
            None if ended => became.push(Became::Ended),
            None => {}
        }
        became
    }

    /// The one protocol that can be spoken is not the one that the server chose.
    fn other_protocol(&self) -> Option<String> {
        let [only] = self.alpn.as_slice() else {
            return None;
        };
        let chosen = self.session.alpn();
        let spoken = String::from_utf8_lossy(only);
        (chosen != Some(only) && *only != b"http/1.1")
            .then(|| format!("it does not speak {spoken}, which the client speaks"))
    }

    fn why(&self, error: &Error) -> String {
        match error {
            Error::InvalidCertificate(error) => {
                format!("its certificate is not trusted: {}", self.distrust(error))
            }
            Error::AlertReceived(AlertDescription::CertificateRequired) => {
                CLIENT_CERTIFICATE.to_owned()
            }
            error => format!("its TLS failed: {error}"),
        }
    }

    fn distrust(&self, error: &CertificateError) -> String {
        match error {
            CertificateError::UnknownIssuer => {
                "none of the root certificates of this machine and of the environment issued it"
                    .to_owned()
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!("it is not for {}", self.name)
            }
            error => error.to_string(),
        }
    }
}

const CLIENT_CERTIFICATE: &str = "it asks for a client certificate, and the client's cannot be passed on; \
     allow the whole connection by a rule without method and path, and have no mock of its host";

/// Takes note of a server that asks for a certificate of the client's, and has none.
#[derive(Debug, Default)]
struct Asked(AtomicBool);

impl ResolvesClientCert for Asked {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
