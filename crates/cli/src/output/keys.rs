//! The keys of a pool for members.

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use super::text::{count, safe};

/// Which keys speak for a pool.
#[derive(Debug, Serialize)]
pub struct PoolKeys {
    /// What people call the pool.
    pub name: String,
    /// The root key, by which invites name the pool.
    pub root: String,
    /// Whether its private half is in the data folder.
    pub root_is_here: bool,
    /// The keyset's serial.
    pub serial: u64,
    /// Who signs passes, the newest first.
    pub signers: Vec<String>,
    /// What trackers show.
    pub trackers: Vec<String>,
    /// When all that sign passes but the newest leave, in seconds since 1970.
    pub old_leave: Option<u64>,
    /// How many connected peers are told of a change, where a tracker runs.
    pub told: Option<usize>,
}

/// Which keys speak for a pool.
pub fn keys(keys: &PoolKeys) -> String {
    let place = if keys.root_is_here { "in the data folder" } else { "elsewhere" };
    let mut lines = vec![
        format!("pool         {}", safe(&keys.name)),
        format!("root key     {} ({place})", keys.root),
        format!("serial       {}", keys.serial),
    ];
    let old = format!(" (until {})", keys.old_leave.map_or("replaced".to_owned(), date));
    for (index, signer) in keys.signers.iter().enumerate() {
        lines.push(format!("signing key  {signer}{}", if index == 0 { "" } else { &old }));
    }
    lines.extend(keys.trackers.iter().map(|tracker| format!("tracker key  {tracker}")));
    if let Some(told) = keys.told {
        lines.push(format!("the tracker tells {}", count(told as u64, "connected peer", "connected peers")));
    }
    lines.join("\n")
}

fn date(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    moment.unwrap_or_default().to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}
