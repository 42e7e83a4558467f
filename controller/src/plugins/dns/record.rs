//! Record types, and records as people write them (RFC 1035, 5.1).

use std::net::IpAddr;

use hickory_proto::rr::rdata::TXT;
use hickory_proto::rr::{Name, RData, RecordType};

use crate::rules::host::normal;

/// The type of a look-up for the addresses of both families: getaddrinfo(3) without a family.
pub(crate) const BOTH: &str = "A+AAAA";

/// Longest string within a TXT record, in bytes (RFC 1035, 3.3).
const STRING_BYTES_MAX: usize = 255;

/// Types whose records a mock can give, each with a record; the parts of that are counted where
/// no part can have a space in it.
const KINDS: &[(RecordType, &str, bool)] = &[
    (RecordType::A, "192.0.2.10", true),
    (RecordType::AAAA, "2001:db8::10", true),
    (RecordType::CAA, "0 issue ca.example.net", false),
    (RecordType::CNAME, "edge.example.net", true),
    (RecordType::HTTPS, "1 . alpn=h2", false),
    (RecordType::MX, "10 mail.example.com", true),
    (RecordType::NAPTR, "10 10 u E2U+sip !^.*$!sip:a@example.com! .", false),
    (RecordType::NS, "ns1.example.com", true),
    (RecordType::PTR, "host.example.com", true),
    (RecordType::SOA, "ns1.example.com admin.example.com 1 3600 600 86400 60", true),
    (RecordType::SRV, "10 5 5060 sip.example.com", true),
    (RecordType::SVCB, "1 svc.example.com port=8443", false),
    (RecordType::TLSA, "3 1 1 00", false),
    (RecordType::TXT, "v=spf1 -all", false),
];

/// The type of this name, in any case, if a mock can give records of it.
pub(super) fn kind(name: &str) -> Option<RecordType> {
    let known =
        |(kind, _, _): &&(RecordType, &str, bool)| <&str>::from(*kind).eq_ignore_ascii_case(name);
    KINDS.iter().find(known).map(|(kind, _, _)| *kind)
}

/// The names of all of them.
pub(super) fn kinds() -> String {
    let names: Vec<&str> = KINDS.iter().map(|(kind, _, _)| <&str>::from(*kind)).collect();
    names.join(", ")
}

/// A type's name; `TYPE65400` for one that has none (RFC 3597).
pub(super) fn name_of(kind: RecordType) -> String {
    match kind {
        RecordType::Unknown(number) => format!("TYPE{number}"),
        known => <&str>::from(known).to_owned(),
    }
}

/// A record of this type, for help.
pub(super) fn example(kind: RecordType) -> &'static str {
    KINDS.iter().find(|(known, _, _)| *known == kind).map_or("", |(_, example, _)| example)
}

/// The record that is written here.
///
/// # Errors
///
/// Why it is none, in words that follow "it".
pub(super) fn parse(kind: RecordType, text: &str) -> Result<RData, String> {
    if text.chars().any(char::is_control) {
        return Err("has a control character in it".to_owned());
    }
    let counted = KINDS.iter().find(|(known, _, counted)| *known == kind && *counted);
    if let Some((_, example, _)) = counted {
        let (parts, wanted) = (text.split_whitespace().count(), example.split(' ').count());
        if parts != wanted {
            return Err(format!("has {parts} parts, not {wanted}"));
        }
    }
    if kind == RecordType::TXT && !text.starts_with('"') {
        return Ok(RData::TXT(one_string(text)));
    }
    let data = RData::try_from_str(kind, text).map_err(|error| format!("is none: {error}"))?;
    match &data {
        RData::TXT(text) if text.txt_data.iter().any(|one| one.len() > STRING_BYTES_MAX) => {
            Err(format!("has a string of more than {STRING_BYTES_MAX} bytes"))
        }
        _ => Ok(data),
    }
}

/// A text without quotes is one string, spaces and all, and is cut where it is too long for one.
fn one_string(text: &str) -> TXT {
    let pieces: Vec<&[u8]> = text.as_bytes().chunks(STRING_BYTES_MAX).collect();
    TXT::from_bytes(if pieces.is_empty() { vec![b""] } else { pieces })
}

/// A record as it would be written in a mock.
pub(super) fn text(data: &RData) -> String {
    match data {
        RData::TXT(text) => match &*text.txt_data {
            [one] if !one.starts_with(b"\"") => String::from_utf8_lossy(one).into_owned(),
            several => several.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(" "),
        },
        other => {
            let text = other.to_string();
            let part = |word: &str| match word {
                "." => word.to_owned(),
                _ => word.strip_suffix('.').unwrap_or(word).to_owned(),
            };
            text.split(' ').map(part).collect::<Vec<_>>().join(" ")
        }
    }
}

fn quoted(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A name as the guest's look-ups are recorded: normalised, and that of an address's name
/// (`7.2.0.192.in-addr.arpa`) as the address.
pub(crate) fn recorded(name: &str) -> String {
    reversed(name).map_or_else(|| normal(name), |address| address.to_string())
}

/// The same of a name of the wire.
pub(super) fn recorded_name(name: &Name) -> String {
    match name.to_ascii() {
        root if root == "." => root,
        text => recorded(&text),
    }
}

/// The address whose name is asked for by this name (RFC 1035, 3.5; RFC 3596, 2.5).
fn reversed(name: &str) -> Option<IpAddr> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if !name.ends_with(".in-addr.arpa") && !name.ends_with(".ip6.arpa") {
        return None;
    }
    let whole = Name::from_ascii(format!("{name}.")).ok()?.parse_arpa_name().ok()?;
    (whole.prefix_len() == whole.max_prefix_len()).then(|| whole.addr().to_canonical())
}

/// A name that can be asked for.
///
/// # Errors
///
/// Why it cannot.
pub(super) fn checked(name: &str) -> Result<(), String> {
    let normal = normal(name);
    if normal.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("it has a space or a control character in it".to_owned());
    }
    match wire_name(&normal) {
        Some(_) => Ok(()),
        None if normal.is_empty() => Err("it is empty".to_owned()),
        None => Err("a name has parts of 1 to 63 bytes between dots, 253 bytes in all".to_owned()),
    }
}

/// A name for the wire, whole.
pub(super) fn wire_name(name: &str) -> Option<Name> {
    let mut name = Name::from_ascii(name).ok().filter(|name| !name.is_empty())?;
    name.set_fqdn(true);
    Some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Help shows the examples, so they have to be records; and a record is shown as it is written.
    #[test]
    fn examples_are_records_and_are_shown_as_they_are_written() {
        for (kind, example, _) in KINDS {
            let data = parse(*kind, example).unwrap_or_else(|why| panic!("{example}: {why}"));
            assert_eq!(data.record_type(), *kind);
            if !matches!(
                kind,
                RecordType::CAA | RecordType::NAPTR | RecordType::HTTPS | RecordType::SVCB
            ) {
                assert_eq!(text(&data), *example);
            }
        }
    }

    /// Of a text without quotes the spaces are part; with quotes each string stands for itself.
    #[test]
    fn a_txt_record_is_one_string_unless_it_is_quoted() {
        let strings = |text: &str| match parse(RecordType::TXT, text) {
            Ok(RData::TXT(txt)) => txt.txt_data.iter().map(|one| one.to_vec()).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };

        assert_eq!(strings("v=spf1 -all"), [b"v=spf1 -all".to_vec()]);
        assert_eq!(strings(r#""a b" "c""#), [b"a b".to_vec(), b"c".to_vec()]);
        assert_eq!(strings(&"x".repeat(300)).iter().map(Vec::len).collect::<Vec<_>>(), [255, 45]);
        assert_eq!(strings(""), [b"".to_vec()]);
    }

    /// What is no record of its type is told apart, and why.
    #[test]
    fn wrong_records_say_what_is_wrong() {
        for (kind, text) in [
            (RecordType::MX, "mail.example.com"),
            (RecordType::MX, "10 mail.example.com more"),
            (RecordType::MX, "ten mail.example.com"),
            (RecordType::SRV, "1 2 70000 a.example"),
            (RecordType::A, "2001:db8::1"),
            (RecordType::CNAME, "a..b"),
            (RecordType::TXT, "a\nb"),
            (RecordType::TXT, "\"open"),
        ] {
            assert!(parse(kind, text).is_err(), "{text}");
        }
    }

    /// A reverse name stands for its address, in both families; a part of one is a name like any other.
    #[test]
    fn reverse_names_are_recorded_as_addresses() {
        assert_eq!(recorded("7.2.0.192.in-addr.arpa."), "192.0.2.7");
        let wide = format!("7.{}8.b.d.0.1.0.0.2.IP6.ARPA", "0.".repeat(23));
        assert_eq!(recorded(&wide), "2001:db8::7");
        assert_eq!(recorded("2.0.192.in-addr.arpa"), "2.0.192.in-addr.arpa");
        assert_eq!(recorded("Api.Example.COM."), "api.example.com");
    }

    proptest! {
        /// Nothing that somebody writes makes us panic, and what is a record is one when shown, too.
        #[test]
        fn any_text_is_a_record_or_is_not(text_in in ".{0,80}", index in 0..KINDS.len()) {
            let kind = KINDS[index].0;
            if let Ok(data) = parse(kind, &text_in) {
                let _ = text(&data);
            }
            let _ = (recorded(&text_in), checked(&text_in));
        }

        /// The same of texts that look like records.
        #[test]
        fn any_words_are_a_record_or_are_not(
            words in proptest::collection::vec(r#"[0-9]{1,11}|[a-z.\\"();=@$]{1,12}|[0-9a-f:.]{1,10}|[0-9]{1,4}[smhdw]"#, 0..9),
            index in 0..KINDS.len(),
        ) {
            if let Ok(data) = parse(KINDS[index].0, &words.join(" ")) {
                let _ = text(&data);
            }
        }
    }
}
