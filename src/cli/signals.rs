//! The signals of `serve`, as a queue.

use tokio::sync::mpsc;

use crate::{Error, Result};

/// What a signal asks for, with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: stop.
    Terminate = 15,
    /// SIGINT, or Ctrl-C: stop.
    Interrupt = 2,
    /// SIGHUP: read everything anew.
    Reload = 1,
}

impl Signal {
    pub fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Interrupt => "INT",
            Self::Reload => "HUP",
        }
    }

    /// As shells say it: 128 + the signal's number.
    pub fn exit_code(self) -> u8 {
        128 + self as u8
    }
}

/// Takes the signals from now on.
#[cfg(unix)]
pub fn listen() -> Result<mpsc::Receiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (sender, receiver) = mpsc::channel(8);
    for (kind, meaning) in [
        (SignalKind::terminate(), Signal::Terminate),
        (SignalKind::interrupt(), Signal::Interrupt),
        (SignalKind::hangup(), Signal::Reload),
    ] {
        let mut signals = signal(kind).map_err(Error::io("signal handler"))?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                // A full queue holds enough of them.
                let _ = sender.try_send(meaning);
            }
        });
    }
    Ok(receiver)
}

/// Takes Ctrl-C from now on.
#[cfg(not(unix))]
pub fn listen() -> Result<mpsc::Receiver<Signal>> {
    let (sender, receiver) = mpsc::channel(8);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            let _ = sender.try_send(Signal::Interrupt);
        }
    });
    Ok(receiver)
}
