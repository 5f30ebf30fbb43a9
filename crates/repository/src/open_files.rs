//! A bounded number of open files, so that an item of 20,000 files does not use up the process's handles.

use std::{
    fs::File,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rustc_hash::FxHashMap;

/// Files kept open at most, over all items. A file in use stays open a little longer.
const CAPACITY: usize = 192;

/// The most recently used files, by owner and number.
#[derive(Debug, Default)]
pub(crate) struct OpenFiles {
    slots: Mutex<Slots>,
    owners: AtomicU64,
}

#[derive(Debug, Default)]
struct Slots {
    files: FxHashMap<(Owner, usize), (Arc<File>, u64)>,
    clock: u64,
}

/// Tells one item's files from another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Owner(u64);

impl OpenFiles {
    /// A number for a new owner of files.
    pub(crate) fn owner(&self) -> Owner {
        Owner(self.owners.fetch_add(1, Ordering::Relaxed))
    }

    /// The file, opened by `open` if it is not open already.
    pub(crate) fn get<E>(
        &self,
        owner: Owner,
        file: usize,
        open: impl FnOnce() -> Result<File, E>,
    ) -> Result<Arc<File>, E> {
        if let Some(file) = self.opened(owner, file) {
            return Ok(file);
        }
        // Opened without the lock; when two threads do, the later one is kept.
        let opened = Arc::new(open()?);
        self.lock().insert((owner, file), opened.clone());
        Ok(opened)
    }

    /// The file, if it is open.
    pub(crate) fn opened(&self, owner: Owner, file: usize) -> Option<Arc<File>> {
        self.lock().touch((owner, file))
    }

    /// Closes a file: what stands at its path may be another one.
    pub(crate) fn forget(&self, owner: Owner, file: usize) {
        self.lock().files.remove(&(owner, file));
    }

    /// Closes all files of an owner.
    pub(crate) fn forget_all(&self, owner: Owner) {
        self.lock().files.retain(|(of, _), _| *of != owner);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn touch(&mut self, key: (Owner, usize)) -> Option<Arc<File>> {
        self.clock += 1;
        let (file, used) = self.files.get_mut(&key)?;
        *used = self.clock;
        Some(file.clone())
    }

    fn insert(&mut self, key: (Owner, usize), file: Arc<File>) {
        if self.files.len() >= CAPACITY
            && let Some(oldest) = self.files.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key)
        {
            self.files.remove(&oldest);
        }
        self.clock += 1;
        self.files.insert(key, (file, self.clock));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unused_file_is_closed_first() {
        let files = OpenFiles::default();
        let owner = files.owner();
        let open = || tempfile::tempfile();
        for file in 0..CAPACITY {
            files.get(owner, file, open).unwrap();
        }
        files.get(owner, 0, open).unwrap();
        files.get(owner, CAPACITY, open).unwrap();
        let kept = |file| files.lock().files.contains_key(&(owner, file));
        assert_eq!(files.lock().files.len(), CAPACITY);
        assert!(kept(0) && kept(CAPACITY) && !kept(1));
    }
}
