//! A peer at a glance.

use peerpool_control::{Status, TrackerState, TrackerStatus};

use super::{
    downloads::downloads,
    size,
    text::{count, safe},
};

/// What a peer is and does.
pub fn status(status: &Status) -> String {
    let mut lines = vec![
        format!("peer        {} ({}), version {}", safe(&status.name), status.peer, safe(&status.version)),
        format!("repository  {}", safe(&status.repository)),
        format!("listening   {}", status.listen),
        format!("tracker     {}", tracker(&status.tracker)),
        format!("sharing     {}, {}", count(status.items, "item", "items"), size::bytes(status.bytes)),
        format!(
            "traffic     {} in at {}, {} out at {}, {}",
            size::bytes(status.downloaded),
            size::rate(status.rate_down),
            size::bytes(status.uploaded),
            size::rate(status.rate_up),
            count(u64::from(status.connections), "connection", "connections"),
        ),
    ];
    if let Some(hashing) = &status.hashing {
        let (done, total) = (size::bytes(hashing.bytes_done), size::bytes(hashing.bytes_total));
        lines.push(format!("hashing     {}: {done} of {total}", safe(&hashing.name)));
    }
    if status.problems > 0 {
        let files = count(status.problems, "file", "files");
        lines.push(format!("problems    {files} cannot be shared: `mine` in the shell says which"));
    }
    if !status.downloads.is_empty() {
        lines.push(String::new());
        lines.push(downloads(&status.downloads));
    }
    lines.join("\n")
}

/// The tracker in words.
pub(super) fn tracker(tracker: &TrackerStatus) -> String {
    let address = tracker.address.as_deref().unwrap_or("none");
    match &tracker.state {
        TrackerState::NotStarted => format!("{address}, not connected: `start` connects"),
        TrackerState::Connecting => format!("{address}, connecting"),
        TrackerState::Connected => format!("{address}, connected"),
        TrackerState::Reconnecting { cause, retry_in } => {
            format!("{address}, not connected: {}; the next attempt is in {retry_in} s", safe(cause))
        }
    }
}
