//! Bringing shared items up to date with what is on disk.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use peerpool_wire::id::InfoHash;

pub use crate::problem::{Cause, Problem};
use crate::shared::SharedItem;

/// Which top-level entries of the repository to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Withdraws those of these names that are no longer what is shared; hashes nothing.
    Stirred(BTreeSet<String>),
    /// All top-level entries.
    Everything,
    /// These names; what no longer exists is withdrawn.
    Names(BTreeSet<String>),
}

impl Scope {
    /// Whether it has this name.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Names(names) | Self::Stirred(names) => names.contains(name),
        }
    }

    /// The union of both scopes; [`Scope::Everything`] absorbs the others.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
            (Self::Stirred(mut names), Self::Stirred(more)) => {
                names.extend(more);
                Self::Stirred(names)
            }
            (Self::Names(mut names) | Self::Stirred(mut names), Self::Names(more) | Self::Stirred(more)) => {
                names.extend(more);
                Self::Names(names)
            }
        }
    }
}

/// Asks a running refresh to stop soon; clones ask the same one.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Stops the refresh at the next buffer; hashes computed so far are kept.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`Cancel::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a refresh reports while it runs, from any of its threads.
#[derive(Debug, Clone)]
pub enum Event {
    /// Progress of hashing, over all items that need it.
    Hashing {
        /// An item being hashed.
        item: Arc<str>,
        /// Bytes hashed so far, over all items.
        done: u64,
        /// Bytes to hash, over all items.
        total: u64,
    },
    /// The item is shared from now on, in place of an earlier one of that name.
    Shared(Arc<SharedItem>),
    /// The item of this name is no longer shared: it is gone, or cannot be shared any more.
    Withdrawn(String),
    /// Something that is not shared, and why.
    Problem(Problem),
    /// Files that this download delivered into the repository are gone or changed, so nothing of it may be offered
    /// until it is opened again.
    Altered(InfoHash),
}

/// The result of a refresh.
#[derive(Debug, Clone, Default)]
pub struct Refresh {
    /// Items found in the scope.
    pub found: usize,
    /// How many of those are shared.
    pub shared: usize,
    /// Bytes that had to be read and hashed.
    pub hashed_bytes: u64,
    /// Everything that is not shared as it stands, and why.
    pub problems: Vec<Problem>,
    /// Names to refresh once more in two seconds: their files were modified a moment ago, so that a further change
    /// could hide behind an unchanged time of modification, or changed while they were hashed.
    pub unsettled: BTreeSet<String>,
    /// The refresh was cancelled before its end.
    pub cancelled: bool,
}
