//! What the control API shows of the node.

use std::{collections::BTreeMap, sync::Arc};

use peerpool_api::{self as api, DownloadState, ItemKind, ShareState, Source, TrackerState, TrackerStatus};
use peerpool_repository::{SharedItem, Wanted};
use peerpool_wire::{
    bitfield::Bitfield,
    id::{InfoHash, PeerId},
    metainfo::Info,
};

use super::{
    Node,
    download::{After, Download, Stage, is_wanted},
};
use crate::{
    channel::State,
    swarm_task::{Progress, SourceProgress},
};

impl Node {
    /// The peer at a glance.
    pub(crate) fn view_status(&self) -> api::Status {
        let progress: Vec<Progress> = self.progress().map(|(_, progress)| progress).collect();
        let bytes = self.items.values().map(|item| item.metainfo().info.length()).sum();
        api::Status {
            peer: self.environment.peer_id,
            name: self.facts.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            repository: self.repository_path(),
            listen: self.facts.listen,
            tracker: self.view_tracker(),
            items: self.items.len() as u64,
            bytes,
            hashing: self.view_hashing(),
            problems: self.view_problems(),
            reachability: self.view_reachability(),
            downloads: self.view_downloads(),
            connections: progress.iter().map(|swarm| swarm.stats.connections as u32).sum(),
            rate_down: progress.iter().map(|swarm| swarm.rate_down).sum(),
            rate_up: progress.iter().map(|swarm| swarm.rate_up).sum(),
            downloaded: self.fetched + progress.iter().map(|swarm| swarm.stats.received).sum::<u64>(),
            uploaded: self.given.values().sum::<u64>()
                + progress.iter().map(|swarm| swarm.given).sum::<u64>(),
        }
    }

    /// What is shared, and what cannot be.
    pub(crate) fn view_repository(&self) -> api::Repository {
        let shared = self.items.values().map(|item| self.view_shared(item));
        let partial = self
            .downloads
            .iter()
            .filter(|(item, _)| self.swarms.contains_key(item) && !self.names_of.contains_key(item))
            .map(|(item, download)| view_partial(*item, download, self.uploaded(item)));
        let mut items: Vec<api::SharedItem> = shared.chain(partial).collect();
        items.sort_by(|one, other| one.name.cmp(&other.name));
        api::Repository {
            path: self.repository_path(),
            items,
            hashing: self.view_hashing(),
            problems: self.view_problems(),
        }
    }

    /// A shared item by its name.
    pub(crate) fn view_item(&self, name: &str) -> Option<api::SharedItem> {
        self.items.get(name).map(|item| self.view_shared(item))
    }

    pub(super) fn view_shared(&self, item: &SharedItem) -> api::SharedItem {
        let info = &item.metainfo().info;
        api::SharedItem {
            name: item.name().to_owned(),
            hash: Some(item.info_hash()),
            kind: kind(info),
            bytes: info.length(),
            files: files(info),
            state: ShareState::Shared,
            uploaded: self.uploaded(&item.info_hash()),
        }
    }

    /// All downloads, oldest first.
    pub(crate) fn view_downloads(&self) -> Vec<api::Download> {
        let mut downloads: Vec<(&InfoHash, &Download)> = self.downloads.iter().collect();
        downloads.sort_by_key(|(_, download)| download.number);
        let begun = downloads.into_iter().map(|(item, _)| item);
        let waiting = self.descriptions.keys().filter(|item| !self.downloads.contains_key(item));
        begun.chain(waiting).filter_map(|item| self.view_download(item)).collect()
    }

    /// One download.
    pub(crate) fn view_download(&self, item: &InfoHash) -> Option<api::Download> {
        let Some(download) = self.downloads.get(item) else {
            return self.view_description(item);
        };
        let mut progress = self.progress_of(item);
        if download.stage != Stage::Running || download.heard.is_still() {
            // What was seen last is no news of what comes now.
            progress.rate_down = 0;
            progress.sources.iter_mut().for_each(|source| source.rate = 0);
        }
        let have = self.have_of(item, download);
        let totals = match progress.have.is_some() && download.wanted == Wanted::Whole {
            true => Totals::of_whole(download, &progress),
            false => Totals::of(download, &have),
        };
        let sources = self.view_sources(download, &progress);
        let stalled = self.stalled(download, &progress);
        let state = state(download, stalled.is_some());
        let left = totals.bytes_total.saturating_sub(totals.bytes_done);
        let fetching = state == DownloadState::Fetching && progress.rate_down > 0;
        Some(api::Download {
            hash: *item,
            name: download.name.clone(),
            stalled,
            state,
            bytes_total: totals.bytes_total,
            bytes_done: totals.bytes_done,
            pieces_total: totals.pieces_total,
            pieces_done: totals.pieces_done,
            rate_down: progress.rate_down,
            rate_up: progress.rate_up,
            time_left: fetching.then(|| left / progress.rate_down.max(1)),
            sources,
            seconds: download.seconds,
        })
    }

    /// What the repository has already, shown as a download that is complete.
    pub(crate) fn view_as_complete(&self, item: &InfoHash) -> Option<api::Download> {
        let shared = self.shared(item)?;
        let info = &shared.metainfo().info;
        Some(api::Download {
            hash: *item,
            name: shared.name().to_owned(),
            state: DownloadState::Complete,
            bytes_total: info.length(),
            bytes_done: info.length(),
            pieces_total: info.piece_count(),
            pieces_done: info.piece_count(),
            rate_down: 0,
            rate_up: 0,
            time_left: None,
            stalled: None,
            sources: Vec::new(),
            seconds: 0.0,
        })
    }

    pub(crate) fn view_tracker(&self) -> TrackerStatus {
        let (address, name, state) = match self.channel.state() {
            State::NotStarted => (None, None, TrackerState::NotStarted),
            State::Connecting { address } => (Some(address), None, TrackerState::Connecting),
            State::Connected { address, tracker } => (Some(address), Some(tracker), TrackerState::Connected),
            State::Reconnecting { address, error, retry_in } => {
                let state =
                    TrackerState::Reconnecting { cause: error.to_string(), retry_in: retry_in.as_secs() };
                (Some(address), None, state)
            }
        };
        TrackerStatus { address, name, state }
    }

    fn view_sources(&self, download: &Download, progress: &Progress) -> Vec<Source> {
        let mut sources: BTreeMap<PeerId, SourceProgress> = download.given.clone();
        for source in &progress.sources {
            let before = sources.get(&source.peer_id).map_or(0, |given| given.bytes);
            let mut now = source.clone();
            now.bytes += before;
            sources.insert(source.peer_id, now);
        }
        sources.into_values().map(|source| self.view_source(source)).collect()
    }

    fn view_source(&self, source: SourceProgress) -> Source {
        let known = self.peer_names.get(&source.peer_id).cloned();
        let name = known.unwrap_or_else(|| match source.client.is_empty() {
            true => source.addr.to_string(),
            false => source.client.clone(),
        });
        Source {
            peer: source.peer_id,
            name,
            address: source.addr,
            connected: source.connected,
            pieces: source.pieces,
            bytes: source.bytes,
            rate: source.rate,
        }
    }

    fn uploaded(&self, item: &InfoHash) -> u64 {
        self.given.get(item).copied().unwrap_or(0) + self.progress_of(item).given
    }

    fn progress(&self) -> impl Iterator<Item = (&InfoHash, Progress)> {
        self.swarms.iter().map(|(item, swarm)| (item, swarm.progress.borrow().clone()))
    }

    fn progress_of(&self, item: &InfoHash) -> Progress {
        match self.swarms.get(item) {
            Some(swarm) => swarm.progress.borrow().clone(),
            None => Progress::default(),
        }
    }

    fn repository_path(&self) -> String {
        self.facts.repository.root().to_string_lossy().into_owned()
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
    fn of_whole(download: &Download, progress: &Progress) -> Self {
        let info = &download.metainfo.info;
        Self {
            bytes_total: info.length(),
            bytes_done: progress.stats.bytes_done,
            pieces_total: info.piece_count(),
            pieces_done: progress.have.as_ref().map_or(0, |have| have.count()),
        }
    }

    /// Counts what was asked for, and what is there of it.
    fn of(download: &Download, have: &Arc<Bitfield>) -> Self {
        let info = &download.metainfo.info;
        let geometry = info.geometry();
        let wanted = &download.wanted_pieces;
        let done = wanted.iter().filter_map(|index| geometry.piece(index)).filter(|piece| have.has(*piece));
        let (pieces_done, bytes) =
            done.fold((0, 0), |(count, bytes), piece| (count + 1, bytes + geometry.payload_of(piece)));
        let bytes_total = match &download.wanted {
            Wanted::Whole => info.length(),
            wanted => (0..info.files().len())
                .filter(|file| is_wanted(wanted, info, *file))
                .filter_map(|file| info.files().get(file))
                .map(|file| file.length)
                .sum(),
        };
        Self {
            bytes_total,
            // A piece at the edge of a wanted file may hold bytes of its neighbour.
            bytes_done: if pieces_done == wanted.count() { bytes_total } else { bytes_total.min(bytes) },
            pieces_total: wanted.count(),
            pieces_done,
        }
    }
}

fn state(download: &Download, still: bool) -> DownloadState {
    match &download.stage {
        Stage::Opening { paused: false } => DownloadState::Waiting,
        Stage::Running if !still => DownloadState::Fetching,
        Stage::Running => DownloadState::Waiting,
        Stage::Paused | Stage::Opening { paused: true } => DownloadState::Paused,
        Stage::Stopping { then: After::Fail { code, cause } } | Stage::Failed { code, cause } => {
            DownloadState::Failed { code: *code, cause: cause.clone() }
        }
        Stage::Stopping { .. } | Stage::Stopped => DownloadState::Stopped,
        Stage::Completing => DownloadState::Completing,
        Stage::Complete => DownloadState::Complete,
    }
}

fn view_partial(item: InfoHash, download: &Download, uploaded: u64) -> api::SharedItem {
    let info = &download.metainfo.info;
    api::SharedItem {
        name: download.name.clone(),
        hash: Some(item),
        kind: kind(info),
        bytes: info.length(),
        files: files(info),
        state: ShareState::Partial,
        uploaded,
    }
}

fn kind(info: &Info) -> ItemKind {
    match info.is_single_file() {
        true => ItemKind::File,
        false => ItemKind::Folder,
    }
}

fn files(info: &Info) -> u64 {
    info.files().iter().filter(|file| !file.pad).count() as u64
}
