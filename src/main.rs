//! The process: reads the command line, runs one command, ends with its exit code. The commands are in `speechtag::cli`.

use std::process::ExitCode;

/// A page makes many lists of some ten thousand bytes that go again at once. glibc gives such memory back to the system each
/// time and takes it anew; this one keeps it, which is worth a tenth or two of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    speechtag::cli::run()
}
