//! Items that are read in order while they arrive.

use std::{collections::BTreeMap, ops::Range};

use peerpool_repository::Wanted;
use peerpool_swarm::Command;
use peerpool_wire::{bitfield::Bitfield, id::InfoHash};
use tokio::sync::watch;

use super::{Node, NodeError, downloads::Download};
use crate::{
    item_data::ItemData,
    swarm_task::{Order, Progress},
};

/// Where an item is read from now.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) item_data: ItemData,
    pub(crate) there: There,
}

/// Which pieces of an item are verified.
#[derive(Debug)]
pub(crate) enum There {
    All,
    /// Those of a swarm that runs, as it goes on.
    Arriving(watch::Receiver<Progress>),
    /// These, until a swarm runs again.
    Some(Bitfield),
}

/// Those that read, and what each of them still has before it.
#[derive(Debug, Default)]
pub(super) struct Readers {
    next: u64,
    items: BTreeMap<InfoHash, BTreeMap<u64, Range<u64>>>,
}

impl Node {
    /// Where the bytes of an item can be read, or are going to be.
    pub(crate) fn reading(&self, item: &InfoHash) -> Result<Reading, NodeError> {
        if let Some(shared) = self.shares.of(item) {
            let item_data = ItemData::Shared(shared.clone());
            return Ok(Reading { item_data, there: There::All });
        }
        let Some(download) = self.downloads.get(item) else {
            let described = self.metadata.items().into_iter().all(|waiting| waiting != *item);
            return Err(if described { NodeError::NoItem(*item) } else { NodeError::NotDescribed });
        };
        let Some(partial) = download.partial() else {
            let at_rest = NodeError::AtRest { name: download.name().to_owned() };
            return Err(if download.is_at_rest() { at_rest } else { NodeError::NotDescribed });
        };
        let there = match self.swarms.watch(item) {
            Some(progress) => There::Arriving(progress),
            None => There::Some(partial.verified()),
        };
        Ok(Reading { item_data: ItemData::Partial(partial.clone()), there })
    }

    /// Whether an item is being fetched.
    pub(crate) fn is_fetched(&self, item: &InfoHash) -> bool {
        self.downloads.get(item).is_some_and(Download::is_running)
    }

    /// Whether an item is here, or on its way.
    pub(crate) fn is_here_or_coming(&self, item: &InfoHash) -> bool {
        self.shares.of(item).is_some()
            || self.downloads.get(item).is_some_and(|download| !download.is_at_rest())
    }

    /// Which files of an item are here, or are going to be.
    pub(crate) fn readable(&self, item: &InfoHash) -> Wanted {
        match self.downloads.get(item).filter(|_| self.shares.of(item).is_none()) {
            Some(download) => download.selection().wanted().clone(),
            None => Wanted::Whole,
        }
    }

    /// Somebody is going to read an item. The number is for [`Node::read_ahead`].
    pub(crate) fn add_reader(&mut self) -> u64 {
        self.readers.next += 1;
        self.readers.next
    }

    /// A reader has these bytes of an item before it, in the piece space; `None` when it has gone.
    pub(crate) fn read_ahead(&mut self, item: InfoHash, reader: u64, ahead: Option<Range<u64>>) {
        let readers = self.readers.items.entry(item).or_default();
        match ahead {
            Some(ahead) => drop(readers.insert(reader, ahead)),
            None => drop(readers.remove(&reader)),
        }
        let all: Vec<Range<u64>> = readers.values().cloned().collect();
        if all.is_empty() {
            self.readers.items.remove(&item);
        }
        if self.downloads.get(&item).is_some_and(Download::is_running) {
            self.swarms.order(&item, Order::Command(Command::Read(all)));
        }
    }
}
