//! What the repository shares.

use std::{sync::Arc, time::Instant};

use peerpool_api as api;
use peerpool_repository::{self as repository, SharedItem};
use peerpool_wire::{id::InfoHash, metainfo::Metainfo};

use super::{Node, problems::Origin};
use crate::scanner::Event;

/// The part of a peer that watches the repository.
const UNWATCHED: Origin = Origin::Part("watch");

/// Hashing under way, with what its rate is reckoned from.
#[derive(Debug)]
pub(super) struct HashingRate {
    shown: api::Hashing,
    begun: Instant,
    last_shown: Option<Instant>,
}

impl Node {
    pub(super) fn handle_scanner(&mut self, event: Event) {
        match event {
            Event::Refresh(repository::Event::Hashing { item, done, total }) => {
                self.show_hashing(&item, done, total);
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
                self.hashing = None;
                self.flush_registrations();
            }
        }
    }

    fn show_hashing(&mut self, item: &str, done: u64, total: u64) {
        let hashing = self.hashing.get_or_insert_with(|| HashingRate {
            shown: api::Hashing::default(),
            begun: Instant::now(),
            last_shown: None,
        });
        let seconds = hashing.begun.elapsed().as_secs_f64().max(0.001);
        hashing.shown = api::Hashing {
            name: item.to_owned(),
            bytes_done: done,
            bytes_total: total,
            rate: (done as f64 / seconds) as u64,
        };
        let due = hashing.last_shown.is_none_or(|last| last.elapsed() >= super::BEAT);
        if due {
            hashing.last_shown = Some(Instant::now());
            let hashing = hashing.shown.clone();
            self.emit(api::Event::Hashing { hashing });
        }
    }

    /// An item is shared from now on, in place of an earlier one of that name.
    pub(crate) fn add_shared(&mut self, item: Arc<SharedItem>) {
        let (name, hash) = (item.name().to_owned(), item.info_hash());
        match self.items.get(&name) {
            Some(before) if before.info_hash() == hash => {
                self.items.insert(name, item);
                return;
            }
            Some(_) => self.withdraw(&name, "it has changed"),
            None => {}
        }
        self.names_of.entry(hash).or_default().insert(name.clone());
        self.items.insert(name, item.clone());
        self.index(hash);
        self.registrations.mark(hash);
        let item = self.view_shared(&item);
        self.emit(api::Event::Shared { item });
    }

    /// An item is shared no longer.
    pub(crate) fn withdraw(&mut self, name: &str, reason: &str) {
        let Some(item) = self.items.remove(name) else {
            return;
        };
        let hash = item.info_hash();
        if let Some(names) = self.names_of.get_mut(&hash) {
            names.remove(name);
            if names.is_empty() {
                self.names_of.remove(&hash);
                self.unindex(hash);
                self.registrations.mark(hash);
                // Without a handle the swarm ends as soon as its connections do; nothing of it is read any more
                // that is not what was hashed.
                if !self.downloads.get(&hash).is_some_and(|download| download.is_running()) {
                    self.stop_swarm(&hash);
                }
            }
        }
        self.emit(api::Event::Withdrawn { name: name.to_owned(), reason: reason.to_owned() });
    }

    /// A shared item by its identity.
    pub(super) fn shared(&self, item: &InfoHash) -> Option<Arc<SharedItem>> {
        let name = self.names_of.get(item)?.first()?;
        self.items.get(name).cloned()
    }

    /// The metainfo of an item that is shared or downloaded.
    pub(crate) fn metainfo(&self, item: &InfoHash) -> Option<Arc<Metainfo>> {
        let shared = self.shared(item).map(|shared| shared.metainfo().clone());
        shared.or_else(|| Some(self.downloads.get(item)?.metainfo.clone()))
    }

    pub(super) fn view_hashing(&self) -> Option<api::Hashing> {
        self.hashing.as_ref().map(|hashing| hashing.shown.clone())
    }
}
