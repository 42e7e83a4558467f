//! Which real servers are trusted: those whose certificate the guests would trust, by the root
//! certificates of this machine and of the environment that the run was started in.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme, version,
};

use super::bundles::read;
use super::variables::{VARIABLES, files_below, system};

/// Root certificates, read when the first server is to be verified.
#[derive(Debug)]
pub struct Trust {
    files: Vec<PathBuf>,
    config: OnceLock<Result<ClientConfig, String>>,
}

impl Trust {
    /// That of programs with these variables in their environment.
    ///
    /// As long as the variable of one library does not shut out the roots of another, all are
    /// taken together: who asks is some program of the run, and which one is not known.
    pub fn new(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let named = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let mut files = Vec::new();
        if named("SSL_CERT_FILE").is_none() {
            files.extend(system());
        }
        files.extend(VARIABLES.iter().filter_map(|known| named(known.name)));
        files.extend(
            named("SSL_CERT_DIR").into_iter().flat_map(|path| files_below(path.as_os_str())),
        );
        Self { files, config: OnceLock::new() }
    }

    /// How a client of ours verifies.
    pub(super) fn config(&self) -> Result<ClientConfig, String> {
        self.config.get_or_init(|| self.load()).clone()
    }

    fn load(&self) -> Result<ClientConfig, String> {
        let roots = self.files.iter().filter_map(|path| read(path).ok());
        let roots: HashSet<CertificateDer<'static>> = roots
            .flat_map(|pem| CertificateDer::pem_slice_iter(&pem).flatten().collect::<Vec<_>>())
            .collect();
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().cloned());

        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new(store, roots, &provider)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .map_err(|error| error.to_string())?;
        let mut config = config
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.resumption = Resumption::disabled(); // each connection is verified
        Ok(config)
    }
}

/// Verifies as usual, and takes a server's own certificate that stands among the roots, as OpenSSL
/// does: servers for development have such.
#[derive(Debug)]
struct Verifier {
    usual: Arc<WebPkiServerVerifier>,
    roots: HashSet<CertificateDer<'static>>,
}

impl Verifier {
    fn new(
        store: RootCertStore,
        roots: HashSet<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let provider = Arc::clone(provider);
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build();
        let usual = usual.map_err(|_| {
            "its certificate is not trusted: this machine has no root certificates; \
             install the package ca-certificates, or set SSL_CERT_FILE"
                .to_owned()
        })?;
        Ok(Self { usual, roots })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.usual.verify_server_cert(own, others, name, ocsp, now) {
            Err(error) if may_be_self_signed(&error) && self.roots.contains(own) => {
                verify_server_name(&ParsedCertificate::try_from(own)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// Whether the chain is what is wrong, rather than the date or a signature.
fn may_be_self_signed(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::Other(OtherError(_))
        )
    )
}
