//! The commands. Each lives in its file; this one reads the command line and turns errors into exit codes.

mod asked;
mod batch;
mod client;
mod compression;
mod evaluate;
mod healthcheck;
mod input;
mod inspect;
mod lint;
mod logging;
mod noise;
mod output;
mod report;
mod serve;
mod settings;
mod signals;
mod tag;
mod train;
mod variations;

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use comfy_table::{CellAlignment, Table};

use crate::{Error, Result, Tagger};

/// Exit code: some documents failed.
const SOME_FAILED: u8 = 1;
/// Exit code: the configuration is wrong.
const BAD_CONFIGURATION: u8 = 64;
/// Exit code: an input cannot be read.
const NO_INPUT: u8 = 66;
/// Exit code: a defect, or the environment failed.
const INTERNAL: u8 = 70;

/// Tags Chinese official texts with document type, speaker's level and topic. 公文讲话标注:文种、层级、主题。
#[derive(Debug, Parser)]
#[command(
    name = "speechtag",
    version,
    after_help = "Exit codes: 0 done, 1 some documents failed, 2 usage, 64 bad configuration, 66 no input, 70 internal"
)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Tag(tag::Args),
    Batch(Box<batch::Args>),
    Train(train::Args),
    Evaluate(evaluate::Args),
    Inspect(inspect::Args),
    Lint(lint::Args),
    Healthcheck(healthcheck::Args),
}

/// Runs the command line of this process.
#[must_use]
pub fn run() -> ExitCode {
    let result = match Args::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Tag(args) => tag::run(&args),
        Command::Batch(args) => batch::run(&args),
        Command::Train(args) => train::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Lint(args) => lint::run(&args),
        Command::Healthcheck(args) => healthcheck::run(&args),
    };
    result.unwrap_or_else(|error| {
        if is_broken_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        let _ = writeln!(std::io::stderr(), "speechtag: {error}");
        ExitCode::from(exit_code(&error))
    })
}

fn exit_code(error: &Error) -> u8 {
    match error {
        Error::InvalidArgument { .. } | Error::TooLarge { .. } | Error::NotFound { .. } | Error::Configuration(_) => {
            BAD_CONFIGURATION
        }
        // Nothing that is read is full.
        Error::Io { source, .. }
            if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) =>
        {
            INTERNAL
        }
        Error::Model { .. } | Error::Corpus { .. } | Error::Io { .. } => NO_INPUT,
        Error::Training { .. } | Error::Service { .. } | Error::NotReady | Error::Interrupted | Error::Internal(_) => {
            INTERNAL
        }
    }
}

/// Whether the reader of our output went away, as `head` does: no failure of ours.
fn is_broken_pipe(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.kind() == ErrorKind::BrokenPipe)
}

/// The tagger a `--model` names, or the shipped one.
fn tagger(model: Option<&Path>) -> Result<Tagger> {
    model.map_or_else(Tagger::shipped, Tagger::load)
}

/// Prints a line to standard output. Unlike `println!` it does not panic when the reader has gone.
fn say(line: impl std::fmt::Display) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").map_err(Error::io("standard output"))
}

/// A share as tables and reports print it.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A table of numbers: all columns but the first end at the right.
fn right_aligned(mut table: Table) -> Table {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Says on standard error what does not stop a command.
fn warn(warnings: &[String]) {
    for warning in warnings {
        let _ = writeln!(std::io::stderr(), "speechtag: {warning}");
    }
}

/// Whether standard output is a terminal a person looks at.
fn on_terminal() -> bool {
    std::io::stdout().is_terminal()
}
