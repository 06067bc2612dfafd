//! Reads what was added to a file, and notices when it is another file.
//!
//! A place is inode, offset and a hash of the first bytes: a file that was cut
//! short, written anew or moved away (logrotate, `copytruncate`) is read from
//! its beginning, and the rest of a moved one is read first.

use std::fs::{File, Metadata};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The most bytes of one read; a line may be that long.
pub(super) const CHUNK: u64 = 1 << 20;
/// The bytes by which a file is known again.
const HEAD: u64 = 256;

/// How far a file has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Which file it was.
    inode: u64,
    /// Bytes that are done with.
    pub(super) offset: u64,
    /// Hash of the first bytes, and how many.
    head: (u64, u64),
    /// Bytes that were there at the first run: a backfill reads them and leaves out what is too old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) old: Option<u64>,
    /// The offset stands inside a line that is too long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    skipping: bool,
}

impl Place {
    /// Starts at the beginning of a file whose present content is old.
    pub(super) fn backfill(path: &Path) -> Self {
        Self { old: std::fs::metadata(path).ok().map(|metadata| metadata.len()), ..Self::default() }
    }
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Added {
    /// Whole lines without their ends.
    pub(super) lines: Vec<Vec<u8>>,
    /// Lines that were too long.
    pub(super) too_long: u64,
    /// There is more.
    pub(super) more: bool,
}

/// Gives the place behind everything that a file holds now: where a first run starts.
pub(super) fn end(path: &Path) -> std::io::Result<Place> {
    let Some((mut file, metadata)) = open(path)? else { return Ok(Place::default()) };
    let head = head(&mut file, metadata.len().min(HEAD))?;
    let mut place = Place { inode: metadata.ino(), offset: metadata.len(), head, old: None, skipping: false };
    // Half a line at the end belongs to the next read.
    let from = place.offset.saturating_sub(CHUNK);
    let tail = read_at(&mut file, from, place.offset - from)?;
    let behind = memchr::memrchr(b'\n', &tail).map_or(tail.len(), |at| tail.len() - at - 1) as u64;
    if behind < CHUNK && !is_whole(tail.get(tail.len() - usize::try_from(behind).unwrap_or(0)..).unwrap_or_default()) {
        place.offset -= behind;
        place.head.1 = place.head.1.min(place.offset);
        place.head = self::head(&mut file, place.head.1)?;
    }
    Ok(place)
}

/// Reads what was added behind a place, and moves the place.
pub(super) fn read(path: &Path, place: &mut Place) -> std::io::Result<Added> {
    let Some((mut file, metadata)) = open(path)? else {
        // Gone for now; what comes in its place is new from the beginning.
        return finish_moved(path, place);
    };
    if place.inode != metadata.ino() {
        let rest = finish_moved(path, place)?;
        if !rest.lines.is_empty() || rest.more {
            return Ok(Added { more: true, ..rest });
        }
        *place = Place { inode: metadata.ino(), old: place.old.filter(|_| place.inode == 0), ..Place::default() };
    } else if metadata.len() < place.offset || head(&mut file, place.head.1)? != place.head {
        *place = Place { inode: metadata.ino(), ..Place::default() };
    }
    take(&mut file, &metadata, place)
}

/// Reads the rest of a file that was moved within its folder; afterwards the place is blank.
fn finish_moved(path: &Path, place: &mut Place) -> std::io::Result<Added> {
    if place.inode == 0 {
        return Ok(Added::default());
    }
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let moved = std::fs::read_dir(folder)?
        .flatten()
        .find(|entry| entry.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.ino() == place.inode));
    let mut rest = Added::default();
    if let Some((mut file, metadata)) = moved.map(|entry| open(&entry.path())).transpose()?.flatten() {
        // Compressed or emptied in the meantime: nothing of it is ours any more.
        if metadata.len() >= place.offset && head(&mut file, place.head.1)? == place.head {
            rest = take(&mut file, &metadata, place)?;
        }
    }
    if !rest.more {
        *place = Place::default();
    }
    Ok(rest)
}

fn take(file: &mut File, metadata: &Metadata, place: &mut Place) -> std::io::Result<Added> {
    let left = metadata.len().saturating_sub(place.offset);
    let chunk = read_at(file, place.offset, left.min(CHUNK))?;
    let mut added = Added::default();
    let mut done = 0;
    for line in chunk.split_inclusive(|&byte| byte == b'\n') {
        let ended = line.ends_with(b"\n");
        let last_of_all = !ended && left <= CHUNK;
        if !ended && !(last_of_all && (is_whole(line) || place.skipping)) {
            break;
        }
        done += line.len() as u64;
        if place.skipping {
            place.skipping = !ended;
        } else if !line.trim_ascii().is_empty() {
            added.lines.push(line.trim_ascii().to_vec());
        }
    }
    if done == 0 && chunk.len() as u64 == CHUNK {
        // No end of a line in a whole chunk.
        added.too_long += u64::from(!place.skipping);
        place.skipping = true;
        done = CHUNK;
    }
    place.offset += done;
    place.head = head(file, place.offset.min(HEAD))?;
    added.more = left > done && done > 0;
    Ok(added)
}

/// Says whether a line without an end is complete all the same: half an object is no JSON.
fn is_whole(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Opens a regular file; `None` when there is none.
fn open(path: &Path) -> std::io::Result<Option<(File, Metadata)>> {
    match File::open(path) {
        Ok(file) => {
            let metadata = file.metadata()?;
            Ok(Some((file, metadata)))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_at(file: &mut File, offset: u64, length: u64) -> std::io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn head(file: &mut File, length: u64) -> std::io::Result<(u64, u64)> {
    let bytes = read_at(file, 0, length)?;
    let hash = Sha256::digest(&bytes).first_chunk::<8>().map_or(0, |first| u64::from_le_bytes(*first));
    Ok((hash, length))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn append(path: &Path, text: &str) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a file");
        file.write_all(text.as_bytes()).expect("room");
    }

    fn lines(path: &Path, place: &mut Place) -> Vec<String> {
        let added = read(path, place).expect("readable");
        added.lines.into_iter().map(|line| String::from_utf8(line).expect("text")).collect()
    }

    #[test]
    fn only_whole_lines_count_and_a_half_one_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("posts");
        let mut place = Place::default();
        assert!(lines(&path, &mut place).is_empty(), "not there yet");
        append(&path, "{\"a\":1}\n{\"b\":");
        assert_eq!(lines(&path, &mut place), ["{\"a\":1}"]);
        assert!(lines(&path, &mut place).is_empty());
        append(&path, "2}\n\n");
        assert_eq!(lines(&path, &mut place), ["{\"b\":2}"]);
        append(&path, "{\"c\":3}");
        assert_eq!(lines(&path, &mut place), ["{\"c\":3}"], "whole without an end");
        append(&path, "\n{\"d\":4}\n");
        assert_eq!(lines(&path, &mut place), ["{\"d\":4}"]);
    }

    #[test]
    fn a_file_that_was_cut_written_anew_or_moved_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("posts");
        let mut place = Place::default();
        append(&path, "{\"a\":1}\n{\"a\":2}\n");
        assert_eq!(lines(&path, &mut place).len(), 2);
        std::fs::write(&path, "{\"b\":1}\n").expect("room");
        assert_eq!(lines(&path, &mut place), ["{\"b\":1}"], "shorter");
        std::fs::write(&path, "{\"c\":1}\n{\"c\":2}\n{\"c\":3}\n").expect("room");
        assert_eq!(lines(&path, &mut place).len(), 3, "longer, but another beginning");
        append(&path, "{\"c\":4}\n");
        std::fs::rename(&path, folder.path().join("posts.1")).expect("moved");
        append(&path, "{\"d\":1}\n");
        assert_eq!(lines(&path, &mut place), ["{\"c\":4}"], "the rest of the moved one first");
        assert_eq!(lines(&path, &mut place), ["{\"d\":1}"]);
        assert!(lines(&path, &mut place).is_empty());
    }

    #[test]
    fn a_first_run_starts_behind_what_is_there_and_before_half_a_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("posts");
        append(&path, "{\"a\":1}\n{\"b\":");
        let mut place = end(&path).expect("readable");
        append(&path, "2}\n");
        assert_eq!(lines(&path, &mut place), ["{\"b\":2}"]);
    }

    #[test]
    fn a_line_beyond_the_chunk_is_passed_over_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("posts");
        let long = usize::try_from(CHUNK * 2 + 5).expect("fits");
        append(&path, &format!("{{\"a\":\"{}\"}}\n{{\"b\":1}}\n", "x".repeat(long)));
        let (mut place, mut found, mut too_long) = (Place::default(), Vec::new(), 0);
        loop {
            let added = read(&path, &mut place).expect("readable");
            too_long += added.too_long;
            found.extend(added.lines);
            if !added.more {
                break;
            }
        }
        assert_eq!((too_long, found), (1, vec![b"{\"b\":1}".to_vec()]));
    }
}
