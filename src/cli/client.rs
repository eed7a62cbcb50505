//! How the command line reaches a service: its address and certificates.

use std::path::{Path, PathBuf};

use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::{Error, Result};

/// Certificates of a client.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Certificates {
    /// Roots of the service's certificate (PEM), for an https endpoint. 服务证书的根证书
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Our certificate (PEM), where the service wants one. 客户端证书
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its private key (PEM). 客户端私钥
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

impl Certificates {
    /// The endpoint at `url`.
    ///
    /// # Errors
    /// If the URL is none, or a certificate can't be read.
    pub fn endpoint(&self, url: &str) -> Result<Endpoint> {
        let wrong = |e: tonic::transport::Error| Error::invalid("--endpoint", format!("{url}: {}", chain(&e)));
        let endpoint = Endpoint::from_shared(url.to_owned()).map_err(wrong)?;
        if let Some(scheme) = endpoint.uri().scheme_str().filter(|scheme| !["http", "https"].contains(scheme)) {
            return Err(Error::invalid(
                "--endpoint",
                format!("{url}: must begin with http:// or https://, found {scheme}"),
            ));
        }
        let Some(ca) = &self.ca else { return Ok(endpoint) };
        let read = |path: &Path| std::fs::read(path).map_err(Error::io(path));
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca)?));
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?));
        }
        endpoint.tls_config(tls).map_err(wrong)
    }
}

/// An error with its causes.
pub fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
