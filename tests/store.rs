//! What the store promises, whichever database keeps it.

#[path = "store/contract.rs"]
mod contract;
#[path = "store/file.rs"]
mod file;
#[path = "store/law.rs"]
mod law;
#[path = "store/outbox.rs"]
mod outbox;
#[path = "store/posts.rs"]
mod posts;
