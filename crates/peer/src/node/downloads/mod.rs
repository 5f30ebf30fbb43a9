//! Downloads, running or at rest: how far each of them is, and what a restart must know of it.
//!
//! Nothing here knows the node: it asks what follows from a change, and does it.

mod activity;
mod curve;
mod download;
pub(crate) mod journal;
mod selection;
mod stage;
mod stalled;
mod succession;
mod view;

use std::{
    collections::{BTreeMap, btree_map::Entry as MapEntry},
    sync::Arc,
};

use peerpool_repository::{Wanted, partial::PartialListing};
use peerpool_wire::{bitfield::Bitfield, id::InfoHash, metainfo::Metainfo};

use self::journal::{Entry, Journal, OnRestart};
pub(super) use self::{
    download::{Download, Moved},
    selection::Selection,
    stage::{After, Next},
    view::view_source,
};

/// The downloads of a peer.
#[derive(Debug)]
pub(super) struct Downloads {
    known: BTreeMap<InfoHash, Download>,
    /// How many were begun.
    begun: u64,
    /// Downloads that nobody wants any more, but whose data is kept; and their names.
    forgotten: BTreeMap<InfoHash, String>,
    journal: Journal,
}

impl Downloads {
    pub(super) fn new(journal: Journal) -> Self {
        Self { known: BTreeMap::new(), begun: 0, forgotten: BTreeMap::new(), journal }
    }

    pub(super) fn get(&self, item: &InfoHash) -> Option<&Download> {
        self.known.get(item)
    }

    pub(super) fn get_mut(&mut self, item: &InfoHash) -> Option<&mut Download> {
        self.known.get_mut(item)
    }

    pub(super) fn has(&self, item: &InfoHash) -> bool {
        self.known.contains_key(item)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&InfoHash, &Download)> {
        self.known.iter()
    }

    /// The items of those that are meant.
    pub(super) fn items(&self, meant: impl Fn(&Download) -> bool) -> Vec<InfoHash> {
        self.known.iter().filter(|(_, download)| meant(download)).map(|(item, _)| *item).collect()
    }

    /// All items, the oldest download first.
    pub(super) fn by_age(&self) -> Vec<InfoHash> {
        let mut all: Vec<(u64, InfoHash)> =
            self.known.iter().map(|(item, download)| (download.number, *item)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, item)| item).collect()
    }

    /// Whether something of an item is kept under a name of its own.
    pub(super) fn is_kept(&self, item: &InfoHash) -> bool {
        self.has(item) || self.forgotten.contains_key(item)
    }

    /// A download by its name or `name@hash`, if exactly one is meant.
    pub(super) fn find(&self, text: &str, eligible: impl Fn(&InfoHash) -> bool) -> Option<InfoHash> {
        let named = |item: &InfoHash, name: &str| {
            name == text
                || text.strip_prefix(name).is_some_and(|rest| {
                    rest.strip_prefix('@')
                        .is_some_and(|hash| hash.len() >= 4 && item.to_string().starts_with(hash))
                })
        };
        let mut found = self
            .known
            .iter()
            .filter(|(item, download)| eligible(item) && named(item, &download.name))
            .map(|(item, _)| *item);
        match (found.next(), found.next()) {
            (Some(item), None) => Some(item),
            _ => None,
        }
    }

    /// Begins one. It rests until it is opened, or run.
    pub(super) fn insert(
        &mut self,
        metainfo: Arc<Metainfo>,
        wanted: Wanted,
        have: Bitfield,
        name: String,
        asked: Option<String>,
    ) {
        self.enter(metainfo, wanted, have, Entry::new(name, asked));
    }

    /// Takes up one that was there when the peer ended last. Returns whether it is to be paused once it is open; `None`
    /// when it is not to be opened.
    pub(super) fn take_up(&mut self, listing: PartialListing, entry: Option<Entry>) -> Option<bool> {
        let item = listing.metainfo.info.hash();
        let entry = entry.unwrap_or_else(|| Entry::new(listing.metainfo.info.name().to_owned(), None));
        let on_restart = entry.on_restart;
        if on_restart == OnRestart::Forgotten {
            self.forgotten.insert(item, entry.name);
            return None;
        }
        let download = self.enter(listing.metainfo, listing.wanted, listing.verified, entry);
        if listing.altered && download.is_done() {
            // Its owner has what was asked for, and changed it or took it away: nothing of it is offered.
            download.complete();
            return None;
        }
        match on_restart {
            OnRestart::Resume => Some(false),
            OnRestart::Pause => Some(true),
            OnRestart::Stay | OnRestart::Forgotten => None,
        }
    }

    /// Nobody wants it any more. What was fetched is kept for another time, or not.
    pub(super) fn remove(&mut self, item: &InfoHash, keep: bool) -> Option<Download> {
        let download = self.known.remove(item)?;
        if keep {
            self.forgotten.insert(*item, download.name.clone());
        }
        Some(download)
    }

    /// Records what a restart must know.
    pub(super) fn save(&self) {
        let known = self.known.iter().map(|(item, download)| (*item, download.entry()));
        let forgotten = self.forgotten.iter().map(|(item, name)| {
            let (name, on_restart) = (name.clone(), OnRestart::Forgotten);
            (*item, Entry { on_restart, ..Entry::new(name, None) })
        });
        self.journal.save(known.chain(forgotten).collect());
    }

    fn enter(
        &mut self,
        metainfo: Arc<Metainfo>,
        wanted: Wanted,
        have: Bitfield,
        entry: Entry,
    ) -> &mut Download {
        self.begun += 1;
        let item = metainfo.info.hash();
        self.forgotten.remove(&item);
        let download = Download::new(self.begun, entry, metainfo, wanted, have);
        match self.known.entry(item) {
            MapEntry::Vacant(vacant) => vacant.insert(download),
            MapEntry::Occupied(mut known) => {
                known.insert(download);
                known.into_mut()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use peerpool_repository::Repository;
    use peerpool_wire::canonical::{Builder, FileHasher};
    use tempfile::TempDir;

    use super::*;

    /// Downloads of a new repository, which lasts as long as the folder.
    fn downloads() -> (Downloads, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let repository = Arc::new(Repository::open(folder.path()).unwrap());
        let (journal, _writing) = Journal::start(repository, journal::Entries::new());
        (Downloads::new(journal), folder)
    }

    fn file(name: &str, content: &[u8]) -> Arc<Metainfo> {
        let mut hasher = FileHasher::new(32768);
        hasher.update(content);
        Arc::new(Builder::new(32768).file(Vec::new(), hasher.finish()).finish(name).unwrap())
    }

    fn nothing_of(metainfo: &Metainfo) -> Bitfield {
        Bitfield::none(metainfo.info.piece_count())
    }

    fn begin(downloads: &mut Downloads, metainfo: &Arc<Metainfo>, name: &str) -> InfoHash {
        downloads.insert(metainfo.clone(), Wanted::Whole, nothing_of(metainfo), name.to_owned(), None);
        metainfo.info.hash()
    }

    fn left(metainfo: &Arc<Metainfo>) -> PartialListing {
        PartialListing {
            metainfo: metainfo.clone(),
            wanted: Wanted::Whole,
            verified: nothing_of(metainfo),
            altered: false,
        }
    }

    #[test]
    fn a_name_finds_the_one_download_that_it_means() {
        let (mut downloads, _folder) = downloads();
        let first = begin(&mut downloads, &file("film", b"one"), "film");
        let second = begin(&mut downloads, &file("film", b"two"), "film");
        let third = begin(&mut downloads, &file("song", b"three"), "song");

        assert_eq!(downloads.find("song", |_| true), Some(third));
        assert_eq!(downloads.find("film", |_| true), None, "two are called so");
        assert_eq!(downloads.find("film", |item| *item != second), Some(first));
        assert_eq!(downloads.find(&format!("film@{}", second.short()), |_| true), Some(second));
        assert_eq!(downloads.by_age(), [first, second, third]);
    }

    #[test]
    fn a_forgotten_download_keeps_its_data_until_it_is_wanted_again() {
        let (mut downloads, _folder) = downloads();
        let metainfo = file("film", b"content");
        let item = begin(&mut downloads, &metainfo, "film");

        assert!(downloads.remove(&item, true).is_some());
        assert!(!downloads.has(&item) && downloads.is_kept(&item));

        begin(&mut downloads, &metainfo, "film");
        assert!(downloads.remove(&item, false).is_some());
        assert!(!downloads.is_kept(&item));
    }

    #[test]
    fn a_restart_resumes_what_ran_and_nothing_else() {
        let cases = [
            (None, Some(false)),
            (Some(OnRestart::Resume), Some(false)),
            (Some(OnRestart::Pause), Some(true)),
            (Some(OnRestart::Stay), None),
            (Some(OnRestart::Forgotten), None),
        ];
        for (on_restart, opened) in cases {
            let (mut downloads, _folder) = downloads();
            let metainfo = file("film", b"content");
            let item = metainfo.info.hash();
            let entry = |on_restart| Entry { on_restart, ..Entry::new("other".to_owned(), None) };

            assert_eq!(downloads.take_up(left(&metainfo), on_restart.map(entry)), opened, "{on_restart:?}");

            let forgotten = on_restart == Some(OnRestart::Forgotten);
            assert_eq!(downloads.has(&item), !forgotten);
            assert!(downloads.is_kept(&item));
        }
    }
}
