//! What each code means, at length. Codes never change their meaning.

/// A code, other names that it is asked for by, and what there is to say.
struct Entry {
    code: &'static str,
    names: &'static [&'static str],
    text: &'static str,
}

const ENTRIES: [Entry; 15] = [
    Entry {
        code: "BF101",
        names: &["guarded", "guardedcall"],
        text: include_str!("codes/BF101.txt"),
    },
    Entry { code: "BF102", names: &["denied", "deny"], text: include_str!("codes/BF102.txt") },
    Entry {
        code: "BF103",
        names: &["restricted", "restrict"],
        text: include_str!("codes/BF103.txt"),
    },
    Entry {
        code: "BF104",
        names: &["unmocked", "unmockedinteraction"],
        text: include_str!("codes/BF104.txt"),
    },
    Entry {
        code: "BF105",
        names: &["mismatch", "interactionmismatch"],
        text: include_str!("codes/BF105.txt"),
    },
    Entry { code: "BF106", names: &["late", "latecall"], text: include_str!("codes/BF106.txt") },
    Entry {
        code: "BF107",
        names: &["unasserted", "unassertedinteractions"],
        text: include_str!("codes/BF107.txt"),
    },
    Entry {
        code: "BF108",
        names: &["unused", "unusedmocks"],
        text: include_str!("codes/BF108.txt"),
    },
    Entry {
        code: "BF109",
        names: &["snapshot", "snapshots", "accept"],
        text: include_str!("codes/BF109.txt"),
    },
    Entry { code: "BF110", names: &["malformed"], text: include_str!("codes/BF110.txt") },
    Entry {
        code: "BF111",
        names: &["untrusted", "tls", "certificate"],
        text: include_str!("codes/BF111.txt"),
    },
    Entry {
        code: "BF112",
        names: &["unattributed", "unattributedcall"],
        text: include_str!("codes/BF112.txt"),
    },
    Entry { code: "BF201", names: &["blind", "coverage"], text: include_str!("codes/BF201.txt") },
    Entry { code: "BF202", names: &["lost", "controller"], text: include_str!("codes/BF202.txt") },
    Entry { code: "BF203", names: &["hellos", "overrun"], text: include_str!("codes/BF203.txt") },
];

/// What a code means: what happened, why, what to do, and an example. Case does not matter.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    let wanted = code.trim().to_ascii_lowercase();
    let found = ENTRIES.iter().find(|entry| {
        entry.code.eq_ignore_ascii_case(&wanted) || entry.names.contains(&wanted.as_str())
    });
    found.map(|entry| entry.text)
}

/// The code that was probably meant; None if nothing is near.
#[must_use]
pub fn nearest(code: &str) -> Option<&'static str> {
    let wanted = code.trim().to_ascii_uppercase();
    let near = ENTRIES.iter().map(|entry| (distance(&wanted, entry.code), entry.code));
    near.min().filter(|(distance, _)| *distance <= 2).map(|(_, code)| code)
}

/// How many characters to add, remove or change to get from one text to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (number, left) in from.chars().take(32).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], number + 1);
        for (column, right) in to.chars().enumerate() {
            let changed = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Code;

    /// Every code that a report names can be explained, under the same title.
    #[test]
    fn every_code_is_explained() {
        for code in Code::ALL {
            let text = explain(code.name()).unwrap();

            assert!(text.starts_with(&format!("{}: {}\n", code.name(), code.title())), "{text}");
        }
    }

    /// Every text has the same four parts and fits a terminal.
    #[test]
    fn every_text_has_the_same_parts() {
        for entry in &ENTRIES {
            assert!(entry.text.starts_with(entry.code));
            for part in ["\nWhat happened\n", "\nWhy\n", "\nWhat to do\n", "\nExample\n"] {
                assert!(entry.text.contains(part), "{} lacks {part:?}", entry.code);
            }
            assert!(entry.text.lines().all(|line| line.len() <= 80), "{}", entry.code);
        }
    }

    /// What is shown of a configuration can be pasted into one.
    #[test]
    fn every_example_is_toml() {
        let lines =
            |text: &'static str| text.lines().skip_while(|line| !line.contains("bigfoot.toml:"));
        let mut examples = 0;
        for entry in &ENTRIES {
            let example: String = lines(entry.text.split("\nExample\n").last().unwrap())
                .skip(1)
                .take_while(|line| line.is_empty() || line.starts_with("        "))
                .flat_map(|line| [line, "\n"])
                .collect();

            let parsed: Result<toml::Table, _> = example.parse();

            assert!(parsed.is_ok(), "{}: {parsed:?}", entry.code);
            examples += usize::from(!example.is_empty());
        }
        assert!(examples > 6, "{examples}");
    }

    /// Each code of a broken promise is found by its word.
    #[test]
    fn a_code_is_found_by_its_word() {
        let words = [
            ("unmocked", "BF104"),
            ("mismatch", "BF105"),
            ("late", "BF106"),
            ("unasserted", "BF107"),
            ("unused", "BF108"),
            ("snapshot", "BF109"),
            ("malformed", "BF110"),
            ("untrusted", "BF111"),
            ("tls", "BF111"),
            ("unattributed", "BF112"),
        ];
        for (word, code) in words {
            assert_eq!(explain(word), explain(code), "{word}");
            assert!(explain(word).is_some_and(|text| text.starts_with(code)), "{word}");
        }
    }

    /// No two codes go by one word.
    #[test]
    fn a_word_belongs_to_one_code() {
        let mut names: Vec<_> = ENTRIES.iter().flat_map(|entry| entry.names).collect();
        let all = names.len();
        names.sort();
        names.dedup();

        assert_eq!(names.len(), all);
    }

    /// A code is found in any case and by its word; a slip leads to the nearest one.
    #[test]
    fn a_slip_leads_to_the_nearest_code() {
        assert_eq!(explain("bf101"), explain("guarded"));
        assert_eq!(explain("BF999"), None);
        assert_eq!(nearest("BF 103"), Some("BF103"));
        assert_eq!(nearest("B202"), Some("BF202"));
        assert_eq!(nearest("http://example.com"), None);
        assert_eq!(nearest(&"x".repeat(100_000)), None);
    }
}
