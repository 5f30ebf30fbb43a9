//! Items that are known by a link alone, while peers are asked what they are.

use std::net::SocketAddr;

use peerpool_api::{self as api, Code, DownloadState, Reason, Stalled};
use peerpool_wire::id::InfoHash;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::Node;
use crate::{channel::State, swarm_task::Environment};

/// Lists of addresses that wait for whoever asks.
const CANDIDATES: usize = 16;

/// An item that is being learned, as the node keeps it.
#[derive(Debug)]
pub(super) struct Description {
    /// What the link calls it.
    name: String,
    begun: Instant,
    /// Whether peers are to be asked now.
    running: watch::Sender<bool>,
    candidates: mpsc::Sender<Vec<SocketAddr>>,
    /// How many peers the tracker named last; `None` when it could not be asked.
    holders: Option<usize>,
    failed: Option<(Code, String)>,
}

/// What whoever asks the peers gets of it; the other ends close when the item is forgotten.
#[derive(Debug)]
pub(crate) struct Describing {
    pub(crate) environment: Environment,
    pub(crate) running: watch::Receiver<bool>,
    pub(crate) candidates: mpsc::Receiver<Vec<SocketAddr>>,
}

impl Node {
    /// Begins to learn an item; `None` when that is under way already.
    pub(crate) fn describe(&mut self, item: InfoHash, name: String) -> Option<Describing> {
        if self.set_describing(&item, true) {
            return None;
        }
        let (running, watched) = watch::channel(true);
        let (candidates, told) = mpsc::channel(CANDIDATES);
        let begun = Instant::now();
        let description = Description { name, begun, running, candidates, holders: None, failed: None };
        self.descriptions.insert(item, description);
        self.locate(item);
        self.show_description(&item);
        Some(Describing { environment: self.environment.clone(), running: watched, candidates: told })
    }

    /// Has peers asked, or not any more; false when no such item is being learned.
    pub(super) fn set_describing(&mut self, item: &InfoHash, running: bool) -> bool {
        let Some(description) = self.descriptions.get_mut(item) else {
            return false;
        };
        if running {
            description.failed = None;
        }
        description.running.send_replace(running);
        if running {
            self.locate(*item);
        }
        self.show_description(item);
        true
    }

    /// The item is known and its download begun, or nobody wants it any more; true when it was being learned.
    pub(crate) fn end_description(&mut self, item: &InfoHash) -> bool {
        let Some(description) = self.descriptions.remove(item) else {
            return false;
        };
        if !self.downloads.contains_key(item) {
            self.unfollow(*item);
            self.emit(api::Event::Removed { hash: *item, name: description.name });
        }
        true
    }

    /// It cannot be learned, or its download cannot begin, until somebody resumes it.
    pub(crate) fn fail_description(&mut self, item: &InfoHash, code: Code, cause: String) {
        if let Some(description) = self.descriptions.get_mut(item) {
            description.failed = Some((code, cause));
            description.running.send_replace(false);
            self.show_description(item);
        }
    }

    /// Lets whoever asks know of further peers.
    pub(super) fn add_describers(&mut self, item: &InfoHash, addrs: &[SocketAddr], holders: Option<usize>) {
        if let Some(description) = self.descriptions.get_mut(item) {
            if !addrs.is_empty() {
                let _ = description.candidates.try_send(addrs.to_vec());
            }
            if holders.is_some() {
                description.holders = holders;
            }
        }
    }

    /// All items that are being learned.
    pub(super) fn described(&self) -> Vec<InfoHash> {
        self.descriptions.keys().copied().collect()
    }

    /// One of them, as a download that waits.
    pub(super) fn view_description(&self, item: &InfoHash) -> Option<api::Download> {
        let description = self.descriptions.get(item)?;
        let running = *description.running.borrow();
        let state = match &description.failed {
            Some((code, cause)) => DownloadState::Failed { code: *code, cause: cause.clone() },
            None if running => DownloadState::Waiting,
            None => DownloadState::Stopped,
        };
        let known = match description.holders {
            Some(0) => "; nobody who has it is online",
            None if self.channel.state() == State::NotStarted => "; no tracker was given to name some",
            _ => "",
        };
        let stalled = match &state {
            DownloadState::Waiting => Stalled {
                reason: Reason::Describing,
                message: format!("fetching the item's description from peers{known}"),
            },
            DownloadState::Failed { cause, .. } => Stalled { reason: Reason::Failed, message: cause.clone() },
            _ => Stalled {
                reason: Reason::Stopped,
                message: "it is stopped: `resume` goes on with it".to_owned(),
            },
        };
        Some(api::Download {
            hash: *item,
            name: description.name.clone(),
            stalled: Some(stalled),
            state,
            bytes_total: 0,
            bytes_done: 0,
            pieces_total: 0,
            pieces_done: 0,
            rate_down: 0,
            rate_up: 0,
            time_left: None,
            sources: Vec::new(),
            seconds: description.begun.elapsed().as_secs_f64(),
        })
    }

    fn show_description(&self, item: &InfoHash) {
        if let Some(download) = self.view_description(item) {
            self.emit(api::Event::Download { download });
        }
    }
}
