//! Items that are read in order while they arrive.

use std::{collections::BTreeMap, ops::Range};

use peerpool_swarm::Command;
use peerpool_wire::id::InfoHash;
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
    /// Which pieces are verified; `None` when all are.
    pub(crate) progress: Option<watch::Receiver<Progress>>,
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
            return Ok(Reading { item_data: ItemData::Shared(shared.clone()), progress: None });
        }
        let Some(download) = self.downloads.get(item) else {
            let described = self.metadata.items().into_iter().all(|waiting| waiting != *item);
            return Err(if described { NodeError::NoDownload(*item) } else { NodeError::NotDescribed });
        };
        match (download.partial(), self.swarms.watch(item)) {
            (Some(partial), Some(progress)) => {
                Ok(Reading { item_data: ItemData::Partial(partial.clone()), progress: Some(progress) })
            }
            _ if download.is_at_rest() => Err(NodeError::AtRest { name: download.name().to_owned() }),
            _ => Err(NodeError::NotDescribed),
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
