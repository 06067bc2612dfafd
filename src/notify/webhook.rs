//! Signed JSON for other programs: Standard Webhooks 1.0.
//!
//! One delivery per mention, under a `webhook-id` that stays the same for every
//! attempt. <https://github.com/standard-webhooks/standard-webhooks> (read
//! November 2026) gives headers, signature and what the answers mean.

mod payload;
mod sign;

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::ExposeSecret;

pub use sign::{Key, KeyError};

use super::{Notifier, NotifierKind, Outside, Rate, SendError, status, target};
use crate::config::{Diagnostic, Field, Form, Section};
use crate::domain::{Alert, Receipt};
use crate::net::{Client, Request, Response};

/// The kind `webhook`.
pub const KIND: NotifierKind = NotifierKind {
    name: "webhook",
    summary: "signed JSON to a program of your own (Standard Webhooks)",
    sample: SAMPLE,
    fields: FIELDS,
    folds: false,
    build,
    render,
};

const SAMPLE: &str = r#"[notifiers.crm]
type = "webhook"
url = "https://crm.example.org/hooks/mentions"
secret = "env:CRM_HOOK_SECRET"         # whsec_ and 24 to 64 random bytes in base64
"#;

const FIELDS: &[Field] = &[
    Field::required("url", Form::Url, "Where to send; redirects are not followed."),
    Field::required("secret", Form::Secret, "The signing key: `whsec_` and 24 to 64 bytes in base64."),
];

/// The answer says nothing that is needed; a page of an error is enough.
const ANSWER_BYTES: usize = 1 << 20;
/// A program takes what people cannot; a crash of ours must not flood it either.
const PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// The standard asks for 15 to 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(20);

fn build(section: &Section, outside: &Outside) -> Result<Box<dyn Notifier>, Vec<Diagnostic>> {
    let mut mistakes = Vec::new();
    let key = section.secret("secret").map(|secret| Key::read(secret.value.expose_secret()));
    let key = match key {
        Some(Ok(key)) => Some(key),
        Some(Err(error)) => {
            mistakes.push(section.mistake("secret", error.to_string(), "make one with: echo whsec_$(openssl rand -base64 32)"));
            None
        }
        None => {
            mistakes.push(section.mistake("secret", "`secret` is missing", "secret = \"env:CRM_HOOK_SECRET\""));
            None
        }
    };
    let Some(url) = section.text("url") else {
        mistakes.push(section.mistake("url", "`url` is missing", "url = \"https://crm.example.org/hooks/mentions\""));
        return Err(mistakes);
    };
    let url = target::rebase(url, section.text("base_url"));
    match key {
        Some(key) if mistakes.is_empty() => {
            Ok(Box::new(Webhook { url, key, channel: section.name().to_owned(), client: outside.client.clone() }))
        }
        _ => Err(mistakes),
    }
}

fn render(alert: &Alert, _key: &str, _zone: &TimeZone) -> String {
    payload::pretty(alert)
}

/// Posts alerts as signed JSON.
#[derive(Debug)]
pub struct Webhook {
    url: String,
    key: Key,
    channel: String,
    client: Client,
}

impl Webhook {
    async fn post(&self, id: &str, at: Timestamp, body: String) -> Result<Response, SendError> {
        let signature = self.key.sign(id, at.as_second(), &body);
        let mut request = Request::post(self.url.as_str(), body)
            .header("webhook-id", id)
            .header("webhook-timestamp", at.as_second().to_string())
            .header("webhook-signature", signature);
        request.cap = ANSWER_BYTES;
        request.timeout = TIMEOUT;
        let response = self.client.call(request).await.map_err(|error| status::failed("the webhook", error))?;
        status::judge("the webhook", &response)?;
        Ok(response)
    }
}

#[async_trait]
impl Notifier for Webhook {
    async fn send(&self, alert: &Alert, key: &str) -> Result<Receipt, SendError> {
        let response = self.post(key, payload::sent(alert), payload::compact(alert)).await?;
        Ok(Receipt { remote_id: None, note: response.status.to_string() })
    }

    /// Sends `channel.test`: a program sees it, no person does.
    async fn probe(&self, now: Timestamp) -> Result<String, SendError> {
        let response = self.post(&format!("test_{}", now.as_millisecond()), now, payload::test(&self.channel, now)).await?;
        Ok(format!("took a signed channel.test with {}", response.status))
    }

    fn rate(&self) -> Rate {
        Rate { calls: PER_SECOND, per: Duration::from_secs(1) }
    }
}
