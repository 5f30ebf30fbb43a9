//! One node, its clock, and the database that all of them share.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use peerpool_catalogue::{
    Announces, Catalogue, Change, Input, ItemFacts, LinkId, NewItem, Output, Policy, Pool, Restoring,
    SessionId, SessionTimes,
};
use peerpool_wire::{
    channel::ItemKind,
    id::{InfoHash, Sha1Hash, Sha256Hash, TrackerId},
    time::Time,
};

use super::members::{Kept, Known};

/// Pieces of every item.
pub(super) const PIECES: u32 = 10;
/// Items that there may be; two of them share each name.
pub(super) const ITEMS: u8 = 8;

/// The times of this world.
pub(super) fn policy() -> Policy {
    let secs = Duration::from_secs;
    Policy {
        announces: Announces {
            interval: secs(30),
            min_interval: secs(3),
            lease: secs(66),
            ..Announces::default()
        },
        sessions: SessionTimes {
            keep_alive: secs(3),
            lease: secs(9),
            update_deadline: secs(5),
            metainfo_deadline: secs(3),
            contest_deadline: secs(2),
        },
        pool: Some(Pool { session_grace: secs(12), client_grace: secs(40), ..Pool::new([5; 16]) }),
        ..Policy::default()
    }
}

/// A tracker's process, or the place for one.
#[derive(Debug)]
pub(super) struct Node {
    /// `None` while no process runs.
    pub(super) catalogue: Option<Catalogue>,
    pub(super) members: Option<Known>,
    /// The process, which others know it by.
    pub(super) process: LinkId,
    pub(super) started: Time,
    /// Seconds that its clock counts in a million.
    rate: u64,
    /// How far its calendar is off, in seconds.
    calendar: u64,
    /// Since when it has not been able to do anything, and what happened meanwhile.
    pub(super) hung: Option<Time>,
    pub(super) held: Vec<Input>,
    /// When it last came back from that.
    pub(super) resumed: Time,
    pub(super) sessions: BTreeMap<SessionId, usize>,
    pub(super) numbered: u32,
    /// What the database could not take.
    pub(super) unstored: Vec<Change>,
    pub(super) out: Vec<Output>,
}

impl Node {
    pub(super) fn new(rate: u64, calendar: u64) -> Self {
        Self {
            catalogue: None,
            members: None,
            process: LinkId(0),
            started: Time::ZERO,
            rate,
            calendar,
            hung: None,
            held: Vec::new(),
            resumed: Time::ZERO,
            sessions: BTreeMap::new(),
            numbered: 0,
            unstored: Vec::new(),
            out: Vec::new(),
        }
    }

    /// A process begins with what the database has.
    pub(super) fn start(&mut self, now: Time, process: LinkId, seed: u64, database: &Database) {
        let mut restoring = Restoring::new(policy(), TrackerId([1; 16]), "virtual".to_owned(), seed);
        database.items().for_each(|item| restoring.add(item.clone()));
        let mut catalogue = restoring.finish();
        catalogue.set_epoch(1_700_000_000 + self.calendar);
        self.catalogue = Some(catalogue);
        (self.process, self.started, self.resumed) = (process, now, now);
        self.sessions.clear();
        self.held.clear();
        self.unstored.clear();
        self.hung = None;
        self.members = Some(Known::of(database, now, self.clock(now)));
    }

    /// Whether it does something when it is asked.
    pub(super) fn is_well(&self) -> bool {
        self.catalogue.is_some() && self.hung.is_none()
    }

    /// Since when it has been well.
    pub(super) fn well_since(&self) -> Option<Time> {
        self.is_well().then_some(self.resumed)
    }

    /// Its own time.
    pub(super) fn clock(&self, now: Time) -> Time {
        Time::from_micros(now.since(self.started).as_micros() as u64 * self.rate / 1_000_000)
    }

    /// When its next timer is due.
    pub(super) fn due(&self) -> Option<Time> {
        let due = self.catalogue.as_ref().filter(|_| self.hung.is_none())?.next_timeout()?;
        Some(self.started + Duration::from_micros(due.as_micros() * 1_000_000 / self.rate + 2))
    }

    pub(super) fn tick(&mut self, now: Time) {
        let clock = self.clock(now);
        if let Some(catalogue) = self.catalogue.as_mut().filter(|_| self.hung.is_none()) {
            catalogue.handle_timeout(clock, &mut self.out);
        }
    }

    pub(super) fn handle(&mut self, now: Time, input: Input) {
        let clock = self.clock(now);
        match &mut self.catalogue {
            Some(_) if self.hung.is_some() => self.held.push(input),
            Some(catalogue) => catalogue.handle(clock, input, &mut self.out),
            None => {}
        }
    }
}

/// What lasts.
#[derive(Debug, Default)]
pub(super) struct Database {
    /// Whether it is away.
    pub(super) is_down: bool,
    items: Vec<NewItem>,
    pub(super) members: Kept,
}

impl Database {
    pub(super) fn take(&mut self, change: Change) {
        match change {
            Change::Added(item) => {
                if self.items.iter().all(|known| known.facts.info_hash != item.facts.info_hash) {
                    self.items.push(item);
                }
            }
            Change::Removed(info_hash) => self.items.retain(|known| known.facts.info_hash != info_hash),
            Change::Seen(_) => {}
        }
    }

    fn items(&self) -> impl Iterator<Item = &NewItem> {
        self.items.iter()
    }
}

/// A hybrid item of one file.
pub(super) fn facts(item: u8) -> ItemFacts {
    let digest = [item + 1; 32];
    ItemFacts {
        info_hash: InfoHash::hybrid(Sha1Hash([0x40 + item; 20]), Sha256Hash(digest)),
        name: format!("item {}", item / 2),
        kind: ItemKind::File,
        length: 100,
        piece_length: 10,
        pieces: PIECES,
        files: 1,
        private: false,
        root: Some(Sha256Hash(digest)),
        v1_form: Some(Sha1Hash([0x80 + item; 20])),
    }
}

/// The item as its metainfo would be read.
pub(super) fn new_item(item: u8) -> NewItem {
    NewItem { facts: facts(item), torrent: Arc::from([]), added: 0, owner: None }
}
