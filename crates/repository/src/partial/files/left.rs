//! How the download left its files, and whether somebody else wrote to them since.

use std::{
    fs::File,
    io,
    sync::{PoisonError, atomic::Ordering},
};

use super::{DownloadFile, DownloadFiles, MODIFIED};
use crate::{error::Result, stamp::Stamp};

impl DownloadFiles {
    /// Changes a file, with no other change at the same time, and records how it leaves it. Also records whether the
    /// file was not as it had been left before.
    pub(crate) fn change<T>(
        &self,
        nth: usize,
        open: &File,
        act: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let Some(file) = self.files.get(nth) else { return act() };
        let _alone = file.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let left = file.left.load(Ordering::Relaxed);
        if left != 0 && Stamp::of_open(open)?.fingerprint() != left {
            file.flags.fetch_or(MODIFIED, Ordering::Relaxed);
        }
        let changed = act();
        file.left.store(Stamp::of_open(open)?.fingerprint(), Ordering::Relaxed);
        changed
    }

    /// Restores what a state recorded of each file.
    pub(crate) fn restore(&self, stamps: &[u64], delivered: &[(usize, u64)]) -> Result<()> {
        for (file, left) in self.files.iter().zip(stamps) {
            file.left.store(*left, Ordering::Relaxed);
        }
        for (nth, stamp) in delivered {
            self.set_delivered(*nth, *stamp);
        }
        let mut stamps = self.stamps();
        for file in self.files.iter().filter(|file| file.real) {
            let now = stamps.of(&file.path)?.map_or(0, |stamp| stamp.fingerprint());
            if now != file.left.swap(now, Ordering::Relaxed) {
                file.flags.fetch_or(MODIFIED, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Whether a file is there and nobody else is known to have written to it since [`DownloadFiles::restore`].
    pub(in crate::partial) fn is_as_left(&self, nth: usize) -> bool {
        let foreign = |file: &DownloadFile| file.flags.load(Ordering::Relaxed) & MODIFIED != 0;
        self.is_made(nth) && !self.files.get(nth).is_some_and(foreign)
    }

    /// The pieces of all files were verified again since [`DownloadFiles::restore`].
    pub(in crate::partial) fn settle_all(&self) {
        for file in &self.files {
            file.flags.fetch_and(!MODIFIED, Ordering::Relaxed);
        }
    }

    /// The pieces of the file were verified again, while it had this stamp.
    pub(in crate::partial) fn settle(&self, nth: usize, stamp: u64) {
        if let Some(file) = self.files.get(nth) {
            file.left.store(stamp, Ordering::Relaxed);
            file.flags.fetch_and(!MODIFIED, Ordering::Relaxed);
        }
    }

    /// The files that are not as they were left, each with its current stamp; `None` for one that is missing or of
    /// another length.
    pub(in crate::partial) fn modified_by_others(&self) -> Result<Vec<(usize, Option<Stamp>)>> {
        let mut stamps = self.stamps();
        let mut modified_by_others = Vec::new();
        for (nth, file) in self.files.iter().enumerate().filter(|(_, file)| file.real) {
            let whole = stamps.of(&file.path)?.filter(|stamp| stamp.size == file.length);
            let left = file.left.load(Ordering::Relaxed);
            let foreign = file.flags.load(Ordering::Relaxed) & MODIFIED != 0;
            let same = whole.map_or(0, |stamp| stamp.fingerprint()) == left;
            if (self.is_made(nth) && (foreign || !same)) && !(file.length == 0 && whole.is_none()) {
                modified_by_others.push((nth, whole));
            }
        }
        Ok(modified_by_others)
    }

    /// The file's pieces must be verified again, whatever its stamp says.
    pub(in crate::partial) fn distrust(&self, nth: usize) {
        if let Some(file) = self.files.get(nth).filter(|file| file.real) {
            file.flags.fetch_or(MODIFIED, Ordering::Relaxed);
            file.left.store(0, Ordering::Relaxed);
        }
    }

    /// The fingerprint with which each file was left; 0 if unknown.
    pub(in crate::partial) fn fingerprints(&self) -> Vec<u64> {
        self.files.iter().map(|file| file.left.load(Ordering::Relaxed)).collect()
    }
}
