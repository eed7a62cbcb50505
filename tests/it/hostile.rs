//! Requests that no honest client makes: each is refused as the client's mistake and costs next to nothing.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use http::HeaderMap;
use http_body::Body as _;
use prost::Message;
use speechtag::service::{Config, Limits, Timeouts, pb};
use tonic::{Code, Status};

use crate::common::{SPEECH, Service, config, document, refusal, request};

/// The status of a call with any bytes for a body.
async fn post(service: &Service, method: &str, body: Vec<u8>) -> Status {
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .build_http::<axum::body::Body>();
    let request = http::Request::post(format!("http://{}/speechtag.v1.TaggingService/{method}", service.address))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(axum::body::Body::from(body))
        .unwrap();
    let (parts, mut body) = client.request(request).await.unwrap().into_parts();
    let mut headers: HeaderMap = parts.headers;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(trailers) = frame.unwrap().into_trailers() {
            headers.extend(trailers);
        }
    }
    Status::from_header_map(&headers).unwrap_or_else(|| Status::ok(""))
}

/// A message in its frame.
fn framed(message: &[u8]) -> Vec<u8> {
    let mut out = vec![0];
    out.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    out.extend(message);
    out
}

#[tokio::test]
async fn frames_that_are_none_are_the_clients_mistake() {
    let service = Service::start().await;
    let whole = framed(&request(SPEECH).encode_to_vec());
    let mut odd_flag = whole.clone();
    odd_flag[0] = 2;
    for (what, body) in [("empty", Vec::new()), ("half", whole[..whole.len() / 2].to_vec()), ("odd flag", odd_flag)] {
        for method in ["TagDocument", "BatchTagDocuments"] {
            let status = post(&service, method, body.clone()).await;
            assert_eq!(refusal(&status).1, "UNDECODABLE_MESSAGE", "{what}: {status:?}");
            assert_eq!(status.code(), Code::InvalidArgument, "{what}");
        }
    }
    for body in [whole[..whole.len() / 2].to_vec(), vec![2, 0, 0, 0, 0]] {
        let status = post(&service, "StreamTagDocuments", body).await;
        assert_eq!(refusal(&status).1, "UNDECODABLE_MESSAGE", "{status:?}");
    }
    assert_eq!(post(&service, "TagDocument", whole).await.code(), Code::Ok);
}

#[tokio::test]
async fn what_is_small_on_the_wire_and_large_in_memory_is_not_decoded() {
    let service = Service::start().await;
    let empty = pb::BatchTagDocumentsRequest { documents: vec![pb::Document::default(); 100_000], options: None };
    let status = service.tagging().await.batch_tag_documents(empty).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned(), String::new()));

    let asking = |options| pb::TagDocumentRequest { options: Some(options), ..request(SPEECH) };
    let axes = asking(pb::TagOptions { axes: vec!["topic".to_owned(); 65], ..Default::default() });
    let status = service.tagging().await.tag_document(axes).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned(), "options.axes".to_owned()));

    // Inside of the options too, at whatever depth, and however often they come.
    let labels = |n: usize| (0..n).map(|i| (i.to_string(), 0.0)).collect();
    let priors = [("topic".to_owned(), pb::Priors { labels: labels(100_000) })].into();
    let deep = asking(pb::TagOptions { priors, ..Default::default() });
    let status = service.tagging().await.tag_document(deep).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned(), String::new()));
    let axes = pb::TagOptions { axes: vec![String::new(); 40_000], ..Default::default() };
    let once = asking(axes.clone()).encode_to_vec();
    let twice = [once, pb::TagDocumentRequest { document: None, options: Some(axes) }.encode_to_vec()].concat();
    let status = post(&service, "TagDocument", framed(&twice)).await;
    assert_eq!(refusal(&status), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned(), String::new()));

    let titled = pb::Document { title: "题".repeat(2_000), ..document("", SPEECH) };
    let titled = pb::TagDocumentRequest { document: Some(titled), options: None };
    let status = service.tagging().await.tag_document(titled).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::InvalidArgument, "LIMIT_EXCEEDED".to_owned(), "document.title".to_owned()));
}

#[tokio::test]
async fn an_answer_too_large_to_send_fails_its_document_and_not_the_stream() {
    let limits = Limits { max_response_bytes: 4_000, ..Limits::default() };
    let service = Service::with(Config { limits, ..config() }).await;
    let options = Some(pb::TagOptions { evidence: 100, ..Default::default() });
    let asking =
        |id: &str, text: &str, options| pb::StreamTagDocumentsRequest { document: Some(document(id, text)), options };
    let none = Some(pb::TagOptions { axes: vec!["topic".to_owned()], top_k: 1, ..Default::default() });
    let sent = [asking("a", SPEECH, none.clone()), asking("b", SPEECH, options), asking("c", SPEECH, none)];
    let answers = service.tagging().await.stream_tag_documents(tokio_stream::iter(sent)).await.unwrap().into_inner();
    let answers: Vec<_> = tokio_stream::StreamExt::collect::<Vec<_>>(answers).await;
    let outcomes: Vec<_> = answers
        .into_iter()
        .map(|answer| {
            let result = answer.unwrap().result.unwrap();
            let failed = match result.outcome.unwrap() {
                pb::tag_result::Outcome::Document(_) => None,
                pb::tag_result::Outcome::Error(error) => Some(error.reason),
            };
            (result.id, failed)
        })
        .collect();
    let expected = [("a", None), ("b", Some("MESSAGE_TOO_LARGE")), ("c", None)];
    assert_eq!(outcomes, expected.map(|(id, failed)| (id.to_owned(), failed.map(str::to_owned))));
}

#[tokio::test]
async fn a_text_in_the_wrong_field_is_not_repeated() {
    let service = Service::start().await;
    let long = "春".repeat(10_000);
    let asking = |options| pb::TagDocumentRequest { options: Some(options), ..request(SPEECH) };
    let raw = pb::Document {
        content: Some(pb::document::Content::Data(SPEECH.as_bytes().to_vec())),
        encoding: long.clone(),
        ..Default::default()
    };
    let priors = [(long.clone(), pb::Priors::default())].into();
    for (wrong, reason) in [
        (asking(pb::TagOptions { model: long.clone(), ..Default::default() }), "MODEL_NOT_FOUND"),
        (asking(pb::TagOptions { axes: vec![long.clone()], ..Default::default() }), "AXIS_NOT_FOUND"),
        (asking(pb::TagOptions { priors, ..Default::default() }), "AXIS_NOT_FOUND"),
        (pb::TagDocumentRequest { document: Some(raw), options: None }, "INVALID_FIELD"),
    ] {
        let status = service.tagging().await.tag_document(wrong).await.unwrap_err();
        assert_eq!(refusal(&status).1, reason);
        assert!(status.message().chars().count() < 300, "{} characters", status.message().chars().count());
    }
    let unknown = [("topic".to_owned(), pb::Priors { labels: [("fishing".to_owned(), 0.5)].into() })].into();
    let unknown = asking(pb::TagOptions { priors: unknown, ..Default::default() });
    let status = service.tagging().await.tag_document(unknown).await.unwrap_err();
    assert_eq!(refusal(&status).1, "LABEL_NOT_FOUND");
    let unknown = [("zz".to_owned(), pb::Priors::default())].into();
    let unknown = asking(pb::TagOptions { priors: unknown, ..Default::default() });
    let status = service.tagging().await.tag_document(unknown).await.unwrap_err();
    assert_eq!(refusal(&status).2, "options.priors[\"zz\"]");
}

#[tokio::test]
async fn who_leaves_no_room_for_the_answer_keeps_no_place() {
    let limits = Limits { max_requests: 2, ..Limits::default() };
    let timeouts = Timeouts { request_ms: 300, ..Timeouts::default() };
    let service = Service::with(Config { limits, timeouts, ..config() }).await;
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .http2_only(true)
        .http2_initial_stream_window_size(0)
        .build_http::<axum::body::Body>();
    let mut unread = Vec::new();
    for _ in 0..2 {
        let body = framed(&request(SPEECH).encode_to_vec());
        let call = http::Request::post(format!("http://{}/speechtag.v1.TaggingService/TagDocument", service.address))
            .header("content-type", "application/grpc")
            .body(axum::body::Body::from(body))
            .unwrap();
        unread.push(client.request(call).await.unwrap());
    }
    let status = service.tagging().await.tag_document(request(SPEECH)).await.unwrap_err();
    assert_eq!(refusal(&status).1, "OVERLOADED");
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    service.tagging().await.tag_document(request(SPEECH)).await.unwrap();
}
