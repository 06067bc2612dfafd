//! Whom to believe: the system's authorities, and one more if configured.
//!
//! One rustls configuration serves HTTP and websockets. It is built at the first
//! call, because reading the system's store takes longer than starting everything else.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::NetError;

/// The certificate authorities; the file is read when built, the system's store when first needed.
#[derive(Debug)]
pub(super) struct Trust {
    further: Vec<CertificateDer<'static>>,
    built: OnceLock<Arc<ClientConfig>>,
}

impl Trust {
    /// Reads the PEM file of a further authority, when there is one.
    pub(super) fn new(ca_file: Option<&Path>) -> Result<Self, NetError> {
        let mut further = Vec::new();
        if let Some(path) = ca_file {
            let wrong = |why: String| NetError::unreadable(format!("net.ca_file {}: {why}", path.display()));
            let found = CertificateDer::pem_file_iter(path).map_err(|error| wrong(error.to_string()))?;
            for certificate in found {
                further.push(certificate.map_err(|error| wrong(error.to_string()))?);
            }
            if further.is_empty() {
                return Err(wrong("holds no certificate".into()));
            }
        }
        Ok(Self { further, built: OnceLock::new() })
    }

    /// Gives the configuration without protocol negotiation, as websockets need it.
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>, NetError> {
        if let Some(built) = self.built.get() {
            return Ok(built.clone());
        }
        let built = Arc::new(self.build()?);
        Ok(self.built.get_or_init(|| built).clone())
    }

    fn build(&self) -> Result<ClientConfig, NetError> {
        let mut roots = RootCertStore::empty();
        // A broken certificate in the system's store is no reason to trust none of the others.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for certificate in &self.further {
            roots.add(certificate.clone()).map_err(|error| NetError::unreadable(format!("net.ca_file: {error}")))?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| NetError::unreachable(format!("TLS: {error}")))?;
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_without_a_certificate_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "not a certificate").unwrap();
        let error = Trust::new(Some(file.path())).unwrap_err().to_string();
        assert!(error.contains("holds no certificate") && error.contains("ca_file"), "{error}");
        assert!(Trust::new(Some(Path::new("/nonexistent.pem"))).is_err());
    }

    #[test]
    fn the_configuration_is_built_once() {
        let trust = Trust::new(None).unwrap();
        assert!(Arc::ptr_eq(&trust.config().unwrap(), &trust.config().unwrap()));
    }
}
