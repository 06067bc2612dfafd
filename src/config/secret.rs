//! Secrets by reference only; no error and no debug print ever shows a value.
//!
//! [`SecretRef`] may be shown, the value may not. Where values come from is
//! handed in as a [`Secrets`], so that tests touch no environment.

use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::environment;

/// The most bytes of a secret; more is a wrong file.
const LIMIT: u64 = 64 * 1024;

/// Where a secret stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// `env:NAME`
    Env(String),
    /// `file:PATH`
    File(PathBuf),
    /// `cred:NAME`: a file of that name in `$CREDENTIALS_DIRECTORY`.
    Cred(String),
}

impl SecretRef {
    /// Reads a reference; `None` for anything else, which may be a secret itself and must not be shown.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        match scheme {
            "env" if is_variable(rest) => Some(Self::Env(rest.to_owned())),
            "file" if !rest.is_empty() && !rest.starts_with("//") => Some(Self::File(PathBuf::from(rest))),
            "cred" if is_credential(rest) => Some(Self::Cred(rest.to_owned())),
            _ => None,
        }
    }
}

/// Whether this can be the name of a variable; a pasted token with a dash cannot.
fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether systemd would take this as the name of a credential: one path component.
fn is_credential(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && name.len() <= 255 && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Cred(name) => write!(f, "cred:{name}"),
        }
    }
}

/// A reference and its value, read when the configuration is read.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Where it stands; this may be shown.
    pub from: SecretRef,
    /// The value; `secrecy` keeps it out of every print.
    pub value: SecretString,
}

/// Gives the value behind a reference, or says why not without showing anything of it.
pub trait Secrets {
    /// Reads one secret.
    fn read(&self, from: &SecretRef) -> Result<SecretString, String>;
}

/// The real ones: environment, files, systemd credentials.
#[derive(Debug, Clone)]
pub struct Ambient {
    /// Relative paths start at the folder of the configuration file.
    pub folder: PathBuf,
}

impl Secrets for Ambient {
    fn read(&self, from: &SecretRef) -> Result<SecretString, String> {
        let value = match from {
            SecretRef::Env(name) => environment::variable(name)?.ok_or("this environment variable is not set")?,
            SecretRef::File(path) => read_file(&self.folder.join(path))?,
            SecretRef::Cred(name) => {
                let folder = environment::credentials_dir().ok_or(
                    "there are no credentials: $CREDENTIALS_DIRECTORY is set by systemd (`LoadCredential=`) only while the service runs",
                )?;
                read_file(&folder.join(name))?
            }
        };
        let value = value.trim_end_matches(['\r', '\n']);
        if value.trim().is_empty() { Err("it is empty".into()) } else { Ok(SecretString::from(value)) }
    }
}

/// Reads a small text file; the error names no content.
fn read_file(path: &Path) -> Result<String, String> {
    use std::io::Read as _;
    let why = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "the file may not be read by this user".to_owned(),
        kind => format!("the file cannot be read: {kind}"),
    };
    let file = std::fs::File::open(path).map_err(why)?;
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(why)?;
    if bytes.len() as u64 > LIMIT {
        return Err(format!("the file is larger than {LIMIT} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())
}

/// Stand-ins for `check --no-secrets` and for tests: every reference resolves to its own name.
///
/// The value is of no use anywhere, and shows at once where it would have leaked.
#[derive(Debug, Clone, Copy, Default)]
pub struct StandIns;

impl Secrets for StandIns {
    fn read(&self, from: &SecretRef) -> Result<SecretString, String> {
        Ok(SecretString::from(format!("stand-in for {from}")))
    }
}

/// Values written down beside their references, for tests.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a>(pub &'a [(&'a str, &'a str)]);

impl Secrets for Given<'_> {
    fn read(&self, from: &SecretRef) -> Result<SecretString, String> {
        let wanted = from.to_string();
        let found = self.0.iter().find(|(reference, _)| *reference == wanted);
        found.map(|(_, value)| SecretString::from(*value)).ok_or_else(|| "it is not there".to_owned())
    }
}
