//! `speechtag serve` as a process beside the benchmark, and what the system says of it.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tonic::transport::Endpoint;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// A serving process; ends with this value.
pub struct Server {
    process: Child,
    /// Where it answers.
    pub endpoint: String,
    /// From its start to SERVING.
    pub start: Duration,
}

impl Server {
    /// Starts the service, logging as `filter` says, and asks for its health, over and over, until it is SERVING.
    pub async fn start(filter: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let begun = Instant::now();
        let process = Command::new(env!("CARGO_BIN_EXE_speechtag"))
            .args(["serve", "--listen", &address.to_string(), "--metrics-listen", "127.0.0.1:0"])
            .env("SPEECHTAG_LOG__FILTER", filter)
            .stderr(Stdio::null())
            .spawn()
            .expect("the service starts");
        let mut server = Self { process, endpoint: format!("http://{address}"), start: Duration::ZERO };
        while !server.serves().await {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not come into service");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.start = begun.elapsed();
        server
    }

    async fn serves(&self) -> bool {
        let Ok(channel) = Endpoint::from_shared(self.endpoint.clone()).expect("an address").connect().await else {
            return false;
        };
        let health = HealthClient::new(channel).check(HealthCheckRequest::default()).await;
        health.is_ok_and(|health| health.into_inner().status() == ServingStatus::Serving)
    }

    /// Resident memory, in MiB.
    pub fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number") / 1024.0
    }

    /// Processor time it has used, in seconds.
    #[allow(dead_code, reason = "not every benchmark asks")]
    pub fn processor_time(&self) -> f64 {
        processor_time(&self.process.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Processor time a process has used, in seconds.
#[allow(dead_code, reason = "not every benchmark asks")]
pub fn processor_time(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    // After the name, which may hold anything, in brackets: state, ten more, then user and system time in hundredths.
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    fields.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
