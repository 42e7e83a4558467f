//! A certificate authority for one run: its key is in memory only, its certificate is valid from a
//! day ago to a week ahead. A guest whose clock is set elsewhere (faketime) finds it not valid.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType, SerialNumber,
};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, DnsName, PrivatePkcs8KeyDer};
use rustls::server::{NoServerSessionStorage, ResolvesServerCertUsingSni};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{ServerConfig, version};
use time::{Duration, OffsetDateTime};

/// Most certificates that are kept; one more, and all are made anew when they are next wanted.
const KEPT_MAX: usize = 4096;
/// How long before now certificates are valid: a guest's clock may be a little off.
const BEFORE: Duration = Duration::days(1);
/// How long after now.
const AFTER: Duration = Duration::days(7);

/// Why there is no authority.
#[derive(Debug)]
pub struct Error(String);

impl std::fmt::Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "make a certificate authority for the run: {}", self.0)
    }
}

impl std::error::Error for Error {}

impl From<rcgen::Error> for Error {
    fn from(error: rcgen::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<rustls::Error> for Error {
    fn from(error: rustls::Error) -> Self {
        Self(error.to_string())
    }
}

/// The authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
    leaf: KeyPair,
    signer: Arc<dyn SigningKey>,
    /// What every connection's own is a copy of; made once, since making it takes longer than copying.
    base: ServerConfig,
    provider: Arc<CryptoProvider>,
    kept: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Authority").finish_non_exhaustive() // its keys are nobody's business
    }
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    ///
    /// The system has no random bytes to give.
    pub fn new() -> Result<Self, Error> {
        let provider = Arc::new(ring::default_provider());
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let leaf = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let pkcs8 = PrivatePkcs8KeyDer::from(leaf.serialized_der().to_vec());
        let signer = ring::sign::any_ecdsa_type(&pkcs8.into())?;

        let params = own(serial(&provider)?);
        let certificate = params.self_signed(&key)?;
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem: certificate.pem().replace("\r\n", "\n"),
            certificate: certificate.into(),
            leaf,
            signer,
            base: base(&provider)?,
            provider,
            kept: Mutex::default(),
        })
    }

    /// Its certificate, in the form of PEM files.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Its certificate.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.certificate
    }

    /// How a server of these protocols (ALPN) answers; the certificate is still to be named.
    pub(super) fn server(&self, alpn: &[&[u8]]) -> ServerConfig {
        let mut config = self.base.clone();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        config
    }

    /// A certificate for these names and addresses, made if there is none yet. None if none of them
    /// can stand in a certificate.
    pub(super) fn certificate(&self, names: &[&str]) -> Option<Arc<CertifiedKey>> {
        let wanted = names.join(" ").to_ascii_lowercase();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(&wanted) {
            return Some(Arc::clone(known));
        }
        let made = Arc::new(self.sign(wanted.split(' ').filter_map(subject).collect())?);
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(wanted, Arc::clone(&made));
        Some(made)
    }

    fn sign(&self, subjects: Vec<SanType>) -> Option<CertifiedKey> {
        if subjects.is_empty() {
            return None;
        }
        let mut params = dated(serial(&self.provider).ok()?);
        params.subject_alt_names = subjects;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.distinguished_name.push(DnType::CommonName, "bigfoot mock");
        let signed = params.signed_by(&self.leaf, &self.issuer).ok()?;
        Some(CertifiedKey::new(vec![signed.into()], Arc::clone(&self.signer)))
    }
}

/// How every server answers: TLS 1.2 and 1.3, nothing resumed, so that each client shows whether it
/// trusts us.
fn base(provider: &Arc<CryptoProvider>) -> Result<ServerConfig, rustls::Error> {
    let mut base = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
    base.session_storage = Arc::new(NoServerSessionStorage {});
    base.send_tls13_tickets = 0;
    Ok(base)
}

/// The authority's own certificate.
fn own(serial: SerialNumber) -> CertificateParams {
    // Clients find an issuer by its name: that of another run must have another one.
    let run: String = serial.to_bytes().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let mut params = dated(serial);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, format!("bigfoot, test run {run}"));
    params
}

fn dated(serial: SerialNumber) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.not_before = now - BEFORE;
    params.not_after = now + AFTER;
    params.serial_number = Some(serial);
    params.use_authority_key_identifier_extension = true;
    params.distinguished_name = DistinguishedName::new();
    params
}

/// A number that no other certificate has: clients remember them.
fn serial(provider: &CryptoProvider) -> Result<SerialNumber, Error> {
    let mut bytes = [0; 16];
    let filled = provider.secure_random.fill(&mut bytes);
    filled.map_err(|_| Error("no random bytes".to_owned()))?;
    bytes[0] = bytes[0] & 0x7F | 0x40; // positive, and of full length
    Ok(SerialNumber::from_slice(&bytes))
}

/// A name or address as certificates have it.
fn subject(name: &str) -> Option<SanType> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Some(SanType::IpAddress(address.to_canonical()));
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    DnsName::try_from(name).ok()?;
    Some(SanType::DnsName(name.try_into().ok()?))
}
