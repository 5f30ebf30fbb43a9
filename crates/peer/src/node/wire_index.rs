//! The hashes by which connections name items.

use std::collections::{BTreeMap, HashMap};

use peerpool_wire::id::{InfoHash, WireHash};

/// Every item that a connection may be about, under all its hashes.
#[derive(Debug, Default)]
pub(super) struct WireIndex {
    items: HashMap<WireHash, InfoHash>,
    /// The info-hashes of hybrids' v1 forms.
    v1_forms: BTreeMap<InfoHash, WireHash>,
}

impl WireIndex {
    /// Lets an item be named by its hashes, and by that of its v1 form where there is one.
    pub(super) fn insert(&mut self, item: InfoHash, v1_form: Option<WireHash>) {
        for hash in item.wire_hashes() {
            self.items.insert(hash, item);
        }
        if let Some(hash) = v1_form {
            // An item that has this hash for its own comes first.
            self.items.entry(hash).or_insert(item);
            self.v1_forms.insert(item, hash);
        }
    }

    pub(super) fn remove(&mut self, item: &InfoHash) {
        for hash in item.wire_hashes().chain(self.v1_forms.remove(item)) {
            if self.items.get(&hash) == Some(item) {
                self.items.remove(&hash);
            }
        }
    }

    /// The item that a hash names.
    pub(super) fn get(&self, hash: &WireHash) -> Option<InfoHash> {
        self.items.get(hash).copied()
    }

    /// The hash of an item's v1 form.
    pub(super) fn v1_form(&self, item: &InfoHash) -> Option<WireHash> {
        self.v1_forms.get(item).copied()
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::id::{Sha1Hash, Sha256Hash};

    use super::*;

    #[test]
    fn an_items_own_hash_comes_before_that_of_a_v1_form() {
        let own = InfoHash::v1_only(Sha1Hash([1; 20]));
        let hybrid = InfoHash::v2_only(Sha256Hash([2; 32]));
        let hash = WireHash([1; 20]);
        let mut index = WireIndex::default();
        index.insert(hybrid, Some(hash));
        assert_eq!(index.get(&hash), Some(hybrid));

        index.insert(own, None);
        assert_eq!(index.get(&hash), Some(own));

        index.remove(&hybrid);
        assert_eq!((index.get(&hash), index.v1_form(&hybrid)), (Some(own), None));
        assert!(hybrid.wire_hashes().all(|hash| index.get(&hash).is_none()));
    }
}
