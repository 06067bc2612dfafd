//! Cards in Slack, through an incoming webhook or a bot token.
//!
//! Foreign text stands only in fields that Slack shows as they are (rich text
//! and `plain_text`), never in `mrkdwn`; the one parsed field, the fallback
//! line, is escaped. Sources: docs.slack.dev, "Sending messages using incoming
//! webhooks", `chat.postMessage` and "Block Kit" (read November 2026).

mod blocks;

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{Notifier, NotifierKind, Outside, Rate, SendError, status, target};
use crate::config::{Diagnostic, Field, Form, Section};
use crate::domain::{Alert, Receipt};
use crate::net::{Client, Request, Response};

/// The kind `slack`.
pub const KIND: NotifierKind =
    NotifierKind { name: "slack", summary: "cards in a Slack channel", sample: SAMPLE, fields: FIELDS, folds: true, build, render };

const SAMPLE: &str = r##"[notifiers.care]
type = "slack"
url = "env:SLACK_WEBHOOK_URL"          # an incoming webhook: it knows its channel
# token   = "cred:slack-bot"           # or a bot token with chat:write ...
# channel = "#customer-care"           # ... and where to post
"##;

const FIELDS: &[Field] = &[
    Field::optional("url", Form::Secret, "Address of an incoming webhook; whoever knows it can post, so it is a secret."),
    Field::optional("token", Form::Secret, "Bot token (xoxb-...) with the scope chat:write."),
    Field::optional("channel", Form::Text, "Channel for the bot: an id (C0123456789, best) or a name (#care)."),
];

const API: &str = "https://slack.com/api";
/// "Posting messages: 1 per second per channel, short bursts allowed."
const PER_SECOND: NonZeroU32 = NonZeroU32::MIN;
/// From this many waiting alerts on, a channel is better served by one card.
const FOLDS_FROM: usize = 4;
/// Slack's answers are a word or a message; nothing legitimate is longer.
const ANSWER_BYTES: usize = 1 << 20;

fn build(section: &Section, outside: &Outside) -> Result<Box<dyn Notifier>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let way = match (section.secret("url"), section.secret("token"), section.text("channel")) {
        (Some(url), None, _) => {
            let address = target::rebase(url.value.expose_secret(), section.text("base_url"));
            if let Err(message) = target::check(&address, section.flag("allow_http") == Some(true)) {
                mistakes.push(section.mistake(
                    "url",
                    message,
                    "an incoming webhook looks like https://hooks.slack.com/services/T.../B.../...",
                ));
            }
            Some(Way::Hook { url: address.into() })
        }
        (None, Some(token), Some(channel)) => {
            let api = section.text("base_url").unwrap_or(API).trim_end_matches('/').to_owned();
            Some(Way::Bot { token: token.value.clone(), channel: channel.to_owned(), api })
        }
        (None, Some(_), None) => {
            mistakes.push(section.mistake("channel", "a bot token needs a channel", "channel = \"C0123456789\", or \"#customer-care\""));
            None
        }
        (Some(_), Some(_), _) => {
            mistakes.push(section.mistake(
                "token",
                "`url` and `token` exclude each other",
                "keep one: an incoming webhook, or a bot token with a channel",
            ));
            None
        }
        (None, None, _) => {
            mistakes.push(section.mistake(
                "url",
                "neither `url` nor `token` is set",
                "url = \"env:SLACK_WEBHOOK_URL\", or token and channel",
            ));
            None
        }
    };
    match way {
        Some(way) if mistakes.is_empty() => Ok(Box::new(Slack { way, client: outside.client.clone(), zone: outside.zone.clone() })),
        _ => Err(mistakes),
    }
}

fn render(alert: &Alert, _key: &str, zone: &TimeZone) -> String {
    serde_json::to_string_pretty(&blocks::message(alert, zone)).unwrap_or_default()
}

/// How messages reach the channel.
#[derive(Debug, Clone)]
enum Way {
    /// An incoming webhook; the address is the credential.
    Hook { url: SecretString },
    /// `chat.postMessage` with a bot token.
    Bot { token: SecretString, channel: String, api: String },
}

/// Posts alerts as cards to one channel.
#[derive(Debug)]
pub struct Slack {
    way: Way,
    client: Client,
    zone: TimeZone,
}

#[async_trait]
impl Notifier for Slack {
    async fn send(&self, alert: &Alert, _key: &str) -> Result<Receipt, SendError> {
        let mut message = blocks::message(alert, &self.zone);
        match &self.way {
            Way::Hook { url } => {
                let response = self.call(Request::post(url.expose_secret(), message.to_string())).await?;
                hook_answer(&response)
            }
            Way::Bot { token, channel, api } => {
                message["channel"] = json!(channel);
                message["link_names"] = json!(false);
                message["parse"] = json!("none");
                let request = Request::post(format!("{api}/chat.postMessage"), message.to_string());
                let response = self.call(authorised(request, token)).await?;
                let answer = api_answer(&response)?;
                let id = |key: &str| answer.get(key).and_then(Value::as_str);
                let remote_id = id("channel").zip(id("ts")).map(|(channel, ts)| format!("{channel}:{ts}"));
                Ok(Receipt { remote_id, note: response.status.to_string() })
            }
        }
    }

    async fn probe(&self, _now: Timestamp) -> Result<String, SendError> {
        match &self.way {
            // A hook has no call that nobody sees but a wrong one: an empty message is refused with a word of its own,
            // a dead hook with another.
            Way::Hook { url } => {
                let response = self.call(Request::post(url.expose_secret(), "{}")).await?;
                match hook_answer(&response) {
                    Err(SendError::Refused { .. }) if response.status == 400 => Ok("the incoming webhook answers".to_owned()),
                    Err(error) => Err(error),
                    Ok(_) => Ok("the incoming webhook answers, but took an empty message".to_owned()),
                }
            }
            Way::Bot { token, channel, api } => {
                let response = self.call(authorised(Request::post(format!("{api}/auth.test"), "{}"), token)).await?;
                let answer = api_answer(&response)?;
                let team = answer.get("team").and_then(Value::as_str).unwrap_or("an unnamed workspace");
                Ok(format!("the bot is known in {}; posts to {channel}", super::escape::line(team, 60)))
            }
        }
    }

    fn rate(&self) -> Rate {
        Rate { calls: PER_SECOND, per: Duration::from_secs(1) }
    }

    fn folds_from(&self) -> Option<usize> {
        Some(FOLDS_FROM)
    }
}

impl Slack {
    async fn call(&self, mut request: Request) -> Result<Response, SendError> {
        request.cap = ANSWER_BYTES;
        self.client.call(request).await.map_err(|error| status::failed("slack", error))
    }
}

fn authorised(request: Request, token: &SecretString) -> Request {
    request.header("authorization", format!("Bearer {}", token.expose_secret()))
}

/// What Slack's own words say about the receiver: it will not come back without a person.
const GONE: &[&str] = &[
    "no_service",
    "no_team",
    "no_active_hooks",
    "invalid_token",
    "team_disabled",
    "channel_is_archived",
    "channel_not_found",
    "action_prohibited",
    "posting_to_general_channel_denied",
    "is_archived",
    "not_in_channel",
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "missing_scope",
    "no_permission",
    "restricted_action",
    "org_login_required",
    "ekm_access_denied",
];

/// ... and about the moment.
const LATER: &[&str] = &[
    "ratelimited",
    "rate_limited",
    "message_limit_exceeded",
    "rollup_error",
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
];

/// Reads the answer of an incoming webhook: one word.
fn hook_answer(response: &Response) -> Result<Receipt, SendError> {
    if response.status != 200 {
        let body = String::from_utf8_lossy(response.body.get(..response.body.len().min(200)).unwrap_or_default()).trim().to_owned();
        return Err(named(&body, response));
    }
    Ok(Receipt { remote_id: None, note: "200".to_owned() })
}

/// Reads the answer of the Web API, which says 200 also when it means no.
fn api_answer(response: &Response) -> Result<Value, SendError> {
    let Ok(answer) = serde_json::from_slice::<Value>(&response.body) else {
        status::judge("slack", response)?;
        return Err(SendError::Retry { after: None, why: "slack answered 200 without JSON".to_owned() });
    };
    if response.status == 200 && answer.get("ok") == Some(&Value::Bool(true)) {
        return Ok(answer);
    }
    Err(named(answer.get("error").and_then(Value::as_str).unwrap_or_default(), response))
}

/// Maps Slack's word for a failure, and falls back to the status.
fn named(word: &str, response: &Response) -> SendError {
    let known =
        !word.is_empty() && word.len() <= 60 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let why = if known { format!("slack answered {}: {word}", response.status) } else { format!("slack answered {}", response.status) };
    if known && LATER.contains(&word) {
        return SendError::Retry { after: status::wait(response), why };
    }
    if known && GONE.contains(&word) {
        return SendError::Gone { why };
    }
    match status::judge("slack", response) {
        Err(SendError::Retry { after, .. }) => SendError::Retry { after, why },
        Err(SendError::Gone { .. }) => SendError::Gone { why },
        Err(refused @ SendError::Refused { .. }) if !known => refused,
        Err(SendError::Refused { .. }) | Ok(()) => SendError::Refused { why },
    }
}
