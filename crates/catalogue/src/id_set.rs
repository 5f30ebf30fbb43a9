//! A set of items, one bit each: as cheap to add to as can be, since every announce may do so.

use crate::ids::ItemId;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct IdSet {
    words: Vec<u64>,
}

impl IdSet {
    /// Adds an item; false if it is there already.
    pub(crate) fn insert(&mut self, id: ItemId) -> bool {
        let (at, bit) = place(id);
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        let was_in = self.words[at] & bit != 0;
        self.words[at] |= bit;
        !was_in
    }

    /// Takes an item out; false if it was not there.
    pub(crate) fn remove(&mut self, id: ItemId) -> bool {
        let (at, bit) = place(id);
        let Some(word) = self.words.get_mut(at) else { return false };
        let was_in = *word & bit != 0;
        *word &= !bit;
        was_in
    }

    /// Adds an item, or takes it out.
    pub(crate) fn set(&mut self, id: ItemId, is_in: bool) {
        if is_in {
            self.insert(id)
        } else {
            self.remove(id)
        };
    }

    pub(crate) fn contains(&self, id: ItemId) -> bool {
        let (at, bit) = place(id);
        self.words.get(at).is_some_and(|word| word & bit != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Takes out the first items, in order, so many at most.
    pub(crate) fn take(&mut self, most: usize) -> Vec<ItemId> {
        let mut taken = Vec::new();
        for (at, word) in self.words.iter_mut().enumerate() {
            while *word != 0 && taken.len() < most {
                taken.push(ItemId(at as u32 * 64 + word.trailing_zeros()));
                *word &= *word - 1;
            }
        }
        taken
    }
}

fn place(id: ItemId) -> (usize, u64) {
    (id.0 as usize / 64, 1 << (id.0 % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_a_set(steps in prop::collection::vec((any::<bool>(), 0u32..300), 0..200)) {
            let (mut set, mut model) = (IdSet::default(), BTreeSet::new());
            for (adds, number) in steps {
                let (of_set, of_model) = match adds {
                    true => (set.insert(ItemId(number)), model.insert(ItemId(number))),
                    false => (set.remove(ItemId(number)), model.remove(&ItemId(number))),
                };
                prop_assert_eq!(of_set, of_model);
                prop_assert_eq!(set.contains(ItemId(number)), adds);
            }
            let mut taken = set.take(3);
            prop_assert!(taken.len() <= 3);
            taken.extend(set.take(usize::MAX));
            prop_assert_eq!(taken, model.into_iter().collect::<Vec<_>>());
            prop_assert!(set.is_empty());
        }
    }
}
