//! Events in words.

use peerpool_api::{DownloadState, Event, TrackerState};

use super::{downloads::download_line, problems::problem_line, size, status::tracker, text::safe};

/// What a person who waits at a prompt wants to hear of an event; nothing of most.
pub fn announcement(event: &Event) -> Option<String> {
    match event {
        Event::Download { download } => match download.state {
            DownloadState::Complete | DownloadState::Failed { .. } => Some(download_line(download)),
            _ => None,
        },
        Event::Shared { item } => Some(format!("shared {}: {}", safe(&item.name), size::bytes(item.size))),
        Event::Withdrawn { name, reason } => Some(format!("withdrawn {}: {}", safe(name), safe(reason))),
        Event::Problem { problem } => Some(problem_line(problem)),
        Event::Tracker { tracker: status } => match status.state {
            TrackerState::NotStarted | TrackerState::Connecting => None,
            _ => Some(format!("tracker {}", tracker(status))),
        },
        Event::Banned { name, peer_name, reason } => {
            Some(format!("{}: {} is banned: {}", safe(name), safe(peer_name), safe(reason)))
        }
        Event::Requested { name, piece, peer_name, .. } => {
            Some(format!("{}: piece {piece} requested from {}", safe(name), safe(peer_name)))
        }
        Event::Arrived { name, piece, peer_name, verified, .. } => {
            let verdict = if *verified { "verified" } else { "WRONG HASH" };
            Some(format!("{}: piece {piece} arrived from {}, {verdict}", safe(name), safe(peer_name)))
        }
        Event::Removed { .. } | Event::Hashing { .. } | Event::Missed { .. } => None,
        Event::Reset { .. } | Event::Replaced { .. } | Event::Ending { .. } | Event::Unknown => None,
    }
}
