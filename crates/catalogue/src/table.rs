//! An array of what is known of each item, shared by copies.

use std::sync::Arc;

/// Entries of a block: what is copied when one of them changes while somebody looks at a copy.
const BLOCK: usize = 256;

/// An array that grows by itself. Copies share its blocks until one of them is written to.
#[derive(Debug, Clone)]
pub(crate) struct Table<T> {
    blocks: Arc<Vec<Arc<Vec<T>>>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { blocks: Arc::default() }
    }
}

impl<T: Clone + Default + PartialEq> Table<T> {
    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.blocks.get(at / BLOCK)?.get(at % BLOCK)
    }

    /// Sets an entry; false if it is so already.
    pub(crate) fn set(&mut self, at: usize, value: T) -> bool {
        if self.get(at) == Some(&value) {
            return false;
        }
        let blocks = Arc::make_mut(&mut self.blocks);
        while blocks.len() <= at / BLOCK {
            blocks.push(Arc::new(vec![T::default(); BLOCK]));
        }
        Arc::make_mut(&mut blocks[at / BLOCK])[at % BLOCK] = value;
        true
    }

    /// All entries in order, with their places; those that were never set are as by default.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.blocks.iter().flat_map(|block| block.iter()).enumerate()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_copy_stays_as_it_was(
            before in prop::collection::vec((0usize..2000, any::<u8>()), 0..50),
            after in prop::collection::vec((0usize..2000, any::<u8>()), 0..50),
        ) {
            let (mut table, mut model) = (Table::default(), [0; 2000]);
            for (at, value) in before {
                table.set(at, value);
                model[at] = value;
            }
            let copy = table.clone();
            for (at, value) in after {
                table.set(at, value);
            }
            for (at, &value) in model.iter().enumerate() {
                prop_assert_eq!(copy.get(at).copied().unwrap_or(0), value);
            }
            prop_assert!(copy.iter().all(|(at, &value)| at >= 2000 || model[at] == value));
        }
    }
}
