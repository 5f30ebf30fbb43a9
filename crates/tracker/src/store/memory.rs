//! A store that forgets when the tracker ends.

use std::{collections::BTreeMap, sync::Arc};

use peerpool_catalogue::{Change, ItemFacts, NewItem};
use peerpool_wire::id::InfoHash;

use super::{Store, StoreError};

#[derive(Debug, Default)]
pub(crate) struct Memory {
    items: BTreeMap<InfoHash, NewItem>,
}

impl Store for Memory {
    async fn load(&mut self) -> Result<Vec<ItemFacts>, StoreError> {
        Ok(self.items.values().map(|item| item.facts.clone()).collect())
    }

    async fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        for change in changes {
            match change {
                Change::Added(item) => {
                    self.items.entry(item.facts.info_hash).or_insert_with(|| item.clone());
                }
                Change::Removed(info_hash) => {
                    self.items.remove(info_hash);
                }
                Change::Seen(_) => {}
            }
        }
        Ok(())
    }

    async fn torrent(&mut self, info_hash: InfoHash) -> Result<Option<Arc<[u8]>>, StoreError> {
        Ok(self.items.get(&info_hash).map(|item| item.torrent.clone()))
    }
}
