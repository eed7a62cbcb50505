fn main() -> std::process::ExitCode { speechtag::cli::run() }
