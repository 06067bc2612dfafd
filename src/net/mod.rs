//! The only door out: one HTTP client that is polite and trusts nobody.
//!
//! Feeds and notifiers hand in a [`Request`] and get a [`Response`] whose body
//! is capped, also after decompression. Private addresses are refused unless
//! the configuration allows them, redirects are followed only where asked and
//! checked at every hop, and nothing secret is ever part of an error.
//!
//! - `client` sends and follows redirects; `body` reads up to the cap.
//! - `guard` decides which addresses may be called; `tls` whom to believe.
//! - `budget` keeps the pace per host; `limits` reads what servers say about theirs.
//! - `status` sorts status codes; `socket` opens websockets, whose text `lenient` lets through unread;
//!   `redact` shortens URLs for errors.

mod body;
mod budget;
mod client;
mod guard;
mod lenient;
mod limits;
mod message;
mod redact;
mod socket;
mod status;
mod tls;

pub use client::Client;
pub use guard::names_loopback;
pub use lenient::Lenient;
pub use limits::Limits;
pub use message::{NetError, Request, Response, Settings, Validators};
pub use redact::host_of;
pub use socket::{Line, Opened, Socket, Upgrade};
pub use status::{Class, classify};
pub use tokio_tungstenite::tungstenite::Message;
