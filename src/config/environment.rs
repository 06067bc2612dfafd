//! The process environment: the only place that reads it.
//!
//! Errors name a variable and never its content: a reference to the wrong
//! variable must not print what stands there.

use std::path::{Path, PathBuf};

/// Reads a variable; an error when it is set but not UTF-8.
pub fn variable(name: &str) -> Result<Option<String>, String> {
    raw(name).map(|value| value.into_string().map_err(|_| "this environment variable is not UTF-8".to_owned())).transpose()
}

/// Reads a variable as the system has it.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
fn raw(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Reads a variable that holds an absolute path; the XDG rules say to ignore a relative one.
fn folder(name: &str) -> Option<PathBuf> {
    raw(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Gives the folder where systemd puts credentials, while the service runs.
pub fn credentials_dir() -> Option<PathBuf> {
    folder("CREDENTIALS_DIRECTORY")
}

/// The machine's own configuration folder, and where the unit of that machine keeps its state.
const MACHINE: (&str, &str) = ("/etc/courtier", "/var/lib/courtier");

/// Gives the folder for everything durable: the unit's, else the user's.
///
/// With the machine's configuration file it is the unit's folder too, so that a command beside the service finds its store.
pub fn state_dir(config: &Path) -> Option<PathBuf> {
    // systemd joins several state directories with a colon; the first is ours.
    let unit = raw("STATE_DIRECTORY").and_then(|all| std::env::split_paths(&all).next()).filter(|path| path.is_absolute());
    let machine = || config.starts_with(MACHINE.0).then(|| PathBuf::from(MACHINE.1)).filter(|folder| folder.is_dir());
    unit.or_else(machine)
        .or_else(|| folder("XDG_STATE_HOME").map(|state| state.join("courtier")))
        .or_else(|| folder("HOME").map(|home| home.join(".local/state/courtier")))
}

/// Gives the places where a configuration file is looked for, in this order, when none is named:
/// `$COURTIER_CONFIG`, `./courtier.toml`, the user's, the machine's.
pub fn config_places() -> Vec<PathBuf> {
    if let Some(named) = raw("COURTIER_CONFIG") {
        return vec![PathBuf::from(named)];
    }
    let user = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
    let mut places = vec![PathBuf::from("courtier.toml")];
    places.extend(user.map(|config| config.join("courtier/courtier.toml")));
    places.push(PathBuf::from("/etc/courtier/courtier.toml"));
    places
}
