//! What several commands need first: the configuration, the store, the runtime.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Exit, Failure};
use crate::config::{self, Config, Diagnostic, Diagnostics, StandIns, environment};
use crate::engine::{self, Rehearing};
use crate::observe::{LogFormat, Logs};
use crate::store::{Durability, Options, Sqlite, StoreError};

/// Finds and reads the configuration; prints its warnings.
pub(super) fn config(named: Option<&Path>) -> Result<Config, Failure> {
    let Some(path) = Config::find(named) else {
        return Err(Failure::new(Exit::Usage, "there is no configuration file")
            .hint("`courtier init` writes one; `--config FILE` names one; `courtier run --brand NAME` needs none"));
    };
    config_at(&path)
}

/// Finds the configuration for commands that look at the store: without a file, the store of
/// `run --brand` in the user's state directory.
///
/// They send nothing, so they need no secret: whoever asks in a shell does not see the unit's credentials.
pub(super) fn config_of_store(named: Option<&Path>) -> Result<Config, Failure> {
    let without = Config::default();
    if Config::find(named).is_none() && engine::database(&without).is_some_and(|path| path.exists()) {
        return Ok(without);
    }
    let Some(path) = Config::find(named) else { return config(named) };
    config_without_secrets(&path)
}

/// Reads a configuration; every mistake is in the failure, with its caret.
pub(super) fn config_at(path: &Path) -> Result<Config, Failure> {
    match Config::load(path, &engine::kinds()) {
        Ok((config, warnings)) => {
            if !warnings.is_empty() {
                let report = config.source.report(Vec::new(), warnings).render(colour());
                Failure::report(Exit::Fine, report).print();
            }
            Ok(config)
        }
        Err(mistakes) => Err(refuse(&mistakes)),
    }
}

/// Reads a configuration without its secrets, for commands that hear and send nothing; prints its warnings.
pub(super) fn config_without_secrets(path: &Path) -> Result<Config, Failure> {
    let (config, warnings) = Config::load_with(path, &engine::kinds(), &StandIns).map_err(|mistakes| refuse(&mistakes))?;
    if !warnings.is_empty() {
        Failure::report(Exit::Fine, config.source.report(Vec::new(), warnings).render(colour())).print();
    }
    Ok(config)
}

/// Reads a configuration for a command that needs few of its secrets or none: a feed whose secret cannot be read
/// here is left out, and said so.
pub(super) fn config_with_what_secrets_there_are(path: &Path) -> Result<Config, Failure> {
    if Config::load(path, &engine::kinds()).is_ok() {
        return config_at(path);
    }
    let mut config = config_without_secrets(path)?;
    let left_out: Vec<String> = config.feeds.iter().filter(|feed| feed.section.has_secrets()).map(|feed| feed.name.clone()).collect();
    config.feeds.retain(|feed| !feed.section.has_secrets());
    if !left_out.is_empty() {
        let said =
            format!("note: not every secret of {} can be read here: done without the keys of {}", path.display(), left_out.join(", "));
        Failure::report(Exit::Fine, said).print();
    }
    Ok(config)
}

/// Builds what hears and decides, the way the daemon does.
pub(super) fn rehearing(config: &Config) -> Result<Rehearing, Failure> {
    let client = engine::client(&config.net).map_err(|error| Failure::could_not("cannot set up the network").because(error))?;
    Rehearing::build(config, &client).map_err(|mistakes| refuse_parts(config, mistakes))
}

/// Builds the same for commands that only show: a rule that fails its own tests is told and heard all the same.
pub(super) fn rehearing_untested(config: &Config) -> Result<Rehearing, Failure> {
    let mut untested = config.clone();
    for rule in &mut untested.rules {
        rule.tests.clear();
    }
    let hears = rehearing(&untested)?;
    let failed = engine::failed_tests(config);
    if !failed.is_empty() {
        Failure::report(Exit::Fine, config.source.report(Vec::new(), failed).render(colour())).print();
    }
    Ok(hears)
}

/// Turns configuration mistakes into a failure.
pub(super) fn refuse(mistakes: &Diagnostics) -> Failure {
    Failure::report(Exit::Usage, mistakes.render(colour()))
}

/// Turns mistakes that a part found when it was built into a failure.
pub(super) fn refuse_parts(config: &Config, mistakes: Vec<Diagnostic>) -> Failure {
    refuse(&config.source.report(mistakes, Vec::new()))
}

/// Whether standard error takes colour.
pub(super) fn colour() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Opens the store of a configuration for writing.
pub(super) fn store(config: &Config) -> Result<Arc<Sqlite>, Failure> {
    Sqlite::open(options(config)?).map(Arc::new).map_err(|error| cannot_open(&error))
}

/// Opens the store of a configuration to change what is in it: a store that nobody has made yet is not made.
pub(super) fn store_there(config: &Config) -> Result<Arc<Sqlite>, Failure> {
    if options(config)?.path.exists() { store(config) } else { store_read_only(config) }
}

/// Opens the store of a configuration for commands that only look.
pub(super) fn store_read_only(config: &Config) -> Result<Arc<Sqlite>, Failure> {
    Sqlite::open_read_only(options(config)?).map(Arc::new).map_err(|error| cannot_open(&error))
}

/// Makes sure that one daemon runs on a store; holds as long as the returned file is open.
///
/// Two would both ask every feed. Commands beside the daemon take no such lock.
pub(super) fn only_daemon(store: &Sqlite) -> Result<std::fs::File, Failure> {
    let path = store.path().with_extension("lock");
    let cannot = |error: std::io::Error| Failure::could_not(format!("cannot lock {}", path.display())).because(error);
    let mut file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => {
            // Whoever wants to signal the daemon reads its number here; it counts only while the lock is held.
            file.set_len(0).and_then(|()| file.write_all(format!("{}\n", std::process::id()).as_bytes())).map_err(cannot)?;
            Ok(file)
        }
        Err(std::fs::TryLockError::WouldBlock) => {
            let busy = format!("another `courtier run` works on {}", store.path().display());
            Err(Failure::could_not(busy).hint("stop it first, or name another `[store] path`"))
        }
        Err(std::fs::TryLockError::Error(error)) => Err(cannot(error)),
    }
}

/// Gives the process number of the daemon that runs on the store of a configuration; `None` when none does.
pub(super) fn daemon(config: &Config) -> Result<Option<u32>, Failure> {
    let path = options(config)?.path.with_extension("lock");
    let cannot = |error: std::io::Error| Failure::could_not(format!("cannot look at {}", path.display())).because(error);
    let mut file = match std::fs::File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(error)),
    };
    match file.try_lock_shared() {
        Ok(()) => return Ok(None),
        Err(std::fs::TryLockError::WouldBlock) => {}
        Err(std::fs::TryLockError::Error(error)) => return Err(cannot(error)),
    }
    let mut number = String::new();
    file.read_to_string(&mut number).map_err(cannot)?;
    let number = number.trim().parse().map_err(|_| {
        Failure::could_not("the running daemon does not say its process number")
            .hint("it is older than this program: send it SIGHUP by hand")
    })?;
    Ok(Some(number))
}

fn options(config: &Config) -> Result<Options, Failure> {
    if config.store.url.is_some() {
        return Err(Failure::could_not("a store in PostgreSQL is not built yet").hint("leave out `[store] url` and name a `path`"));
    }
    let path: PathBuf = engine::database(config)
        .ok_or_else(|| Failure::could_not("there is no place for the store").hint("name one: `[store] path = \"...\"`, or set HOME"))?;
    let mut options = Options::new(path);
    options.max_bytes = config.store.max_size;
    options.zone = config.hours.zone.clone();
    options.durability = Durability::Full;
    Ok(options)
}

fn cannot_open(error: &StoreError) -> Failure {
    let failure = Failure::could_not("cannot open the store").because(error);
    match error {
        StoreError::Full { .. } => failure.hint("make room on the disk, or raise `[store] max_size`"),
        StoreError::Busy { .. } => failure.hint("another process holds it; try again"),
        StoreError::Unusable { .. } => failure.hint("`[store] path` names another place; `courtier check` shows the one in use"),
    }
}

/// Starts the log as the configuration, or else the environment, says.
pub(super) fn logs(config: &Config) -> Result<(), Failure> {
    let format = match config.log.format {
        crate::config::LogFormat::Auto => LogFormat::Auto,
        crate::config::LogFormat::Text => LogFormat::Text,
        crate::config::LogFormat::Json => LogFormat::Json,
        crate::config::LogFormat::Journald => LogFormat::Journald,
    };
    let asked = environment::variable("COURTIER_LOG").map_err(|why| Failure::usage(format!("COURTIER_LOG: {why}")))?;
    let under_journal = environment::variable("JOURNAL_STREAM").is_ok_and(|stream| stream.is_some());
    let level = Some(asked.unwrap_or_else(|| config.log.level.clone()));
    crate::observe::start_logs(&Logs { format, level, under_journal, colour: colour() }).map_err(Failure::usage)
}

/// Makes the runtime: two workers carry a firehose, more would only cost memory.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::could_not("cannot start").because(error))
}

/// Reads a duration with a unit, as the configuration writes it; no time at all is `0s`.
pub(super) fn duration(text: &str) -> Result<SignedDuration, String> {
    if text == "0s" {
        return Ok(SignedDuration::ZERO);
    }
    let read = config::duration(text).and_then(|duration| SignedDuration::try_from(duration).map_err(|_| "is too long"));
    read.map_err(|what| format!("`{text}` {what}: write numbers with units, such as 30s, 10m, 1h30m or 7d"))
}

/// The moment so long ago.
pub(super) fn ago(now: Timestamp, duration: SignedDuration) -> Timestamp {
    now.checked_sub(duration).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_carry_units() {
        assert_eq!(duration("7d"), Ok(SignedDuration::from_hours(168)));
        assert_eq!(duration("90s"), Ok(SignedDuration::from_secs(90)));
        assert_eq!(duration("1h30m"), Ok(SignedDuration::from_mins(90)), "as in the file");
        assert_eq!(duration("0s"), Ok(SignedDuration::ZERO), "a grace may be none");
        for wrong in ["7", "d", "", "7y", "-1d", "99999999999999999d", "1.5h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
