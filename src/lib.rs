//! Hears who leaves whom, and puts it in front of a human with a draft.
//!
//! The rooms, in the order in which a mention visits them:
//!
//! - [`feed`] asks one network each and translates its answers; [`net`] is the only door out.
//! - [`text`] makes any post readable and keeps the offsets back to the original.
//! - [`detect`] finds which watch is named and which signals speak; [`query`] is the match language.
//! - [`triage`] decides what it deserves, with a named reason; [`reply`] drafts the answer.
//! - [`store`] keeps everything durable; [`notify`] reaches people.
//! - [`engine`] is the running house that connects them; [`web`] answers inbound HTTP.
//! - [`config`] reads the file, [`observe`] names every metric and log event, [`cli`] is one file per command.
//! - [`domain`] holds the nouns that all of them speak.

pub mod cli;
pub mod config;
pub mod detect;
pub mod domain;
pub mod engine;
pub mod feed;
pub mod net;
pub mod notify;
pub mod observe;
pub mod query;
pub mod reply;
pub mod store;
pub mod text;
pub mod triage;
pub mod web;
