//! What windows show of one list, kept current from what changes. Pure.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
};

/// Values by their keys, as long as a window shows them: shared by all windows that do.
#[derive(Debug)]
pub(super) struct Watched<K, V> {
    shown: HashMap<K, Shown<V>>,
    /// Keys whose values come from elsewhere than what changes, and may be older.
    new: Vec<K>,
}

#[derive(Debug)]
struct Shown<V> {
    value: Option<V>,
    /// How many windows show it.
    windows: usize,
}

impl<K, V> Default for Watched<K, V> {
    fn default() -> Self {
        Self { shown: HashMap::new(), new: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash, V: Clone> Watched<K, V> {
    /// A window shows this from now on; `value` is what it knows of it.
    pub(super) fn watch(&mut self, key: K, value: Option<V>) {
        match self.shown.entry(key) {
            Entry::Occupied(mut shown) => shown.get_mut().windows += 1,
            Entry::Vacant(place) => {
                place.insert(Shown { value, windows: 1 });
                self.new.push(key);
            }
        }
    }

    /// A window shows it no longer.
    pub(super) fn unwatch(&mut self, key: K) {
        if let Entry::Occupied(mut shown) = self.shown.entry(key) {
            shown.get_mut().windows -= 1;
            if shown.get().windows == 0 {
                shown.remove();
            }
        }
    }

    /// Keys whose values are to be looked up once, so that nothing is missed that changed before they were watched.
    pub(super) fn take_new(&mut self) -> Vec<K> {
        let mut new = std::mem::take(&mut self.new);
        new.retain(|key| self.shown.contains_key(key));
        new
    }

    /// Has everything that is shown looked up again.
    pub(super) fn renew(&mut self) {
        self.new = self.shown.keys().copied().collect();
    }

    /// Whether a window shows it.
    pub(super) fn shows(&self, key: &K) -> bool {
        self.shown.contains_key(key)
    }

    /// Something stands like this now; `value` is made for what a window shows alone.
    pub(super) fn set(&mut self, key: &K, value: impl FnOnce() -> Option<V>) {
        if let Some(shown) = self.shown.get_mut(key) {
            shown.value = value();
        }
    }

    /// How it stands; nothing when it is gone.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.shown.get(key)?.value.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_windows_show_is_kept_until_both_are_closed() {
        let mut watched = Watched::default();
        watched.watch(1, Some("old"));
        watched.set(&1, || Some("new"));
        watched.watch(1, Some("old"));
        assert_eq!(watched.get(&1), Some("new"), "what is watched already is current");
        watched.unwatch(1);
        assert_eq!(watched.get(&1), Some("new"));
        watched.unwatch(1);
        assert_eq!((watched.get(&1), watched.shown.len()), (None, 0));
    }

    #[test]
    fn nothing_is_made_for_what_no_window_shows() {
        let mut watched: Watched<u8, u8> = Watched::default();
        watched.set(&1, || panic!("it was made"));
        assert_eq!(watched.get(&1), None);
    }

    #[test]
    fn what_is_new_is_looked_up_once_if_it_is_shown_still() {
        let mut watched = Watched::default();
        for key in [1, 2, 1] {
            watched.watch(key, Some(key));
        }
        watched.unwatch(2);
        assert_eq!(watched.take_new(), [1]);
        assert_eq!(watched.take_new(), [0; 0]);
        watched.renew();
        assert_eq!(watched.take_new(), [1]);
    }
}
