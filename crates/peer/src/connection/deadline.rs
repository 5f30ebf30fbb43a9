//! How long a message may take to come. Whoever is slow gives its memory to those who wait.

use std::time::Duration;

use tokio::time::Instant;

use crate::buffer::BufferPool;

/// How long a message, or the payload of a block, may take from its first byte to its last.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);
/// While others wait for memory, a message that holds so many bytes must be done in a second, one of half as many in
/// two, …
const PATIENCE: u64 = 512 * 1024;
/// … but each gets so much time at least, and is looked at so often after that.
const SHORTEST: Duration = Duration::from_secs(2);
const GLANCE: Duration = Duration::from_millis(500);

/// Why a message is not waited for any longer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Late {
    #[error("a message took more than {} s", TIMEOUT.as_secs())]
    Drip,
    #[error("it sends slowly what others would send sooner, and memory is short")]
    Slow,
}

/// Ends when a message that began at `begun` has taken too long: sooner when others wait for the bytes that it holds.
pub(super) async fn too_long(pool: &BufferPool, bytes: usize, begun: Instant) -> Late {
    let last = begun + TIMEOUT;
    let mut look = begun + patience(bytes).min(TIMEOUT);
    loop {
        tokio::time::sleep_until(look.min(last)).await;
        if look >= last {
            return Late::Drip;
        }
        if pool.is_wanted() {
            return Late::Slow;
        }
        look += GLANCE;
    }
}

/// How long so many bytes may be held while others wait for memory: the longer, the fewer they are.
fn patience(bytes: usize) -> Duration {
    let longest = PATIENCE * 1000 / (bytes as u64).max(1);
    Duration::from_millis(longest).max(SHORTEST)
}
