//! `speechtag serve` and `speechtag healthcheck` as processes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const SPEECHTAG: &str = env!("CARGO_BIN_EXE_speechtag");

/// `speechtag serve` as a process.
pub struct Process {
    child: Child,
    pub endpoint: String,
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
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            if let Some(address) = line["fields"]["address"].as_str() {
                break address.to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, endpoint: format!("http://{address}") }
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

    pub fn exit_code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
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
