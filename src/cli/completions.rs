//! `courtier completions` and `courtier man`: made from the commands themselves.

use clap::CommandFactory as _;

use super::{Cli, Exit, Failure, Format, Output};

/// Prints a completion script for a shell.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell.
    shell: clap_complete::Shell,
}

/// Prints the manual page; with a command's name, that command's page.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// The command; default: the whole program.
    command: Option<String>,
}

/// Runs `completions`.
pub(super) fn run(args: &Args) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "courtier", &mut script);
    Output::new(Format::Table).text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Fine)
}

/// Runs `man`.
pub(super) fn man(args: &ManArgs) -> Result<Exit, Failure> {
    let mut all = Cli::command();
    all.build();
    let page = match &args.command {
        None => all,
        Some(name) => all
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Failure::usage(format!("there is no command `{name}`")).hint("`courtier --help` lists them"))?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    Output::new(Format::Table).text(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Fine)
}
