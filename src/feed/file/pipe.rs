//! Standard input as a feed: lines arrive when another program writes them.
//!
//! A thread reads, because reading standard input cannot be interrupted; the
//! channel is short, so that a slow house slows the writer down and no line is
//! dropped on the way.

use std::io::{BufRead, BufReader, Read};
use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

use super::tail::CHUNK;

/// Lines that may wait.
const WAITING: usize = 256;
/// Lines of one page.
const PAGE: usize = 500;
/// How long a page waits for company once it has a line.
const COMPANY: Duration = Duration::from_millis(20);

/// A line, or why there is none.
pub(super) type Outcome = Result<Vec<u8>, String>;

/// Standard input; opened at the first read.
#[derive(Debug, Default)]
pub(super) struct Pipe(OnceLock<Mutex<mpsc::Receiver<Outcome>>>);

impl Pipe {
    /// Waits for lines; for ever once standard input has ended.
    pub(super) async fn lines(&self) -> Vec<Outcome> {
        let receiver = self.0.get_or_init(|| Mutex::new(start(std::io::stdin())));
        let mut receiver = receiver.lock().await;
        let Some(first) = receiver.recv().await else { return std::future::pending().await };
        let mut lines = vec![first];
        while lines.len() < PAGE
            && let Ok(Some(line)) = timeout(COMPANY, receiver.recv()).await
        {
            lines.push(line);
        }
        lines
    }
}

/// Reads lines on a thread of their own until the source ends or nobody listens.
fn start(source: impl Read + Send + 'static) -> mpsc::Receiver<Outcome> {
    let (sender, receiver) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        let mut source = BufReader::new(source);
        while let Some(line) = next(&mut source) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn next(source: &mut impl BufRead) -> Option<Outcome> {
    let mut line = Vec::new();
    match source.by_ref().take(CHUNK).read_until(b'\n', &mut line) {
        Ok(0) => None,
        Ok(_) if line.ends_with(b"\n") || (line.len() as u64) < CHUNK => Some(Ok(line.trim_ascii().to_vec())),
        Ok(_) => Some(source.skip_until(b'\n').map_err(|error| error.to_string()).and(Err("a line of more than 1 MiB".into()))),
        Err(error) => Some(Err(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_arrive_in_order_also_the_last_one_without_an_end() {
        let long = "x".repeat(usize::try_from(CHUNK).expect("fits") + 1);
        let mut receiver = start(std::io::Cursor::new(format!("a\n{long}\nb")));
        assert_eq!(receiver.recv().await, Some(Ok(b"a".to_vec())));
        assert!(receiver.recv().await.is_some_and(|line| line.is_err()));
        assert_eq!(receiver.recv().await, Some(Ok(b"b".to_vec())));
        assert_eq!(receiver.recv().await, None);
    }
}
