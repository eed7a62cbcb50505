//! Streams whose answers nobody reads: flow control holds them back, and they cost nobody else anything.

use std::time::Duration;

use http::{Request, Response};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use prost::Message;
use speechtag::service::pb;
use speechtag::service::{Config, Limits};
use tokio_stream::StreamExt;

use crate::common::{SPEECH, Service, config, document, eventually, request};
use crate::telemetry::handled;

/// A client that leaves room for the first answer of each call and no more.
fn stingy() -> Client<HttpConnector, axum::body::Body> {
    Client::builder(TokioExecutor::new()).http2_only(true).http2_initial_stream_window_size(1).build_http()
}

/// Opens a stream that sends `text` so many `times`; nobody reads its answers.
async fn unread(service: &Service, text: &str, times: usize, timeout: Option<&str>) -> Response<hyper::body::Incoming> {
    let one = pb::StreamTagDocumentsRequest { document: Some(document("", text)), options: None }.encode_to_vec();
    let mut frame = vec![0];
    frame.extend(u32::try_from(one.len()).unwrap().to_be_bytes());
    frame.extend(one);
    let frames = tokio_stream::iter(std::iter::repeat_n(Ok::<_, std::convert::Infallible>(frame), times));
    let mut call = Request::post(format!("http://{}/speechtag.v1.TaggingService/StreamTagDocuments", service.address))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(timeout) = timeout {
        call = call.header("grpc-timeout", timeout);
    }
    stingy().request(call.body(axum::body::Body::from_stream(frames)).unwrap()).await.unwrap()
}

const TAGGED: &str = "speechtag_documents_total{result=\"ok\"}";

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_nobody_reads_hold_no_worker() {
    let limits = Limits { workers: 2, ..Limits::default() };
    let service = Service::with(Config { limits, ..config() }).await;
    let text = SPEECH.repeat(300_000 / SPEECH.len());
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(unread(&service, &text, usize::MAX, None).await);
    }
    // Until every stream has the answers that it may have.
    let mut before = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = service.metric(TAGGED);
        if now == before && now > 0 {
            break;
        }
        before = now;
    }
    assert!(before >= 3 * 4, "{before}: each stream has twice as many under way as there are workers");
    for _ in 0..3 {
        service.tagging().await.tag_document(request(SPEECH)).await.expect("no worker is held");
    }
    let healthy = pb::StreamTagDocumentsRequest { document: Some(document("", SPEECH)), options: None };
    let healthy = tokio_stream::iter(vec![healthy; 20]);
    let answers = service.tagging().await.stream_tag_documents(healthy).await.unwrap().into_inner();
    assert_eq!(answers.filter(Result::is_ok).collect::<Vec<_>>().await.len(), 20);
    assert_eq!(service.metric(TAGGED), before + 23, "nothing more is tagged for those who do not read");
    drop(open);
}

#[ignore = "fails one time in six: when the server learns that its client has gone is a matter of timing"]
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_at_its_own_deadline_was_late_and_did_not_cancel() {
    let service = Service::start().await;
    // The server can't end it: it has no room to say so.
    let open = unread(&service, SPEECH, 3, Some("100m")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(open);
    let [late, cancelled] =
        ["DeadlineExceeded", "Canceled"].map(|code| handled("bidi_stream", "StreamTagDocuments", code));
    eventually(|| service.metric(&late) + service.metric(&cancelled) > 0).await;
    assert_eq!((service.metric(&late), service.metric(&cancelled)), (1, 0));
    // One that goes before its deadline has cancelled.
    drop(unread(&service, SPEECH, 3, Some("1H")).await);
    eventually(|| service.metric(&cancelled) == 1).await;
}
