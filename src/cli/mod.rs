//! One file per command; here what they share: arguments, exit codes, failures.
//!
//! Results go to standard output, everything else to standard error. A command
//! gives an [`Exit`] or a [`Failure`]; only [`main`] turns either into a
//! process status.

mod backtest;
mod cases;
mod check;
mod classify;
mod completions;
mod demo;
mod exit;
mod explain;
mod feeds;
mod init;
mod marks;
mod nearest;
mod notifiers;
mod outbox;
mod output;
mod reload;
mod replay;
mod run;
mod scan;
mod schema;
mod setup;
mod status;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use exit::{Exit, Failure};
pub use output::{Format, Output, visible};

/// Text under `--help`: the exit codes are part of the contract.
const AFTER_HELP: &str = "\
Exit codes: 0 fine; 1 ran and found something to report; 2 usage or configuration; 3 partly failed; 4 could not run.
Results go to standard output, everything else to standard error. NO_COLOR is respected.";

/// Hears who leaves whom: watches public posts for your brand and puts each one that matters in front of a human.
#[derive(Debug, Parser)]
#[command(name = "courtier", version, after_help = AFTER_HELP, max_term_width = 110, propagate_version = true)]
pub struct Cli {
    /// The configuration file.
    #[arg(
        long,
        short,
        global = true,
        value_name = "FILE",
        help_heading = "Everywhere",
        help = "Configuration file; default: $COURTIER_CONFIG, ./courtier.toml, the user's, /etc/courtier/courtier.toml"
    )]
    pub config: Option<PathBuf>,
    /// Colour on standard output and standard error.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Everywhere")]
    pub color: Colour,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// When it goes to a terminal.
    #[value(help = "On a terminal, unless NO_COLOR is set")]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Every command, in the order of the help; what each does stands at its arguments.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a doc comment here would hide the help text of the command's own arguments")]
pub enum Command {
    Run(run::Args),
    Check(check::Args),
    Backtest(backtest::Args),
    Reload(reload::Args),
    Replay(replay::Args),
    Init(init::Args),
    Schema(schema::Args),
    Demo(demo::Args),
    Classify(classify::Args),
    Scan(scan::Args),
    Explain(explain::Args),
    Feeds(feeds::Args),
    Cases(cases::Args),
    Watch(watch::Args),
    Notifiers(notifiers::Args),
    Notifier(notifiers::OneArgs),
    Outbox(outbox::Args),
    Status(status::Args),
    Completions(completions::Args),
    Man(completions::ManArgs),
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    run_with(std::env::args_os())
}

/// Runs the program with these arguments, the first being its name.
pub fn run_with(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match Cli::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            // Help and version are answers, not mistakes.
            let wrong = error.use_stderr();
            let closed_pipe = error.print().is_err();
            return if wrong && !closed_pipe { Exit::Usage.into() } else { Exit::Fine.into() };
        }
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match cli.color {
        Colour::Auto => {}
        Colour::Always => anstream::ColorChoice::Always.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
    }
    let ended = match &cli.command {
        Command::Run(args) => run::run(args, cli.config.as_deref()),
        Command::Check(args) => check::run(args, cli.config.as_deref()),
        Command::Backtest(args) => backtest::run(args, cli.config.as_deref()),
        Command::Reload(args) => reload::run(args, cli.config.as_deref()),
        Command::Replay(args) => replay::run(args, cli.config.as_deref()),
        Command::Init(args) => init::run(args, cli.config.as_deref()),
        Command::Schema(args) => schema::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Classify(args) => classify::run(args, cli.config.as_deref()),
        Command::Scan(args) => scan::run(args, cli.config.as_deref()),
        Command::Explain(args) => explain::run(args, cli.config.as_deref()),
        Command::Feeds(args) => feeds::run(args),
        Command::Cases(args) => cases::run(args, cli.config.as_deref()),
        Command::Watch(args) => watch::run(args, cli.config.as_deref()),
        Command::Notifiers(args) => notifiers::run(args),
        Command::Notifier(args) => notifiers::run_one(args, cli.config.as_deref()),
        Command::Outbox(args) => outbox::run(args, cli.config.as_deref()),
        Command::Status(args) => status::run(args, cli.config.as_deref()),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => completions::man(args),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => failure.print().into(),
    }
}
