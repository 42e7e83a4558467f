//! Which tests ran, and in which programs.

use std::collections::{BTreeMap, BTreeSet};

use crate::intake::test_program::TestProgram;

/// Most names of threads that are kept. Tests beyond that are not known to have run.
const NAMES_MAX: usize = 1 << 18;

/// The tests that are known to have run.
#[derive(Debug, Clone, Default)]
pub struct Ran {
    /// As they were published, or found on a stack.
    pub tests: BTreeSet<String>,
    /// After whom threads were named, and by which programs.
    pub threads: BTreeMap<String, BTreeSet<TestProgram>>,
}

impl Ran {
    /// A program started a thread of one of these names.
    pub fn started(&mut self, names: Vec<String>, program: &TestProgram) {
        for name in names {
            if self.threads.len() < NAMES_MAX || self.threads.contains_key(&name) {
                self.threads.entry(name).or_default().insert(program.clone());
            }
        }
    }

    /// The names of the programs that started a thread for this test, one for each program.
    #[must_use]
    pub fn programs(&self, test: &str) -> Vec<String> {
        let programs = self.threads.get(test).into_iter().flatten();
        programs.map(|program| program.name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Programs of one name are told apart by their files; one that ran a test twice counts once.
    #[test]
    fn each_program_counts_once() {
        let program = |file: &str| TestProgram { name: "shop/shop".to_owned(), file: file.into() };
        let mut ran = Ran::default();

        for file in ["/a", "/b", "/a"] {
            ran.started(vec!["tests::buys".to_owned()], &program(file));
        }

        assert_eq!(ran.programs("tests::buys"), ["shop/shop", "shop/shop"]);
        assert!(ran.programs("tests::sells").is_empty());
    }
}
