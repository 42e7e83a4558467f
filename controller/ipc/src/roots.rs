//! Files of root certificates that programs open of their own accord, known by the end of their path.

/// Number of the first file ([`crate::answering`]) that is one of root certificates with the run's
/// own added. The numbers below are for other files and for sockets.
pub const FIRST_NUMBER: u32 = 90_000_000;

/// Ends of paths, without the slash before. Debian and Alpine, Fedora, SUSE; Java; OpenSSL's own
/// default; then what packages of a language carry along.
const ENDS: &[&[u8]] = &[
    b"ssl/certs/ca-certificates.crt",
    b"pki/tls/certs/ca-bundle.crt",
    b"pki/tls/cacert.pem",
    b"extracted/pem/tls-ca-bundle.pem",
    b"ssl/ca-bundle.pem",
    b"lib/security/cacerts",
    b"lib/security/jssecacerts",
    b"certs/java/cacerts",
    b"pki/java/cacerts",
    b"extracted/java/cacerts",
    DEFAULT,
    b"ssl/cacert.pem",
    b"certifi/cacert.pem",
    b"botocore/cacert.pem",
    b"httplib2/cacerts.txt",
    b"_credentials/roots.pem",
    b"Mozilla/CA/cacert.pem",
    b"ca-bundle/res/cacert.pem",
];

/// End of the path of the file that OpenSSL reads beside its folder, and that few systems have.
const DEFAULT: &[u8] = b"ssl/cert.pem";

/// Whether a path is that of a file of root certificates, as far as its end tells.
#[must_use]
pub fn is_known(path: &[u8]) -> bool {
    ENDS.iter().any(|end| ends(path, end))
}

/// Whether a path is that of OpenSSL's default file: answered even where there is none.
#[must_use]
pub fn is_default(path: &[u8]) -> bool {
    ends(path, DEFAULT)
}

fn ends(path: &[u8], end: &[u8]) -> bool {
    match path.strip_suffix(end) {
        Some(before) => before.last().is_none_or(|last| *last == b'/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole of a path's end counts, at a slash or at its start.
    #[test]
    fn files_are_known_by_the_end_of_their_path() {
        for known in [
            "/etc/ssl/certs/ca-certificates.crt",
            "/usr/lib/ssl/cert.pem",
            "/venv/lib/python3.11/site-packages/certifi/cacert.pem",
            "/usr/lib/jvm/java-17/lib/security/cacerts",
            "certifi/cacert.pem",
        ] {
            assert!(is_known(known.as_bytes()), "{known}");
        }
        for other in ["", "/", "cacert.pem", "/notcertifi/cacert.pem", "/certifi/cacert.pem/"] {
            assert!(!is_known(other.as_bytes()), "{other}");
        }
        assert!(is_default(b"/usr/lib/ssl/cert.pem") && !is_default(b"/certifi/cacert.pem"));
    }
}
