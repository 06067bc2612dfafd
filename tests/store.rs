//! What the store promises, whichever database keeps it.

#[path = "store/contract.rs"]
mod contract;
#[path = "store/posts.rs"]
mod posts;
