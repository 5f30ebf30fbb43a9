//! What the repository shares, and what of it is being hashed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use peerpool_api::Hashing;
use peerpool_repository::SharedItem;
use peerpool_wire::id::InfoHash;

/// How often hashing is shown.
const SHOW: Duration = Duration::from_millis(250);

/// The items that are shared, by name and by identity.
#[derive(Debug, Default)]
pub(super) struct Shares {
    items: BTreeMap<String, Arc<SharedItem>>,
    /// One item may be shared under several names.
    names_of: BTreeMap<InfoHash, BTreeSet<String>>,
    hashing: Option<HashingRate>,
}

/// Hashing under way, with what its rate is reckoned from.
#[derive(Debug)]
struct HashingRate {
    shown: Hashing,
    begun: Instant,
    last_shown: Option<Instant>,
}

/// An item that a name meant until now.
#[derive(Debug)]
pub(super) struct Withdrawn {
    pub(super) item: InfoHash,
    /// Whether it is shared under no other name.
    pub(super) last: bool,
}

impl Shares {
    /// Shares an item under its name. One of that name and another identity must have been removed.
    pub(super) fn insert(&mut self, item: Arc<SharedItem>) {
        let name = item.name().to_owned();
        self.names_of.entry(item.info_hash()).or_default().insert(name.clone());
        self.items.insert(name, item);
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<Withdrawn> {
        let item = self.items.remove(name)?.info_hash();
        let names = self.names_of.get_mut(&item)?;
        names.remove(name);
        let last = names.is_empty();
        if last {
            self.names_of.remove(&item);
        }
        Some(Withdrawn { item, last })
    }

    pub(super) fn get(&self, name: &str) -> Option<&Arc<SharedItem>> {
        self.items.get(name)
    }

    /// A shared item by its identity.
    pub(super) fn of(&self, item: &InfoHash) -> Option<&Arc<SharedItem>> {
        self.items.get(self.first_name_of(item)?)
    }

    pub(super) fn has(&self, item: &InfoHash) -> bool {
        self.names_of.contains_key(item)
    }

    pub(super) fn first_name_of(&self, item: &InfoHash) -> Option<&String> {
        self.names_of.get(item)?.first()
    }

    pub(super) fn names_of(&self, item: &InfoHash) -> Vec<String> {
        self.names_of.get(item).into_iter().flatten().cloned().collect()
    }

    /// All of them, by name.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<SharedItem>> {
        self.items.values()
    }

    /// What they are.
    pub(super) fn identities(&self) -> impl Iterator<Item = &InfoHash> {
        self.names_of.keys()
    }

    /// So many bytes of an item are hashed. Returns what is to be shown, now and then.
    pub(super) fn note_hashing(
        &mut self,
        now: Instant,
        item: &str,
        done: u64,
        total: u64,
    ) -> Option<Hashing> {
        let hashing = self.hashing.get_or_insert_with(|| HashingRate {
            shown: Hashing::default(),
            begun: now,
            last_shown: None,
        });
        let seconds = now.duration_since(hashing.begun).as_secs_f64().max(0.001);
        hashing.shown = Hashing {
            name: item.to_owned(),
            bytes_done: done,
            bytes_total: total,
            rate: (done as f64 / seconds) as u64,
        };
        if hashing.last_shown.is_some_and(|last| now.duration_since(last) < SHOW) {
            return None;
        }
        hashing.last_shown = Some(now);
        Some(hashing.shown.clone())
    }

    pub(super) fn end_hashing(&mut self) {
        self.hashing = None;
    }

    pub(super) fn hashing(&self) -> Option<&Hashing> {
        self.hashing.as_ref().map(|hashing| &hashing.shown)
    }
}

#[cfg(test)]
mod tests {
    use peerpool_repository::{Cancel, Repository, Scope};

    use super::*;

    #[test]
    fn an_item_of_two_names_is_shared_until_both_are_withdrawn() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "bytes").unwrap();
        let repository = Repository::open(folder.path()).unwrap();
        repository.refresh(&Scope::Everything, &Cancel::default(), &|_| {}).unwrap();
        let item = repository.shared_item("file").unwrap();
        let identity = item.info_hash();
        let mut shares = Shares::default();
        shares.insert(item);
        shares.names_of.get_mut(&identity).unwrap().insert("twin".to_owned());
        shares.items.insert("twin".to_owned(), repository.shared_item("file").unwrap());

        assert!(!shares.remove("file").unwrap().last);
        assert!(shares.has(&identity) && shares.of(&identity).is_some());

        assert!(shares.remove("twin").unwrap().last);
        assert!(!shares.has(&identity) && shares.of(&identity).is_none());
        assert!(shares.remove("twin").is_none());
    }

    #[test]
    fn hashing_is_shown_now_and_then() {
        let mut shares = Shares::default();
        let now = Instant::now();
        assert!(shares.note_hashing(now, "file", 0, 100).is_some());
        assert!(shares.note_hashing(now + SHOW / 2, "file", 10, 100).is_none());
        let shown = shares.note_hashing(now + SHOW, "file", 20, 100).unwrap();
        assert_eq!((shown.bytes_done, shown.rate), (20, 80));
        shares.end_hashing();
        assert!(shares.hashing().is_none());
    }
}
