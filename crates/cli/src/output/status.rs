//! A peer at a glance.

use peerpool_api::{AuthorityCertificate, Health, Reach, Status, TrackerState, TrackerStatus};

use super::{
    downloads::downloads,
    limits::limits_now,
    problems::problem_line,
    size,
    text::{count, safe},
};
use crate::clock;

/// Problems that are shown at a glance.
const SHOWN: usize = 10;

/// What a peer is and does.
pub fn status(status: &Status) -> String {
    let mut lines = vec![
        format!("peer        {} ({}), version {}", safe(&status.name), status.peer_id, safe(&status.version)),
        format!("repository  {}", safe(&status.repository)),
        format!("listening   {}", listening(status)),
        format!("tracker     {}", tracker(&status.tracker)),
        format!("sharing     {}, {}", count(status.items, "item", "items"), size::bytes(status.size)),
        format!(
            "traffic     {} in at {}, {} out at {}, {}",
            size::bytes(status.downloaded),
            size::rate(status.rate_down),
            size::bytes(status.uploaded),
            size::rate(status.rate_up),
            count(u64::from(status.connections), "connection", "connections"),
        ),
    ];
    if let Some(address) = status.web {
        lines.insert(3, format!("browsers    {address}: `web` opens the page"));
    }
    if let Some(now) = &status.limits {
        lines.push(format!("limits      {}", limits_now(now)));
    }
    if let Some(hashing) = &status.hashing {
        let (done, total) = (size::bytes(hashing.bytes_done), size::bytes(hashing.bytes_total));
        lines.push(format!("hashing     {}: {done} of {total}", safe(&hashing.name)));
    }
    if !status.problems.is_empty() {
        lines.push(format!("problems    {}", count(status.problems.len() as u64, "problem", "problems")));
        lines
            .extend(status.problems.iter().take(SHOWN).map(|problem| format!("  {}", problem_line(problem))));
        if status.problems.len() > SHOWN {
            lines.push("  … and more: `problems` lists them all".to_owned());
        }
    }
    if !status.downloads.is_empty() {
        lines.push(String::new());
        lines.push(downloads(&status.downloads));
    }
    lines.join("\n")
}

/// Where the peer listens, and what is known of whether others reach it there.
fn listening(status: &Status) -> String {
    let word = |reach: Reach| match reach {
        Reach::Reachable => "others reach it",
        Reach::Unreachable => "others cannot reach it",
        Reach::Unknown => "not tried yet",
    };
    let each = status.reachability.iter().map(|one| format!("{} ({})", one.address, word(one.state)));
    match each.collect::<Vec<_>>() {
        none if none.is_empty() => status.listen.to_string(),
        some => format!("{}: {}", status.listen, some.join(", ")),
    }
}

/// The tracker in words.
pub(super) fn tracker(tracker: &TrackerStatus) -> String {
    let url = tracker.url.as_ref().map_or("none".to_owned(), ToString::to_string);
    match &tracker.state {
        TrackerState::NotStarted => format!("{url}, not connected: `start` connects"),
        TrackerState::Connecting => format!("{url}, connecting"),
        TrackerState::Connected => format!("{url}, connected"),
        TrackerState::Reconnecting { cause, retry_in } => {
            format!("{url}, not connected: {}; the next attempt is in {retry_in} s", safe(cause))
        }
    }
}

/// A tracker at a glance.
pub fn health(health: &Health) -> String {
    let (peers, items) = (count(health.peers, "peer", "peers"), count(health.items, "item", "items"));
    let mut text = format!(
        "tracker  {} ({}), version {}, up for {}\npool     {peers}, {items}",
        safe(&health.name),
        health.tracker_id,
        safe(&health.version),
        size::duration(health.uptime_seconds)
    );
    if let Some(certificate) = &health.certificate {
        text += &format!("\nhttps    {}", authority(certificate));
    }
    text
}

/// The certificate that an authority signs for a tracker.
fn authority(certificate: &AuthorityCertificate) -> String {
    let names = certificate.names.iter().map(|name| safe(name)).collect::<Vec<_>>().join(", ");
    let mut text = match certificate.ends {
        Some(ends) => {
            format!("{names}, signed for another {}", size::duration(ends.saturating_sub(clock::now())))
        }
        None => format!("{names}, not signed yet: browsers are shown the tracker's own certificate"),
    };
    if let Some(problem) = &certificate.problem {
        text += &format!("; the last try failed: {}", safe(problem));
    }
    text
}
