//! Notices that files have changed.
//!
//! Files are looked at every `models.watch_ms`: that works on every file system there is (network shares, mounted
//! configuration and secrets), where change events do not. A change counts once it has stayed the same for one more
//! look, so that a copy under way is not read half-way. What could not be taken is tried again now and then though it
//! looks the same: who may read a file does not show in its size and time.

use std::time::Duration;

/// Looks from one try of what could not be taken to the next: a minute, where nobody sets `models.watch_ms`.
const LOOKS: u32 = 30;

/// Calls `changed` whenever what `look` returns differs from `seen` and has been the same twice in a row. As long as it
/// answers false it is called again every [`LOOKS`].
pub(super) async fn watch<T, L, C, F>(every: Duration, mut seen: T, look: L, mut changed: C)
where
    T: PartialEq + Send + 'static,
    L: Fn() -> T + Clone + Send + 'static,
    C: FnMut() -> F,
    F: Future<Output = bool>,
{
    let mut before = None;
    let mut again = None;
    loop {
        tokio::time::sleep(every).await;
        let Ok(now) = tokio::task::spawn_blocking(look.clone()).await else { continue };
        again = again.map(|looks: u32| looks.saturating_sub(1));
        if now == seen && again != Some(0) {
            before = None;
        } else if now == seen || before.as_ref() == Some(&now) {
            seen = now;
            before = None;
            again = (!changed().await).then_some(LOOKS);
        } else {
            before = Some(now);
        }
    }
}
