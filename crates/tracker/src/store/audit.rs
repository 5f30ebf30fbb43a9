//! How long the audit is kept, and what passed between members.

use std::time::Duration;

/// How long an entry is kept, by the time of newer ones.
pub(super) const KEPT: Duration = Duration::from_secs(400 * 24 * 3600);
/// Most entries that are kept.
pub(super) const MOST: i64 = 1_000_000;
