//! Started programs.

use bigfoot_ipc::guest::Verdict;

use super::{Asker, Engine, Outcome};
use crate::call::{Call, Exec};
use crate::intake::program::Target;
use crate::processes::Started;
use crate::tools;

impl Engine {
    pub(super) fn exec(
        &mut self,
        asker: &Asker,
        target: Target,
        arguments: Vec<Vec<u8>>,
        spawns: bool,
    ) -> Outcome {
        if target.is_missing() {
            return Verdict::Allow.into(); // a path search: the kernel says that it is not there
        }
        let own = self.processes.own_start(asker.pid, &target, &arguments, spawns);
        let program = target.program.clone();
        let line = tools::line(&arguments);
        let call = Call::Exec(Exec { program, arguments });
        let mut outcome = self.decide(asker, call, own.is_some());
        if outcome.verdict == Verdict::Allow {
            let arm = !target.would_complain();
            let by = (asker.pid, asker.lineage);
            let start = self.processes.start(Started { target, line, by: Some(by), own });
            outcome.verdict = Verdict::Start { start, arm };
        }
        outcome
    }
}
