//! Notices changes in the repository.

use crate::refresh::Scope;

/// Watches the repository's folder until it is dropped.
///
/// Changes are collected by top-level name and given out on a channel once a name has rested for half a second. Each
/// message is a [`Scope`] to refresh; [`Scope::Everything`] when the system could not say what changed. The channel
/// holds one message; what comes meanwhile is merged into the next.
#[derive(Debug)]
pub struct Watcher {
    changes: std::sync::mpsc::Receiver<Scope>,
}

impl Watcher {
    /// Waits for the next change; `None` when the watcher has ended.
    pub fn next(&self) -> Option<Scope> {
        self.changes.recv().ok()
    }
}
