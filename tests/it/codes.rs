//! The table of statuses in docs/api.md: every row is provoked, and nothing else is.

use std::collections::BTreeSet;

use speechtag::service::pb;
use speechtag::service::{Config, Limits, Registry, Shutdown, TokenFiles};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use crate::common::{SPEECH, Service, config, eventually, request};

/// A status and its reason, as the table writes them.
type Row = (String, String);

fn row(status: &Status) -> Row {
    let code = match status.code() {
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::NotFound => "NOT_FOUND",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::Unavailable => "UNAVAILABLE",
        Code::Unauthenticated => "UNAUTHENTICATED",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Unimplemented => "UNIMPLEMENTED",
        other => panic!("{other:?} is not in the table: {status:?}"),
    };
    assert!(!status.message().is_empty(), "{status:?}");
    let info = status.get_details_error_info().unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
    let above =
        matches!(info.reason.as_str(), "OVERLOADED" | "LIMIT_EXCEEDED" | "MESSAGE_TOO_LARGE" | "METADATA_TOO_LARGE");
    assert_eq!(info.metadata.contains_key("limit"), above, "{info:?}");
    (code.to_owned(), info.reason)
}

/// The rows of the table.
fn table() -> BTreeSet<Row> {
    let text = std::fs::read_to_string("docs/api.md").unwrap();
    let cell = |cell: &str| cell.trim().trim_matches('`').to_owned();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|');
        let (code, reason) = (cell(cells.next()?), cell(cells.next()?));
        code.chars().all(|c| c.is_ascii_uppercase() || c == '_').then_some((code, reason))
    });
    rows.collect()
}

/// A call of any method with any bytes, by whatever client there is.
async fn raw(service: &Service, path: &'static str, message: Raw, metadata: &[(&'static str, String)]) -> Status {
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http::<tonic::body::Body>();
    let origin = format!("http://{}", service.address).parse().unwrap();
    let mut grpc = tonic::client::Grpc::with_origin(client, origin);
    grpc.ready().await.unwrap();
    let mut request = Request::new(message);
    for (name, value) in metadata {
        request.metadata_mut().insert(*name, value.parse().unwrap());
    }
    let codec = tonic_prost::ProstCodec::<Raw, Raw>::default();
    let path = http::uri::PathAndQuery::from_static(path);
    grpc.unary(request, path, codec).await.map(|_| ()).expect_err("the call is refused")
}

/// Any message whose first field is bytes.
#[derive(Clone, PartialEq, prost::Message)]
struct Raw {
    #[prost(bytes = "vec", tag = "1")]
    bytes: Vec<u8>,
}

const TAG: &str = "/speechtag.v1.TaggingService/TagDocument";

#[tokio::test]
async fn every_status_of_the_table_is_provoked() {
    let mut seen = BTreeSet::new();
    let mut see = |status: Status| {
        seen.insert(row(&status));
    };

    // What is wrong with the request itself.
    let limits = Limits { max_message_bytes: 100_000, max_text_bytes: 10_000, ..Limits::default() };
    let service = Service::with(Config { limits, admin: true, ..config() }).await;
    let mut client = service.tagging().await;
    let options = |options| pb::TagDocumentRequest { options: Some(options), ..request(SPEECH) };
    for wrong in [
        pb::TagDocumentRequest::default(),
        request(&"字".repeat(5_000)),
        options(pb::TagOptions { model: "none".to_owned(), ..Default::default() }),
        options(pb::TagOptions { axes: vec!["none".to_owned()], ..Default::default() }),
        options(pb::TagOptions {
            priors: [("topic".to_owned(), pb::Priors { labels: [("none".to_owned(), 0.5)].into() })].into(),
            ..Default::default()
        }),
        request(&"a".repeat(200_000)),
    ] {
        see(client.tag_document(wrong).await.unwrap_err());
    }
    see(raw(&service, TAG, Raw { bytes: vec![0xff; 8] }, &[]).await);
    see(raw(&service, TAG, Raw::default(), &[("grpc-timeout", "soon".to_owned())]).await);
    see(raw(&service, TAG, Raw::default(), &[("x-large", "a".repeat(20 << 10))]).await);
    see(raw(&service, TAG, Raw::default(), &[("grpc-timeout", "1n".to_owned())]).await);
    see(raw(&service, TAG, Raw::default(), &[("grpc-encoding", "gzip".to_owned())]).await);
    see(raw(&service, "/speechtag.v1.TaggingService/Nothing", Raw::default(), &[]).await);
    let mut admin = pb::admin_service_client::AdminServiceClient::new(service.channel().await);
    let alias = pb::SetModelAliasRequest { alias: "stable".to_owned(), model: "none".to_owned() };
    see(admin.set_model_alias(alias).await.unwrap_err());

    // Overload, and a server that stops.
    let limits = Limits { max_streams: 1, workers: 1, ..Limits::default() };
    let shutdown = Shutdown { lame_duck_ms: 0, drain_ms: 2_000 };
    let mut service = Service::with(Config { limits, shutdown, ..config() }).await;
    let mut client = service.tagging().await;
    let mut open = client.stream_tag_documents(tokio_stream::pending()).await.unwrap().into_inner();
    see(client.stream_tag_documents(tokio_stream::pending()).await.unwrap_err());
    service.stop();
    see(open.message().await.unwrap_err());

    // A server that still loads: its model comes through a pipe, which says nothing until we do.
    let models = tempfile::tempdir().unwrap();
    let pipe = models.path().join("slow/model.bin");
    std::fs::create_dir(models.path().join("slow")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let starting = Service::unready(Registry::new(Some(models.path().to_owned())), config()).await;
    see(starting.tagging().await.tag_document(request(SPEECH)).await.unwrap_err());
    std::fs::write(&pipe, "").unwrap();

    // Tokens and the admin service.
    let (callers, operators) = (models.path().join("callers"), models.path().join("operators"));
    std::fs::write(&callers, "caller-0123456789abcdef").unwrap();
    std::fs::write(&operators, "operator-0123456789abcdef").unwrap();
    let tokens = TokenFiles { token_file: Some(callers), admin_token_file: Some(operators) };
    let shipped = models.path().join("good");
    std::fs::create_dir(&shipped).unwrap();
    std::fs::copy("models/speechtag-zh/model.bin", shipped.join("model.bin")).unwrap();
    let registry = Registry::new(Some(shipped.clone()));
    let service = Service::unready(registry, Config { tokens, admin: true, ..config() }).await;
    eventually(|| service.server.metrics().contains("speechtag_model_info{")).await;
    let reload = "/speechtag.v1.AdminService/ReloadModels";
    let bearer = |token: &str| vec![("authorization", format!("Bearer {token}"))];
    see(raw(&service, TAG, Raw::default(), &[]).await);
    see(raw(&service, reload, Raw::default(), &bearer("caller-0123456789abcdef")).await);
    std::fs::write(shipped.join("model.bin"), "no model").unwrap();
    see(raw(&service, reload, Raw::default(), &bearer("operator-0123456789abcdef")).await);
    let wrong = pb::SetModelAliasRequest { alias: "gold".to_owned(), model: String::new() };
    std::fs::copy("models/speechtag-zh/model.bin", shipped.join("model.bin")).unwrap();
    let mut wrong = Request::new(wrong);
    wrong.metadata_mut().insert("authorization", "Bearer operator-0123456789abcdef".parse().unwrap());
    let mut admin = pb::admin_service_client::AdminServiceClient::new(service.channel().await);
    see(admin.set_model_alias(wrong).await.unwrap_err());

    assert_eq!(seen, table());
}
