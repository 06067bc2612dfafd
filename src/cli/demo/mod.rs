//! demo
mod networks;
mod story;
