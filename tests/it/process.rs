//! `speechtag serve` and `speechtag healthcheck` as processes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use speechtag::service::pb::tagging_service_client::TaggingServiceClient;

use crate::common::request;

const SPEECHTAG: &str = env!("CARGO_BIN_EXE_speechtag");

/// `speechtag serve` as a process.
pub struct Process {
    child: Child,
    pub endpoint: String,
    log: Arc<Mutex<String>>,
}

impl Process {
    pub fn start(environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(SPEECHTAG)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .envs(environment.iter().copied())
            .env("SPEECHTAG_SERVER__METRICS_LISTEN", "127.0.0.1:0")
            .env("SPEECHTAG_LOG__FORMAT", "json")
            .env("SPEECHTAG_SHUTDOWN__LAME_DUCK_MS", "200")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let log = Arc::new(Mutex::new(String::new()));
        let address = loop {
            let line = lines.next().unwrap();
            log.lock().unwrap().push_str(&(line.clone() + "\n"));
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            if let Some(address) = line["fields"]["address"].as_str() {
                break address.to_owned();
            }
        };
        let all = Arc::clone(&log);
        std::thread::spawn(move || lines.for_each(|line| all.lock().unwrap().push_str(&(line + "\n"))));
        Self { child, endpoint: format!("http://{address}"), log }
    }

    /// What was logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until the log says `words`.
    pub fn says(&self, words: &str) {
        let begun = Instant::now();
        while !self.log().contains(words) {
            assert!(begun.elapsed() < Duration::from_secs(20), "never said {words:?}: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    pub fn healthcheck(&self) -> Output {
        healthcheck(&["--endpoint", &self.endpoint])
    }

    pub fn serving(&self) {
        while self.healthcheck().status.code() != Some(0) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end, up to a minute.
    pub fn exit_code(mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "does not end: {}", self.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

pub fn healthcheck(arguments: &[&str]) -> Output {
    Command::new(SPEECHTAG).arg("healthcheck").args(arguments).output().unwrap()
}

#[test]
fn settings_are_printed_without_secrets_and_every_wrong_one_is_named() {
    let serve = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = Command::new(SPEECHTAG);
        command.arg("serve").args(arguments).envs(environment.iter().copied()).output().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    std::fs::write(&tokens, "a-very-secret-token\n").unwrap();
    let file = folder.path().join("speechtag.toml");
    std::fs::write(&file, "[limits]\nmax_requests = 7\nmax_calls_per_connection = 7\nmax_streams = 5\n").unwrap();
    let printed = serve(
        &["--config", file.to_str().unwrap(), "--print-config"],
        &[("SPEECHTAG_LIMITS__MAX_STREAMS", "6"), ("SPEECHTAG_AUTH__TOKEN_FILE", tokens.to_str().unwrap())],
    );
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains("max_requests = 7") && printed.contains("max_streams = 6"), "{printed}");
    assert!(!printed.contains("a-very-secret-token"));

    let wrong = serve(
        &["--print-config"],
        &[("SPEECHTAG_LIMITS__MAX_REQUESTS", "0"), ("SPEECHTAG_LIMITS__MAX_TEXT_BYTES", "99999999999")],
    );
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(64), "{said}");
    assert!(said.contains("limits.max_requests") && said.contains("limits.max_text_bytes"), "{said}");

    let wrong = serve(&["--print-config"], &[("SPEECHTAG_LIMITS__MAX_CALLS_PER_CONNECTION", "4294967295")]);
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert_eq!(wrong.status.code(), Some(64), "{said}");
    assert!(said.contains("limits.max_calls_per_connection: is 4294967295 and must not be above"), "{said}");
}

#[test]
fn a_healthcheck_that_is_used_wrongly_says_so_by_its_code() {
    let folder = tempfile::tempdir().unwrap();
    let (ca, text) = (folder.path().join("ca.pem"), folder.path().join("text.pem"));
    std::fs::write(&ca, rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert.pem()).unwrap();
    std::fs::write(&text, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let (ca, text) = (ca.to_str().unwrap(), text.to_str().unwrap());
    for (arguments, said) in [
        (vec!["--endpoint", "https://localhost:1"], "--endpoint"),
        (vec!["--endpoint", "ftp://x"], "--endpoint"),
        (vec!["--ca", "/nope"], "/nope"),
        (vec!["--ca", ca, "--certificate", text, "--key", text], "--certificate: "),
    ] {
        let output = healthcheck(&arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hangup_reloads_and_no_text_is_logged() {
    let process = Process::start(&[("SPEECHTAG_LOG__FILTER", "debug,h2=info,hyper=info,tower=info")]);
    process.serving();
    let words = "同志们，今天我们召开全县春季造林工作会议，各乡镇务必在清明以前完成任务。";
    let mut client = TaggingServiceClient::connect(process.endpoint.clone()).await.unwrap();
    client.tag_document(request(words)).await.unwrap();
    process.signal("HUP");
    process.says("\"trigger\":\"signal\"");
    assert!(!process.log().contains("\"certificates\""), "there are none to read: {}", process.log());
    let refused = process.log();
    let refused = refused.split('\n').find(|line| line.contains("\"request_id\"")).expect("a line of a call");
    assert_eq!(refused.matches("\"request_id\"").count(), 1, "{refused}");
    client.tag_document(request(words)).await.unwrap();
    assert!(!process.log().contains("春季造林"), "{}", process.log());
}
