//! `speechtag serve`: the gRPC service as a process.
//!
//! Exit codes: 0 after a drain, 64 for a wrong configuration, 66 when the models can't be loaded, 128 + the signal's number
//! when a second signal came before the drain was over.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::logging;
use super::settings::{METRICS_LISTEN, Settings};
use super::signals::{self, Signal};
use crate::service::{Registry, Server};
use crate::{Error, Result};

/// Serves gRPC. 启动 gRPC 服务。
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  speechtag serve\n  speechtag serve --listen 0.0.0.0:50051 --models /srv/models\n  SPEECHTAG_LIMITS__MAX_TEXT_BYTES=1000000 speechtag serve\n  speechtag serve --config speechtag.toml --print-config\n\nSignals: TERM or INT drain and stop, a second one stops at once; HUP reads models, certificates and tokens anew."
)]
pub struct Args {
    /// Address and port (default 127.0.0.1:50051). 监听地址
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Address and port of the Prometheus metrics (default 127.0.0.1:9464). 指标监听地址
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<String>,
    /// Folder of a model, or of versions of it (default: the shipped model). 模型目录
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Settings file (TOML); the environment and flags win over it. 配置文件
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Settings below those of the file, as an image brings them along. 镜像自带的默认配置
    #[arg(long, value_name = "FILE", env = "SPEECHTAG_DEFAULTS", hide = true)]
    defaults: Option<PathBuf>,
    /// Print the settings in force and stop; they hold no secrets. 打印生效配置
    #[arg(long)]
    print_config: bool,
}

/// One may hang on each of models, certificates and tokens, and on the look whether they have changed.
const BLOCKING_THREADS: usize = 8;

pub fn run(args: &Args) -> Result<ExitCode> {
    let flags = [
        ("server.listen", args.listen.clone()),
        ("server.metrics_listen", args.metrics_listen.clone()),
        ("models.path", args.models.as_ref().map(|path| path.display().to_string())),
    ];
    // Names and values that are no Unicode are no settings; one of them must not end the program.
    let environment: Vec<_> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let files: Vec<_> = [&args.defaults, &args.config].into_iter().flatten().map(PathBuf::as_path).collect();
    let settings = Settings::read(&files, &environment, &flags)?;
    let overlooked = Settings::overlooked(&environment);
    if args.print_config {
        super::warn(&overlooked);
        super::say(settings.to_toml()?)?;
        return Ok(ExitCode::SUCCESS);
    }
    // Blocking threads look at files and read them; those that tag are others.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .map_err(Error::io("tokio runtime"))?;
    let flush = {
        let _runtime = runtime.enter();
        logging::start(&settings.log, &settings.telemetry)?
    };
    for warning in overlooked {
        tracing::warn!("{warning}");
    }
    let code = runtime.block_on(serve(settings));
    drop(flush);
    // Work that outlived the drain does not hold up the end.
    runtime.shutdown_background();
    code
}

async fn serve(settings: Settings) -> Result<ExitCode> {
    let registry = Arc::new(Registry::new(settings.models.path.clone()));
    // Before there are signals of ours: until its files are read, any signal may end the process as it ends others.
    let server = Server::new(registry, settings.service())?;
    let mut signals = signals::listen()?;
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let listener = bind("server.listen", settings.server.listen).await?;
    match bind("server.metrics_listen", settings.server.metrics_listen).await {
        Ok(listener) => {
            tokio::spawn(server.clone().serve_metrics(listener));
        }
        // Nobody asked for it, and a second service on one machine is no mistake.
        Err(error) if settings.server.metrics_listen == METRICS_LISTEN => tracing::warn!(%error, "no metrics"),
        Err(error) => return Err(error),
    }
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let mut serving = std::pin::pin!(server.clone().serve(listener, async {
        let _ = stopped.await;
    }));
    let first = tokio::select! {
        result = &mut serving => return result.map(|()| ExitCode::SUCCESS),
        signal = stop_signal(&mut signals, &server) => signal,
    };
    tracing::info!(signal = first.name(), "stopping; a second signal stops at once");
    let _ = stop.send(());
    tokio::select! {
        result = &mut serving => {
            tracing::info!("stopped");
            result.map(|()| ExitCode::SUCCESS)
        }
        signal = stop_signal(&mut signals, &server) => {
            tracing::warn!(signal = signal.name(), "stopped at once");
            Ok(ExitCode::from(signal.exit_code()))
        }
    }
}

/// Listens at the address of `setting`. One that is taken, or is not this machine's, is a wrong setting.
async fn bind(setting: &str, address: std::net::SocketAddr) -> Result<TcpListener> {
    let wrong = |e: std::io::Error| Error::invalid(setting, format!("{address}: {e}"));
    let listener = TcpListener::bind(address).await.map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    tracing::info!(%address, "listening");
    Ok(listener)
}

/// Ready at a signal to stop; reloads at every one to reload.
async fn stop_signal(signals: &mut mpsc::Receiver<Signal>, server: &Server) -> Signal {
    loop {
        match signals.recv().await {
            // Beside this loop: a file that can't be read to its end must not keep us from stopping.
            Some(Signal::Reload) => {
                let server = server.clone();
                tokio::spawn(async move { server.reload("signal").await });
            }
            Some(stop) => return stop,
            None => std::future::pending().await,
        }
    }
}
