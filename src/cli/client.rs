//! How the command line reaches a service: its address and certificates.

use std::path::{Path, PathBuf};

use http::uri::Authority;
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
    /// The endpoint at `url`. Without a scheme it is https:// with roots and http:// without.
    ///
    /// # Errors
    /// If no connection to the URL could ever be made, or a certificate can't be read.
    pub fn endpoint(&self, url: &str) -> Result<Endpoint> {
        let refuse = |reason: &str| Error::invalid("--endpoint", format!("{url}: {reason}"));
        let wrong = |e: tonic::transport::Error| refuse(&chain(&e));
        let scheme = if self.ca.is_some() { "https" } else { "http" };
        let whole = if url.contains("://") { url.to_owned() } else { format!("{scheme}://{url}") };
        let endpoint = Endpoint::from_shared(whole).map_err(wrong)?;
        let uri = endpoint.uri();
        match uri.scheme_str() {
            Some("http") => {}
            // The program has no roots of its own.
            Some("https") if self.ca.is_some() => {}
            Some("https") => return Err(refuse("https needs --ca FILE, the roots of the service's certificate")),
            scheme => {
                let found = scheme.unwrap_or_default();
                return Err(refuse(&format!("must begin with http:// or https://, found {found}")));
            }
        }
        let has_port =
            |authority: &Authority| authority.port_u16().is_some() || authority.as_str().ends_with(authority.host());
        if !uri.authority().is_some_and(|authority| !authority.host().is_empty() && has_port(authority)) {
            return Err(refuse("must be a host and a port, such as http://127.0.0.1:50051"));
        }
        let Some(ca) = &self.ca else { return Ok(endpoint) };
        let read = |path: &Path| std::fs::read(path).map_err(Error::io(path));
        let unusable = |flag: &'static str, path: &Path| {
            let path = path.display().to_string();
            move |e: tonic::transport::Error| Error::invalid(flag, format!("{path}: {}", chain(&e)))
        };
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca)?));
        // One after the other, so that an error names the file at fault.
        let trusting = endpoint.clone().tls_config(tls.clone()).map_err(unusable("--ca", ca))?;
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else { return Ok(trusting) };
        let tls = tls.identity(Identity::from_pem(read(certificate)?, read(key)?));
        endpoint.tls_config(tls).map_err(unusable("--certificate", certificate))
    }

    /// What a call that fails over TLS may want, where we have shown no certificate.
    pub fn hint(&self) -> &'static str {
        match (&self.ca, &self.certificate) {
            (Some(_), None) => "; a service that asks for certificates wants --certificate and --key",
            _ => "",
        }
    }
}

/// An error with its causes.
pub fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
