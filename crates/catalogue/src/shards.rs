//! Ordered maps of hashes, cut into many small ones.
//!
//! Hashes spread evenly, so that each small map has few entries, and finding one waits for memory a few times where one
//! big tree waits a dozen times. Hashes that somebody made up so that they do not spread make it as slow as that tree, and
//! no slower.

use std::{collections::BTreeMap, ops::RangeInclusive};

use peerpool_wire::id::{Sha256Hash, WireHash};

use crate::ids::ItemId;

/// How many maps there are.
const SHARDS: usize = 1 << BITS;
const BITS: u32 = 12;

/// A key that begins with a hash.
pub(crate) trait Hashed: Ord + Copy {
    /// The first bytes of the hash, as a number that is ordered as the keys are.
    fn head(&self) -> u16;
}

impl Hashed for WireHash {
    fn head(&self) -> u16 {
        u16::from_be_bytes([self.0[0], self.0[1]])
    }
}

impl Hashed for (Sha256Hash, ItemId) {
    fn head(&self) -> u16 {
        u16::from_be_bytes([self.0.0[0], self.0.0[1]])
    }
}

impl Hashed for (u64, ItemId) {
    fn head(&self) -> u16 {
        (self.0 >> 48) as u16
    }
}

/// An ordered map.
#[derive(Debug)]
pub(crate) struct Shards<K, V = ()> {
    shards: Box<[BTreeMap<K, V>]>,
    len: usize,
}

impl<K: Hashed, V> Default for Shards<K, V> {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| BTreeMap::new()).collect(), len: 0 }
    }
}

impl<K: Hashed, V: Copy> Shards<K, V> {
    /// A map of these entries. Of entries with one key, the last counts.
    pub(crate) fn of(mut entries: Vec<(K, V)>) -> Self {
        entries.sort_by_key(|&(key, _)| key);
        let mut of = Self::default();
        for part in entries.chunk_by(|(a, _), (b, _)| shard(a) == shard(b)) {
            let Some((first, _)) = part.first() else { continue };
            let map: BTreeMap<K, V> = part.iter().copied().collect();
            of.len += map.len();
            of.shards[shard(first)] = map;
        }
        of
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, key: K) -> Option<V> {
        self.shards[shard(&key)].get(&key).copied()
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.shards[shard(&key)].insert(key, value).is_none() {
            self.len += 1;
        }
    }

    pub(crate) fn remove(&mut self, key: K) {
        if self.shards[shard(&key)].remove(&key).is_some() {
            self.len -= 1;
        }
    }

    /// The entries with these keys, in order. The first must not be behind the last.
    pub(crate) fn range(&self, keys: RangeInclusive<K>) -> impl Iterator<Item = (K, V)> {
        let (first, last) = keys.into_inner();
        let shards = &self.shards[shard(&first)..=shard(&last)];
        shards.iter().flat_map(move |shard| shard.range(first..=last)).map(|(&key, &value)| (key, value))
    }
}

fn shard<K: Hashed>(key: &K) -> usize {
    usize::from(key.head() >> (u16::BITS - BITS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Hashes of which some share their heads.
    fn hash() -> impl Strategy<Value = WireHash> {
        let first =
            prop_oneof![Just([0, 0, 0]), Just([0x12, 0x3f, 0xff]), Just([0x12, 0x40, 0]), any::<[u8; 3]>()];
        (first, 0u8..4).prop_map(|(first, last)| {
            let mut hash = [0; 20];
            hash[..3].copy_from_slice(&first);
            hash[19] = last;
            WireHash(hash)
        })
    }

    proptest! {
        #[test]
        fn it_is_an_ordered_map(
            begin in prop::collection::vec((hash(), any::<u8>()), 0..50),
            steps in prop::collection::vec((any::<bool>(), hash(), any::<u8>()), 0..200),
            ends in (hash(), hash()),
        ) {
            let (mut shards, mut model) = (Shards::of(begin.clone()), BTreeMap::from_iter(begin));
            for (adds, key, value) in steps {
                match adds {
                    true => {
                        shards.insert(key, value);
                        model.insert(key, value);
                    }
                    false => {
                        shards.remove(key);
                        model.remove(&key);
                    }
                }
                prop_assert_eq!(shards.get(key), model.get(&key).copied());
            }
            prop_assert_eq!(shards.len(), model.len());
            let (first, last) = (ends.0.min(ends.1), ends.0.max(ends.1));
            let expected: Vec<_> = model.range(first..=last).map(|(&key, &value)| (key, value)).collect();
            prop_assert_eq!(shards.range(first..=last).collect::<Vec<_>>(), expected);
        }
    }
}
