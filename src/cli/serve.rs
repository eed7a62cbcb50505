//! `speechtag serve`: the gRPC service as a process.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use super::settings::{Log, LogFormat, Settings};
use crate::service::Server;
use crate::{Error, Result};

/// Serves gRPC. 启动 gRPC 服务。
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  speechtag serve\n  speechtag serve --listen 0.0.0.0:50051 --models models/speechtag-zh\n  SPEECHTAG_LIMITS__MAX_TEXT_BYTES=1000000 speechtag serve"
)]
pub struct Args {
    /// Address and port (default 127.0.0.1:50051). 监听地址
    #[arg(long)]
    listen: Option<String>,
    /// Folder of the model (default: the shipped one). 模型目录
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Settings file (TOML); the environment and flags win over it. 配置文件
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<ExitCode> {
    let mut flags = Vec::new();
    if let Some(listen) = &args.listen {
        flags.push(("server.listen", listen.clone()));
    }
    if let Some(models) = &args.models {
        flags.push(("model.path", models.display().to_string()));
    }
    let settings = Settings::read(args.config.as_deref(), std::env::vars(), &flags)?;
    start_log(&settings.log)?;
    let runtime = tokio::runtime::Runtime::new().map_err(Error::io("tokio runtime"))?;
    runtime.block_on(serve(settings))?;
    Ok(ExitCode::SUCCESS)
}

async fn serve(settings: Settings) -> Result<()> {
    let tagger = super::tagger(settings.model.path.as_deref())?;
    let address = settings.server.listen;
    let listener = TcpListener::bind(address).await.map_err(Error::io(address.to_string()))?;
    let address = listener.local_addr().map_err(Error::io(address.to_string()))?;
    let catalogue = tagger.model().catalogue();
    tracing::info!(%address, model = %catalogue.name, version = %catalogue.version, sha256 = %tagger.model().sha256(), "serving");
    Server::new(tagger, settings.limits).serve(listener, stop_signal()).await?;
    tracing::info!("stopped");
    Ok(())
}

/// Ready at the first SIGTERM or SIGINT.
async fn stop_signal() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
    tracing::info!("stopping: finishing what is under way");
}

fn start_log(log: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&log.filter).map_err(|e| Error::invalid("log.filter", e.to_string()))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match log.format {
        LogFormat::Pretty => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}
