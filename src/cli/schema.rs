//! `courtier schema`: the JSON Schema of the configuration file, for editors.

use super::{Exit, Failure, Format, Output};
use crate::engine;

/// Prints the JSON Schema of the configuration file.
///
/// `courtier schema > courtier.schema.json` beside the file makes editors complete and check it.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub(super) fn run(_: &Args) -> Result<Exit, Failure> {
    Output::new(Format::Json).json(&engine::kinds().schema())?;
    Ok(Exit::Fine)
}
