//! What `SQLite` says, as what the engine does next.

use rusqlite::ErrorCode;

use super::super::StoreError;

/// Extended codes of `SystemIoFailure` that mean damage rather than a disk that does not write.
const DAMAGED: [i32; 2] = [rusqlite::ffi::SQLITE_IOERR_SHORT_READ, rusqlite::ffi::SQLITE_IOERR_CORRUPTFS];

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let why = error.to_string();
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return Self::Unusable { why: format!("the store does not read as expected: {why}") };
        };
        match failure.code {
            ErrorCode::SystemIoFailure if DAMAGED.contains(&failure.extended_code) => damaged(&why),
            ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly => Self::Full { why },
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OutOfMemory => Self::Busy { why },
            ErrorCode::DatabaseCorrupt => damaged(&why),
            ErrorCode::NotADatabase => Self::Unusable { why: "the file is no SQLite database".to_owned() },
            ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                Self::Unusable { why: format!("cannot be opened ({why}): may this user read and write it, and its directory?") }
            }
            _ => Self::Unusable { why: format!("the store cannot be used: {why}") },
        }
    }
}

fn damaged(why: &str) -> StoreError {
    StoreError::Unusable { why: format!("the store is damaged ({why}); restore a copy, or save what is left with `sqlite3 FILE .recover`") }
}

/// A value in the store that this version does not know.
pub(super) fn unreadable(what: &str, value: &str) -> StoreError {
    let value: String = value.chars().take(80).collect();
    StoreError::Unusable {
        why: format!("the store holds {what} `{value}`, which this version does not know: was it written by a newer courtier?"),
    }
}
