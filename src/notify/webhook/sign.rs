//! The signature of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::zeroize::Zeroizing;
use sha2::Sha256;

/// A signing key that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `whsec_` and base64.
    #[error("the signing key does not begin with whsec_ followed by base64")]
    Form,
    /// The standard asks for 24 to 64 bytes.
    #[error("the signing key has {0} bytes; 24 to 64 are wanted")]
    Length(usize),
}

/// A signing key; no print shows it.
pub struct Key(Zeroizing<Vec<u8>>);

impl Key {
    /// Reads `whsec_<base64>`.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let encoded = text.trim().strip_prefix("whsec_").ok_or(KeyError::Form)?;
        let bytes = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| KeyError::Form)?);
        if (24..=64).contains(&bytes.len()) { Ok(Self(bytes)) } else { Err(KeyError::Length(bytes.len())) }
    }

    /// Signs one attempt: the value of `webhook-signature`.
    #[expect(clippy::missing_panics_doc, reason = "HMAC takes a key of any length")]
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body.as_bytes());
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector() {
        let key = Key::read("whsec_ZGVtby1rZXktZm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc4OWFi").expect("a key");
        let body = r#"{"type":"channel.test","timestamp":"2026-11-21T22:31:13Z","data":{"channel":"crm"}}"#;
        assert_eq!(key.sign("msg_01JDEMO5", 1_795_300_273, body), "v1,5FFv4TYZ3p4eFWWfijPOVGPJWUy8slZtePPca7KDs3c=");
    }

    #[test]
    fn a_wrong_key_is_refused_without_showing_it() {
        for (text, error) in [("hunter2hunter2", KeyError::Form), ("whsec_***", KeyError::Form), ("whsec_c2hvcnQ=", KeyError::Length(5))] {
            let refused = Key::read(text).expect_err("no key");
            assert_eq!(refused, error);
            assert!(!refused.to_string().contains("hunter2"), "{refused}");
        }
    }
}
