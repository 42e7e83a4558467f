//! Real servers, with TLS and without.

use rustls::server::WebPkiClientVerifier;
use rustls::{ServerConfig, ServerConnection};

use super::*;

/// A real server's end, under an authority of its own.
struct Server {
    tls: ServerConnection,
    heard: Vec<u8>,
}

impl Server {
    fn new(config: ServerConfig) -> Self {
        Self { tls: ServerConnection::new(Arc::new(config)).unwrap(), heard: Vec::new() }
    }

    /// Moves bytes until nobody has any more.
    fn talk(&mut self, line: &mut Line) {
        loop {
            let sent = std::mem::take(&mut line.upstream);
            let mut bytes = sent.as_slice();
            while !bytes.is_empty() {
                if self.tls.read_tls(&mut bytes).unwrap() == 0 {
                    break;
                }
                let _ = self.tls.process_new_packets();
                let _ = self.tls.reader().read_to_end(&mut self.heard);
            }
            let mut out = Vec::new();
            while self.tls.wants_write() {
                self.tls.write_tls(&mut out).unwrap();
            }
            if !out.is_empty() {
                line.on(Event::Upstream(&out));
            }
            if line.upstream.is_empty() {
                return;
            }
        }
    }
}

/// The certificates of a real server: its authority's in a file, and its own for this name.
struct World {
    folder: tempfile::TempDir,
    authority: Arc<Authority>,
}

impl World {
    fn new() -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), authority());
        std::fs::write(folder.path().join("roots.pem"), authority.pem()).unwrap();
        Self { folder, authority }
    }

    fn trust(&self) -> Arc<Trust> {
        let path = self.folder.path().join("roots.pem").into_os_string();
        Arc::new(Trust::new(move |name| (name == "SSL_CERT_FILE").then(|| path.clone())))
    }

    fn line(&self, ours: &Arc<Authority>) -> Line {
        Line::with(opening("api.example", 443), ours, wishes(), self.trust(), false)
    }

    fn server(&self, name: &str, alpn: &[&str]) -> ServerConfig {
        let alpn: Vec<&[u8]> = alpn.iter().map(|one| one.as_bytes()).collect();
        let mut config = self.authority.server(&alpn);
        config.cert_resolver = self.resolver(name);
        config
    }

    fn resolver(&self, name: &str) -> Arc<rustls::sign::SingleCertAndKey> {
        let key = self.authority.certificate(&[name]).unwrap();
        Arc::new(rustls::sign::SingleCertAndKey::from((*key).clone()))
    }
}

/// What is really meant for a server goes there encrypted, and its answer comes back inside; whether
/// or not the client speaks TLS.
#[test]
fn a_real_server_is_spoken_to() {
    let (world, ours) = (World::new(), authority());
    for encrypted in [true, false] {
        let mut line = world.line(&ours);
        if encrypted {
            let mut client = Client::new(trusting(ours.der(), BOTH), "api.example");
            client.says(b"to tls h2 api.example", &mut line);
        } else {
            line.on(Event::Client(b"to tls h2 api.example"));
        }
        assert_eq!(line.connect.take().unwrap().tls, None);
        let mut server = Server::new(world.server("api.example", &["h2"]));

        line.on(Event::UpstreamOpened);
        server.talk(&mut line);
        server.tls.writer().write_all(b"welcome").unwrap();
        server.tls.send_close_notify();
        server.talk(&mut line);
        line.on(Event::UpstreamEnd);

        assert_eq!(server.heard, b"hello");
        let heard = &line.diary()[2..];
        assert_eq!(heard, ["UpstreamOpened", "upstream: welcome", "UpstreamEnd"]);
    }
}

/// A real server is verified by the name that the client asked for, whatever it looked up.
#[test]
fn a_real_server_is_verified_by_the_name_that_is_asked_for() {
    let (world, ours) = (World::new(), authority());
    let opening = opening("192.0.2.7", 443);
    let mut line = Line::with(opening, &ours, wishes(), world.trust(), false);
    let mut client = Client::new(trusting(ours.der(), BOTH), "api.example");
    client.says(b"to tls - 192.0.2.7", &mut line);
    let mut server = Server::new(world.server("api.example", &[]));

    server.talk(&mut line);

    assert_eq!(server.heard, b"hello");
    assert_eq!(line.connect.unwrap().host, "192.0.2.7");
}

/// A server without TLS is spoken to as it is.
#[test]
fn a_plain_server_is_spoken_to() {
    let (world, ours) = (World::new(), authority());
    let mut line = world.line(&ours);

    line.on(Event::Client(b"to plain - api.example end"));
    line.on(Event::UpstreamOpened);
    line.on(Event::Upstream(b"welcome"));
    line.on(Event::UpstreamEnd);

    assert_eq!((line.upstream.as_slice(), line.end_upstream), (&b"hello"[..], true));
    assert_eq!(line.diary()[2..], ["UpstreamOpened", "upstream: welcome", "UpstreamEnd"]);
}

/// The end for a server waits for the handshake, and comes behind what was said before.
#[test]
fn the_end_for_a_server_waits_for_the_handshake() {
    let (world, ours) = (World::new(), authority());
    let mut line = world.line(&ours);
    line.on(Event::Client(b"to tls - api.example end"));
    assert!(!line.end_upstream);
    let mut server = Server::new(world.server("api.example", &[]));

    server.talk(&mut line);

    assert!(line.end_upstream);
    assert_eq!(server.heard, b"hello");
}

/// A certificate that no guest would trust is refused, and the reason told.
#[test]
fn a_server_that_is_not_trusted_fails() {
    let (world, other, ours) = (World::new(), World::new(), authority());
    let cases = [
        (other.server("api.example", &[]), "root certificates of this machine"),
        (world.server("other.example", &[]), "it is not for api.example"),
    ];
    for (config, reason) in cases {
        let mut line = world.line(&ours);
        line.on(Event::Client(b"to tls - api.example"));
        let mut server = Server::new(config);

        server.talk(&mut line);

        let diary = line.diary();
        let failed = diary.last().unwrap();
        assert!(failed.starts_with("failed: its certificate is not trusted: "), "{failed}");
        assert!(failed.contains(reason), "{failed}");
        assert!(server.heard.is_empty());
        assert!(line.end_upstream);
        line.on(Event::UpstreamEnd);
        assert_eq!(line.diary().len(), diary.len());
    }
}

/// A certificate of the server's own is trusted if it stands among the roots, and for its name only.
#[test]
fn a_server_may_vouch_for_itself() {
    let ours = authority();
    for (name, trusted) in [("dev.example", true), ("other.example", false)] {
        let made = rcgen::generate_simple_self_signed(["dev.example".to_owned()]).unwrap();
        let world = World::new();
        std::fs::write(world.folder.path().join("roots.pem"), made.cert.pem()).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        let mut line = world.line(&ours);
        line.on(Event::Client(format!("to tls - {name}").as_bytes()));

        Server::new(config).talk(&mut line);

        let last = line.diary().pop().unwrap();
        assert_eq!(last == "UpstreamOpened", trusted, "{last}");
    }
}

/// A server that wants the client's certificate cannot be forwarded to.
#[test]
fn a_server_that_asks_for_a_certificate_fails() {
    let (world, ours) = (World::new(), authority());
    for versions in [&[&version::TLS12], &[&version::TLS13]] {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(world.authority.der().to_vec())).unwrap();
        let provider = Arc::new(default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_cert_resolver(world.resolver("api.example"));
        let mut line = world.line(&ours);
        line.on(Event::Client(b"to tls - api.example"));

        let mut server = Server::new(config);
        server.talk(&mut line);

        let last = line.diary().pop().unwrap();
        assert!(last.starts_with("failed: it asks for a client certificate"), "{last}");
        assert!(server.heard.is_empty());
    }
}

/// The one protocol that the client speaks must be the server's too.
#[test]
fn a_server_of_another_protocol_fails() {
    let (world, ours) = (World::new(), authority());
    for (offered, chosen, last) in [
        ("h2", &[][..], "failed: it does not speak h2, which the client speaks"),
        ("http/1.1", &[][..], "UpstreamOpened"),
        ("h2", &["h2"][..], "UpstreamOpened"),
    ] {
        let mut line = world.line(&ours);
        line.on(Event::Client(format!("to tls {offered} api.example").as_bytes()));

        Server::new(world.server("api.example", chosen)).talk(&mut line);

        assert_eq!(line.diary().last().unwrap(), last);
    }
}

/// A server that goes away in the handshake, says nonsense, or has no name that can be verified.
#[test]
fn a_server_off_its_protocol_fails() {
    let (world, ours) = (World::new(), authority());
    let events: [(&str, Option<Event<'_>>, &str); 4] = [
        ("api.example", Some(Event::UpstreamEnd), "failed: it closed the connection during"),
        ("api.example", Some(Event::Upstream(b"HTTP/1.1 400 Bad")), "failed: its TLS failed"),
        ("api.example", Some(Event::UpstreamFailed("refused")), "failed: refused"),
        ("-.-", None, "failed: no certificate can name it"),
    ];
    for (name, event, reason) in events {
        let mut line = world.line(&ours);
        line.on(Event::Client(format!("to tls - {name}").as_bytes()));
        if let Some(event) = event {
            line.on(event);
        }

        let last = line.diary().pop().unwrap();
        assert!(last.starts_with(reason), "{last}");
    }
}

/// A machine without any roots says what to install.
#[test]
fn a_machine_without_roots_trusts_nobody() {
    let mut line = Line::to("api.example", &authority());

    line.on(Event::Client(b"to tls - api.example"));

    let last = line.diary().pop().unwrap();
    assert!(last.contains("ca-certificates"), "{last}");
    assert_eq!(line.connect, None);
}

/// An end without goodbye is an end.
#[test]
fn a_server_may_just_go() {
    let (world, ours) = (World::new(), authority());
    let mut line = world.line(&ours);
    line.on(Event::Client(b"to tls - api.example"));
    Server::new(world.server("api.example", &[])).talk(&mut line);

    line.on(Event::UpstreamEnd);

    assert_eq!(line.diary().last().unwrap(), "UpstreamEnd");
}
