//! Notices that files have changed.
//!
//! Files are looked at every `models.watch_ms`: that works on every file system there is (network shares, mounted
//! configuration and secrets), where change events do not. A change counts once it has stayed the same for one more
//! look, so that a copy under way is not read half-way.

use std::time::Duration;

/// Calls `changed` whenever what `look` returns differs from `seen` and has been the same twice in a row.
pub(super) async fn watch<T, L, C, F>(every: Duration, mut seen: T, look: L, mut changed: C)
where
    T: PartialEq + Send + 'static,
    L: Fn() -> T + Clone + Send + 'static,
    C: FnMut() -> F,
    F: Future<Output = ()>,
{
    let mut before = None;
    loop {
        tokio::time::sleep(every).await;
        let Ok(now) = tokio::task::spawn_blocking(look.clone()).await else { continue };
        if now == seen {
            before = None;
        } else if before.as_ref() == Some(&now) {
            seen = now;
            before = None;
            changed().await;
        } else {
            before = Some(now);
        }
    }
}
