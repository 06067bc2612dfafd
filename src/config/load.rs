//! From a path, or from a brand named on the command line, to a [`Config`].

use std::path::{Path, PathBuf};

use super::{Ambient, Config, Diagnostic, Diagnostics, Kinds, Secrets, Source, environment};

/// The most bytes of a file that is read; more is not a configuration.
const LIMIT: u64 = 4 * 1024 * 1024;

impl Config {
    /// Reads a file, with secrets from the environment, files and credentials.
    pub fn load(path: &Path, kinds: &Kinds) -> Result<(Self, Vec<Diagnostic>), Diagnostics> {
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        Self::load_with(path, kinds, &Ambient { folder })
    }

    /// Reads a file, with secrets from where the caller says; relative paths in it start at its folder.
    pub fn load_with(path: &Path, kinds: &Kinds, secrets: &dyn Secrets) -> Result<(Self, Vec<Diagnostic>), Diagnostics> {
        let origin = path.display().to_string();
        let text = read(path).map_err(|mistake| Source::named(&origin).report(vec![mistake], Vec::new()))?;
        let (mut config, warnings) = Self::parse(&text, &origin, kinds, secrets)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for place in [&mut config.reply.facts, &mut config.store.path, &mut config.net.ca_file].into_iter().flatten() {
            *place = folder.join(&*place);
        }
        Ok((config, warnings))
    }

    /// Finds the file: the one that is named, else the first that is there.
    ///
    /// The file that `$COURTIER_CONFIG` names counts even when it is not there: a slip in it is told.
    pub fn find(named: Option<&Path>) -> Option<PathBuf> {
        if let Some(named) = named {
            return Some(named.to_path_buf());
        }
        let places = environment::config_places();
        if let [only] = places.as_slice() {
            return Some(only.clone());
        }
        places.into_iter().find(|place| place.exists())
    }
}

/// Reads the text of a file, or says why not.
fn read(path: &Path) -> Result<String, Diagnostic> {
    use std::io::Read as _;
    let why = |error: std::io::Error| {
        let (message, hint) = match error.kind() {
            std::io::ErrorKind::NotFound => ("there is no such file".to_owned(), "`courtier init` writes one to begin with"),
            std::io::ErrorKind::PermissionDenied => {
                ("the file may not be read by this user".to_owned(), "give it to the user who runs courtier, or to its group")
            }
            std::io::ErrorKind::IsADirectory => ("this is a directory".to_owned(), "name the file in it"),
            kind => (format!("the file cannot be read: {kind}"), "look at the disk and the mount"),
        };
        Diagnostic::new(0..0, message).hint(hint)
    };
    let file = std::fs::File::open(path).map_err(why)?;
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(why)?;
    if bytes.len() as u64 > LIMIT {
        return Err(Diagnostic::new(0..0, "the file is larger than 4 MiB").hint("this is probably another file"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        let hint = if error.as_bytes().starts_with(&[0xff, 0xfe]) || error.as_bytes().starts_with(&[0xfe, 0xff]) {
            "it is UTF-16: save it as UTF-8"
        } else {
            "save it as UTF-8; older editors write Latin-1 or Windows-1252"
        };
        Diagnostic::new(0..0, format!("the file is not UTF-8: byte {at}, in line {line}")).hint(hint)
    })
}
