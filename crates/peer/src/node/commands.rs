//! What people do with downloads.

use peerpool_api as api;
use peerpool_swarm::Command;
use peerpool_wire::id::InfoHash;
use tokio::sync::oneshot;

use super::{
    Node,
    downloads::{Download, Next},
    error::NodeError,
};
use crate::swarm_task::Order;

/// What there is of an item that somebody wants.
#[derive(Debug)]
pub(crate) enum Reuse {
    /// All that is wanted of it is shared, or its download goes on.
    Known(Box<api::Download>),
    /// There is something to fetch of the item, whose identity is known as well as it is here.
    New(InfoHash),
}

/// A name that a download is to be saved under.
#[derive(Debug)]
pub(crate) struct SaveAs {
    pub(crate) name: String,
    /// Whether something stands there already.
    pub(crate) taken: bool,
}

impl Node {
    /// Goes on with what there is of an item, by any of its hashes, and saves it under the name that is wished now.
    pub(crate) fn reuse(&mut self, item: &InfoHash, save_as: Option<SaveAs>) -> Result<Reuse, NodeError> {
        let item = self.identify(item);
        if let Some(save_as) = save_as {
            self.save_as(&item, save_as)?;
        }
        Ok(self.go_on(&item).map_or(Reuse::New(item), |download| Reuse::Known(Box::new(download))))
    }

    /// `None` when there is something new to fetch.
    fn go_on(&mut self, item: &InfoHash) -> Option<api::Download> {
        if self.shares.has(item) {
            return self.view_download(item).or_else(|| self.view_as_complete(item));
        }
        let download = self.downloads.get(item)?;
        if !download.selection().is_whole() {
            return None;
        }
        if download.is_complete() {
            // It has been taken out of the repository since.
            self.forget(item, false);
            return None;
        }
        let _ = self.resume(item);
        self.view_download(item)
    }

    fn save_as(&mut self, item: &InfoHash, save_as: SaveAs) -> Result<(), NodeError> {
        let SaveAs { name, taken } = save_as;
        let Some(download) = self.downloads.get_mut(item).filter(|download| download.name() != name) else {
            return Ok(());
        };
        if taken {
            return Err(NodeError::NameTaken { name });
        }
        if download.is_placed() {
            return Err(NodeError::InPlace { name: download.name().to_owned() });
        }
        download.save_as(name);
        self.changed(*item);
        Ok(())
    }

    /// Whether something of an item is kept under a name of its own already.
    pub(crate) fn is_kept(&self, item: &InfoHash) -> bool {
        self.downloads.is_kept(item)
    }

    /// A download that is not shared yet, by its name or `name@hash`, if exactly one is meant.
    pub(crate) fn find_download(&self, text: &str) -> Option<InfoHash> {
        self.downloads.find(text, |item| !self.shares.has(item))
    }

    /// Pauses a download.
    pub(crate) fn pause(&mut self, item: &InfoHash) -> Result<(), NodeError> {
        if self.set_fetching_metadata(item, false) {
            return Ok(());
        }
        let next = self.download(item)?.pause();
        self.perform(*item, next);
        Ok(())
    }

    /// Goes on with a download that was paused, stopped or had failed.
    pub(crate) fn resume(&mut self, item: &InfoHash) -> Result<(), NodeError> {
        if self.set_fetching_metadata(item, true) {
            return Ok(());
        }
        let next = self.download(item)?.resume();
        self.perform(*item, next);
        Ok(())
    }

    /// Sets how a download counts beside others.
    pub(crate) fn set_priority(&mut self, item: &InfoHash, priority: api::Priority) -> Result<(), NodeError> {
        self.download(item)?.set_priority(priority);
        self.swarms.order(item, Order::Priority(priority));
        self.changed(*item);
        Ok(())
    }

    fn perform(&mut self, item: InfoHash, next: Next) {
        match next {
            Next::Nothing => return,
            Next::Open => return self.open(item, false),
            Next::Pause => self.swarms.order(&item, Order::Command(Command::Pause)),
            Next::Resume => self.swarms.order(&item, Order::Command(Command::Resume)),
            Next::Wait => {}
        }
        self.changed(item);
    }

    /// Stops a download; the receiver hears when its connections are closed and what it fetched is recorded. `None`
    /// when there is nothing to wait for.
    pub(crate) fn stop(&mut self, item: &InfoHash) -> Result<Option<oneshot::Receiver<()>>, NodeError> {
        if self.set_fetching_metadata(item, false) {
            return Ok(None);
        }
        let stopped = self.download(item)?.stop();
        if stopped.is_some() {
            self.swarms.stop(item);
            self.changed(*item);
        }
        Ok(stopped)
    }

    /// Stops all downloads that can be stopped.
    pub(crate) fn stop_all(&mut self) -> Vec<oneshot::Receiver<()>> {
        for item in self.metadata.items() {
            self.set_fetching_metadata(&item, false);
        }
        let all = self.downloads.items(|_| true);
        all.iter().filter_map(|item| self.stop(item).ok().flatten()).collect()
    }

    /// Forgets a download that has stopped or is complete; what it fetched may stay for another time.
    pub(crate) fn forget(&mut self, item: &InfoHash, keep: bool) {
        if self.end_metadata(item) {
            return;
        }
        if self.downloads.get(item).is_some_and(|download| !download.is_complete()) {
            self.record_download(item, api::TransferResult::Removed);
        }
        if let Some(download) = self.downloads.remove(item, keep) {
            self.unindex(item);
            self.unfollow(*item);
            self.pool.registrations.mark(*item);
            self.downloads.save();
            self.emit(api::Event::Removed { hash: *item, name: download.name().to_owned() });
        }
    }

    fn download(&mut self, item: &InfoHash) -> Result<&mut Download, NodeError> {
        self.downloads.get_mut(item).ok_or(NodeError::NoDownload(*item))
    }
}
