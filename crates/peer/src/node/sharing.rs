//! What follows from what the scanner finds.

use std::{sync::Arc, time::Instant};

use peerpool_api as api;
use peerpool_repository::{self as repository, ReadError, SharedItem};
use peerpool_wire::{
    id::{InfoHash, WireHash},
    metainfo::Metainfo,
};

use super::{Node, downloads::After, problems::Origin};
use crate::scanner::Event;

/// The part of a peer that watches the repository.
const UNWATCHED: Origin = Origin::Part("watch");

impl Node {
    pub(super) fn handle_scanner(&mut self, event: Event) {
        match event {
            Event::Refresh(repository::Event::Hashing { item, done, total }) => {
                if let Some(hashing) = self.shares.note_hashing(Instant::now(), &item, done, total) {
                    self.emit(api::Event::Hashing { hashing });
                }
            }
            Event::Refresh(repository::Event::Shared(item)) => self.add_shared(item),
            Event::Refresh(repository::Event::Withdrawn(name)) => {
                self.withdraw(&name, "it is no longer in the repository as it was");
            }
            Event::Refresh(repository::Event::Problem(problem)) => self.add_problem(&problem),
            Event::Refresh(repository::Event::Altered(item)) => self.handle_altered(item),
            Event::Unwatched(problems) => {
                self.forget_problems(|origin| *origin == UNWATCHED);
                for problem in &problems {
                    self.add_problem_of(UNWATCHED, problem);
                }
            }
            Event::Begun(scope) => self.forget_problems_of(&scope),
            Event::Done => {
                self.shares.end_hashing();
                self.flush_registrations();
            }
        }
    }

    /// An item is shared from now on, in place of an earlier one of that name.
    pub(crate) fn add_shared(&mut self, item: Arc<SharedItem>) {
        let (name, hash) = (item.name(), item.info_hash());
        match self.shares.get(name) {
            Some(before) if before.info_hash() == hash => return self.shares.insert(item),
            Some(_) => self.withdraw(name, "it has changed"),
            None => {}
        }
        let view = self.view_shared(&item);
        self.shares.insert(item);
        self.index(hash);
        self.pool.registrations.mark(hash);
        self.emit(api::Event::Shared { item: view });
    }

    /// An item is shared no longer.
    pub(crate) fn withdraw(&mut self, name: &str, reason: &str) {
        let Some(withdrawn) = self.shares.remove(name) else {
            return;
        };
        if withdrawn.last {
            let item = withdrawn.item;
            self.unindex(&item);
            self.pool.registrations.mark(item);
            // Without a handle the swarm ends as soon as its connections do; nothing of it is read any more
            // that is not what was hashed.
            if !self.downloads.get(&item).is_some_and(|download| download.is_running()) {
                self.swarms.stop(&item);
            }
        }
        self.emit(api::Event::Withdrawn { name: name.to_owned(), reason: reason.to_owned() });
    }

    /// An item on disk is not what it was: nothing of it is served until it was looked at again.
    pub(super) fn handle_unreadable(&mut self, item: InfoHash, error: &ReadError) {
        tracing::warn!(%error, "what is on disk is not what was hashed: the item is withdrawn");
        for name in self.shares.names_of(&item) {
            self.withdraw(&name, &error.to_string());
            self.scanner.look_again(name);
        }
        self.download_unreadable(item, error);
    }

    /// Files that a download put into the repository are not there any more, or changed there.
    fn handle_altered(&mut self, item: InfoHash) {
        let Some(download) = self.downloads.get_mut(&item) else {
            return;
        };
        if download.is_complete() {
            download.close();
            self.swarms.stop(&item);
            self.pool.registrations.mark(item);
        } else if download.is_fetching() {
            self.stop_then(item, After::Resume);
        }
    }

    /// Makes an item known to connections under all its hashes.
    pub(super) fn index(&mut self, item: InfoHash) {
        let v1_form = self.metainfo(&item).and_then(|metainfo| metainfo.info.v1_form_hash());
        self.index.insert(item, v1_form.map(|hash| WireHash(hash.0)));
    }

    /// Takes it back, unless the item is still shared or downloaded.
    pub(super) fn unindex(&mut self, item: &InfoHash) {
        if !self.shares.has(item) && !self.downloads.has(item) {
            self.index.remove(item);
        }
    }

    /// The metainfo of an item that is shared or downloaded.
    pub(crate) fn metainfo(&self, item: &InfoHash) -> Option<Arc<Metainfo>> {
        let shared = self.shares.of(item).map(|shared| shared.metainfo().clone());
        shared.or_else(|| self.downloads.get(item).map(|download| download.metainfo().clone()))
    }
}
