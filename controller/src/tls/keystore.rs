//! Java's files of root certificates, with one more: the old format of its own (JKS), and PKCS #12
//! without a password, as it ships since version 18.
//!
//! Formats: the `JavaKeyStore` class of OpenJDK; RFC 7292. A file that is protected by another
//! password than the usual one cannot be added to.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

/// First bytes of JKS, and its version 2.
const JKS: [u8; 8] = [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2];
/// The password that everybody has, as UTF-16, and what the format adds to it.
const PASSWORD: &str = "changeit";
const SALT: &[u8] = b"Mighty Aphrodite";
const DIGEST_BYTES: usize = 20;
/// What an entry is: a certificate that is trusted.
const TRUSTED: u32 = 2;
/// The name of the entry.
const ALIAS: &str = "bigfoot";

/// The keystore with this certificate added. None if it is none, or not one that can be added to.
pub(super) fn with(store: &[u8], certificate: &[u8]) -> Option<Vec<u8>> {
    jks(store, certificate).or_else(|| pkcs12(store, certificate))
}

fn jks(store: &[u8], certificate: &[u8]) -> Option<Vec<u8>> {
    let (content, digest) = store.split_at_checked(store.len().checked_sub(DIGEST_BYTES)?)?;
    let (count, entries) = content.strip_prefix(&JKS)?.split_first_chunk::<4>()?;
    if protection(content) != digest {
        return None;
    }
    let mut added = JKS.to_vec();
    added.extend(u32::from_be_bytes(*count).checked_add(1)?.to_be_bytes());
    added.extend_from_slice(entries);
    added.extend(TRUSTED.to_be_bytes());
    put_text(&mut added, ALIAS)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    added.extend(u64::try_from(now.as_millis()).ok()?.to_be_bytes());
    put_text(&mut added, "X.509")?;
    added.extend(u32::try_from(certificate.len()).ok()?.to_be_bytes());
    added.extend_from_slice(certificate);
    let digest = protection(&added);
    added.extend(digest);
    Some(added)
}

fn put_text(out: &mut Vec<u8>, text: &str) -> Option<()> {
    out.extend(u16::try_from(text.len()).ok()?.to_be_bytes());
    out.extend_from_slice(text.as_bytes());
    Some(())
}

fn protection(content: &[u8]) -> Vec<u8> {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    for unit in PASSWORD.encode_utf16() {
        context.update(&unit.to_be_bytes());
    }
    context.update(SALT);
    context.update(content);
    context.finish().as_ref().to_vec()
}

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const BMP_TEXT: u8 = 0x1E;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const CONTEXT: u8 = 0xA0;

/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01];
/// 1.2.840.113549.1.12.10.1.3
const CERTIFICATE_BAG: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x0A, 0x01, 0x03];
/// 1.2.840.113549.1.9.22.1
const X509: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x16, 0x01];
/// 1.2.840.113549.1.9.20
const FRIENDLY_NAME: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x14];
/// 2.16.840.1.113894.746875.1.1, Oracle's: without it Java does not trust the certificate.
const TRUSTED_USAGE: &[u8] =
    &[0x60, 0x86, 0x48, 0x01, 0x86, 0xF9, 0x66, 0xAD, 0xCA, 0x7B, 0x01, 0x01];
/// 2.5.29.37.0
const ANY_USAGE: &[u8] = &[0x55, 0x1D, 0x25, 0x00];

/// A `PFX` whose content is plain and that has no password: one more content at its end.
fn pkcs12(store: &[u8], certificate: &[u8]) -> Option<Vec<u8>> {
    let (pfx, _) = take(SEQUENCE, store)?;
    let (version, rest) = take(INTEGER, pfx)?;
    let (info, protected) = take(SEQUENCE, rest)?;
    let contents = data(info)?;
    let (contents, _) = take(SEQUENCE, contents)?;
    if !protected.is_empty() {
        return None;
    }
    let bags = put(SEQUENCE, &[&bag(certificate)]);
    let contents = put(SEQUENCE, &[contents, &put_data(&bags)]);
    Some(put(SEQUENCE, &[&put(INTEGER, &[version]), &put_data(&contents)]))
}

/// A trusted certificate.
fn bag(certificate: &[u8]) -> Vec<u8> {
    let value = put(CONTEXT, &[&put(OCTETS, &[certificate])]);
    let value = put(CONTEXT, &[&put(SEQUENCE, &[&put(OBJECT, &[X509]), &value])]);
    let name: Vec<u8> = ALIAS.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let name = attribute(FRIENDLY_NAME, &put(BMP_TEXT, &[&name]));
    let usage = attribute(TRUSTED_USAGE, &put(OBJECT, &[ANY_USAGE]));
    put(SEQUENCE, &[&put(OBJECT, &[CERTIFICATE_BAG]), &value, &put(SET, &[&name, &usage])])
}

fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    put(SEQUENCE, &[&put(OBJECT, &[name]), &put(SET, &[value])])
}

/// What a `ContentInfo` of plain data holds.
fn data(info: &[u8]) -> Option<&[u8]> {
    let (kind, rest) = take(OBJECT, info)?;
    let (content, _) = take(CONTEXT, rest)?;
    let (octets, _) = take(OCTETS, content)?;
    (kind == DATA).then_some(octets)
}

fn put_data(octets: &[u8]) -> Vec<u8> {
    let content = put(CONTEXT, &[&put(OCTETS, &[octets])]);
    put(SEQUENCE, &[&put(OBJECT, &[DATA]), &content])
}

/// The content of a value of this kind (X.690), and what follows it.
fn take(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match *length {
        short @ 0..=0x7F => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7F))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
        _ => return None,
    };
    if *first == tag { rest.split_at_checked(length) } else { None }
}

/// A value of this kind, of these parts.
fn put(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut value = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7F) => value.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let digits: Vec<u8> = length.into_iter().skip_while(|digit| *digit == 0).collect();
            value.push(0x80 | digits.len() as u8);
            value.extend(digits);
        }
    }
    value.extend(content);
    value
}
