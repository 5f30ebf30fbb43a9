//! A bounded number of open files, so that an item of 20,000 files does not use up the process's handles.

use std::{
    collections::VecDeque,
    fs::File,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rustc_hash::FxHashMap;
use rustix::process::{Resource, getrlimit};

/// Maximum number of files kept open, over all items. A file in use stays open a little longer.
const CAPACITY: usize = 192;

/// The limit for this process, which needs most of its handles for other things.
fn capacity() -> usize {
    static OF_THIS_PROCESS: OnceLock<usize> = OnceLock::new();
    *OF_THIS_PROCESS.get_or_init(|| {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        usize::try_from(limit / 4).map_or(CAPACITY, |share| share.clamp(1, CAPACITY))
    })
}

/// Recently used files, by owner and number.
#[derive(Debug, Default)]
pub(crate) struct OpenFiles {
    slots: Mutex<Slots>,
    owners: AtomicU64,
}

#[derive(Debug, Default)]
struct Slots {
    files: FxHashMap<Key, Slot>,
    /// The keys of `files` in the order in which they came, and of some closed files: the next to be closed comes
    /// first.
    turns: VecDeque<Key>,
}

#[derive(Debug)]
struct Slot {
    file: Arc<File>,
    /// Used since its last turn, so it stays open for another one.
    used: bool,
}

type Key = (Owner, usize);

/// Identifies the item that a file belongs to.
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
        // Opened without the lock. When two threads open the same file, the later handle stays.
        let opened = Arc::new(open()?);
        let closed = self.lock().insert((owner, file), opened.clone());
        // Dropping the last handle closes the file, which takes time, so drop it outside of the lock.
        drop(closed);
        Ok(opened)
    }

    /// The file, if it is open.
    pub(crate) fn opened(&self, owner: Owner, file: usize) -> Option<Arc<File>> {
        self.lock().touch((owner, file))
    }

    /// Closes a file, because its path may now lead to another one.
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
    fn touch(&mut self, key: Key) -> Option<Arc<File>> {
        let slot = self.files.get_mut(&key)?;
        slot.used = true;
        Some(slot.file.clone())
    }

    /// Keeps a file open. Returns those to close in exchange.
    fn insert(&mut self, key: Key, file: Arc<File>) -> Vec<Arc<File>> {
        let mut closed = Vec::new();
        let capacity = capacity();
        while self.files.len() >= capacity || self.turns.len() >= 2 * capacity {
            let Some(turn) = self.turns.pop_front() else { break };
            match self.files.get_mut(&turn) {
                Some(slot) if slot.used => {
                    slot.used = false;
                    self.turns.push_back(turn);
                }
                Some(_) => closed.extend(self.files.remove(&turn).map(|slot| slot.file)),
                None => {}
            }
        }
        if self.files.insert(key, Slot { file, used: false }).is_none() {
            self.turns.push_back(key);
        }
        closed
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
