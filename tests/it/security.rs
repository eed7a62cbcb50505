//! TLS, client certificates, tokens, and who may change the models.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use speechtag::service::pb;
use speechtag::service::pb::admin_service_client::AdminServiceClient;
use speechtag::service::pb::tagging_service_client::TaggingServiceClient;
use speechtag::service::{Config, Registry, TlsFiles, TokenFiles};
use tempfile::TempDir;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request, Status};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::common::{SPEECH, Service, TAGGER, config, eventually, refusal, request};

/// A root and what it has signed, in a folder.
struct Authority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { folder, issuer }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn pem(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap()
    }

    /// Writes `NAME.pem` and `NAME.key`, valid until the end of `year`.
    fn sign(&self, name: &str, year: i32) {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 12, 31);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        fs::write(self.path(&format!("{name}.key")), key.serialize_pem()).unwrap();
        fs::write(self.path(&format!("{name}.pem")), certificate.pem()).unwrap();
    }

    fn identity(&self, name: &str) -> Identity {
        Identity::from_pem(self.pem(&format!("{name}.pem")), self.pem(&format!("{name}.key")))
    }

    fn files(&self, client_ca: bool) -> TlsFiles {
        TlsFiles {
            certificate: Some(self.path("server.pem")),
            key: Some(self.path("server.key")),
            client_ca: client_ca.then(|| self.path("ca.pem")),
        }
    }

    /// The service for a client that trusts this root and shows `identity`.
    fn endpoint(&self, service: &Service, identity: Option<Identity>) -> Endpoint {
        let mut tls =
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.pem("ca.pem"))).domain_name("localhost");
        if let Some(identity) = identity {
            tls = tls.identity(identity);
        }
        Endpoint::from_shared(format!("https://{}", service.address)).unwrap().tls_config(tls).unwrap()
    }

    /// A call by such a client.
    async fn call(&self, service: &Service, identity: Option<Identity>) -> Result<(), Status> {
        let endpoint = self.endpoint(service, identity);
        TaggingServiceClient::new(endpoint.connect_lazy()).tag_document(request(SPEECH)).await.map(drop)
    }
}

async fn secured(tls: TlsFiles, tokens: TokenFiles) -> Service {
    let registry = Registry::given(TAGGER.clone());
    Service::unready(registry, Config { tls, tokens, admin: true, watch_ms: 20, ..config() }).await
}

#[tokio::test]
async fn certificates_are_checked_both_ways() {
    let authority = Authority::new();
    for (name, year) in [("server", 2100), ("client", 2100), ("expired", 2021)] {
        authority.sign(name, year);
    }
    let stranger = Authority::new();
    stranger.sign("client", 2100);

    let service = secured(authority.files(false), TokenFiles::default()).await;
    authority.call(&service, None).await.unwrap();
    assert_eq!(stranger.call(&service, None).await.unwrap_err().code(), Code::Unavailable);

    let service = secured(authority.files(true), TokenFiles::default()).await;
    authority.call(&service, Some(authority.identity("client"))).await.unwrap();
    for identity in [None, Some(authority.identity("expired")), Some(stranger.identity("client"))] {
        assert!(authority.call(&service, identity).await.is_err());
    }
    // A client that does not speak TLS at all.
    let plain = Channel::from_shared(format!("http://{}", service.address)).unwrap().connect_lazy();
    assert!(TaggingServiceClient::new(plain).tag_document(request(SPEECH)).await.is_err());
}

#[tokio::test]
async fn certificates_are_replaced_without_a_restart_and_bad_ones_are_not_taken() {
    let old = Authority::new();
    old.sign("server", 2100);
    let service = secured(old.files(false), TokenFiles::default()).await;
    old.call(&service, None).await.unwrap();

    let errors = "speechtag_secret_reloads_total{result=\"error\"}";
    let good = old.pem("server.key");
    fs::write(old.path("server.key"), "no key").unwrap();
    eventually(|| service.metric(errors) > 0).await;
    old.call(&service, None).await.unwrap();
    fs::write(old.path("server.key"), good).unwrap();
    eventually(|| service.metric("speechtag_secret_reloads_total{result=\"ok\"}") > 0).await;

    let new = Authority::new();
    new.sign("server", 2100);
    for file in ["server.key", "server.pem"] {
        fs::copy(new.path(file), old.path(file)).unwrap();
    }
    // Looks that fall between the two copies find a key without its certificate, and keep the old pair.
    let begun = Instant::now();
    while new.call(&service, None).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the new certificate is not taken");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(old.call(&service, None).await.is_err());
}

const CALLER: &str = "caller-0123456789abcdef";
const OPERATOR: &str = "operator-0123456789abcdef";

fn tokens(folder: &Path) -> TokenFiles {
    let (callers, operators) = (folder.join("callers"), folder.join("operators"));
    fs::write(&callers, format!("# of the archive\n{CALLER}\n\nanother-0123456789abcdef\n")).unwrap();
    fs::write(&operators, OPERATOR).unwrap();
    TokenFiles { token_file: Some(callers), admin_token_file: Some(operators) }
}

fn with<T>(message: T, authorization: &str) -> Request<T> {
    let mut request = Request::new(message);
    if !authorization.is_empty() {
        request.metadata_mut().insert("authorization", authorization.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn tokens_say_who_may_call_and_who_may_change() {
    let folder = tempfile::tempdir().unwrap();
    let service = secured(TlsFiles::default(), tokens(folder.path())).await;
    let (mut client, mut admin) = (service.tagging().await, AdminServiceClient::new(service.channel().await));
    let mut call = async |authorization: &str| {
        let answer = client.tag_document(with(request(SPEECH), authorization)).await;
        answer.map_or_else(|status| refusal(&status).0, |_| Code::Ok)
    };
    let mut reload = async |authorization: &str| {
        let answer = admin.reload_models(with(pb::ReloadModelsRequest {}, authorization)).await;
        answer.map_or_else(|status| refusal(&status).0, |_| Code::Ok)
    };
    for (authorization, may_call, may_reload) in [
        (format!("Bearer {CALLER}"), Code::Ok, Code::PermissionDenied),
        (format!("bearer  {CALLER} "), Code::Ok, Code::PermissionDenied),
        (format!("Bearer {OPERATOR}"), Code::Ok, Code::Ok),
        (String::new(), Code::Unauthenticated, Code::Unauthenticated),
        ("Bearer ".to_owned(), Code::Unauthenticated, Code::Unauthenticated),
        (format!("Bearer {CALLER}x"), Code::Unauthenticated, Code::Unauthenticated),
        (format!("Basic {CALLER}"), Code::Unauthenticated, Code::Unauthenticated),
        ("Bearer # of the archive".to_owned(), Code::Unauthenticated, Code::Unauthenticated),
    ] {
        assert_eq!(
            (call(&authorization).await, reload(&authorization).await),
            (may_call, may_reload),
            "{authorization}"
        );
    }
    let asked = HealthCheckRequest { service: String::new() };
    HealthClient::new(service.channel().await).check(asked).await.expect("health needs no token");

    fs::write(folder.path().join("callers"), "a-fresh-0123456789abcdef").unwrap();
    eventually(|| service.metric("speechtag_secret_reloads_total{result=\"ok\"}") > 0).await;
    assert_eq!(call(&format!("Bearer {CALLER}")).await, Code::Unauthenticated);
    assert_eq!(call("Bearer a-fresh-0123456789abcdef").await, Code::Ok);
}

#[tokio::test]
async fn what_could_not_be_read_is_tried_again_though_it_looks_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::with(Config { tokens: tokens(folder.path()), watch_ms: 20, ..config() }).await;
    let good = || service.metric("speechtag_last_load_ok{kind=\"secrets\"}") == 1;
    assert!(good());
    let (callers, beside) = (folder.path().join("callers"), folder.path().join("beside"));
    fs::write(&callers, "#-fresh-0123456789abcdef").unwrap();
    eventually(|| !good()).await;
    // As a file that may be read from now on: its size and time stay.
    fs::write(&beside, "a-fresh-0123456789abcdef").unwrap();
    let time = fs::metadata(&callers).unwrap().modified().unwrap();
    fs::File::options().write(true).open(&beside).unwrap().set_modified(time).unwrap();
    fs::rename(&beside, &callers).unwrap();
    eventually(good).await;
    service.tagging().await.tag_document(with(request(SPEECH), "Bearer a-fresh-0123456789abcdef")).await.unwrap();
}

#[tokio::test]
async fn a_bad_certificate_does_not_keep_new_tokens_out() {
    let authority = Authority::new();
    authority.sign("server", 2100);
    let folder = tempfile::tempdir().unwrap();
    let service = secured(authority.files(false), tokens(folder.path())).await;
    // What changes before the server serves is no change to it.
    assert_eq!(authority.call(&service, None).await.unwrap_err().code(), Code::Unauthenticated);
    fs::write(authority.path("server.key"), "no key").unwrap();
    fs::write(folder.path().join("callers"), "a-fresh-0123456789abcdef").unwrap();
    eventually(|| service.metric("speechtag_last_load_ok{kind=\"secrets\"}") == 0).await;
    let mut client = TaggingServiceClient::new(authority.endpoint(&service, None).connect_lazy());
    let begun = Instant::now();
    // Looks may fall between the two writes.
    while let Err(status) = client.tag_document(with(request(SPEECH), "Bearer a-fresh-0123456789abcdef")).await {
        assert!(begun.elapsed() < Duration::from_secs(30) && status.code() == Code::Unauthenticated, "{status:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let status = client.tag_document(with(request(SPEECH), &format!("Bearer {CALLER}"))).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn the_admin_service_is_not_there_unless_asked_for() {
    let service = Service::start().await;
    let mut admin = AdminServiceClient::new(service.channel().await);
    let status = admin.reload_models(pb::ReloadModelsRequest {}).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::Unimplemented, "METHOD_NOT_FOUND".to_owned(), String::new()));
    assert!(status.message().contains("admin.enabled"), "{status:?}");
}

#[test]
fn unusable_secrets_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens");
    let refused = |tls: TlsFiles, tokens: TokenFiles| {
        let registry = Registry::given(TAGGER.clone());
        speechtag::service::Server::new(registry.into(), Config { tls, tokens, ..config() }).unwrap_err().to_string()
    };
    for (text, said) in [("", "holds no token"), ("short", "shorter than 16 bytes")] {
        fs::write(&file, text).unwrap();
        let tokens = TokenFiles { token_file: Some(file.clone()), ..TokenFiles::default() };
        let error = refused(TlsFiles::default(), tokens);
        assert!(error.starts_with("auth.token_file:") && error.contains(said) && !error.contains("short\""), "{error}");
    }
    let tls = TlsFiles { certificate: Some(file.clone()), key: Some(file), client_ca: None };
    assert!(refused(tls, TokenFiles::default()).starts_with("tls.certificate:"));
}
