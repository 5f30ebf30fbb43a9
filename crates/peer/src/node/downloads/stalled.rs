//! Why a download stands still, in words.

use std::time::Instant;

use peerpool_api::{Reason, Stalled};
use peerpool_wire::id::InfoHash;

use super::{
    download::Download,
    stage::{After, Stage},
};
use crate::{channel::State, swarm_task::Progress};

impl Download {
    /// Why nothing comes; `None` while something does, or nothing is to.
    pub(super) fn stalled(&self, progress: &Progress, tracker: &State) -> Option<Stalled> {
        let (reason, message) = match &self.stage {
            Stage::Opening { paused: false } => (Reason::Starting, "its files are being opened".to_owned()),
            Stage::Running => self.stalled_running(progress, tracker)?,
            Stage::Paused | Stage::Opening { paused: true } => {
                (Reason::Paused, "it is paused: `resume` goes on with it".to_owned())
            }
            Stage::Stopping { then: After::Fail { cause, .. } } | Stage::Failed { cause, .. } => {
                (Reason::Failed, cause.clone())
            }
            Stage::Stopping { .. } | Stage::Stopped => {
                (Reason::Stopped, "it is stopped: `resume` goes on with it".to_owned())
            }
            Stage::Completing | Stage::Complete => return None,
        };
        Some(Stalled { reason, message })
    }

    fn stalled_running(&self, progress: &Progress, tracker: &State) -> Option<(Reason, String)> {
        let connected = progress.sources.iter().filter(|source| source.connected).count();
        if connected == 0 {
            return Some(self.nobody_connected(progress, tracker));
        }
        if !self.activity.is_still(Instant::now()) {
            return None;
        }
        Some(self.nothing_comes(progress, connected))
    }

    fn nobody_connected(&self, progress: &Progress, tracker: &State) -> (Reason, String) {
        match tracker {
            State::Reconnecting { error, .. } => {
                return (Reason::TrackerLost, format!("{error}; the download goes on when it is back"));
            }
            State::NotStarted if self.holders.count.is_none() => {
                let message = "no tracker was given, so nobody is known who has it: `start HOST:PORT`";
                return (Reason::NoTracker, message.to_owned());
            }
            _ => {}
        }
        if let Some(new) = &self.succession.by {
            return (Reason::Superseded, self.superseded(progress, new));
        }
        match self.holders.count {
            None => (Reason::Starting, "asking the tracker who has it".to_owned()),
            Some(0) => {
                let message = "nobody who has it is online; it goes on when somebody comes";
                (Reason::NoHolder, message.to_owned())
            }
            Some(holders) if progress.unreached.is_empty() => {
                (Reason::Starting, format!("connecting to {}", peers(holders)))
            }
            Some(holders) => {
                let message = format!(
                    "of the {} known to have it none can be reached: {}; it tries again by itself",
                    peers(holders),
                    unreached(progress)
                );
                (Reason::Unreachable, message)
            }
        }
    }

    /// The old version is nowhere, and its name means a new one.
    fn superseded(&self, progress: &Progress, new: &InfoHash) -> String {
        let name = &self.name;
        let meant = self.asked().unwrap_or(name);
        let (old, new) = (self.metainfo.info.hash().short(), new.short());
        let total = u128::from(self.metainfo.info.length()).max(1);
        let percent = u128::from(progress.stats.bytes_done) * 100 / total;
        format!(
            "nobody has `{name}@{old}` any more, of which {percent} % is kept; `{meant}` means `{meant}@{new}` by now: \
             get that, and `rm {name}@{old}` forgets this one"
        )
    }

    /// Somebody is connected, and nothing comes.
    fn nothing_comes(&self, progress: &Progress, connected: usize) -> (Reason, String) {
        let lacking = progress.stats.unavailable;
        // Whoever has all of it may show its pieces one by one.
        let seed = progress
            .sources
            .iter()
            .any(|source| source.connected && self.holders.seeds.contains(&source.peer_id));
        if progress.busy {
            let message = "the disk is slower than what comes: it goes on when the disk has caught up";
            return (Reason::SlowDisk, message.to_owned());
        }
        if progress.unchoking > 0 {
            let message =
                format!("{} asked and silent; others are tried meanwhile", peers(progress.unchoking));
            return (Reason::Silent, message);
        }
        if progress.useful > 0 || seed || lacking == 0 {
            let message =
                format!("{} connected that serve others first; it goes on at its turn", peers(connected));
            return (Reason::Choked, message);
        }
        let pieces = if lacking == 1 {
            "1 missing piece is".to_owned()
        } else {
            format!("{lacking} missing pieces are")
        };
        if !self.holders.seeds.is_empty() && !progress.unreached.is_empty() {
            let message = format!("{pieces} with nobody who can be reached: {}", unreached(progress));
            return (Reason::Unreachable, message);
        }
        let message = format!("{pieces} with nobody who is online; it goes on when somebody brings them");
        (Reason::MissingPieces, message)
    }
}

fn unreached(progress: &Progress) -> String {
    let each = progress.unreached.iter().map(|(addr, cause)| format!("{addr} ({cause})"));
    each.collect::<Vec<_>>().join(", ")
}

fn peers(count: usize) -> String {
    if count == 1 { "1 peer".to_owned() } else { format!("{count} peers") }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use peerpool_repository::Wanted;
    use peerpool_wire::{
        bitfield::Bitfield,
        canonical::{Builder, FileHasher},
    };

    use super::*;
    use crate::node::downloads::journal::Entry;

    fn running() -> Download {
        let mut hasher = FileHasher::new(32768);
        hasher.update(b"content");
        let builder = Builder::new(32768).file(Vec::new(), hasher.finish());
        let metainfo = Arc::new(builder.finish("film").unwrap());
        let have = Bitfield::none(metainfo.info.piece_count());
        let entry = Entry::new("film".to_owned(), Some("film".to_owned()));
        let mut download = Download::new(1, entry, metainfo, Wanted::Whole, have);
        download.stage = Stage::Running;
        download
    }

    #[test]
    fn a_download_without_connections_tells_what_it_waits_for() {
        let connected = State::Connected {
            url: "http://a:1".parse().unwrap(),
            tracker: "tracker".to_owned(),
            version: 3,
            kept: false,
        };
        let mut progress = Progress::default();
        let mut download = running();
        let reason = |download: &Download, progress: &Progress, tracker: &State| {
            download.stalled(progress, tracker).map(|stalled| stalled.reason)
        };
        assert_eq!(reason(&download, &progress, &State::NotStarted), Some(Reason::NoTracker));
        assert_eq!(reason(&download, &progress, &connected), Some(Reason::Starting));
        download.note_holders(&[]);
        assert_eq!(reason(&download, &progress, &connected), Some(Reason::NoHolder));
        download.holders.count = Some(2);
        assert_eq!(reason(&download, &progress, &connected), Some(Reason::Starting));
        progress.unreached.push(("192.0.2.1:1".parse().unwrap(), "connection refused".to_owned()));
        assert_eq!(reason(&download, &progress, &connected), Some(Reason::Unreachable));
        download.supersede(download.metainfo.info.hash());
        assert_eq!(reason(&download, &progress, &connected), Some(Reason::Superseded));
        download.stage = Stage::Complete;
        assert_eq!(reason(&download, &progress, &connected), None);
    }
}
