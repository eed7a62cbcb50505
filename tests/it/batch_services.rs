//! `speechtag batch --endpoint`: how a service is reached, what is told at once, and how a run takes its leave.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use speechtag::service::pb::model_service_server::{ModelService, ModelServiceServer};
use speechtag::service::pb::tagging_service_server::{TaggingService, TaggingServiceServer};
use speechtag::service::{Config, Limits, TokenFiles, pb};
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use crate::bench::{Bench, SPEECHTAG, batch};
use crate::common::{Service, config};
use crate::telemetry::handled;

fn input(bench: &Bench) -> String {
    let record = |n: usize| {
        let text = format!("同志们：今天我们召开全县第{n}次水利工作会议，请各乡镇抓好落实，确保安全度汛。");
        json!({"id": n, "text": text}).to_string() + "\n"
    };
    bench.write("in.jsonl", (0..300).map(record).collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_done_is_no_cancelled_call() {
    let bench = Bench::new();
    let input = input(&bench);
    let services = [Service::start().await, Service::start().await];
    let [one, two] = services.each_ref().map(|service| service.address.to_string());
    // Without a scheme an address is http.
    let words = batch(&[&input, "--output", &bench.path("out.jsonl"), "--endpoint", &one, "--endpoint", &two], 0);
    assert!(!words.contains("sent again") && !words.contains("error"), "{words}");
    assert_eq!(bench.lines("out.jsonl").len(), 300);
    let count = |code: &str| -> u64 {
        let row = handled("bidi_stream", "StreamTagDocuments", code);
        services.iter().map(|service| service.metric(&row)).sum()
    };
    assert!(count("OK") > 0);
    assert_eq!(["Canceled", "Unknown", "Unavailable", "Internal"].map(count), [0; 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_service_takes_is_said_at_once() {
    let bench = Bench::new();
    let (input, output) = (input(&bench), bench.path("out.jsonl"));
    for (endpoint, said) in [
        ("https://127.0.0.1:1", "needs --ca FILE"),
        ("ftp://127.0.0.1:1", "must begin with http:// or https://, found ftp"),
        ("http://127.0.0.1:port", "must be a host and a port"),
        ("127.0.0.1:", "must be a host and a port"),
        ("no host", "no host"),
        ("", "--endpoint"),
    ] {
        let words = batch(&[&input, "--output", &output, "--endpoint", endpoint], 64);
        assert!(words.contains(said) && words.contains("--endpoint"), "{endpoint}: {words}");
    }
    // Nobody is asked: there is no service at this address.
    for (option, value, said) in [
        ("--top-k", "100", "--top-k: must be at most 64, found 100"),
        ("--evidence", "200", "--evidence: must be at most 100, found 200"),
        ("--min-confidence", "7", "--min-confidence: must lie between 0 and 1, found 7"),
    ] {
        let words = batch(&[&input, "--output", &output, "--endpoint", "127.0.0.1:1", option, value], 64);
        assert!(words.contains(said), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_no_message_can_hold_fails_alone() {
    let bench = Bench::new();
    let limits = Limits { max_text_bytes: 60_000, max_message_bytes: 60_000, ..Limits::default() };
    let (narrow, wide) = (Service::with(Config { limits, ..config() }).await, Service::start().await);
    let record = |id: &str, text: usize, title: usize| {
        json!({"id": id, "text": "a".repeat(text), "title": "a".repeat(title)}).to_string() + "\n"
    };
    // Legal by max_text_bytes, and with what is around it more than max_message_bytes.
    let whole = record("ok", 50_000, 0) + &record("text", 60_000, 0) + &record("title", 59_000, 2_000);
    let (input, output) = (bench.write("legal.jsonl", whole), bench.path("out.jsonl"));
    // The smallest limits hold, whichever service has them, each by itself.
    let limits = Limits { max_text_bytes: 59_999, max_message_bytes: 10 << 20, ..Limits::default() };
    let short = Service::with(Config { limits, ..config() }).await;
    let url = |service: &Service| format!("http://{}", service.address);
    for (services, code) in [
        (vec![&narrow], ["text: 60", "title: 2000 "]),
        (vec![&wide, &narrow], ["text: 60", "title: 2000 "]),
        (vec![&narrow, &wide], ["text: 60", "title: 2000 "]),
        (vec![&short, &narrow], ["text: 60000 ", "title: 2000 "]),
    ] {
        let urls: Vec<String> = services.into_iter().map(url).collect();
        let endpoints = urls.iter().flat_map(|url| ["--endpoint", url]);
        let arguments: Vec<&str> = [&*input, "--output", &output].into_iter().chain(endpoints).collect();
        batch(&arguments, 1);
        let lines = bench.lines("out.jsonl");
        assert!(lines[0].get("speeches").is_some(), "{}", lines[0]);
        for (line, said) in lines[1..].iter().zip(code) {
            let error = &line["error"];
            assert_eq!(error["code"], "INVALID_ARGUMENT");
            assert!(error["message"].as_str().unwrap().starts_with(said), "{error}");
        }
    }
}

/// A service that says what model it has, and nothing else.
struct Mute(pb::GetModelResponse);

#[tonic::async_trait]
impl ModelService for Mute {
    async fn list_models(&self, _: Request<pb::ListModelsRequest>) -> Result<Response<pb::ListModelsResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_model(&self, _: Request<pb::GetModelRequest>) -> Result<Response<pb::GetModelResponse>, Status> {
        Ok(Response::new(self.0.clone()))
    }
}

#[tonic::async_trait]
impl TaggingService for Mute {
    async fn tag_document(
        &self,
        _: Request<pb::TagDocumentRequest>,
    ) -> Result<Response<pb::TagDocumentResponse>, Status> {
        std::future::pending().await
    }

    async fn batch_tag_documents(
        &self,
        _: Request<pb::BatchTagDocumentsRequest>,
    ) -> Result<Response<pb::BatchTagDocumentsResponse>, Status> {
        std::future::pending().await
    }

    type StreamTagDocumentsStream = tokio_stream::Pending<Result<pb::StreamTagDocumentsResponse, Status>>;

    async fn stream_tag_documents(
        &self,
        _: Request<Streaming<pb::StreamTagDocumentsRequest>>,
    ) -> Result<Response<Self::StreamTagDocumentsStream>, Status> {
        std::future::pending().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_takes_streams_and_does_not_answer_is_given_up() {
    let bench = Bench::new();
    let input = input(&bench);
    let real = Service::start().await;
    let model = real.models().await.get_model(pb::GetModelRequest::default()).await.unwrap().into_inner();
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", incoming.local_addr().unwrap());
    let server = tonic::transport::Server::builder()
        .add_service(ModelServiceServer::new(Mute(model.clone())))
        .add_service(TaggingServiceServer::new(Mute(model)));
    tokio::spawn(server.serve_with_incoming(incoming));
    let mut run = Command::new(SPEECHTAG)
        .args(["batch", &input, "--output", &bench.path("out.jsonl"), "--patience", "1", "--endpoint", &url])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while run.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(60) {
            run.kill().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let output = run.wait_with_output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(70), "{words}");
    assert!(words.contains("no answer for --patience 1 seconds"), "{words}");
    // Its documents go to one that does answer.
    let both = ["--patience", "1", "--endpoint", &url, "--endpoint", &format!("http://{}", real.address)];
    batch(&[&[&*input, "--output", &bench.path("out.jsonl"), "--restart"][..], &both].concat(), 0);
    assert_eq!(bench.lines("out.jsonl").len(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_read_a_file_of_tokens_alike() {
    let bench = Bench::new();
    let file = bench.write("tokens", "# of the archive\n\n  archive-0123456789abcdef\nold-0123456789abcdef\n");
    let tokens = TokenFiles { token_file: Some(file.clone().into()), ..TokenFiles::default() };
    let service = Service::with(Config { tokens, ..config() }).await;
    let url = format!("http://{}", service.address);
    let common = [&*input(&bench), "--output", &bench.path("out.jsonl"), "--endpoint", &url];
    batch(&[&common[..], &["--token-file", &file]].concat(), 0);
    assert!(batch(&common, 70).contains("Unauthenticated"));
    fs::write(&file, "# nothing but this\n").unwrap();
    assert!(batch(&[&common[..], &["--token-file", &file]].concat(), 64).contains("holds no token"));
}
