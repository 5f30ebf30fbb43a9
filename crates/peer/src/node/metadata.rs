//! Items that are known by a link alone, while peers are asked for their metadata.

use std::collections::BTreeMap;

use peerpool_api::{self as api, Code, DownloadState, Reason, Stalled};
use peerpool_wire::id::InfoHash;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::Node;
use crate::{addresses::Place, channel::State, swarm_task::Environment};

/// Lists of addresses that wait for whoever asks.
const CANDIDATES: usize = 16;

/// The items whose metadata is being fetched.
#[derive(Debug, Default)]
pub(super) struct MetadataFetches(BTreeMap<InfoHash, MetadataFetch>);

/// One of them, as the node keeps it.
#[derive(Debug)]
struct MetadataFetch {
    /// What the link calls the item.
    name: String,
    begun: Instant,
    /// Whether peers are to be asked now.
    running: watch::Sender<bool>,
    candidates: mpsc::Sender<Vec<Place>>,
    /// How many peers the tracker named last; `None` when it could not be asked.
    holders: Option<usize>,
    failed: Option<(Code, String)>,
}

/// What whoever asks the peers gets of it; the other ends close when the item is forgotten.
#[derive(Debug)]
pub(crate) struct MetadataTask {
    pub(crate) environment: Environment,
    pub(crate) running: watch::Receiver<bool>,
    pub(crate) candidates: mpsc::Receiver<Vec<Place>>,
}

impl MetadataFetches {
    pub(super) fn items(&self) -> Vec<InfoHash> {
        self.0.keys().copied().collect()
    }

    /// Begins to fetch.
    fn insert(&mut self, item: InfoHash, name: String, environment: Environment) -> MetadataTask {
        let (running, watched) = watch::channel(true);
        let (candidates, told) = mpsc::channel(CANDIDATES);
        let fetch =
            MetadataFetch { name, begun: Instant::now(), running, candidates, holders: None, failed: None };
        self.0.insert(item, fetch);
        MetadataTask { environment, running: watched, candidates: told }
    }

    /// Has peers asked, or not any more; false when the item's metadata is not being fetched.
    fn set_running(&mut self, item: &InfoHash, running: bool) -> bool {
        let Some(fetch) = self.0.get_mut(item) else {
            return false;
        };
        if running {
            fetch.failed = None;
        }
        fetch.running.send_replace(running);
        true
    }

    fn fail(&mut self, item: &InfoHash, code: Code, cause: String) {
        if let Some(fetch) = self.0.get_mut(item) {
            fetch.failed = Some((code, cause));
            fetch.running.send_replace(false);
        }
    }

    /// Lets whoever asks know of further peers.
    pub(super) fn add_candidates(&self, item: &InfoHash, places: impl IntoIterator<Item = Place>) {
        if let Some(fetch) = self.0.get(item) {
            // What finds no room is told again when the tracker is asked again.
            let _ = fetch.candidates.try_send(places.into_iter().collect());
        }
    }

    /// The tracker named so many peers.
    pub(super) fn note_holders(&mut self, item: &InfoHash, holders: usize) {
        if let Some(fetch) = self.0.get_mut(item) {
            fetch.holders = Some(holders);
        }
    }

    /// Removes one. Returns its name.
    fn remove(&mut self, item: &InfoHash) -> Option<String> {
        self.0.remove(item).map(|fetch| fetch.name)
    }

    /// One of them, as a download that waits.
    pub(super) fn view(&self, item: &InfoHash, tracker: &State) -> Option<api::Download> {
        self.0.get(item).map(|fetch| fetch.view(item, tracker))
    }
}

impl MetadataFetch {
    fn view(&self, item: &InfoHash, tracker: &State) -> api::Download {
        let state = match &self.failed {
            Some((code, cause)) => DownloadState::Failed { code: *code, cause: cause.clone() },
            None if *self.running.borrow() => DownloadState::Waiting,
            None => DownloadState::Stopped,
        };
        let stalled = match &state {
            DownloadState::Waiting => {
                let known = match self.holders {
                    Some(0) => "; nobody who has it is online",
                    None if *tracker == State::NotStarted => "; no tracker was given to name some",
                    _ => "",
                };
                let message = format!("fetching the item's metadata from peers{known}");
                Stalled { reason: Reason::Describing, message }
            }
            DownloadState::Failed { cause, .. } => Stalled { reason: Reason::Failed, message: cause.clone() },
            _ => Stalled {
                reason: Reason::Stopped,
                message: "it is stopped: `resume` goes on with it".to_owned(),
            },
        };
        api::Download {
            hash: *item,
            name: self.name.clone(),
            stalled: Some(stalled),
            state,
            priority: api::Priority::Normal,
            bytes_total: 0,
            bytes_done: 0,
            pieces_total: 0,
            pieces_done: 0,
            rate_down: 0,
            rate_up: 0,
            time_left: None,
            sources: Vec::new(),
            seconds: self.begun.elapsed().as_secs_f64(),
        }
    }
}

impl Node {
    /// Begins to fetch an item's metadata; `None` when that is under way already.
    pub(crate) fn fetch_metadata(&mut self, item: InfoHash, name: String) -> Option<MetadataTask> {
        if self.set_fetching_metadata(&item, true) {
            return None;
        }
        let task = self.metadata.insert(item, name, self.facts.environment.clone());
        self.locate(item);
        self.show_metadata(&item);
        Some(task)
    }

    /// Has peers asked, or not any more; false when the item's metadata is not being fetched.
    pub(super) fn set_fetching_metadata(&mut self, item: &InfoHash, running: bool) -> bool {
        let known = self.metadata.set_running(item, running);
        if known {
            if running {
                self.locate(*item);
            }
            self.show_metadata(item);
        }
        known
    }

    /// The item is known and its download begun, or nobody wants it any more; true when its metadata was being fetched.
    pub(crate) fn end_metadata(&mut self, item: &InfoHash) -> bool {
        let Some(name) = self.metadata.remove(item) else {
            return false;
        };
        if !self.downloads.has(item) {
            self.unfollow(*item);
            self.emit(api::Event::Removed { hash: *item, name });
        }
        true
    }

    /// The metadata cannot be had, or its download cannot begin, until somebody resumes it.
    pub(crate) fn fail_metadata(&mut self, item: &InfoHash, code: Code, cause: String) {
        self.metadata.fail(item, code, cause);
        self.show_metadata(item);
    }

    fn show_metadata(&self, item: &InfoHash) {
        if let Some(download) = self.metadata.view(item, &self.pool.channel.state()) {
            self.emit(api::Event::Download { download });
        }
    }
}
