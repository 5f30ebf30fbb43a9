//! How a download is shown.

use std::{collections::BTreeMap, time::Instant};

use peerpool_api::{self as api, DownloadState, Source};
use peerpool_wire::{
    bitfield::Bitfield,
    id::{InfoHash, PeerId},
};

use super::{
    download::Download,
    stage::{After, Stage},
};
use crate::{
    channel::State,
    swarm_task::{Progress, SourceProgress},
};

impl Download {
    /// How it stands, with what its swarm shows, the tracker's channel, and what people call peers.
    pub(crate) fn view<'n>(
        &self,
        item: InfoHash,
        mut progress: Progress,
        tracker: &State,
        name_of: impl Fn(&PeerId) -> Option<&'n String>,
    ) -> api::Download {
        if self.stage != Stage::Running || self.activity.is_still(Instant::now()) {
            // What was seen last is no news of what comes now.
            progress.rate_down = 0;
            progress.sources.iter_mut().for_each(|source| source.rate = 0);
        }
        let totals = self.totals(&progress);
        let stalled = self.stalled(&progress, tracker);
        let state = self.stage.view(stalled.is_some());
        let left = totals.bytes_total.saturating_sub(totals.bytes_done);
        let fetching = state == DownloadState::Fetching && progress.rate_down > 0;
        let sources = self.sources(&progress).into_values();
        api::Download {
            hash: item,
            name: self.name.clone(),
            stalled,
            state,
            priority: self.priority,
            bytes_total: totals.bytes_total,
            bytes_done: totals.bytes_done,
            pieces_total: totals.pieces_total,
            pieces_done: totals.pieces_done,
            rate_down: progress.rate_down,
            rate_up: progress.rate_up,
            time_left: fetching.then(|| left / progress.rate_down.max(1)),
            sources: sources.map(|source| view_source(name_of(&source.peer_id), source)).collect(),
            seconds: self.activity.seconds(),
        }
    }

    fn totals(&self, progress: &Progress) -> Totals {
        match &progress.have {
            Some(have) if self.selection.is_whole() => Totals::of_whole(self, progress, have),
            Some(have) => Totals::of(self, have),
            None => Totals::of(self, self.have()),
        }
    }

    /// Who gave something, in this run or an earlier one.
    fn sources(&self, progress: &Progress) -> BTreeMap<PeerId, SourceProgress> {
        let mut sources = self.given.clone();
        for source in &progress.sources {
            let before = sources.get(&source.peer_id).map_or(0, |given| given.bytes);
            let mut now = source.clone();
            now.bytes += before;
            sources.insert(source.peer_id, now);
        }
        sources
    }
}

/// A peer of a swarm, by what people call it if anybody does.
pub(in crate::node) fn view_source(known: Option<&String>, source: SourceProgress) -> Source {
    let name = known.cloned().unwrap_or_else(|| match source.client.is_empty() {
        true => source.addr.to_string(),
        false => source.client.clone(),
    });
    Source {
        peer_id: source.peer_id,
        name,
        address: source.addr,
        connected: source.connected,
        pieces: source.pieces,
        bytes: source.bytes,
        rate: source.rate,
        sent: source.sent,
        rate_up: source.rate_up,
    }
}

struct Totals {
    bytes_total: u64,
    bytes_done: u64,
    pieces_total: u32,
    pieces_done: u32,
}

impl Totals {
    /// What the swarm of an item has counted, where all of it is wanted.
    fn of_whole(download: &Download, progress: &Progress, have: &Bitfield) -> Self {
        let info = &download.metainfo.info;
        Self {
            bytes_total: info.length(),
            bytes_done: progress.stats.bytes_done,
            pieces_total: info.piece_count(),
            pieces_done: have.count(),
        }
    }

    /// Counts what was asked for, and what is there of it.
    fn of(download: &Download, have: &Bitfield) -> Self {
        let info = &download.metainfo.info;
        let geometry = info.geometry();
        let wanted = download.selection.pieces();
        let done = wanted.iter().filter_map(|index| geometry.piece(index)).filter(|piece| have.has(*piece));
        let (pieces_done, bytes) =
            done.fold((0, 0), |(count, bytes), piece| (count + 1, bytes + geometry.payload_of(piece)));
        let bytes_total = download.selection.length(info);
        Self {
            bytes_total,
            // A piece at the edge of a wanted file may hold bytes of its neighbour.
            bytes_done: if pieces_done == wanted.count() { bytes_total } else { bytes_total.min(bytes) },
            pieces_total: wanted.count(),
            pieces_done,
        }
    }
}

impl Stage {
    fn view(&self, still: bool) -> DownloadState {
        match self {
            Self::Opening { paused: false } => DownloadState::Waiting,
            Self::Running if !still => DownloadState::Fetching,
            Self::Running => DownloadState::Waiting,
            Self::Paused | Self::Opening { paused: true } => DownloadState::Paused,
            Self::Stopping { then: After::Fail { code, cause } } | Self::Failed { code, cause } => {
                DownloadState::Failed { code: *code, cause: cause.clone() }
            }
            Self::Stopping { .. } | Self::Stopped => DownloadState::Stopped,
            Self::Completing => DownloadState::Completing,
            Self::Complete => DownloadState::Complete,
        }
    }
}
