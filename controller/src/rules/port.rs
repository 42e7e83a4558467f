//! Ports of a rule.

use super::fault::Fault;

/// The ports that a rule speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ports {
    /// All.
    Any,
    /// From the first to the last, both included.
    Range(u16, u16),
}

impl Ports {
    /// Reads `80`, `8000-8999` or `*`.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let Some((first, last)) = text.split_once('-') else {
            return port(text, 0).map(|only| Self::Range(only, only));
        };
        let (from, to) = (port(first, 0)?, port(last, first.len() + 1)?);
        if from > to {
            return Err(Fault::at(
                0..text.len(),
                "this range of ports is empty",
                "ends before it begins",
            )
            .help(format!("write `{to}-{from}`")));
        }
        Ok(Self::Range(from, to))
    }

    /// Whether this port is one of them.
    pub(super) fn contain(self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Range(from, to) => (from..=to).contains(&port),
        }
    }
}

fn port(text: &str, at: usize) -> Result<u16, Fault> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if port != 0 && digits => Ok(port),
        _ => Err(Fault::at(at..at + text.len(), format!("`{text}` is no port"), "not a port")
            .help("a port is a number from 1 to 65535; a range is written `8000-8999`")),
    }
}

#[cfg(test)]
mod tests {
    use super::Ports;

    /// What can never match is no rule.
    #[test]
    fn ports_are_from_1_to_65535_and_ranges_go_up() {
        assert_eq!(Ports::parse("80"), Ok(Ports::Range(80, 80)));
        assert_eq!(Ports::parse("1-65535"), Ok(Ports::Range(1, 65535)));
        assert_eq!(Ports::parse("*"), Ok(Ports::Any));
        for text in
            ["", "0", "65536", "+80", "80-", "-80", "80-79", "http", "1-2-3", " 80", "99999999999"]
        {
            assert!(Ports::parse(text).is_err(), "{text}");
        }
    }

    /// Both ends of a range belong to it.
    #[test]
    fn ranges_include_their_ends() {
        let ports = Ports::Range(10, 12);
        assert!([10, 11, 12].into_iter().all(|port| ports.contain(port)));
        assert!(!ports.contain(9) && !ports.contain(13) && Ports::Any.contain(1));
    }
}
