//! Overload, deadlines, hostile connections: what a client can't do to the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use speechtag::service::pb::{self, tag_result::Outcome};
use speechtag::service::{Config, Limits, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::{Code, Request};
use tonic_types::StatusExt;

use crate::common::{SPEECH, Service, config, document, eventually, never_sent, refusal, request};

/// A document that keeps a worker busy for a good while.
fn long() -> String {
    SPEECH.repeat(2_000_000 / SPEECH.len())
}

fn one_at_a_time() -> Config {
    let limits = Limits { workers: 1, max_requests: 2, max_streams: 1, ..Limits::default() };
    Config { limits, ..config() }
}

#[tokio::test]
async fn calls_above_the_limit_are_shed_with_a_time_to_come_back() {
    let service = Service::with(one_at_a_time()).await;
    let client = service.tagging().await;
    let text = long();
    let calls = (0..12).map(|_| {
        let (mut client, text) = (client.clone(), text.clone());
        async move { client.tag_document(request(&text)).await }
    });
    let answers = join_all(calls).await;
    let (done, shed): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert!(!done.is_empty() && !shed.is_empty());
    for status in shed.iter().map(|answer| answer.as_ref().unwrap_err()) {
        assert_eq!(refusal(status), (Code::ResourceExhausted, "OVERLOADED".to_owned(), String::new()));
        assert!(status.get_details_retry_info().unwrap().retry_delay.unwrap() > Duration::ZERO);
    }
    assert_eq!(service.metric("speechtag_shed_total{reason=\"requests\"}"), shed.len() as u64);
    let mut client = client;
    client.tag_document(request(SPEECH)).await.expect("a place is free again");
}

#[tokio::test]
async fn while_calls_are_shed_half_the_room_is_open() {
    let limits = Limits { workers: 1, max_requests: 4, ..Limits::default() };
    // Nothing is to be shed by time, however busy the machine is.
    let timeouts = Timeouts { queue_ms: 60_000, ..Timeouts::default() };
    let service = Service::with(Config { limits, timeouts, ..config() }).await;
    let client = service.tagging().await;
    let text = long();
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..4 {
        let (mut client, text, done) = (client.clone(), text.clone(), Arc::clone(&done));
        tokio::spawn(async move {
            client.tag_document(request(&text)).await.expect("a burst may fill the room");
            done.fetch_add(1, Ordering::Relaxed);
        });
    }
    let of = "{grpc_type=\"unary\",grpc_service=\"speechtag.v1.TaggingService\",grpc_method=\"TagDocument\"}";
    eventually(|| service.metric(&format!("grpc_server_started_total{of}")) == 4).await;
    let mut shed = 0;
    while done.load(Ordering::Relaxed) < 2 {
        let one_has_left = done.load(Ordering::Relaxed) == 1;
        let answer = client.clone().tag_document(request(SPEECH)).await;
        assert!(answer.is_err(), "half the room is still full");
        shed += usize::from(one_has_left);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert!(shed > 0);
    while client.clone().tag_document(request(SPEECH)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn a_wait_for_a_worker_has_an_end() {
    let timeouts = Timeouts { queue_ms: 1, ..Timeouts::default() };
    let limits = Limits { workers: 1, ..Limits::default() };
    let service = Service::with(Config { limits, timeouts, ..config() }).await;
    let client = service.tagging().await;
    let text = long();
    let calls = (0..8).map(|_| {
        let (mut client, text) = (client.clone(), text.clone());
        async move { client.tag_document(request(&text)).await }
    });
    let shed = join_all(calls).await.into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(shed.iter().all(|status| refusal(status).1 == "OVERLOADED"));
    assert!(!shed.is_empty() && service.metric("speechtag_shed_total{reason=\"queue\"}") == shed.len() as u64);
}

#[tokio::test]
async fn a_batch_that_has_a_worker_is_not_shed_for_want_of_another() {
    let timeouts = Timeouts { queue_ms: 1, ..Timeouts::default() };
    let limits = Limits { workers: 2, ..Limits::default() };
    let service = Service::with(Config { limits, timeouts, ..config() }).await;
    let (mut client, text) = (service.tagging().await, long());
    let lone = tokio::spawn(async move { client.tag_document(request(&text)).await });
    eventually(|| service.metric("speechtag_stage_seconds_count{stage=\"queue\"}") == 1).await;
    // Each a job of its own: the first takes the worker that is left.
    let documents = (0..3).map(|_| document("", &SPEECH.repeat(400_000 / SPEECH.len()))).collect();
    let batch = pb::BatchTagDocumentsRequest { documents, options: None };
    service.tagging().await.batch_tag_documents(batch).await.expect("no batch is shed that has been begun");
    lone.await.unwrap().unwrap();
}

#[tokio::test]
async fn streams_have_their_own_limit_and_leave_room_for_calls() {
    let service = Service::with(one_at_a_time()).await;
    let mut client = service.tagging().await;
    let open = client.stream_tag_documents(tokio_stream::pending()).await.unwrap();
    let status = client.stream_tag_documents(tokio_stream::pending()).await.unwrap_err();
    assert_eq!(refusal(&status).1, "OVERLOADED");
    client.tag_document(request(SPEECH)).await.unwrap();
    drop(open);
}

#[tokio::test]
async fn a_late_call_is_deadline_exceeded_and_stops_costing() {
    let service = Service::with(one_at_a_time()).await;
    let mut client = service.plain();
    let documents: Vec<_> = (0..64).map(|_| document("", &SPEECH.repeat(100))).collect();
    let mut late = Request::new(pb::BatchTagDocumentsRequest { documents, options: None });
    late.metadata_mut().insert("grpc-timeout", "20m".parse().unwrap());
    let status = client.batch_tag_documents(late).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED".to_owned(), String::new()));
    // One worker: this waits for what the batch had under way, and not for its 64 documents.
    client.tag_document(request(SPEECH)).await.unwrap();
    let tagged = service.metric("speechtag_documents_total{result=\"ok\"}");
    assert!(tagged < 64, "{tagged} documents were tagged for nobody");
}

#[tokio::test]
async fn the_server_has_a_deadline_of_its_own_and_streams_keep_the_clients() {
    let timeouts = Timeouts { request_ms: 30, queue_ms: 30, ..Timeouts::default() };
    let service = Service::with(Config { timeouts, ..one_at_a_time() }).await;
    let mut client = service.plain();
    let documents: Vec<_> = (0..128).map(|_| document("", &SPEECH.repeat(50))).collect();
    let batch = pb::BatchTagDocumentsRequest { documents, options: None };
    assert_eq!(client.batch_tag_documents(batch).await.unwrap_err().code(), Code::DeadlineExceeded);

    let mut stream = Request::new(tokio_stream::pending());
    stream.metadata_mut().insert("grpc-timeout", "50m".parse().unwrap());
    let status = client.stream_tag_documents(stream).await.unwrap().into_inner().message().await.unwrap_err();
    assert_eq!(refusal(&status).0, Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_call_whose_client_has_gone_is_counted_as_cancelled() {
    let service = Service::start().await;
    // While the request comes in, and while it is worked on.
    for (nr, begun) in
        ["grpc_server_msg_received_total{METHOD}", "speechtag_stage_seconds_count{stage=\"queue\"}"].iter().enumerate()
    {
        let method =
            "grpc_type=\"unary\",grpc_service=\"speechtag.v1.TaggingService\",grpc_method=\"BatchTagDocuments\"";
        let begun = begun.replace("METHOD", method);
        let before = service.metric(&begun);
        let mut client = service.tagging().await;
        let documents: Vec<_> = (0..256).map(|_| document("", &SPEECH.repeat(20))).collect();
        let call = tokio::spawn(async move {
            client.batch_tag_documents(pb::BatchTagDocumentsRequest { documents, options: None }).await
        });
        eventually(|| service.metric(&begun) > before).await;
        call.abort();
        let cancelled = format!("grpc_server_handled_total{{{method},grpc_code=\"Canceled\"}}");
        eventually(|| service.metric(&cancelled) > nr as u64).await;
    }
}

#[tokio::test]
async fn odd_metadata_gets_its_status() {
    let service = Service::start().await;
    let mut client = service.plain();
    let with = |name: &'static str, value: String| {
        let mut request = Request::new(request(SPEECH));
        request.metadata_mut().insert(name, value.parse().unwrap());
        request
    };
    let status = client.tag_document(with("x-large", "a".repeat(20 << 10))).await.unwrap_err();
    assert_eq!(refusal(&status).1, "METADATA_TOO_LARGE");
    assert_eq!(status.code(), Code::ResourceExhausted);
    let status = client.tag_document(with("grpc-timeout", "soon".to_owned())).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::InvalidArgument, "INVALID_TIMEOUT".to_owned(), String::new()));
    // Beyond what HTTP/2 lets in there is no status of ours, but the connection lives.
    client.tag_document(with("x-large", "a".repeat(100 << 10))).await.unwrap_err();
    client.tag_document(request(SPEECH)).await.unwrap();
}

#[tokio::test]
async fn an_answer_above_the_limit_is_resource_exhausted() {
    let limits = Limits { max_response_bytes: 500, ..Limits::default() };
    let service = Service::with(Config { limits, ..config() }).await;
    let status = service.tagging().await.tag_document(request(SPEECH)).await.unwrap_err();
    assert_eq!(refusal(&status), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE".to_owned(), String::new()));
    assert!(status.message().contains("limits.max_response_bytes is 500"), "{status:?}");
    let values = status.get_details_error_info().unwrap().metadata;
    assert_eq!((values["limit"].as_str(), values["unit"].as_str()), ("500", "bytes"));
    assert!(values["actual"].parse::<usize>().unwrap() > 500);
}

#[tokio::test]
async fn clients_that_say_nothing_or_stall_are_closed() {
    let timeouts = Timeouts {
        handshake_ms: 50,
        idle_ms: 300,
        request_ms: 200,
        queue_ms: 100,
        keepalive_timeout_ms: 50,
        ..Timeouts::default()
    };
    let service = Service::with(Config { timeouts, ..config() }).await;
    let mut silent = TcpStream::connect(service.address).await.unwrap();
    assert_eq!(silent.read(&mut [0; 64]).await.unwrap(), 0, "a client that says nothing");

    let mut half = TcpStream::connect(service.address).await.unwrap();
    half.write_all(b"PRI * HTTP/2.0\r\n").await.unwrap();
    let mut rest = Vec::new();
    let _ = half.read_to_end(&mut rest).await;

    // A reader that stops: the stream's answers fill its window, and nothing moves any more.
    let mut client = service.tagging().await;
    let one = pb::StreamTagDocumentsRequest { document: Some(document("", SPEECH)), options: None };
    let stream = client.stream_tag_documents(tokio_stream::iter(std::iter::repeat(one))).await.unwrap();
    eventually(|| service.metric("speechtag_connections") == 0).await;
    drop(stream);
}

#[tokio::test]
async fn an_old_connection_is_told_to_go_and_calls_go_on() {
    let timeouts = Timeouts { connection_age_ms: 100, ..Timeouts::default() };
    let service = Service::with(Config { timeouts, ..config() }).await;
    let mut client = service.tagging().await;
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_millis(600) {
        if let Err(status) = client.tag_document(request(SPEECH)).await {
            assert!(never_sent(&status), "{status:?}");
        }
    }
}

#[tokio::test]
async fn a_stream_under_overload_is_held_back_and_loses_nothing() {
    let limits = Limits { workers: 1, max_requests: 1, ..Limits::default() };
    let timeouts = Timeouts { queue_ms: 1, ..Timeouts::default() };
    let service = Service::with(Config { limits, timeouts, ..config() }).await;
    let streams = (0..4).map(|_| async {
        let requests = (0..200)
            .map(|i| pb::StreamTagDocumentsRequest { document: Some(document(&i.to_string(), SPEECH)), options: None });
        let mut client = service.tagging().await;
        let mut answers = client.stream_tag_documents(tokio_stream::iter(requests)).await.unwrap().into_inner();
        let mut n = 0;
        while let Some(answer) = answers.message().await.unwrap() {
            let result = answer.result.unwrap();
            assert_eq!(result.id, n.to_string());
            assert!(matches!(result.outcome, Some(Outcome::Document(_))));
            n += 1;
        }
        n
    });
    assert_eq!(join_all(streams).await, [200; 4]);
}
