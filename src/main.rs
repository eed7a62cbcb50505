//! The process: reads the command line, runs one command, ends with its exit code. The commands are in `speechtag::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    speechtag::cli::run()
}
