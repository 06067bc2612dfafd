//! Parses arguments, runs one command, turns a failure into an exit code.

use std::process::ExitCode;

// Hearing a post takes some thirty short-lived allocations; this allocator spends half of what the system's does on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    courtier::cli::main()
}
