//! TLS and mutual TLS, with certificates that can be replaced while connections are open.
//!
//! Each new connection takes the certificates of the last good read; a bad file changes nothing but the log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::{Error, Result};

/// Files of `[tls]`, in PEM. None set: no TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsFiles {
    /// The server's certificate, followed by those between it and the root.
    pub certificate: Option<PathBuf>,
    /// Its private key.
    pub key: Option<PathBuf>,
    /// Roots of clients' certificates; when set, a client without one is refused.
    pub client_ca: Option<PathBuf>,
}

impl TlsFiles {
    /// What contradicts itself, one error each.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Error> {
        let mut mistakes = Vec::new();
        if self.certificate.is_some() != self.key.is_some() {
            mistakes.push(Error::invalid("tls", "certificate and key must both be set, or none"));
        }
        if self.client_ca.is_some() && self.certificate.is_none() {
            mistakes.push(Error::invalid("tls.client_ca", "needs tls.certificate and tls.key"));
        }
        mistakes
    }
}

/// The server's side of TLS, read from files.
#[derive(Debug)]
pub(super) struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
    current: ArcSwap<ServerConfig>,
}

impl Tls {
    /// Reads the files; nothing if there are none to read.
    pub fn read(files: &TlsFiles) -> Result<Option<Self>> {
        let TlsFiles { certificate: Some(certificate), key: Some(key), client_ca } = files.clone() else {
            return Ok(None);
        };
        let current = ArcSwap::new(Arc::new(configuration(&certificate, &key, client_ca.as_deref())?));
        Ok(Some(Self { certificate, key, client_ca, current }))
    }

    /// Reads the files again, for connections from now on.
    pub fn reload(&self) -> Result<()> {
        let fresh = configuration(&self.certificate, &self.key, self.client_ca.as_deref())?;
        self.current.store(Arc::new(fresh));
        Ok(())
    }

    /// For a new connection.
    pub fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.certificate, &self.key].into_iter().chain(&self.client_ca)
    }
}

fn configuration(certificate: &Path, key: &Path, client_ca: Option<&Path>) -> Result<ServerConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Internal(e.to_string()))?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            for root in certificates("tls.client_ca", path)? {
                roots.add(root).map_err(wrong("tls.client_ca", path))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().map_err(wrong("tls.client_ca", path))?)
        }
    };
    let chain = certificates("tls.certificate", certificate)?;
    let key_bytes = PrivateKeyDer::from_pem_file(key).map_err(wrong("tls.key", key))?;
    let mut configuration =
        builder.with_single_cert(chain, key_bytes).map_err(wrong("tls.certificate", certificate))?;
    configuration.alpn_protocols = vec![b"h2".to_vec()];
    Ok(configuration)
}

fn certificates(field: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<std::result::Result<_, _>>)
        .map_err(wrong(field, path))?;
    if chain.is_empty() {
        return Err(wrong(field, path)("holds no certificate"));
    }
    Ok(chain)
}

fn wrong<E: std::fmt::Display>(field: &'static str, path: &Path) -> impl Fn(E) -> Error + use<E> {
    let path = path.display().to_string();
    move |error| Error::invalid(field, format!("{path}: {error}"))
}
