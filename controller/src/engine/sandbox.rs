//! In which sandbox a call is made.

use super::Asker;
use crate::verdict::Sandboxed;

/// The sandboxes of a run, by their numbers from 1.
#[derive(Debug, Default)]
pub(super) struct Sandboxes {
    all: Vec<Sandbox>,
}

#[derive(Debug)]
struct Sandbox {
    open: bool,
}

impl Sandboxes {
    /// The whole run is a sandbox.
    pub(super) fn open_for_the_run(&mut self) {
        self.all.push(Sandbox { open: true });
    }

    /// All of them are closed.
    pub(super) fn close_all(&mut self) {
        for sandbox in &mut self.all {
            sandbox.open = false;
        }
    }

    /// Where a call of this asker stands, and to which sandbox.
    pub(super) fn of(&self, _asker: &Asker) -> (Sandboxed, Option<u32>) {
        match self.all.last() {
            None => (Sandboxed::Outside, None),
            Some(sandbox) => {
                let stands = if sandbox.open { Sandboxed::Inside } else { Sandboxed::Closed };
                (stands, u32::try_from(self.all.len()).ok())
            }
        }
    }

    /// Whether there are any.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}
