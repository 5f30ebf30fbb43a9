//! Waiting for what must come.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long anything may take that ought to happen at once, on a machine that is busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long a transfer of a few GiB may take on such a machine.
pub const TRANSFER: Duration = Duration::from_secs(180);

/// Looks again and again until there is something to see. Panics, naming `what`, when it does not come in time.
pub fn until<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < patience, "{what} did not happen within {patience:?}");
        thread::sleep(Duration::from_millis(2));
    }
}
