//! The life of a server: not serving, serving, lame duck, drain, cut; and of the process.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use speechtag::service::pb::tagging_service_client::TaggingServiceClient;
use speechtag::service::pb::{self, tag_result::Outcome};
use speechtag::service::{Config, Shutdown};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::common::{SPEECH, Service, config, document, never_sent, refusal, request};
use crate::process::{Process, healthcheck};

fn streamed(id: usize) -> pb::StreamTagDocumentsRequest {
    pb::StreamTagDocumentsRequest { document: Some(document(&id.to_string(), SPEECH)), options: None }
}

#[tokio::test]
async fn a_lame_duck_says_so_and_answers() {
    let shutdown = Shutdown { lame_duck_ms: 500, drain_ms: 5_000 };
    let mut service = Service::with(Config { shutdown, ..config() }).await;
    let mut health = HealthClient::new(service.channel().await);
    let asked = HealthCheckRequest { service: "speechtag.v1.TaggingService".to_owned() };
    let mut watch = health.watch(asked).await.unwrap().into_inner();
    let mut status = async || watch.message().await.unwrap().map(|answer| answer.status());
    assert_eq!(status().await, Some(ServingStatus::Serving));
    let mut client = service.tagging().await;
    service.stop();
    assert_eq!(status().await, Some(ServingStatus::NotServing));
    client.tag_document(request(SPEECH)).await.unwrap();
    // The watch does not hold up the drain.
    let begun = Instant::now();
    service.stopped().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn a_drained_stream_answers_what_it_was_sent_and_ends_unavailable() {
    let mut service = Service::start().await;
    let (requests, receiver) = mpsc::channel(64);
    let mut answers =
        service.tagging().await.stream_tag_documents(ReceiverStream::new(receiver)).await.unwrap().into_inner();
    for i in 0..3 {
        requests.send(streamed(i)).await.unwrap();
    }
    assert!(answers.message().await.unwrap().is_some());
    service.stop();
    let mut answered = 1;
    let status = loop {
        match answers.message().await {
            Ok(Some(answer)) => {
                assert!(matches!(answer.result.unwrap().outcome, Some(Outcome::Document(_))));
                answered += 1;
            }
            Ok(None) => panic!("the stream ended as if it were complete"),
            Err(status) => break status,
        }
    };
    assert_eq!(refusal(&status), (Code::Unavailable, "DRAINING".to_owned(), String::new()));
    assert!(answered <= 3);
    service.stopped().await.unwrap();
}

#[tokio::test]
async fn a_stuck_client_does_not_hold_up_the_end() {
    let shutdown = Shutdown { lame_duck_ms: 0, drain_ms: 200 };
    let service = Service::with(Config { shutdown, ..config() }).await;
    // Its answers are never read.
    let requests = tokio_stream::iter((0..).map(streamed));
    let stuck = service.tagging().await.stream_tag_documents(requests).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    service.stopped().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(3));
    drop(stuck);
}

#[test]
fn healthcheck_tells_serving_from_not_there() {
    let process = Process::start(&[]);
    process.serving();
    let code = |arguments: &[&str]| healthcheck(arguments).status.code();
    assert_eq!(code(&["--endpoint", &process.endpoint, "--service", "speechtag.v1.TaggingService"]), Some(0));
    assert_eq!(code(&["--endpoint", &process.endpoint, "--service", "no.such.Service"]), Some(3));
    assert_eq!(code(&["--endpoint", "http://127.0.0.1:1"]), Some(1));
    assert_eq!(code(&["--endpoints"]), Some(2));
    assert_eq!(code(&["--endpoint", process.endpoint.trim_start_matches("http://")]), Some(0));
    assert_eq!(code(&["--endpoint", "https://127.0.0.1:1"]), Some(2));
    process.signal("TERM");
    while process.healthcheck().status.code() == Some(0) {}
    assert_eq!(process.exit_code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_under_load_answers_all_it_has_accepted() {
    let process = Process::start(&[]);
    process.serving();
    let stopping = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (endpoint, stopping, answered) =
                (process.endpoint.clone(), Arc::clone(&stopping), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut client = TaggingServiceClient::connect(endpoint).await.unwrap();
                loop {
                    match client.tag_document(request(SPEECH)).await {
                        Ok(_) => answered.fetch_add(1, Ordering::Relaxed),
                        // A call that found no connection was never accepted.
                        Err(status) => {
                            assert!(stopping.load(Ordering::Relaxed), "{status:?}");
                            assert!(never_sent(&status), "accepted and not answered: {status:?}");
                            return;
                        }
                    };
                }
            })
        })
        .collect();
    while answered.load(Ordering::Relaxed) < 50 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stopping.store(true, Ordering::Relaxed);
    process.signal("TERM");
    for caller in callers {
        caller.await.unwrap();
    }
    assert_eq!(process.exit_code(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_reload_that_hangs_does_not_keep_the_process() {
    let models = tempfile::tempdir().unwrap();
    let place = |version: &str| {
        let folder = models.path().join(version);
        std::fs::create_dir(&folder).unwrap();
        folder.join("model.bin")
    };
    std::fs::copy("models/speechtag-zh/model.bin", place("a")).unwrap();
    let folder = models.path().to_str().unwrap();
    let tokens = models.path().join("tokens");
    std::fs::write(&tokens, "caller-0123456789abcdef\n").unwrap();
    let process = Process::start(&[
        ("SPEECHTAG_MODELS__PATH", folder),
        ("SPEECHTAG_MODELS__WATCH_MS", "0"),
        ("SPEECHTAG_AUTH__TOKEN_FILE", tokens.to_str().unwrap()),
    ]);
    process.serving();
    // A pipe that nobody writes to: to open it takes for ever.
    let pipe = place("b");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    process.signal("HUP");
    process.says("\"trigger\":\"signal\"");
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(process.healthcheck().status.code(), Some(0));
    let begun = Instant::now();
    process.signal("TERM");
    assert_eq!(process.exit_code(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[cfg(unix)]
#[test]
fn tokens_that_are_never_read_to_their_end_do_not_keep_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let (tokens, pipe) = (folder.path().join("tokens"), folder.path().join("pipe"));
    std::fs::write(&tokens, "caller-0123456789abcdef\n").unwrap();
    let watched = [("SPEECHTAG_AUTH__TOKEN_FILE", tokens.to_str().unwrap()), ("SPEECHTAG_MODELS__WATCH_MS", "50")];
    let process = Process::start(&watched);
    process.serving();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::rename(&pipe, &tokens).unwrap();
    // Opens as soon as the other end is being read; what is read then comes to no end before this is dropped.
    let _unended = std::fs::File::options().write(true).open(&tokens).unwrap();
    assert_eq!(process.healthcheck().status.code(), Some(0));
    // Models are read all the same.
    process.signal("HUP");
    process.says("\"trigger\":\"signal\",\"model\"");
    process.signal("TERM");
    assert_eq!(process.exit_code(), Some(0));
}

#[test]
fn a_second_signal_stops_at_once() {
    let process = Process::start(&[]);
    process.serving();
    process.signal("INT");
    process.signal("TERM");
    // They may be seen in either order.
    assert!(matches!(process.exit_code(), Some(143 | 130)));
}
