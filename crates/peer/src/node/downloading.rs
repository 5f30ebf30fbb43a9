//! Downloads begin, run and end.

use std::{sync::Arc, time::Duration};

use peerpool_api as api;
use peerpool_repository::{PartialError, PartialItem, ReadError, partial::PartialListing};
use peerpool_swarm::Command;
use peerpool_wire::{bitfield::Bitfield, channel::Holder, id::InfoHash};

use super::{
    Node,
    downloads::{After, Download, journal::Entry},
};
use crate::{code::Coded as _, item_data::ItemData, swarm_task::Order};

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
        match self.downloads.get(&item).map(Download::is_at_rest) {
            None => {
                let (metainfo, have) = (partial.metainfo(), partial.verified());
                self.downloads.insert(metainfo, partial.wanted(), have, name, asked);
            }
            Some(true) => self.want_more(item, &partial),
            Some(false) => return self.want_more(item, &partial),
        }
        self.run_download(item, partial);
        self.add_holders(item, holders);
        self.locate(item);
    }

    /// More of an item is wanted; its swarm, if it runs, fetches that too.
    fn want_more(&mut self, item: InfoHash, partial: &PartialItem) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        download.want_more(partial);
        let done = download.is_done();
        let pieces = download.selection().pieces().clone();
        self.swarms.order(&item, Order::Command(Command::Want(pieces)));
        if done {
            self.complete(item);
        }
        self.changed(item);
    }

    /// Takes up a download that was there when the peer ended last.
    pub(crate) fn take_up(&mut self, listing: PartialListing, entry: Option<Entry>) {
        let item = listing.metainfo.info.hash();
        if let Some(paused) = self.downloads.take_up(listing, entry) {
            self.open(item, paused);
        }
    }

    /// Opens the files of a download, then runs it.
    pub(super) fn open(&mut self, item: InfoHash, paused: bool) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        let (metainfo, wanted) = download.open(paused);
        let repository = self.facts.repository.clone();
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
        if !download.run(partial.clone()) {
            return self.download_stopped(item);
        }
        let done = download.is_done();
        let selection = download.selection();
        let wanted = (!selection.is_whole()).then(|| selection.pieces().clone());
        let priority = download.priority();
        self.index(item);
        self.start_swarm(item, ItemData::Partial(partial), wanted);
        self.swarms.order(&item, Order::Priority(priority));
        if done {
            self.complete(item);
        }
        self.pool.registrations.mark(item);
        self.flush_registrations();
        self.changed(item);
    }

    /// Has a download stop, and do something then.
    pub(super) fn stop_then(&mut self, item: InfoHash, then: After) {
        if let After::Fail { code, cause } = &then {
            self.record_failure(&item, *code, cause.clone());
        }
        if let Some(download) = self.downloads.get_mut(&item) {
            download.stop_then(then);
        }
        match self.swarms.runs(&item) {
            true => self.swarms.stop(&item),
            false => self.download_stopped(item),
        }
    }

    /// The swarm of a download has ended.
    pub(super) fn download_stopped(&mut self, item: InfoHash) {
        let Some(then) = self.downloads.get_mut(&item).and_then(Download::end) else {
            return;
        };
        self.swarms.remove(&item);
        self.pool.registrations.mark(item);
        self.unfollow(item);
        self.changed(item);
        if then == After::Resume {
            self.open(item, false);
        }
    }

    /// The swarm of a download has ended by itself.
    fn download_ended(&mut self, item: InfoHash, then: After) {
        if let After::Fail { code, cause } = &then {
            self.record_failure(&item, *code, cause.clone());
        }
        if let Some(download) = self.downloads.get_mut(&item) {
            download.stop_then(then);
            self.download_stopped(item);
        }
    }

    /// Writing failed: this download rests, with the cause; nothing else is concerned.
    pub(super) fn download_failed(&mut self, item: InfoHash, error: &PartialError) {
        self.download_ended(item, After::Fail { code: error.code(), cause: error.to_string() });
    }

    /// What was fetched cannot be read back. What somebody changed is looked at again, and fetched again where it is to
    /// be.
    pub(super) fn download_unreadable(&mut self, item: InfoHash, error: &ReadError) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        if download.is_complete() {
            download.close();
            self.pool.registrations.mark(item);
        } else if matches!(error, ReadError::Changed { .. }) && download.is_fetching() {
            self.download_ended(item, After::Resume);
        } else if download.is_running() {
            self.download_ended(item, After::Fail { code: api::Code::Disk, cause: error.to_string() });
        }
    }

    fn fail(&mut self, item: InfoHash, error: &PartialError) {
        if let Some(download) = self.downloads.get_mut(&item) {
            download.fail(error.code(), error.to_string());
            self.record_failure(&item, error.code(), error.to_string());
            self.changed(item);
        }
    }

    /// Shows downloads that move, and looks for further holders of those that need some.
    pub(super) fn tick_downloads(&mut self, passed: Duration) {
        for item in self.downloads.items(Download::is_fetching) {
            let moved = self.swarms.moved(&item);
            let Some(download) = self.downloads.get_mut(&item) else { continue };
            let due = download.tick(passed, moved);
            if due.holders {
                self.locate(item);
            }
            if due.successor {
                // When many wait, the rest have their turn later.
                let _ = self.facts.alone.try_send(item);
            }
            self.show_progress(&item);
        }
    }

    /// A download changed its stage: everybody learns it, and it is remembered over a restart.
    pub(super) fn changed(&mut self, item: InfoHash) {
        if let Some(download) = self.view_download(&item) {
            self.emit(api::Event::Download { download });
        }
        self.downloads.save();
    }

    /// How far a download is, which nobody needs to know later.
    fn show_progress(&self, item: &InfoHash) {
        if self.events.receiver_count() > 0
            && let Some(download) = self.view_download(item)
        {
            self.show(api::Event::Download { download });
        }
    }

    /// The verified pieces of a download, as they are now.
    pub(super) fn have_of(&self, item: &InfoHash, download: &Download) -> Arc<Bitfield> {
        self.swarms.have(item).unwrap_or_else(|| Arc::new(download.have().clone()))
    }

    /// How many they are.
    pub(super) fn pieces_of(&self, item: &InfoHash, download: &Download) -> u32 {
        self.swarms.pieces(item).unwrap_or_else(|| download.have().count())
    }
}
