//! Metrics as Prometheus reads them, request ids, and what the log never holds.

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::trace::v1::Span;
use speechtag::service::pb;
use speechtag::service::pb::tagging_service_client::TaggingServiceClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tonic::{Code, Request, Response, Status};

use crate::common::{SPEECH, Service, document, request};
use crate::process::Process;

async fn ask(address: std::net::SocketAddr, what: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{what} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn metrics_are_scraped_over_http() {
    let service = Service::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(service.server.clone().serve_metrics(listener));
    let answer = ask(address, "GET /metrics").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("application/openmetrics-text"));
    assert!(answer.ends_with("# EOF\n"));
    assert!(ask(address, "GET /").await.starts_with("HTTP/1.1 404"));
    let head = ask(address, "HEAD /metrics").await;
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    assert!(ask(address, "POST /metrics").await.starts_with("HTTP/1.1 405"));
}

pub fn handled(kind: &str, method: &str, code: &str) -> String {
    format!(
        "grpc_server_handled_total{{grpc_type=\"{kind}\",grpc_service=\"speechtag.v1.TaggingService\",grpc_method=\"{method}\",grpc_code=\"{code}\"}}"
    )
}

#[tokio::test]
async fn every_row_is_there_at_zero_and_counts_calls_by_their_final_status() {
    let service = Service::start().await;
    let stream_ok = handled("bidi_stream", "StreamTagDocuments", "OK");
    let stream_bad = handled("bidi_stream", "StreamTagDocuments", "ResourceExhausted");
    let unary_bad = handled("unary", "TagDocument", "InvalidArgument");
    for row in [&stream_ok, &stream_bad, &unary_bad, "speechtag_tags_total{axis=\"topic\",label=\"science_digital\"}"] {
        assert_eq!(service.metric(row), 0, "{row}");
    }
    let mut client = service.tagging().await;
    client.tag_document(request("")).await.unwrap_err();
    let message = |text: &str| pb::StreamTagDocumentsRequest { document: Some(document("", text)), options: None };
    let requests = tokio_stream::iter([message(SPEECH), message(""), message(SPEECH)]);
    let mut answers = client.stream_tag_documents(requests).await.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
    // Its headers say nothing of the status, which comes after an answer.
    let requests = tokio_stream::iter([message(SPEECH), message(&"a".repeat(17 << 20))]);
    let mut answers = client.stream_tag_documents(requests).await.unwrap().into_inner();
    let status = loop {
        match answers.message().await {
            Ok(answer) => assert!(answer.is_some()),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!([&stream_ok, &stream_bad, &unary_bad].map(|row| service.metric(row)), [1, 1, 1]);

    let of =
        "{grpc_type=\"bidi_stream\",grpc_service=\"speechtag.v1.TaggingService\",grpc_method=\"StreamTagDocuments\"}";
    assert_eq!(service.metric(&format!("grpc_server_started_total{of}")), 2);
    assert_eq!(service.metric(&format!("grpc_server_msg_sent_total{of}")), 4);
    assert_eq!(service.metric("speechtag_documents_total{result=\"ok\"}"), 3);
    assert_eq!(service.metric("speechtag_documents_total{result=\"error\"}"), 2);
    assert_eq!(service.metric("speechtag_stage_seconds_count{stage=\"score\"}"), 3);
    assert_eq!(service.metric("speechtag_tags_total{axis=\"document_type\",label=\"conference_speech\"}"), 3);
}

#[tokio::test]
async fn a_client_cannot_make_rows() {
    let service = Service::start().await;
    let rows = || service.server.metrics().lines().count();
    let before = rows();
    for i in 0..20 {
        let mut grpc = tonic::client::Grpc::new(service.channel().await);
        grpc.ready().await.unwrap();
        let path = format!("/no.such.Service{i}/Method").parse().unwrap();
        let codec = tonic_prost::ProstCodec::<pb::ListModelsRequest, pb::ListModelsResponse>::default();
        let status = grpc.unary(Request::new(pb::ListModelsRequest {}), path, codec).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented);
    }
    assert_eq!(rows(), before);
    let row = "grpc_server_handled_total{grpc_type=\"unary\",grpc_service=\"unknown\",grpc_method=\"unknown\",grpc_code=\"Unimplemented\"}";
    assert_eq!(service.metric(row), 20);
}

#[tokio::test]
async fn a_request_id_is_kept_or_made() {
    let service = Service::start().await;
    let mut client = service.tagging().await;
    let mut id = async |given: Option<&str>| {
        let mut request = Request::new(request(SPEECH));
        if let Some(given) = given {
            request.metadata_mut().insert("x-request-id", given.parse().unwrap());
        }
        let answer = client.tag_document(request).await.unwrap();
        answer.metadata().get("x-request-id").unwrap().to_str().unwrap().to_owned()
    };
    assert_eq!(id(Some("archive-7")).await, "archive-7");
    let made = [id(None).await, id(None).await, id(Some("with space")).await, id(Some(&"x".repeat(200))).await];
    assert!(made.iter().all(|id| id.len() == 36), "{made:?}");
    assert_ne!(made[0], made[1]);
}

/// Keeps the spans it is sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans.into_iter();
        let spans = resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans);
        self.0.lock().unwrap().extend(spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_that_cannot_be_sent_are_told_of() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", taken.local_addr().unwrap());
    drop(taken);
    let process = Process::start(&[("SPEECHTAG_TELEMETRY__OTLP_ENDPOINT", &nobody)]);
    process.serving();
    let mut client = TaggingServiceClient::connect(process.endpoint.clone()).await.unwrap();
    client.tag_document(request(SPEECH)).await.unwrap();
    drop(client);
    assert!(!process.log().contains("opentelemetry"), "nothing to tell of yet: {}", process.log());
    process.signal("TERM");
    process.says("\"target\":\"opentelemetry");
    assert_eq!(process.exit_code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_a_span_of_its_callers_trace() {
    let collector = Collector::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .serve_with_incoming(tonic::transport::server::TcpIncoming::from(listener)),
    );
    let process = Process::start(&[("SPEECHTAG_TELEMETRY__OTLP_ENDPOINT", &endpoint)]);
    process.serving();
    let mut client = TaggingServiceClient::connect(process.endpoint.clone()).await.unwrap();
    let mut call = Request::new(request(SPEECH));
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    call.metadata_mut().insert("traceparent", format!("00-{trace}-{parent}-01").parse().unwrap());
    client.tag_document(call).await.unwrap();
    drop(client);
    process.signal("TERM");
    assert_eq!(process.exit_code(), Some(0));

    let hex = |bytes: &[u8]| match *bytes {
        [] => String::new(),
        _ => format!(
            "{:0width$x}",
            bytes.iter().fold(0_u128, |n, byte| n << 8 | u128::from(*byte)),
            width = 2 * bytes.len()
        ),
    };
    let spans = collector.0.lock().unwrap().clone();
    let call = spans.iter().find(|span| hex(&span.parent_span_id) == parent).expect("a span below the caller's");
    assert_eq!(call.name, "speechtag.v1.TaggingService/TagDocument");
    let document = spans.iter().find(|span| span.parent_span_id == call.span_id).expect("a span below the call's");
    assert_eq!((document.name.as_str(), hex(&document.trace_id).as_str()), ("document", trace));
    assert!(document.attributes.iter().any(|attribute| attribute.key == "analyze_us"));
    assert!(!format!("{spans:?}").contains("同志"), "a span holds no text");
}
