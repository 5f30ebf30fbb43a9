//! Downloads: begun, held, stopped and taken up again.

use std::{sync::Arc, time::Duration};

use peerpool_api::{self as api, Code};
use peerpool_repository::{PartialError, PartialItem, ReadError, Wanted, partial::PartialListing};
use peerpool_swarm::Command;
use peerpool_wire::{bitfield::Bitfield, channel::Holder, id::InfoHash, metainfo::Metainfo};
use tokio::sync::oneshot;

use super::{
    Node,
    download::{After, Download, Stage},
    error::NodeError,
    stalled::Heard,
};
use crate::{
    code::Coded as _,
    content::Content,
    journal::{Entry, Rest},
    swarm_task::{Order, Progress},
};

/// Beats between looking for further holders of a download.
const LOOK_AGAIN: u32 = 120;

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
    /// A new download whose files are open, or further files of one that there is.
    pub(crate) fn begin(
        &mut self,
        partial: Arc<PartialItem>,
        name: String,
        holders: &[Holder],
        asked: Option<String>,
    ) {
        let item = partial.info_hash();
        self.forgotten.remove(&item);
        match self.downloads.get(&item).map(|download| download.stage.clone()) {
            None => {
                let entry = Entry { name, rests: Rest::No, asked };
                self.insert(partial.metainfo(), entry, partial.wanted(), partial.verified());
            }
            Some(Stage::Stopped | Stage::Failed { .. }) => self.want_more(item, &partial),
            // What it put into the repository was changed there, so that it does not run.
            Some(Stage::Complete) if !self.holds_data(&item) => self.want_more(item, &partial),
            Some(_) => return self.want_more(item, &partial),
        }
        self.run_download(item, partial);
        self.add_holders(item, holders);
        self.locate(item);
    }

    fn holds_data(&self, item: &InfoHash) -> bool {
        self.downloads.get(item).is_some_and(|download| download.partial.is_some())
    }

    /// More of an item is wanted; its swarm, if it runs, fetches that too.
    fn want_more(&mut self, item: InfoHash, partial: &PartialItem) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        download.want(partial.wanted());
        download.have = partial.verified();
        let done = download.is_done();
        if download.stage == Stage::Complete {
            download.stage = Stage::Running;
        }
        let wanted = download.wanted_pieces.clone();
        self.order(&item, Order::Command(Command::Want(wanted)));
        if done {
            self.complete(item);
        }
        self.changed(item);
    }

    /// Goes on with what there is of an item, by any of its hashes, and saves it under the name that is wished now.
    pub(crate) fn reuse(&mut self, item: &InfoHash, save_as: Option<SaveAs>) -> Result<Reuse, NodeError> {
        let item = self.identify(item);
        if let Some(save_as) = save_as {
            self.save_as(&item, save_as)?;
        }
        Ok(self.go_on(&item).map_or(Reuse::New(item), |download| Reuse::Known(Box::new(download))))
    }

    /// Goes on with what is downloaded, or has what is shared; `None` when there is something new to fetch.
    fn go_on(&mut self, item: &InfoHash) -> Option<api::Download> {
        if self.shared(item).is_some() {
            return self.view_download(item).or_else(|| self.view_as_complete(item));
        }
        let download = self.downloads.get(item)?;
        if download.wanted != Wanted::Whole {
            return None;
        }
        if download.stage == Stage::Complete {
            // It was complete, and has been taken out of the repository since.
            self.forget(item, false);
            return None;
        }
        let _ = self.resume(item);
        self.view_download(item)
    }

    /// Has a download saved under another name, as long as it is not in its place yet.
    fn save_as(&mut self, item: &InfoHash, save_as: SaveAs) -> Result<(), NodeError> {
        let SaveAs { name, taken } = save_as;
        let Some(download) = self.downloads.get_mut(item).filter(|download| download.name != name) else {
            return Ok(());
        };
        if taken {
            return Err(NodeError::NameTaken { name });
        }
        if matches!(download.stage, Stage::Completing | Stage::Complete) {
            return Err(NodeError::InPlace { name: download.name.clone() });
        }
        download.name = name;
        self.changed(*item);
        Ok(())
    }

    /// Whether something of an item is kept under a name of its own already.
    pub(crate) fn is_kept(&self, item: &InfoHash) -> bool {
        self.downloads.contains_key(item) || self.forgotten.contains_key(item)
    }

    fn insert(&mut self, metainfo: Arc<Metainfo>, entry: Entry, wanted: Wanted, have: Bitfield) {
        self.downloads_begun += 1;
        let item = metainfo.info.hash();
        let mut download = Download::new(self.downloads_begun, entry.name, metainfo, wanted, have);
        download.asked = entry.asked;
        self.downloads.insert(item, download);
    }

    /// Downloads that were under way when the peer ended last.
    pub(crate) fn take_up(&mut self, listing: PartialListing, entry: Option<Entry>) {
        let item = listing.metainfo.info.hash();
        let entry = entry.unwrap_or_else(|| Entry {
            name: listing.metainfo.info.name().to_owned(),
            rests: Rest::No,
            asked: None,
        });
        if entry.rests == Rest::Forgotten {
            self.forgotten.insert(item, entry.name);
            return;
        }
        let rests = entry.rests;
        self.insert(listing.metainfo, entry, listing.wanted, listing.verified);
        if listing.altered
            && let Some(download) = self.downloads.get_mut(&item)
            && download.is_done()
        {
            // Its owner has what was asked for, and changed it or took it away: nothing of it is offered.
            download.stage = Stage::Complete;
            return;
        }
        if rests != Rest::Stopped {
            self.open(item, rests == Rest::Paused);
        }
    }

    /// Opens the files of a download, then runs it.
    fn open(&mut self, item: InfoHash, paused: bool) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        download.stage = Stage::Opening { paused };
        let repository = self.facts.repository.clone();
        let (metainfo, wanted) = (download.metainfo.clone(), download.wanted.clone());
        let opening = move || repository.download(metainfo, wanted);
        self.block_then(opening, move |node, opened| match opened {
            Ok(partial) => {
                let paused = node.downloads.get(&item).is_some_and(Download::opens_paused);
                node.run_download(item, partial);
                node.locate(item);
                if paused {
                    let _ = node.pause(&item);
                }
            }
            Err(error) => node.fail(item, &error),
        });
        self.changed(item);
    }

    fn run_download(&mut self, item: InfoHash, partial: Arc<PartialItem>) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        // Something may have been asked for while the files were being opened.
        if let Stage::Stopping { .. } = download.stage {
            return self.download_stopped(item);
        }
        download.have = partial.verified();
        download.partial = Some(partial.clone());
        download.stage = Stage::Running;
        download.heard = Heard::nothing();
        let done = download.is_done();
        let wanted = (download.wanted != Wanted::Whole).then(|| download.wanted_pieces.clone());
        self.index(item);
        self.start_swarm(item, Content::Partial(partial), wanted);
        if done {
            self.complete(item);
        }
        self.registrations.mark(item);
        self.flush_registrations();
        self.changed(item);
    }

    /// Holds a download.
    pub(crate) fn pause(&mut self, item: &InfoHash) -> Result<(), NodeError> {
        if self.set_describing(item, false) {
            return Ok(());
        }
        let download = self.download(item)?;
        match &mut download.stage {
            Stage::Running => {
                download.stage = Stage::Paused;
                self.order(item, Order::Command(Command::Pause));
                self.changed(*item);
            }
            Stage::Opening { paused } => {
                *paused = true;
                self.changed(*item);
            }
            _ => {}
        }
        Ok(())
    }

    /// Goes on with a download that was held, stopped or had failed.
    pub(crate) fn resume(&mut self, item: &InfoHash) -> Result<(), NodeError> {
        if self.set_describing(item, true) {
            return Ok(());
        }
        let download = self.download(item)?;
        match &mut download.stage {
            Stage::Paused => {
                download.stage = Stage::Running;
                download.heard = Heard::nothing();
                self.order(item, Order::Command(Command::Resume));
                self.changed(*item);
            }
            Stage::Stopping { then } => *then = After::Resume,
            Stage::Stopped | Stage::Failed { .. } => self.open(*item, false),
            Stage::Opening { paused } => {
                *paused = false;
                self.changed(*item);
            }
            Stage::Running | Stage::Completing | Stage::Complete => {}
        }
        Ok(())
    }

    /// Stops a download; the receiver hears when its connections are closed and what it fetched is recorded.
    pub(crate) fn stop(&mut self, item: &InfoHash) -> Result<Option<oneshot::Receiver<()>>, NodeError> {
        if self.set_describing(item, false) {
            return Ok(None);
        }
        let download = self.download(item)?;
        match &mut download.stage {
            Stage::Stopped | Stage::Failed { .. } | Stage::Completing | Stage::Complete => return Ok(None),
            Stage::Stopping { then } => *then = After::Rest,
            stage => *stage = Stage::Stopping { then: After::Rest },
        }
        let (stopped, hears) = oneshot::channel();
        download.stopped.push(stopped);
        self.stop_swarm(item);
        self.changed(*item);
        Ok(Some(hears))
    }

    /// All downloads that can be stopped.
    pub(crate) fn stop_all(&mut self) -> Vec<oneshot::Receiver<()>> {
        for item in self.described() {
            self.set_describing(&item, false);
        }
        let all: Vec<InfoHash> = self.downloads.keys().copied().collect();
        all.iter().filter_map(|item| self.stop(item).ok().flatten()).collect()
    }

    /// Forgets a download that has stopped or is complete; what it fetched may stay for another time.
    pub(crate) fn forget(&mut self, item: &InfoHash, keep: bool) {
        if self.end_description(item) {
            return;
        }
        if let Some(download) = self.downloads.remove(item) {
            if keep {
                self.forgotten.insert(*item, download.name.clone());
            }
            self.unindex(*item);
            self.unfollow(*item);
            self.registrations.mark(*item);
            self.save_journal();
            self.emit(api::Event::Removed { hash: *item, name: download.name });
        }
    }

    /// Files that a download put into the repository are not there any more, or changed there.
    pub(super) fn handle_altered(&mut self, item: InfoHash) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        match download.stage {
            Stage::Complete => {
                download.partial = None;
                self.stop_swarm(&item);
                self.registrations.mark(item);
            }
            Stage::Running => self.stop_then(item, After::Resume),
            _ => {}
        }
    }

    /// Has a download stop, and do something then.
    pub(super) fn stop_then(&mut self, item: InfoHash, then: After) {
        if let Some(download) = self.downloads.get_mut(&item) {
            download.stage = Stage::Stopping { then };
        }
        match self.swarms.get(&item).is_some_and(|swarm| !swarm.orders.is_closed()) {
            true => self.stop_swarm(&item),
            false => self.download_stopped(item),
        }
    }

    /// Ends the swarm of an item.
    pub(super) fn stop_swarm(&mut self, item: &InfoHash) {
        let (done, _) = oneshot::channel();
        self.order(item, Order::Stop(done));
    }

    /// The swarm of a download has ended.
    pub(super) fn download_stopped(&mut self, item: InfoHash) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        let Stage::Stopping { then } = &download.stage else {
            return;
        };
        let then = then.clone();
        download.partial = None;
        for waiting in download.stopped.drain(..) {
            let _ = waiting.send(());
        }
        download.stage = match then {
            After::Rest | After::Resume => Stage::Stopped,
            After::Fail { ref code, ref cause } => Stage::Failed { code: *code, cause: cause.clone() },
        };
        self.swarms.remove(&item);
        self.registrations.mark(item);
        self.unfollow(item);
        self.changed(item);
        if then == After::Resume {
            self.open(item, false);
        }
    }

    /// Writing failed: this download rests, with the cause; nothing else is concerned.
    pub(super) fn download_failed(&mut self, item: InfoHash, error: &PartialError) {
        let (code, cause) = (error.code(), error.to_string());
        if let Some(download) = self.downloads.get_mut(&item) {
            download.stage = Stage::Stopping { then: After::Fail { code, cause } };
            self.download_stopped(item);
        }
    }

    /// What was fetched cannot be read back. What somebody changed is looked at again, and fetched again where it is to be.
    pub(super) fn download_unreadable(&mut self, item: InfoHash, error: &ReadError) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        if download.stage == Stage::Complete {
            download.partial = None;
            self.registrations.mark(item);
        } else if matches!(error, ReadError::Changed { .. }) && download.stage == Stage::Running {
            download.stage = Stage::Stopping { then: After::Resume };
            self.download_stopped(item);
        } else if download.is_running() {
            download.stage =
                Stage::Stopping { then: After::Fail { code: Code::Disk, cause: error.to_string() } };
            self.download_stopped(item);
        }
    }

    fn fail(&mut self, item: InfoHash, error: &PartialError) {
        if let Some(download) = self.downloads.get_mut(&item) {
            download.stage = Stage::Failed { code: error.code(), cause: error.to_string() };
            for waiting in download.stopped.drain(..) {
                let _ = waiting.send(());
            }
            self.changed(item);
        }
    }

    /// Remembers what the run of a swarm that ended came to.
    pub(super) fn keep_progress(&mut self, item: &InfoHash, progress: &Progress) {
        if let Some(download) = self.downloads.get_mut(item) {
            download.keep(progress);
        }
    }

    /// Shows downloads that move, and looks for further holders of those that need some.
    pub(super) fn show_downloads(&mut self, passed: Duration) {
        let running: Vec<InfoHash> = self
            .downloads
            .iter()
            .filter(|(_, download)| download.stage == Stage::Running)
            .map(|(item, _)| *item)
            .collect();
        for item in running {
            let (received, connected) = self.swarms.get(&item).map_or((0, false), |swarm| {
                let progress = swarm.progress.borrow();
                (progress.stats.received, progress.sources.iter().any(|source| source.connected))
            });
            if let Some(download) = self.downloads.get_mut(&item) {
                download.seconds += passed.as_secs_f64();
                download.beats = download.beats.wrapping_add(1);
                download.heard.look(received);
                if download.beats.is_multiple_of(LOOK_AGAIN) {
                    self.locate(item);
                }
            }
            self.look_for_successor(item, connected);
            self.show_download(&item);
        }
    }

    /// A download changed its stage: everybody learns it, and it is remembered over a restart.
    pub(super) fn changed(&mut self, item: InfoHash) {
        self.show_download(&item);
        self.save_journal();
    }

    fn show_download(&self, item: &InfoHash) {
        if self.events.receiver_count() > 0
            && let Some(download) = self.view_download(item)
        {
            self.emit(api::Event::Download { download });
        }
    }

    fn save_journal(&self) {
        let known = self.downloads.iter().map(|(item, download)| (*item, download.entry()));
        let forgotten = self.forgotten.iter().map(|(item, name)| {
            let (name, rests) = (name.clone(), Rest::Forgotten);
            (*item, Entry { name, rests, asked: None })
        });
        self.journal.save(known.chain(forgotten).collect());
    }

    fn download(&mut self, item: &InfoHash) -> Result<&mut Download, NodeError> {
        self.downloads.get_mut(item).ok_or(NodeError::NoDownload(*item))
    }

    /// The verified pieces of a download, as they are now.
    pub(super) fn have_of(&self, item: &InfoHash, download: &Download) -> Arc<Bitfield> {
        let running = self.swarms.get(item).and_then(|swarm| swarm.progress.borrow().have.clone());
        running.unwrap_or_else(|| Arc::new(download.have.clone()))
    }

    /// How many they are.
    pub(super) fn pieces_of(&self, item: &InfoHash, download: &Download) -> u32 {
        let running = self
            .swarms
            .get(item)
            .and_then(|swarm| swarm.progress.borrow().have.as_ref().map(|have| have.count()));
        running.unwrap_or_else(|| download.have.count())
    }
}
