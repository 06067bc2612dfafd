//! courtier
fn main() {}
