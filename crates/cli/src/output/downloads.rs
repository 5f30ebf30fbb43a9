//! Downloads.

use peerpool_api::{Download, DownloadState, Priority, Source};

use super::{size, table::Table, text::safe};

/// A list of downloads.
pub fn downloads(downloads: &[Download]) -> String {
    let mut table = Table::new(&["NAME", "STATE", ">DONE", ">OF", ">RATE", ">SOURCES", "LEFT"]);
    for download in downloads {
        let connected = download.sources.iter().filter(|source| source.connected).count();
        table.row([
            download.name.clone(),
            standing(download),
            percent(download),
            size::bytes(download.bytes_total),
            size::rate(download.rate_down),
            connected.to_string(),
            download.time_left.map(size::duration).unwrap_or_default(),
        ]);
    }
    let reasons = downloads.iter().filter_map(|download| {
        let stalled = download.stalled.as_ref()?;
        Some(format!("\n  {}: {}", safe(&download.name), safe(&stalled.message)))
    });
    let reasons: String = reasons.collect();
    table.render() + &reasons
}

/// One download in a line.
pub fn download_line(download: &Download) -> String {
    let name = safe(&download.name);
    match &download.state {
        DownloadState::Complete => {
            format!(
                "complete {name}: {}{}",
                size::bytes(download.bytes_total),
                from_whom_or_nothing(download)
            )
        }
        DownloadState::Failed { cause, .. } => format!("{name} failed: {}", safe(cause)),
        DownloadState::Fetching => format!(
            "{name}: {} of {} at {}",
            percent(download),
            size::bytes(download.bytes_total),
            size::rate(download.rate_down)
        ),
        DownloadState::Waiting => match &download.stalled {
            Some(stalled) => format!("{name}: waiting, {}", safe(&stalled.message)),
            None => format!("{name}: waiting"),
        },
        state => format!("{name}: {}, {} fetched", word(state), percent(download)),
    }
}

/// Who gave how much: `ha 128 MiB (50 %), binh 128 MiB (50 %)`. Empty when nobody gave anything.
pub fn from_whom(download: &Download) -> String {
    let named = download.sources.iter().zip(source_names(&download.sources));
    let mut givers: Vec<_> = named.filter(|(source, _)| source.bytes > 0).collect();
    givers.sort_by_key(|(giver, _)| std::cmp::Reverse(giver.bytes));
    let total = givers.iter().map(|(giver, _)| giver.bytes).sum::<u64>().max(1);
    let line = givers.iter().map(|(giver, name)| {
        let share = giver.bytes as f64 * 100.0 / total as f64;
        format!("{name} {} ({share:.0} %)", size::bytes(giver.bytes))
    });
    line.collect::<Vec<_>>().join(", ")
}

/// What to call each source: its name, and where several have that name, what tells them apart: the host, or host and port.
pub fn source_names(sources: &[Source]) -> Vec<String> {
    let same = |one: &Source, host: bool| {
        let alike = |other: &&Source| {
            other.name == one.name
                && (!host || other.address.ip() == one.address.ip())
                && other.peer_id != one.peer_id
        };
        sources.iter().any(|other| alike(&other))
    };
    let name = |source: &Source| match (same(source, false), same(source, true)) {
        (false, _) => safe(&source.name),
        (true, false) => format!("{} at {}", safe(&source.name), source.address.ip()),
        (true, true) => format!("{} at {}", safe(&source.name), source.address),
    };
    sources.iter().map(name).collect()
}

fn from_whom_or_nothing(download: &Download) -> String {
    match from_whom(download) {
        givers if givers.is_empty() => String::new(),
        givers => format!(" from {givers}"),
    }
}

fn percent(download: &Download) -> String {
    match download.bytes_total {
        0 if download.state == DownloadState::Complete => "100 %".to_owned(),
        0 => "0 %".to_owned(),
        total => format!("{} %", u128::from(download.bytes_done) * 100 / u128::from(total)),
    }
}

/// How it stands, and its priority where that is not the usual one.
fn standing(download: &Download) -> String {
    let priority = match download.priority {
        Priority::Normal => "",
        Priority::Low => ", low",
        Priority::High => ", high",
        Priority::First => ", first",
    };
    format!("{}{priority}", word(&download.state))
}

fn word(state: &DownloadState) -> &'static str {
    match state {
        DownloadState::Waiting => "waiting",
        DownloadState::Fetching => "fetching",
        DownloadState::Paused => "paused",
        DownloadState::Stopped => "stopped",
        DownloadState::Completing => "completing",
        DownloadState::Complete => "complete",
        DownloadState::Failed { .. } => "failed",
    }
}
