//! What the store promises, whichever database keeps it.

#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::let_underscore_must_use,
    clippy::large_stack_arrays,
    clippy::type_complexity,
    clippy::async_yields_async,
    clippy::cloned_ref_to_slice_refs,
    unreachable_pub,
    missing_docs,
    reason = "a test may stop at the first surprise, prints what it skips, and owns its tasks"
)]

#[path = "store/contract.rs"]
mod contract;
#[path = "store/file.rs"]
mod file;
#[path = "store/law.rs"]
mod law;
#[path = "store/log.rs"]
mod log;
#[path = "store/outbox.rs"]
mod outbox;
#[path = "store/posts.rs"]
mod posts;
#[path = "store/walk.rs"]
mod walk;
