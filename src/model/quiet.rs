//! Silence around linfa-bayes 0.8.1.
//!
//! Its `MultinomialNb::fit_with` holds a left-over `dbg!` that prints every count and weight of every class to standard
//! error: megabytes per fit. The fix is merged but not released, so standard error points to the null device for the
//! length of the one call. Remove this module with the next linfa release.

#[cfg(unix)]
pub(crate) fn without_stderr<T>(work: impl FnOnce() -> T) -> T {
    use rustix::stdio::{dup2_stderr, stderr};
    use std::sync::{Mutex, PoisonError};

    /// Standard error belongs to the whole process: one at a time, or the null device would be given back.
    static TURN: Mutex<()> = Mutex::new(());

    /// Gives standard error back, also when the work panics.
    struct Restore(std::os::fd::OwnedFd);
    impl Drop for Restore {
        fn drop(&mut self) {
            // Nowhere to report a failure to.
            let _ = dup2_stderr(&self.0);
        }
    }

    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let null = std::fs::File::options().write(true).open("/dev/null");
    let _restore = match (rustix::io::dup(stderr()), null) {
        (Ok(saved), Ok(null)) => dup2_stderr(&null).is_ok().then_some(Restore(saved)),
        _ => None,
    };
    work()
}

#[cfg(not(unix))]
pub(crate) fn without_stderr<T>(work: impl FnOnce() -> T) -> T {
    work()
}
