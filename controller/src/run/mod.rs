//! A run from start to end.
//!
//! Two processes of ours: the keeper, which the user started and which tells how it went, and below
//! it the controller, which decides and starts the command. If the controller dies, its guests are
//! refused, and the keeper ends the run.
//!
//! | module | job |
//! |---|---|
//! | `keeper` | the outer process: signals, the exit code, what to do if the controller dies |
//! | `controller` | the inner one: engine, command, report |
//! | `answers` | what answers on connections, and for programs |
//! | `directory` | the folder that guests find the controller by |
//! | `ended` | how the controller tells the keeper how it went |
//! | `mask` | the signal mask of what is started |
//! | `starter` | how the command is started, below the kernel backstop or without |
//! | `stand_ins` | programs that stand for mocked ones, and PATH |
//! | `tests_of` | whose finding is whose, once all are known |

use std::ffi::OsString;
use std::path::PathBuf;

use crate::accept::Snapshots;
use crate::backstop::Mode;
use crate::config::Config;
use crate::report::Format;

pub mod answers;
pub mod controller;
pub mod directory;
mod ended;
pub mod keeper;
mod mask;
pub mod serve;
pub mod stand_ins;
pub mod starter;
mod tests_of;
pub mod tree;

pub use ended::Ended;

/// Exit code of a run that failed by a fault of ours.
pub const INTERNAL: u8 = 63;

/// What a run is to do.
#[derive(Debug)]
pub struct Options {
    /// Rules, levels, tools.
    pub config: Config,
    /// How the report is written.
    pub format: Format,
    /// Where; None for stderr.
    pub output: Option<PathBuf>,
    /// Whether gaps in coverage fail the run.
    pub require_coverage: bool,
    /// Whether the kernel backstop watches, and what.
    pub backstop: Mode,
    /// Whether a run without a backstop that was wished for is refused.
    pub require_backstop: bool,
    /// Whether what the tests do is written down as accepted; else it is compared with that.
    pub accept: bool,
    /// What was accepted.
    pub snapshots: Snapshots,
    /// The command and its arguments.
    pub command: Vec<OsString>,
}
