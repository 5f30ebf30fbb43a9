//! A store that forgets when the tracker ends.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use peerpool_access::members::Change as MembersChange;
use peerpool_api::AuditEntry;
use peerpool_catalogue::{Change, NewItem};
use peerpool_wire::id::InfoHash;
use tokio::sync::mpsc;

use super::{Passed, Store, StoreError, audit::MOST};

#[derive(Debug, Default)]
pub(crate) struct Memory {
    items: BTreeMap<InfoHash, NewItem>,
    members: Vec<MembersChange>,
    transfers: VecDeque<(u64, Passed)>,
    last_transfer: u64,
}

impl Store for Memory {
    async fn load(&mut self, items: mpsc::Sender<Vec<NewItem>>) -> Result<(), StoreError> {
        // Whoever stops listening needs none of them.
        let _ = items.send(self.items.values().cloned().collect()).await;
        Ok(())
    }

    async fn commit(&mut self, changes: Arc<Vec<Change>>) -> Result<(), StoreError> {
        for change in changes.iter() {
            match change {
                Change::Added(item) => {
                    let known = self.items.entry(item.facts.info_hash).or_insert_with(|| item.clone());
                    known.torrent = item.torrent.clone();
                }
                Change::Removed(info_hash) => {
                    self.items.remove(info_hash);
                }
                Change::Seen(_) => {}
            }
        }
        Ok(())
    }

    async fn members(&mut self) -> Result<Vec<MembersChange>, StoreError> {
        Ok(self.members.clone())
    }

    async fn commit_members(&mut self, changes: Vec<MembersChange>) -> Result<(), StoreError> {
        self.members.extend(changes);
        Ok(())
    }

    async fn audit(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let entries = self.members.iter().filter_map(|change| match change {
            MembersChange::Noted(entry) => Some(entry),
            _ => None,
        });
        let entries = (1..).zip(entries).map(|(seq, entry)| AuditEntry {
            seq,
            at: entry.at.0,
            actor: entry.actor.clone(),
            action: entry.action.word().to_owned(),
            target: entry.target.clone(),
            detail: entry.detail.clone(),
        });
        let mut entries: Vec<_> =
            entries.filter(|entry| before.is_none_or(|before| entry.seq < before)).collect();
        entries.reverse();
        entries.truncate(limit as usize);
        Ok(entries)
    }

    async fn add_transfers(&mut self, more: Vec<Passed>) -> Result<(), StoreError> {
        for passed in more {
            match self.transfers.iter_mut().rev().find(|(_, sum)| sum.belongs_to(&passed)) {
                Some((_, sum)) => sum.add(&passed),
                None => {
                    self.last_transfer += 1;
                    self.transfers.push_back((self.last_transfer, passed));
                }
            }
            if self.transfers.len() > MOST as usize {
                self.transfers.pop_front();
            }
        }
        Ok(())
    }

    async fn transfers(&mut self, before: Option<u64>, limit: u32) -> Result<Vec<(u64, Passed)>, StoreError> {
        let older = self.transfers.iter().rev().filter(|(seq, _)| before.is_none_or(|before| *seq < before));
        Ok(older.take(limit as usize).cloned().collect())
    }

    async fn torrent(&mut self, info_hash: InfoHash) -> Result<Option<Arc<[u8]>>, StoreError> {
        Ok(self.items.get(&info_hash).map(|item| item.torrent.clone()))
    }
}
