//! `speechtag batch --endpoint`: how a service is reached, what is told at once, and how a run takes its leave.

use std::fs;

use serde_json::json;
use speechtag::service::{Config, TokenFiles};

use crate::bench::{Bench, batch};
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
