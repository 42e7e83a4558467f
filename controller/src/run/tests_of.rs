//! Whose finding is whose, once all are known: the function below libtest's on the stack, what the
//! same thread lineage was found to be elsewhere, and the test that started the process.

use std::collections::HashMap;

use crate::engine::Found;
use crate::intake::process::Pid;
use crate::processes::Processes;
use crate::report::Attribution;
use crate::site::{Resolver, rust_test};
use crate::timeline::Interaction;

/// Most steps from a process to those that started it.
const STEPS_MAX: usize = 16;

/// Fills in the tests that can be told.
pub fn attribute(
    found: &mut [Found],
    interactions: &mut [Interaction],
    processes: &Processes,
    resolver: &mut Resolver,
) {
    let mut known: HashMap<(Pid, u32), String> = HashMap::new();
    for found in found.iter_mut() {
        // A thread on whose stack a test stands is that test's; one that a runner names tests for
        // goes on to the next.
        if let Some(test) = rust_test(&resolver.places(&found.finding.stack)) {
            known.entry(found.lineage).or_insert_with(|| test.clone());
            if !matches!(found.finding.test, Attribution::Test(_)) {
                found.finding.test = Attribution::Test(test);
            }
        }
    }
    for interaction in interactions.iter_mut().filter(|it| it.test.is_none()) {
        if let Some(test) = rust_test(&resolver.places(&interaction.details.stack)) {
            known.entry(lineage(interaction)).or_insert_with(|| test.clone());
            interaction.test = Some(test);
        }
    }
    for interaction in interactions.iter_mut().filter(|it| it.test.is_none()) {
        interaction.test = inherited(lineage(interaction), &known, processes);
    }
    for found in found.iter_mut() {
        if !matches!(found.finding.test, Attribution::Test(_))
            && let Some(test) = inherited(found.lineage, &known, processes)
        {
            found.finding.test = Attribution::Test(test);
        }
    }
}

fn lineage(interaction: &Interaction) -> (Pid, u32) {
    let (process, lineage, _) = interaction.process;
    (process, lineage)
}

fn inherited(
    lineage: (Pid, u32),
    known: &HashMap<(Pid, u32), String>,
    processes: &Processes,
) -> Option<String> {
    let mut at = lineage;
    for _ in 0..STEPS_MAX {
        if let Some(test) = known.get(&at) {
            return Some(test.clone());
        }
        at = processes.get(at.0)?.by?;
    }
    None
}
