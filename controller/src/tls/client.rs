//! A client that speaks TLS: the certificate that it is shown, and whether it trusts it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, Error, ServerConnection};

use super::session::Session;
use super::{Authority, Wishes};
use crate::plugins::conversation::{End, Opening, Output};

/// A client that speaks TLS.
pub(super) struct Secure {
    pub session: Session,
    /// Something was said inside, by either.
    pub used: bool,
    shown: Arc<Shown>,
}

impl Secure {
    pub(super) fn new(
        opening: &Opening,
        authority: &Arc<Authority>,
        wishes: &Wishes,
    ) -> Result<Self, Error> {
        let shown = Arc::new(Shown::new(opening, Arc::clone(authority)));
        let mut config = authority.server(wishes.alpn);
        config.cert_resolver = Arc::clone(&shown) as Arc<dyn ResolvesServerCert>;
        let session = Session::new(ServerConnection::new(Arc::new(config))?);
        Ok(Self { session, shown, used: false })
    }

    /// Whom the client asked for by name (SNI).
    pub(super) fn asked(&self) -> Option<&str> {
        self.shown.named.get().map(String::as_str)
    }

    /// Whether the client got nothing from us so far, not even an alert.
    pub(super) fn has_answered_nothing(&self) -> bool {
        self.session.sent_bytes == 0
    }

    /// Encrypts what the conversation inside says, and says goodbye where it ends well.
    pub(super) fn answer(&mut self, plain: &[u8], end: Option<End>, output: &mut Output) {
        self.used |= !plain.is_empty();
        self.session.say(plain, &mut output.client);
        if matches!(end, Some(End::Close | End::HalfClose)) {
            self.session.end(&mut output.client);
        }
    }

    /// A client that leaves when it has seen our certificate may not trust it: some do so in
    /// silence, and some (node) only after the handshake.
    pub(super) fn left(&self) -> Option<String> {
        if self.used || !self.shown.was_shown.load(Ordering::Relaxed) {
            return None;
        }
        Some(if self.session.is_handshaking() {
            self.distrust("closed the connection when it had seen the certificate")
        } else {
            self.distrust("closed the connection right after the handshake, without a request")
        })
    }

    /// What an alert says of our certificate; None if it is about something else.
    pub(super) fn distrusted(&self, alert: AlertDescription) -> Option<String> {
        use AlertDescription as A;
        let about_it = matches!(
            alert,
            A::UnknownCA
                | A::BadCertificate
                | A::CertificateUnknown
                | A::UnsupportedCertificate
                | A::CertificateExpired
                | A::CertificateRevoked
                | A::CertificateUnobtainable
                | A::BadCertificateStatusResponse
                | A::AccessDenied
                | A::DecryptError
        );
        (about_it && !self.used).then(|| {
            self.distrust(&format!("answered the certificate with the alert {}", words(alert)))
        })
    }

    /// What a client did, what may be behind it, and the way out: a line each.
    fn distrust(&self, what: &str) -> String {
        format!("{what}; that was for {}\n{WAY_OUT}", self.shown.name())
    }
}

/// Why a client may not trust us, and what to do.
const WAY_OUT: &str = "its roots are its own, compiled in (as Rust's webpki-roots) or named by the program\n\
    let it read the system's roots, or the file that SSL_CERT_FILE names; or mock the host as http://\n\
    a clock that is set to another week (faketime) is a reason too";

/// An alert by its name in the protocol (RFC 8446, 6).
pub(super) fn words(alert: AlertDescription) -> String {
    let mut words = String::new();
    let name = format!("{alert:?}").replace("CA", "Ca");
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// The certificate that a client is shown.
struct Shown {
    authority: Arc<Authority>,
    /// Where a client names nobody: the host and the address that it meant.
    meant: Vec<String>,
    named: OnceLock<String>,
    was_shown: AtomicBool,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Shown").field("meant", &self.meant).finish_non_exhaustive()
    }
}

impl Shown {
    fn new(opening: &Opening, authority: Arc<Authority>) -> Self {
        let address = opening.address.map(|address| address.ip().to_canonical().to_string());
        let mut meant = vec![opening.host.clone()];
        meant.extend(address.filter(|address| *address != opening.host));
        Self { authority, meant, named: OnceLock::new(), was_shown: AtomicBool::new(false) }
    }

    /// Whom the certificate names.
    fn name(&self) -> String {
        let meant = self.meant.first().map(String::as_str).unwrap_or_default();
        self.named.get().map_or(meant, String::as_str).to_owned()
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().map(str::to_owned);
        let certificate = match &named {
            Some(name) => self.authority.certificate(&[name]),
            None => {
                let meant: Vec<&str> = self.meant.iter().map(String::as_str).collect();
                self.authority
                    .certificate(&meant)
                    .or_else(|| self.authority.certificate(&["localhost"]))
            }
        };
        if let Some(name) = named {
            let _ = self.named.set(name); // a second hello names the same
        }
        self.was_shown.store(certificate.is_some(), Ordering::Relaxed);
        certificate
    }
}
