//! What the control API shows of the node.

use peerpool_api::{self as api, DownloadState, ItemKind, ShareState, TrackerState, TrackerStatus};
use peerpool_repository::SharedItem;
use peerpool_wire::{
    id::{InfoHash, PeerId},
    metainfo::Info,
};

use super::{Node, downloads::Download};
use crate::channel::State;

impl Node {
    /// Has the peer called otherwise.
    pub(crate) fn rename(&mut self, name: String) {
        self.facts.name = name;
    }

    /// The peer at a glance, and all of its downloads.
    pub(crate) fn view_status(&self) -> api::Status {
        api::Status { downloads: self.view_downloads(), ..self.view_glance() }
    }

    /// The peer at a glance.
    pub(crate) fn view_glance(&self) -> api::Status {
        let totals = self.swarms.totals();
        api::Status {
            peer_id: self.peer_id(),
            name: self.facts.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            repository: self.repository_path(),
            listen: self.facts.listen,
            web: *self.facts.web.borrow(),
            tracker: self.view_tracker(),
            items: self.shares.iter().len() as u64,
            size: self.shares.iter().map(|item| item.metainfo().info.length()).sum(),
            hashing: self.shares.hashing().cloned(),
            problems: self.view_problems(),
            reachability: self.view_reachability(),
            limits: self.facts.limits.now(),
            downloads: Vec::new(),
            connections: totals.connections,
            rate_down: totals.rate_down,
            rate_up: totals.rate_up,
            downloaded: totals.downloaded,
            uploaded: totals.uploaded,
        }
    }

    /// What is shared, and what cannot be.
    pub(crate) fn view_repository(&self) -> api::Repository {
        let shared = self.shares.iter().map(|item| self.view_shared(item));
        let partial = self
            .downloads
            .iter()
            .filter(|(item, _)| self.swarms.has(item) && !self.shares.has(item))
            .map(|(item, download)| self.view_partial(*item, download));
        let mut items: Vec<api::SharedItem> = shared.chain(partial).collect();
        items.sort_by(|one, other| one.name.cmp(&other.name));
        api::Repository {
            path: self.repository_path(),
            items,
            total: None,
            hashing: self.shares.hashing().cloned(),
            problems: self.view_problems(),
        }
    }

    /// A shared item by its name.
    pub(crate) fn view_item(&self, name: &str) -> Option<api::SharedItem> {
        self.shares.get(name).map(|item| self.view_shared(item))
    }

    pub(super) fn view_shared(&self, item: &SharedItem) -> api::SharedItem {
        self.view_offered(item.info_hash(), item.name(), &item.metainfo().info, ShareState::Shared)
    }

    /// A download that is offered in part.
    pub(super) fn view_partial(&self, item: InfoHash, download: &Download) -> api::SharedItem {
        self.view_offered(item, download.name(), download.info(), ShareState::Partial)
    }

    fn view_offered(&self, item: InfoHash, name: &str, info: &Info, state: ShareState) -> api::SharedItem {
        let taking = self.swarms.taking(&item);
        api::SharedItem {
            name: name.to_owned(),
            hash: Some(item),
            kind: kind(info),
            size: info.length(),
            files: files(info),
            state,
            uploaded: self.swarms.uploaded(&item),
            takers: taking.takers,
            rate_up: taking.rate_up,
        }
    }

    /// All downloads, oldest first.
    pub(crate) fn view_downloads(&self) -> Vec<api::Download> {
        let waiting = self.metadata.items().into_iter().filter(|item| !self.downloads.has(item));
        let all = self.downloads.by_age().into_iter().chain(waiting);
        all.filter_map(|item| self.view_download(&item)).collect()
    }

    /// One download.
    pub(crate) fn view_download(&self, item: &InfoHash) -> Option<api::Download> {
        let tracker = self.pool.channel.state();
        let Some(download) = self.downloads.get(item) else {
            return self.metadata.view(item, &tracker);
        };
        let name_of = |peer_id: &PeerId| self.pool.names.get(peer_id);
        Some(download.view(*item, self.swarms.progress(item), &tracker, name_of))
    }

    /// What the repository has already, shown as a download that is complete.
    pub(crate) fn view_as_complete(&self, item: &InfoHash) -> Option<api::Download> {
        let shared = self.shares.of(item)?;
        let info = &shared.metainfo().info;
        Some(api::Download {
            hash: *item,
            name: shared.name().to_owned(),
            state: DownloadState::Complete,
            priority: api::Priority::Normal,
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
        let (url, name, state) = match self.pool.channel.state() {
            State::NotStarted => (None, None, TrackerState::NotStarted),
            State::Connecting { url } => (Some(url), None, TrackerState::Connecting),
            State::Connected { url, tracker, .. } => (Some(url), Some(tracker), TrackerState::Connected),
            State::Moving { url, error } => {
                (Some(url), None, TrackerState::Reconnecting { cause: error.to_string(), retry_in: 0 })
            }
            State::Reconnecting { url, error, retry_in } => {
                let state =
                    TrackerState::Reconnecting { cause: error.to_string(), retry_in: retry_in.as_secs() };
                (Some(url), None, state)
            }
        };
        TrackerStatus { url, name, state }
    }

    fn repository_path(&self) -> String {
        self.facts.repository.root().to_string_lossy().into_owned()
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
