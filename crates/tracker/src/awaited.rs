//! Browsers that were sent to somebody, and whose answer is awaited for a while. An answer is good once.

use std::{collections::BTreeMap, time::Duration};

use peerpool_access::{Moment, SecretHash};

/// Most of them; the oldest goes.
pub(crate) const MOST: usize = 4096;

/// What is awaited, by the hash of what an answer brings, and until when.
#[derive(Debug)]
pub(crate) struct Awaited<T>(BTreeMap<SecretHash, (T, Moment)>);

impl<T> Default for Awaited<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Awaited<T> {
    pub(crate) fn begin(&mut self, now: Moment, by: SecretHash, what: T, patience: Duration) {
        self.0.retain(|_, (_, ends)| now < *ends);
        if self.0.len() >= MOST
            && let Some(oldest) = self.0.iter().min_by_key(|(_, (_, ends))| *ends).map(|(by, _)| *by)
        {
            self.0.remove(&oldest);
        }
        self.0.insert(by, (what, now + patience));
    }

    /// An answer came in time, for what `is_its`; for anything else it ends nothing.
    pub(crate) fn end(&mut self, now: Moment, by: &SecretHash, is_its: impl FnOnce(&T) -> bool) -> Option<T> {
        self.0.get(by).filter(|(what, ends)| now < *ends && is_its(what))?;
        self.0.remove(by).map(|(what, _)| what)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
