//! What a run took: wall time, and CPU time as the system counts it.

use std::time::{Duration, Instant};

/// Reads the clock.
#[allow(clippy::disallowed_methods, reason = "a bench reads the clock")]
pub fn clock() -> Instant {
    Instant::now()
}

/// CPU time of the living threads of this name; nothing where there is no `/proc`.
pub fn cpu_of_threads(name: &str) -> Duration {
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return Duration::ZERO };
    let of = |thread: std::path::PathBuf| {
        let called = std::fs::read_to_string(thread.join("comm")).ok()?;
        let counted = std::fs::read_to_string(thread.join("schedstat")).ok()?;
        (called.trim() == name).then(|| counted.split(' ').next()?.parse::<u64>().ok()).flatten()
    };
    Duration::from_nanos(threads.filter_map(|thread| of(thread.ok()?.path())).sum())
}

/// CPU time of the whole process, ended threads too, to a hundredth of a second.
pub fn cpu() -> Duration {
    let counted = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program stands in brackets and may hold anything; user and system time are the 12th and 13th behind it.
    let behind = counted.rsplit_once(')').map_or("", |(_, behind)| behind);
    let ticks: u64 = behind.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
