//! The commands.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::accept::Snapshots;
use crate::backstop::Mode;
use crate::config::{self, Flags};
use crate::report::{self, Format};
use crate::run::{self, INTERNAL, Options, keeper, serve};

mod accept;
pub mod check;
pub mod doctor;
pub mod explain;
pub mod plugins;

/// Exit code for a wrong command line or configuration.
const USAGE: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  bigfoot run -- cargo test
  bigfoot run --guard error --allow 'http://localhost:8080' -- pytest
  bigfoot run --format github --require-coverage -- npm test
  bigfoot accept -- cargo test
  bigfoot explain 'http://api.example.com'

Exit codes: the command's own when it failed; 0 clean; 2 usage or configuration;
60 a call was refused, or another promise broken; 61 a gap in required coverage; 63 a fault of bigfoot's;
126 the command cannot be executed; 127 it was not found.";

/// Runs a test command, and holds every external call of its processes to what was authorised.
#[derive(Debug, Parser)]
#[command(name = "bigfoot", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a command and all that it starts under the rules
    #[command(after_help = EXAMPLES)]
    Run(Run),
    /// Run a command, and write what its tests do to the outside as snapshots to review
    #[command(after_help = accept::EXAMPLES)]
    Accept(accept::Accept),
    /// Read the configuration, say what is in force, or what is wrong and where
    Check {
        #[command(flatten)]
        policy: PolicyFlags,
    },
    /// Say which rule decides a call, or what a code means
    #[command(
        after_help = "Examples:\n  bigfoot explain 'http://api.example.com:8080'\n  bigfoot explain 'subprocess:git push'\n  bigfoot explain BF101"
    )]
    Explain {
        /// A call, such as http://host:port, dns:name, file:/path, subprocess:name; or a code
        what: String,
        /// The test that makes the call
        #[arg(long)]
        test: Option<String>,
        #[command(flatten)]
        policy: PolicyFlags,
    },
    /// Say what holds on this machine
    Doctor,
    /// List the protocols, with their ports and rule forms
    Plugins {
        /// One of them, at length
        name: Option<String>,
    },
    /// Start a run in the background, for scripts that set the environment themselves
    Serve {
        #[command(flatten)]
        policy: PolicyFlags,
        #[command(flatten)]
        output: OutputFlags,
        /// Serve the processes below this one [default: the process that started us]
        #[arg(long, value_name = "PID", overrides_with = "root")]
        root: Option<u32>,
    },
    /// Print the environment of the run that `serve` started, for a shell to evaluate
    Env,
    /// End the run that `serve` started, print its report, and exit with its verdict
    Verify,
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
struct Run {
    #[command(flatten)]
    policy: PolicyFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    backstop: BackstopFlags,
    /// Write the report here instead of to stderr
    #[arg(long = "output", value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Debug, Args)]
struct BackstopFlags {
    /// Whether the kernel tells of calls that no hook sees
    #[arg(long = "backstop", value_name = "WHEN", value_enum, default_value_t)]
    mode: Mode,
    /// Do not start the command, and exit with 61, if the kernel backstop cannot be had
    #[arg(long)]
    require_backstop: bool,
}

#[derive(Debug, Args)]
struct PolicyFlags {
    /// What happens to a call of which no rule speaks: off, warn, error or strict
    #[arg(long, value_name = "LEVEL")]
    guard: Option<String>,
    /// Use this configuration file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Allow what a rule matches (may be repeated)
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// Deny what a rule matches (may be repeated)
    #[arg(long, value_name = "RULE")]
    deny: Vec<String>,
    /// Allow nothing but what a rule matches, whatever else allows it (may be repeated)
    #[arg(long, value_name = "RULE")]
    restrict: Vec<String>,
}

#[derive(Debug, Args)]
struct OutputFlags {
    /// Form of the report: human, json, jsonl, github or junit
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// Fail, with 61, if a process could not be seen
    #[arg(long)]
    require_coverage: bool,
}

impl From<PolicyFlags> for Flags {
    fn from(flags: PolicyFlags) -> Self {
        let PolicyFlags { guard, config, allow, deny, restrict } = flags;
        Self { guard, config, allow, deny, restrict }
    }
}

/// Does what the command line says; the exit code.
#[must_use]
pub fn main() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { 0 };
            let _ = error.print(); // nobody reads it, then
            return code;
        }
    };
    match act(cli.command) {
        Ok(code) => code,
        Err(Failure { code, text }) => {
            let _ = writeln!(io::stderr(), "{text}");
            code
        }
    }
}

/// Why a command came to nothing.
struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    fn usage(error: impl std::fmt::Display) -> Self {
        Self { code: USAGE, text: format!("bigfoot: failed to {error}") }
    }

    fn internal(error: impl std::fmt::Display) -> Self {
        Self { code: INTERNAL, text: format!("bigfoot: {error}") }
    }
}

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        let coloured = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
        let text = if coloured { error.coloured() } else { error.to_string() };
        Self { code: USAGE, text: text.trim_end().to_owned() }
    }
}

fn act(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Run(run) => run_(run, false),
        Command::Accept(accept) => run_(accept.run()?, true),
        Command::Check { policy } => {
            say(&check::check(&here()?, &policy.into(), &|name| env::var_os(name))?)
        }
        Command::Explain { what, test, policy } => explain_(&what, test.as_deref(), policy),
        Command::Doctor => say(&doctor::doctor()),
        Command::Plugins { name } => match plugins::describe(name.as_deref()) {
            Ok(text) => say(&text),
            Err(error) => Err(Failure::usage(error)),
        },
        Command::Serve { policy, output, root } => serve_(policy, output, root),
        Command::Env => env_(),
        Command::Verify => match serve::verify() {
            Ok((code, report)) => {
                let _ = io::stderr().write_all(report.as_bytes()); // the code says it too
                Ok(code)
            }
            Err(error) => Err(Failure::usage(format!("verify: {error}"))),
        },
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "bigfoot", &mut io::stdout());
            Ok(0)
        }
        Command::Man => match clap_mangen::Man::new(Cli::command()).render(&mut io::stdout()) {
            Ok(()) => Ok(0),
            Err(error) => Err(Failure::internal(error)),
        },
    }
}

/// Whether a run holds this process. The variable is hidden from the environment, and not from the
/// kernel's copy of it (proc(5)).
fn is_guest() -> bool {
    let environment = std::fs::read("/proc/self/environ").unwrap_or_default();
    let name = format!("{}=", bigfoot_ipc::RUN_VARIABLE);
    environment.split(|byte| *byte == 0).any(|entry| entry.starts_with(name.as_bytes()))
}

fn here() -> Result<PathBuf, Failure> {
    env::current_dir()
        .map_err(|error| Failure::usage(format!("find the working directory: {error}")))
}

fn say(text: &str) -> Result<u8, Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::internal(error)),
        _ => Ok(0),
    }
}

fn run_(run: Run, accept: bool) -> Result<u8, Failure> {
    let Run { policy, output, backstop, output_file, command } = run;
    let BackstopFlags { mode: backstop, require_backstop } = backstop;
    if require_backstop && backstop == Mode::Off {
        return Err(Failure::usage(
            "require a backstop and turn it off: give --require-backstop or --backstop off",
        ));
    }
    let config = config::load(&here()?, &policy.into(), &|name| env::var_os(name))?;
    // What is written anew needs not be right.
    let snapshots = if accept { Snapshots::default() } else { Snapshots::load(&config.project)? };
    let Some(directory) = env::var_os(keeper::CONTROLLER_VARIABLE) else {
        // What can be wrong is found before anything is started.
        if is_guest() {
            return join(&command, accept);
        }
        crate::library::path(env::var_os("BIGFOOT_PRELOAD").map(PathBuf::from).as_deref())
            .map_err(Failure::usage)?;
        run::controller::Out::writable(output_file.as_deref()).map_err(Failure::usage)?;
        crate::tools::Tools::new(&config.tools)
            .map_err(|error| Failure::usage(format!("read [run] tools: {error}")))?;
        return keeper::keep().map_err(Failure::usage);
    };
    let directory = PathBuf::from(directory);
    let options = Options {
        config,
        format: output.format,
        output: output_file,
        require_coverage: output.require_coverage,
        backstop,
        require_backstop,
        accept,
        snapshots,
        command,
    };
    let ended = run::controller::run(options, &directory).map_err(Failure::internal);
    let ended = ended.unwrap_or_else(|failure| {
        let _ = writeln!(io::stderr(), "{}", failure.text);
        run::Ended::Code(failure.code)
    });
    let _ = ended.write(&directory); // without it the keeper tells of a controller that was lost
    Ok(0)
}

/// Starts a command in place of us, in the run that holds us already.
fn join(command: &[OsString], accept: bool) -> Result<u8, Failure> {
    if accept {
        return Err(Failure::usage("accept inside a run: the run that holds this process decides"));
    }
    let Some((program, arguments)) = command.split_first() else {
        return Err(Failure::usage("start a command: there is none"));
    };
    let _ = writeln!(
        io::stderr(),
        "bigfoot: joined the run that holds this process: its rules hold, and its report tells; the options and the configuration here have no effect"
    );
    let error = std::process::Command::new(program).args(arguments).exec();
    let (code, text) = run::controller::not_started(command, &error);
    Err(Failure { code, text })
}

fn explain_(what: &str, test: Option<&str>, policy: PolicyFlags) -> Result<u8, Failure> {
    if let Some(text) = report::explain(what) {
        return say(text);
    }
    if what.len() <= 6 && what.to_ascii_uppercase().starts_with("BF") {
        let nearest =
            report::nearest(what).map(|code| format!("; there is {code}")).unwrap_or_default();
        return Err(Failure::usage(format!("explain {what:?}: there is no such code{nearest}")));
    }
    say(&explain::explain(&here()?, &policy.into(), &|name| env::var_os(name), what, test)?)
}

fn serve_(policy: PolicyFlags, output: OutputFlags, root: Option<u32>) -> Result<u8, Failure> {
    let config = config::load(&here()?, &policy.into(), &|name| env::var_os(name))?;
    Snapshots::load(&config.project)?; // what is wrong is told here, and not in the background
    let root = root.unwrap_or_else(|| nix::unistd::getppid().as_raw().cast_unsigned());
    match env::var_os(keeper::CONTROLLER_VARIABLE) {
        None => serve::start(root).map(|_| 0).map_err(Failure::usage),
        Some(folder) => {
            let OutputFlags { format, require_coverage } = output;
            serve::serve(config, format, require_coverage, root, &PathBuf::from(folder))
                .map_err(Failure::internal)?;
            Ok(0)
        }
    }
}

fn env_() -> Result<u8, Failure> {
    let folder = serve::folder()
        .map_err(|error| Failure::usage(format!("print the environment: {error}")))?;
    let variables = run::controller::environment(&folder, run::controller::OUTSIDE, false)
        .map_err(Failure::usage)?;
    let lines = variables
        .iter()
        .map(|(name, value)| format!("export {name}='{}'\n", value.to_string_lossy()));
    say(&lines.collect::<String>())
}
