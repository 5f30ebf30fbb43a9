//! Items that stock clients may fetch, and the keys by which those announce.
//!
//! A stock client proves no key and speaks no TLS. Somebody who decides about an item lets them in to that one item, and
//! each member who may get it makes announce keys of its own, which say nothing but whose they are. Of a key its SHA-256
//! alone is known here.

use std::collections::BTreeMap;

use peerpool_wire::id::{InfoHash, Sha1Hash};

use super::{Change, Members, SecretHash, State};
use crate::{moment::Moment, subject::MemberId};

/// Most announce keys of a member.
pub const MAX_ANNOUNCE_KEYS: usize = 256;

/// Whose an announce key is, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnounceKey {
    /// The member who made it.
    pub member: MemberId,
    /// The one item that it is for.
    pub item: InfoHash,
    /// Since when.
    pub made: Moment,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Stock {
    /// The items, each with the info-hash of its private form.
    pub(super) items: BTreeMap<InfoHash, Sha1Hash>,
    pub(super) keys: BTreeMap<SecretHash, AnnounceKey>,
}

impl Stock {
    /// What ends with these keys.
    fn ends(&self, with: impl Fn(&AnnounceKey) -> bool) -> Vec<Change> {
        let keys = self.keys.iter().filter(|(_, key)| with(key));
        keys.map(|(&hash, _)| Change::AnnounceKeyGone(hash)).collect()
    }

    /// The keys of a member that is removed, or that lost a device.
    pub(super) fn leavings(&self, member: MemberId) -> Vec<Change> {
        self.ends(|key| key.member == member)
    }

    /// Lets stock clients in to an item under this hash, or keeps them out; the keys end with that.
    pub(super) fn set(&self, item: InfoHash, private: Option<Sha1Hash>) -> Vec<Change> {
        if self.items.get(&item).copied() == private {
            return Vec::new();
        }
        let ended = if private.is_none() { self.ends(|key| key.item == item) } else { Vec::new() };
        [Change::Stock(item, private)].into_iter().chain(ended).collect()
    }

    pub(super) fn has_room(&self, member: MemberId) -> bool {
        self.keys.values().filter(|key| key.member == member).count() < MAX_ANNOUNCE_KEYS
    }
}

impl Members {
    /// The info-hash under which stock clients may fetch an item; `None` when they may not.
    pub fn stock(&self, item: &InfoHash) -> Option<Sha1Hash> {
        self.stock.items.get(item).copied()
    }

    /// Every item that stock clients may fetch, with the info-hash of its private form.
    pub fn stock_items(&self) -> impl Iterator<Item = (InfoHash, Sha1Hash)> {
        self.stock.items.iter().map(|(&item, &private)| (item, private))
    }

    /// The announce key with this hash, if its member takes part and stock clients may fetch its item. Whether the member
    /// may get the item, rules say.
    pub fn announce_key(&self, hash: &SecretHash) -> Option<&AnnounceKey> {
        let key = self.stock.keys.get(hash).filter(|key| self.stock.items.contains_key(&key.item))?;
        self.member(key.member).filter(|member| member.state == State::Active)?;
        Some(key)
    }

    /// Every announce key.
    pub fn announce_keys(&self) -> impl Iterator<Item = (SecretHash, &AnnounceKey)> {
        self.stock.keys.iter().map(|(&hash, key)| (hash, key))
    }
}
