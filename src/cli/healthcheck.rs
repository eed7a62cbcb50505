//! `speechtag healthcheck`: asks a running service how it is, for containers and scripts.
//!
//! Exit codes: 0 serving, 1 not reachable, 2 wrong use, 3 the call failed, 4 not serving. They are `grpc_health_probe`'s
//! but for "not reachable", which is 2 there and stands for wrong use here as in every other command.

use std::process::ExitCode;
use std::time::Duration;

use tonic::transport::Endpoint;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::client::{Certificates, chain};
use crate::{Error, Result};

const NOT_REACHABLE: u8 = 1;
const WRONG_USE: u8 = 2;
const CALL_FAILED: u8 = 3;
const NOT_SERVING: u8 = 4;

/// Asks a service whether it serves; the exit code is the answer. 健康检查
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  speechtag healthcheck\n  speechtag healthcheck --endpoint http://speechtag:50051 --service speechtag.v1.TaggingService\n\nExit codes: 0 serving, 1 not reachable, 2 wrong use, 3 the call failed, 4 not serving"
)]
pub struct Args {
    /// Address of the service. 服务地址
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:50051", env = "SPEECHTAG_ENDPOINT")]
    endpoint: String,
    /// Service to ask for; empty for all. 服务名
    #[arg(long, value_name = "NAME", default_value = "")]
    service: String,
    #[command(flatten)]
    certificates: Certificates,
    /// Milliseconds to wait for connection and answer each. 超时毫秒
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    timeout_ms: u64,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let timeout = Duration::from_millis(args.timeout_ms);
    let endpoint = match args.certificates.endpoint(&args.endpoint) {
        Ok(endpoint) => endpoint.connect_timeout(timeout),
        // Who reads the exit code has asked for no other; what they have in other commands could be taken for an answer.
        Err(error) => {
            super::warn(&[error.to_string()]);
            return Ok(ExitCode::from(WRONG_USE));
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let hint = args.certificates.hint();
    runtime.map_err(Error::io("tokio runtime"))?.block_on(check(endpoint, &args.service, timeout, hint))
}

async fn check(endpoint: Endpoint, service: &str, timeout: Duration, hint: &str) -> Result<ExitCode> {
    let channel = match tokio::time::timeout(timeout, endpoint.connect()).await {
        Ok(Ok(channel)) => channel,
        Ok(Err(error)) => return said(format!("not reachable: {}{hint}", chain(&error)), NOT_REACHABLE),
        Err(_) => return said("not reachable: no connection in time", NOT_REACHABLE),
    };
    let mut request = tonic::Request::new(HealthCheckRequest { service: service.to_owned() });
    request.set_timeout(timeout);
    match tokio::time::timeout(timeout, HealthClient::new(channel).check(request)).await {
        Ok(Ok(response)) => match response.into_inner().status() {
            ServingStatus::Serving => said("serving", 0),
            status => said(status.as_str_name(), NOT_SERVING),
        },
        Ok(Err(status)) => {
            said(format!("the call failed: {:?}: {}{hint}", status.code(), status.message()), CALL_FAILED)
        }
        Err(_) => said("the call failed: no answer in time", CALL_FAILED),
    }
}

fn said(words: impl std::fmt::Display, code: u8) -> Result<ExitCode> {
    super::say(words)?;
    Ok(ExitCode::from(code))
}
