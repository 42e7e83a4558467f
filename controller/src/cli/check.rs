//! `bigfoot check`: what is in force, and where it stands.

use std::fmt::Write;
use std::path::Path;

use crate::config::{self, Config, Environment, Error, Flags};
use crate::mocks::Mock;
use crate::plugins::{self, Kind};
use crate::rules::{Frame, Rule};

/// What is in force in a directory, for people to read.
///
/// # Errors
///
/// If the configuration is wrong.
pub fn check(
    directory: &Path,
    flags: &Flags,
    environment: Environment<'_>,
) -> Result<String, Error> {
    config::load(directory, flags, environment).map(|config| describe(&config))
}

fn describe(config: &Config) -> String {
    let source = config.source.as_ref().map_or_else(
        || "none found; these are the defaults".to_owned(),
        |path| path.display().to_string(),
    );
    let mut text = format!("configuration: {source}\n{}", guard(config));
    if !config.tools.is_empty() {
        line(&mut text, &format!("tools beside the known ones: {}", config.tools.join(", ")));
    }
    line(&mut text, &format!("sandbox: {}", if config.sandbox { "the whole run" } else { "none" }));
    text + &mocks(&config.mocks) + &frames(config.policy.frames())
}

/// How many there are, and of what.
fn mocks(mocks: &[Mock]) -> String {
    let mut sources: Vec<(&str, usize)> = Vec::new();
    for mock in mocks {
        match sources.iter_mut().find(|(source, _)| *source == mock.shape.source) {
            Some((_, count)) => *count += 1,
            None => sources.push((mock.shape.source, 1)),
        }
    }
    if sources.is_empty() {
        return "mocks: none\n".to_owned();
    }
    let mut text = format!("mocks: {}\n", mocks.len());
    for (source, count) in sources {
        line(&mut text, &format!("  {source}: {count}"));
    }
    text
}

fn guard(config: &Config) -> String {
    let levels = config.policy.levels();
    let origin = config.guard_origin.as_deref().unwrap_or("the default");
    let mut text = format!("guard: {} ({origin})\n", levels.default_level());
    let cards = plugins::cards().filter(|card| card.kind != Kind::Layered);
    for card in cards.filter(|card| levels.of(card.name) != levels.default_level()) {
        line(&mut text, &format!("  {}: {}", card.name, levels.of(card.name)));
    }
    text
}

fn frames(frames: &[Frame]) -> String {
    if frames.is_empty() {
        return "rules: none\n".to_owned();
    }
    let mut text = "rules: every restriction holds; then the last frame that speaks decides, and in one frame deny beats allow\n".to_owned();
    for (number, frame) in frames.iter().enumerate() {
        let test = frame.test.as_ref().map(|glob| format!(", for tests {}", glob.text()));
        line(&mut text, &format!("  frame {}{}", number + 1, test.unwrap_or_default()));
        for (verb, rules) in
            [("restrict", &frame.restrict), ("deny", &frame.deny), ("allow", &frame.allow)]
        {
            text.extend(rules.iter().map(|rule| one(verb, rule)));
        }
    }
    text
}

fn one(verb: &str, rule: &Rule) -> String {
    format!("    {verb:<8} {}  ({})\n", rule.text(), rule.origin())
}

fn line(text: &mut String, words: &str) {
    let _ = writeln!(text, "{words}"); // a String takes everything
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::check;
    use crate::config::Flags;

    /// All that decides a call is told, with where it stands.
    #[test]
    fn check_tells_what_is_in_force() {
        let flags =
            Flags { guard: Some("error".into()), deny: vec!["redis:*".into()], ..Flags::default() };
        let environment = |name: &str| (name == "BIGFOOT_ALLOW").then(|| "dns:*.internal".into());

        let text = check(Path::new("/nonexistent"), &flags, &environment)
            .expect("no configuration is one");

        assert_eq!(
            text,
            "configuration: none found; these are the defaults\n\
             guard: error (--guard)\n\
             \x20 file: off\n\
             \x20 native: off\n\
             sandbox: none\n\
             mocks: none\n\
             rules: every restriction holds; then the last frame that speaks decides, and in one frame deny beats allow\n\
             \x20 frame 1\n\
             \x20   allow    dns:*.internal  (BIGFOOT_ALLOW)\n\
             \x20 frame 2\n\
             \x20   deny     redis:*  (--deny)\n"
        );
    }
}
