//! What flags and environment say of the policy.

use std::collections::BTreeMap;

use super::error::{Error, Source};
use super::{Environment, Flags};
use crate::rules::{Frame, Level, Levels, Origin, Place, Rule};

/// What flags and environment say.
pub(super) struct Outside {
    /// The guard levels, and who set them.
    pub guard: Option<(Levels, String)>,
    /// The environment's frame and the flags'.
    pub frames: Vec<Frame>,
}

/// Reads both.
pub(super) fn read(
    flags: &Flags,
    environment: Environment<'_>,
    place: &Place,
) -> Result<Outside, Error> {
    let variable = text(environment, "BIGFOOT_GUARD")?.filter(|level| !level.trim().is_empty());
    let guard = match (&flags.guard, variable) {
        (Some(level), _) => Some(("--guard", level.clone())),
        (None, variable) => variable.map(|level| ("BIGFOOT_GUARD", level)),
    };
    let guard = guard.map(|(name, text)| level(name, &text)).transpose()?;
    Ok(Outside { guard, frames: vec![variables(environment, place)?, arguments(flags, place)?] })
}

/// A level for everything; what the file says of protocols holds no longer.
fn level(name: &str, text: &str) -> Result<(Levels, String), Error> {
    let word = text.trim();
    let level = if word.eq_ignore_ascii_case("false") { Some(Level::Off) } else { Level::of(word) };
    let source = Source { name: name.to_owned(), text: text.to_owned() };
    let error =
        || source.error(0..text.len(), format!("`{text}` is no guard level"), "not a level");
    let level = level
        .ok_or_else(|| error().help("write `off`, `warn` or `error` (`strict` means `error`)"))?;
    Ok((Levels::new(level, BTreeMap::new()), name.to_owned()))
}

fn variables(environment: Environment<'_>, place: &Place) -> Result<Frame, Error> {
    let rules = |name| -> Result<Vec<Rule>, Error> {
        let text = text(environment, name)?.unwrap_or_default();
        let source = Source { name: name.to_owned(), text };
        let parts = split(&source.text).into_iter();
        parts
            .map(|(start, part)| rule(&source, start, part, Origin::Environment(name), place))
            .collect()
    };
    let mut frame = Frame::new(Origin::Environment("BIGFOOT_RESTRICT"));
    frame.allow = rules("BIGFOOT_ALLOW")?;
    frame.deny = rules("BIGFOOT_DENY")?;
    frame.restrict = rules("BIGFOOT_RESTRICT")?;
    Ok(frame)
}

fn arguments(flags: &Flags, place: &Place) -> Result<Frame, Error> {
    let rules = |name, texts: &[String]| -> Result<Vec<Rule>, Error> {
        let source = |text: &String| Source { name: String::from(name), text: text.clone() };
        texts.iter().map(|text| rule(&source(text), 0, text, Origin::Flag(name), place)).collect()
    };
    let mut frame = Frame::new(Origin::Flag("--restrict"));
    frame.allow = rules("--allow", &flags.allow)?;
    frame.deny = rules("--deny", &flags.deny)?;
    frame.restrict = rules("--restrict", &flags.restrict)?;
    Ok(frame)
}

fn rule(
    source: &Source,
    start: usize,
    text: &str,
    origin: Origin,
    place: &Place,
) -> Result<Rule, Error> {
    Rule::parse(text, origin, place).map_err(|fault| source.fault(start, &fault))
}

fn text(environment: Environment<'_>, name: &str) -> Result<Option<String>, Error> {
    let wrong = |_| Error::plain(format!("the variable {name} is not UTF-8"));
    environment(name).map(|value| value.into_string().map_err(wrong)).transpose()
}

/// The parts between commas and line ends, with where they begin; a comma in braces is a glob's.
fn split(text: &str) -> Vec<(usize, &str)> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, byte) in text.bytes().enumerate().chain([(text.len(), b'\n')]) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b'\n' | b',' if byte == b'\n' || depth == 0 => {
                parts.push((start, &text[start..at]));
                (start, depth) = (at + 1, 0);
            }
            _ => {}
        }
    }
    parts.retain(|(_, part)| !part.trim().is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::split;

    /// A variable holds several rules; a glob's alternatives are one.
    #[test]
    fn rules_are_split_at_commas_and_line_ends() {
        assert_eq!(split("a, b\nfile:/{c,d},\n\n"), [(0, "a"), (2, " b"), (5, "file:/{c,d}")]);
        assert_eq!(split("{a,b\nc,d"), [(0, "{a,b"), (5, "c"), (7, "d")]);
        assert_eq!(split(""), []);
    }
}
