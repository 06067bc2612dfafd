//! Checks who sent a request: Standard Webhooks, `sha256=` signatures, or a token.
//!
//! Signatures are over the raw bytes, compared in constant time, and nothing
//! here says more to a stranger than which header was wrong.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// How far a sender's clock may be off, in seconds: what Standard Webhooks recommends.
const TOLERANCE: i64 = 300;

/// How senders prove themselves.
pub(super) enum Scheme {
    /// Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    Standard(SecretBox<Vec<u8>>),
    /// `sha256=HEX` over the body: GitHub's and Discourse's.
    Digest(SecretBox<Vec<u8>>),
    /// `Authorization: Bearer TOKEN`.
    Bearer(SecretString),
}

impl Scheme {
    /// Takes the secret in the form of its scheme; an error says what form that is.
    pub(super) fn new(scheme: &str, secret: &SecretString) -> Result<Self, &'static str> {
        let text = secret.expose_secret().trim();
        if text.is_empty() {
            return Err("an empty secret");
        }
        let boxed = |bytes: Vec<u8>| SecretBox::new(Box::new(bytes));
        match scheme {
            "github" => Ok(Self::Digest(boxed(text.as_bytes().to_vec()))),
            "bearer" => Ok(Self::Bearer(text.to_owned().into())),
            _ => match text.strip_prefix("whsec_") {
                Some(key) => STANDARD.decode(key).map(|key| Self::Standard(boxed(key))).map_err(|_| "`whsec_` is followed by base64"),
                None => Err("a Standard Webhooks secret begins with `whsec_`"),
            },
        }
    }

    /// Checks one request; an error is what the sender is told.
    pub(super) fn check(&self, headers: &[(String, String)], body: &Bytes, now: Timestamp) -> Result<(), String> {
        let header = |names: &[&str]| headers.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.trim());
        match self {
            Self::Standard(key) => {
                let id = header(&["webhook-id", "svix-id"]).ok_or("no webhook-id header")?;
                let sent = header(&["webhook-timestamp", "svix-timestamp"]).ok_or("no webhook-timestamp header")?;
                let seconds: i64 = sent.parse().map_err(|_| "webhook-timestamp is no number of seconds")?;
                if now.as_second().abs_diff(seconds) > TOLERANCE.unsigned_abs() {
                    return Err("webhook-timestamp is more than five minutes off".into());
                }
                let signatures = header(&["webhook-signature", "svix-signature"]).ok_or("no webhook-signature header")?;
                let mac = mac(key.expose_secret(), &[id.as_bytes(), b".", sent.as_bytes(), b".", body.as_ref()]);
                // Several while a secret is being replaced; those of other versions are not ours to judge.
                let ours = signatures.split_whitespace().take(16).filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok());
                matches(&mac, ours)
            }
            Self::Digest(key) => {
                let names = ["x-hub-signature-256", "x-discourse-event-signature"];
                let signature = header(&names).ok_or_else(|| format!("no {} header", names[0]))?;
                let hex = signature.strip_prefix("sha256=").ok_or("the signature does not begin with `sha256=`")?;
                matches(&mac(key.expose_secret(), &[body.as_ref()]), unhex(hex).into_iter())
            }
            Self::Bearer(token) => {
                let given = header(&["authorization"]).ok_or("no authorization header")?;
                let given =
                    given.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map_or("", |(_, token)| token.trim());
                let same = bool::from(given.as_bytes().ct_eq(token.expose_secret().as_bytes()));
                if same { Ok(()) } else { Err("the token is not the one".into()) }
            }
        }
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac
}

fn matches(mac: &Hmac<Sha256>, mut signatures: impl Iterator<Item = Vec<u8>>) -> Result<(), String> {
    let same = signatures.any(|signature| mac.clone().verify_slice(&signature).is_ok());
    if same { Ok(()) } else { Err("the signature does not match".into()) }
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = hex.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.filter_map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = br#"{"type":"channel.test","timestamp":"2026-11-21T22:31:13Z","data":{"channel":"crm"}}"#;

    fn check(scheme: &str, secret: &str, headers: &[(&str, &str)], at: i64) -> Result<(), String> {
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let scheme = Scheme::new(scheme, &secret.to_owned().into()).expect("a secret");
        scheme.check(&headers, &Bytes::from_static(BODY), Timestamp::from_second(at).expect("in range"))
    }

    /// The vector of `docs/feeds/webhook.md` and of the outgoing webhooks.
    const SECRET: &str = "whsec_ZGVtby1rZXktZm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc4OWFi";
    const SIGNED: [(&str, &str); 3] = [
        ("webhook-id", "msg_01JDEMO5"),
        ("webhook-timestamp", "1795300273"),
        ("webhook-signature", "v2,xx v1,AAAA v1,5FFv4TYZ3p4eFWWfijPOVGPJWUy8slZtePPca7KDs3c="),
    ];

    #[test]
    fn the_published_vector_passes_for_five_minutes() {
        assert_eq!(check("standard", SECRET, &SIGNED, 1_795_300_273), Ok(()));
        assert_eq!(check("standard", SECRET, &SIGNED, 1_795_300_573), Ok(()));
        assert!(check("standard", SECRET, &SIGNED, 1_795_300_574).is_err_and(|why| why.contains("five minutes")));
        assert!(check("standard", SECRET, &SIGNED, 1_795_299_972).is_err_and(|why| why.contains("five minutes")));
    }

    #[test]
    fn anything_changed_is_refused_and_the_header_is_named() {
        for (missing, (name, _)) in SIGNED.iter().enumerate() {
            let rest: Vec<_> = SIGNED.iter().enumerate().filter(|(index, _)| *index != missing).map(|(_, header)| *header).collect();
            assert!(check("standard", SECRET, &rest, 1_795_300_273).is_err_and(|why| why.contains(name)));
        }
        let mut other = SIGNED;
        other[0].1 = "msg_other";
        assert!(check("standard", SECRET, &other, 1_795_300_273).is_err_and(|why| why.contains("does not match")));
    }

    #[test]
    fn digests_and_tokens() {
        let right = [("x-hub-signature-256", "sha256=d78c0a52d87a5e8de0c7c7fd9cd7b53f4cb27cbe18ae56ce9a7e35fcd22eb2d5")];
        let key = mac(b"it's a secret", &[BODY]).finalize().into_bytes();
        let hex: String = key.iter().fold(String::from("sha256="), |hex, byte| format!("{hex}{byte:02x}"));
        assert_eq!(check("github", "it's a secret", &[("x-hub-signature-256", &hex)], 0), Ok(()));
        assert_eq!(check("github", "it's a secret", &[("x-discourse-event-signature", &hex)], 0), Ok(()));
        assert!(check("github", "it's a secret", &right, 0).is_err());
        assert!(check("github", "it's a secret", &[("x-hub-signature-256", "sha256=abc")], 0).is_err());
        assert_eq!(check("bearer", "tok", &[("authorization", "bearer tok")], 0), Ok(()));
        assert!(check("bearer", "tok", &[("authorization", "Bearer toc")], 0).is_err());
        assert!(check("bearer", "tok", &[], 0).is_err());
    }

    #[test]
    fn a_secret_of_the_wrong_form_is_no_secret() {
        assert!(Scheme::new("standard", &"plain".to_owned().into()).is_err());
        assert!(Scheme::new("standard", &"whsec_!!".to_owned().into()).is_err());
        assert!(Scheme::new("bearer", &" ".to_owned().into()).is_err());
    }

    proptest! {
        #[test]
        fn no_header_panics_and_none_passes(name in "webhook-(id|timestamp|signature)|x-hub-signature-256|authorization", value in any::<String>()) {
            for (scheme, secret) in [("standard", SECRET), ("github", "k"), ("bearer", "a long token")] {
                let mut headers = SIGNED.to_vec();
                headers.retain(|(known, _)| *known != name && *known != "webhook-signature");
                headers.push((name.as_str(), value.as_str()));
                prop_assert!(check(scheme, secret, &headers, 1_795_300_273).is_err());
            }
        }
    }
}
