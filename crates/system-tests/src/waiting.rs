//! Waiting for what must come.

use std::{
    fmt::Debug,
    thread,
    time::{Duration, Instant},
};

/// How long anything may take that ought to happen at once, on a machine that is busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long a transfer of a few GiB may take on such a machine.
pub const TRANSFER: Duration = Duration::from_secs(180);

/// Looks again and again until what is seen is as wished (`Ok`). Panics, naming `what` and showing what was seen last,
/// when that does not come in time.
pub fn until<T, E: Debug>(what: &str, patience: Duration, mut look: impl FnMut() -> Result<T, E>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) => {
                assert!(start.elapsed() < patience, "{what} did not happen within {patience:?}: {seen:?}")
            }
        }
        thread::sleep(Duration::from_millis(2));
    }
}
