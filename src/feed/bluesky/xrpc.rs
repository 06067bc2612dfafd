//! Calls the HTTP side of Bluesky: the public AppView, or a PDS with an account.
//!
//! The session is made once from an app password and refreshed; a poll never
//! logs in, because `createSession` allows 30 attempts in 5 minutes and 300 a
//! day and counts the refused ones. An expired token is 400 `ExpiredToken`, not
//! 401 (bluesky-social/atproto, packages/pds, November 2026).

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::config::Secret;
use crate::feed::FeedError;
use crate::feed::answer::{good, json};
use crate::feed::loose::Loose;
use crate::net::{Client, Request, Response};

/// The public mirror: reads only, no search, no account.
pub(super) const APPVIEW: &str = "https://public.api.bsky.app";
/// Where an account is at home unless the configuration says otherwise.
pub(super) const PDS: &str = "https://bsky.social";
/// After a refused log-in nobody tries again for so long: refusals count against the daily limit.
const REFUSED: Duration = Duration::from_mins(15);

/// Who searches, with an app password.
#[derive(Debug, Clone)]
pub(super) struct Login {
    /// Handle, DID or mail address.
    pub identifier: String,
    /// The app password.
    pub password: Secret,
}

#[derive(Debug)]
struct Session {
    access: SecretString,
    refresh: SecretString,
}

#[derive(Debug, Default)]
struct State {
    session: Option<Session>,
    refused: Option<(Instant, String)>,
}

/// The two doors: one without an account, one with.
pub(super) struct Xrpc {
    client: Client,
    appview: String,
    /// Whether the AppView is a private one, which may be searched without an account.
    private: bool,
    pds: String,
    login: Option<Login>,
    state: Mutex<State>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Granted {
    access_jwt: String,
    refresh_jwt: String,
}

impl Xrpc {
    /// Prepares the doors; calls nobody.
    pub(super) fn new(client: Client, appview: Option<&str>, pds: Option<&str>, login: Option<Login>) -> Self {
        let trim = |url: &str| url.trim_end_matches('/').to_owned();
        Self {
            client,
            private: appview.is_some_and(|url| trim(url) != APPVIEW),
            appview: trim(appview.unwrap_or(APPVIEW)),
            pds: trim(pds.unwrap_or(PDS)),
            login,
            state: Mutex::default(),
        }
    }

    /// Whether searches are possible at all.
    pub(super) fn searches(&self) -> bool {
        self.login.is_some() || self.private
    }

    /// Calls a method that needs no account.
    pub(super) async fn public(
        &self,
        method: &str,
        query: &[(&str, &str)],
        timeout: Duration,
        now: Timestamp,
    ) -> Result<Response, FeedError> {
        let mut request = Request::get(url(&self.appview, method, query));
        request.timeout = timeout;
        good(self.client.call(request).await?, now)
    }

    /// Calls a method with the account, when there is one; else asks the AppView as it is.
    pub(super) async fn private(&self, method: &str, query: &[(&str, &str)], now: Timestamp) -> Result<Response, FeedError> {
        let Some(login) = &self.login else { return self.public(method, query, Duration::from_secs(20), now).await };
        let mut state = self.state.lock().await;
        let mut fresh = false;
        loop {
            if state.session.is_none() {
                self.log_in(&mut state, login, now).await?;
                fresh = true;
            }
            let Some(session) = &state.session else { return Err(FeedError::Denied { why: "no session".into() }) };
            let request = Request::get(url(&self.pds, method, query)).header("authorization", bearer(&session.access));
            let response = self.client.call(request).await?;
            if !expired(&response) || fresh {
                return good(response, now);
            }
            // Once: a token that is refused right after it was granted is not going to get better.
            fresh = true;
            self.refresh(&mut state, now).await?;
        }
    }

    /// Makes a session from the app password.
    async fn log_in(&self, state: &mut State, login: &Login, now: Timestamp) -> Result<(), FeedError> {
        if let Some((when, why)) = &state.refused
            && when.elapsed() < REFUSED
        {
            return Err(FeedError::Denied { why: why.clone() });
        }
        let body = serde_json::json!({ "identifier": login.identifier, "password": login.password.value.expose_secret() });
        let request = Request::post(url(&self.pds, "com.atproto.server.createSession", &[]), body.to_string());
        let answer = good(self.client.call(request).await?, now).and_then(|response| json::<Granted>(&response));
        match answer {
            Ok(granted) => {
                *state = State { session: Some(granted.into()), refused: None };
                Ok(())
            }
            Err(FeedError::Denied { why }) => {
                let why = format!("{why}: check `identifier` and the app password");
                state.refused = Some((Instant::now(), why.clone()));
                Err(FeedError::Denied { why })
            }
            Err(other) => Err(other),
        }
    }

    /// Renews the session; drops it when the server no longer knows it, so that the next round logs in.
    async fn refresh(&self, state: &mut State, now: Timestamp) -> Result<(), FeedError> {
        let Some(session) = &state.session else { return Ok(()) };
        let mut request = Request::get(url(&self.pds, "com.atproto.server.refreshSession", &[]));
        request.method = "POST";
        request.redirects = 0;
        request = request.header("authorization", bearer(&session.refresh));
        let response = self.client.call(request).await?;
        if expired(&response) {
            state.session = None;
            return Ok(());
        }
        state.session = Some(json::<Granted>(&good(response, now)?)?.into());
        Ok(())
    }
}

impl From<Granted> for Session {
    fn from(granted: Granted) -> Self {
        Self { access: granted.access_jwt.into(), refresh: granted.refresh_jwt.into() }
    }
}

fn bearer(token: &SecretString) -> SecretString {
    format!("Bearer {}", token.expose_secret()).into()
}

/// Whether the server says that the token has run out: 400 with a name, or 401.
fn expired(response: &Response) -> bool {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow, default)]
        error: Loose<'a>,
    }
    let named = || {
        serde_json::from_slice::<Named<'_>>(&response.body).map(|named| named.error.0 == "ExpiredToken" || named.error.0 == "InvalidToken")
    };
    response.status == 401 || (response.status == 400 && named().unwrap_or(false))
}

/// Writes the address of a call with its query.
fn url(base: &str, method: &str, query: &[(&str, &str)]) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    pairs.extend_pairs(query);
    let pairs = pairs.finish();
    let mark = if pairs.is_empty() { "" } else { "?" };
    format!("{base}/xrpc/{method}{mark}{pairs}")
}
