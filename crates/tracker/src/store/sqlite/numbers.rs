//! Under which number an item stands in the database.

use std::hash::{BuildHasher as _, RandomState};

use peerpool_wire::id::InfoHash;
use rustc_hash::FxHashMap;

/// A row's id.
pub(super) type Number = i64;

/// The numbers of all items, by a digest of their hashes that is made with a key of its own, so that nobody can make two
/// items collide. Two that do, by a chance of one in 10^7 among millions, leave the later one: whoever looks up a number
/// compares the row's hashes.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    of: FxHashMap<u64, Number>,
    key: RandomState,
    /// What stood where something was set since the last [`Numbers::keep`].
    before: Vec<(u64, Option<Number>)>,
}

impl Numbers {
    pub(super) fn get(&self, item: InfoHash) -> Option<Number> {
        self.of.get(&self.key.hash_one(item)).copied()
    }

    /// Gives an item a number, or none.
    pub(super) fn set(&mut self, item: InfoHash, number: Option<Number>) {
        let digest = self.key.hash_one(item);
        let before = match number {
            Some(number) => self.of.insert(digest, number),
            None => self.of.remove(&digest),
        };
        self.before.push((digest, before));
    }

    /// What was set stays.
    pub(super) fn keep(&mut self) {
        self.before.clear();
    }

    /// Undoes what was set since it was last said to stay.
    pub(super) fn revert(&mut self) {
        while let Some((digest, before)) = self.before.pop() {
            match before {
                Some(number) => self.of.insert(digest, number),
                None => self.of.remove(&digest),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use peerpool_wire::id::Sha256Hash;
    use proptest::prelude::*;

    use super::*;

    fn item(number: u8) -> InfoHash {
        InfoHash::v2_only(Sha256Hash([number; 32]))
    }

    proptest! {
        #[test]
        fn what_is_reverted_was_never_set(
            rounds in prop::collection::vec(
                (any::<bool>(), prop::collection::vec((0u8..8, prop::option::of(0i64..100)), 0..20)),
                0..20,
            ),
        ) {
            let (mut numbers, mut model) = (Numbers::default(), BTreeMap::new());
            for (keeps, sets) in rounds {
                let mut changed = model.clone();
                for (of, number) in sets {
                    numbers.set(item(of), number);
                    changed.insert(of, number);
                }
                match keeps {
                    true => (numbers.keep(), model = changed),
                    false => (numbers.revert(), ()),
                };
                for of in 0..8 {
                    prop_assert_eq!(numbers.get(item(of)), model.get(&of).copied().flatten());
                }
            }
        }
    }
}
