//! Secrets by reference only; no error and no debug print ever shows a value.

use secrecy::SecretString;

/// Where a secret stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// `env:NAME`
    Env(String),
    /// `file:PATH`
    File(std::path::PathBuf),
    /// `cred:NAME`: a file of that name in `$CREDENTIALS_DIRECTORY`.
    Cred(String),
}

/// A reference and its value, read when the configuration is read.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Where it stands; this may be shown.
    pub from: SecretRef,
    /// The value; `secrecy` keeps it out of every print.
    pub value: SecretString,
}
