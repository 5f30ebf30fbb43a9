//! Downloads.

use peerpool_control::{Download, DownloadState};

use super::{size, table::Table, text::safe};

/// A list of downloads.
pub fn downloads(downloads: &[Download]) -> String {
    let mut table = Table::new(&["NAME", "STATE", ">DONE", ">OF", ">RATE", ">SOURCES", "LEFT"]);
    for download in downloads {
        let connected = download.sources.iter().filter(|source| source.connected).count();
        table.row([
            download.name.clone(),
            word(&download.state).to_owned(),
            percent(download),
            size::bytes(download.bytes_total),
            size::rate(download.rate_down),
            connected.to_string(),
            download.time_left.map(size::duration).unwrap_or_default(),
        ]);
    }
    let reasons = downloads.iter().filter_map(|download| {
        let reason = match &download.state {
            DownloadState::Failed { cause, .. } => Some(cause),
            _ => download.stalled.as_ref().map(|stalled| &stalled.message),
        };
        reason.map(|reason| format!("\n  {}: {}", safe(&download.name), safe(reason)))
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
    let mut givers: Vec<_> = download.sources.iter().filter(|source| source.bytes > 0).collect();
    givers.sort_by_key(|giver| std::cmp::Reverse(giver.bytes));
    let total = givers.iter().map(|giver| giver.bytes).sum::<u64>().max(1);
    let line = givers.iter().map(|giver| {
        let share = giver.bytes as f64 * 100.0 / total as f64;
        format!("{} {} ({share:.0} %)", safe(&giver.name), size::bytes(giver.bytes))
    });
    line.collect::<Vec<_>>().join(", ")
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
