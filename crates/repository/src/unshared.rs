//! The items that their owner keeps out of the pool.
//!
//! The list is kept twice, in the state folder and beside it, so that deleting all state, or damaging one copy, does
//! not share what was unshared. Both are sealed, so a flipped bit cannot turn a name into another.

use std::{collections::BTreeSet, io, path::Path};

use crate::{
    beneath::Directory,
    envelope::StateFile,
    error::{DiskError, Result},
};

/// In the state folder.
pub(crate) const NAME: &str = "unshared";
/// In the repository, where it is hidden and no item.
pub(crate) const BESIDE: &str = ".peerpool-unshared";
const LIMIT: u64 = 16 * 1024 * 1024;

/// Names that are not shared although the repository has them.
#[derive(Debug)]
pub(crate) enum Unshared {
    /// Exactly these names.
    Known(BTreeSet<String>),
    /// Unknown, because both copies are damaged: nothing is shared until somebody decides.
    Damaged,
}

impl Unshared {
    /// Reads the list. If both copies are intact and differ, a name in either is kept out.
    pub(crate) fn load(root: &Directory, state: &Directory) -> Result<Self> {
        let copies = [read(state, NAME)?, read(root, BESIDE)?];
        let whole: Vec<&BTreeSet<String>> = copies.iter().flatten().flatten().collect();
        if whole.is_empty() && copies.iter().any(Option::is_some) {
            return Ok(Self::Damaged);
        }
        let names: BTreeSet<String> = whole.iter().copied().flatten().cloned().collect();
        let differ = copies.iter().any(|copy| !matches!(copy, Some(Some(copy)) if *copy == names));
        let known = Self::Known(names);
        if differ && !known.is_empty() {
            tracing::warn!("only one copy of the list of unshared names was intact: both are written again");
            known.save(root, state)?;
        }
        Ok(known)
    }

    /// Whether the name is kept out.
    pub(crate) fn has(&self, name: &str) -> bool {
        match self {
            Self::Known(names) => names.contains(name),
            Self::Damaged => true,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Known(names) if names.is_empty())
    }

    /// Adds a name to the list, or removes it, durably. Returns false when the list is damaged.
    pub(crate) fn set(&mut self, root: &Directory, state: &Directory, name: &str, out: bool) -> Result<bool> {
        let Self::Known(names) = self else { return Ok(false) };
        if names.contains(name) != out {
            let mut names = names.clone();
            if out {
                names.insert(name.to_owned())
            } else {
                names.remove(name)
            };
            let changed = Self::Known(names);
            changed.save(root, state)?;
            *self = changed;
        }
        Ok(true)
    }

    fn save(&self, root: &Directory, state: &Directory) -> Result<()> {
        let Self::Known(names) = self else { return Ok(()) };
        let failed = |error| DiskError::new("write", state.path().join(NAME), io::Error::from(error));
        let bytes = StateFile::Unshared.seal(&serde_json::to_vec(names).map_err(failed)?);
        state.replace_durably(NAME, &bytes)?;
        root.replace_durably(BESIDE, &bytes)
    }
}

/// `None` when there is no such file, `Some(None)` when it is damaged.
fn read(folder: &Directory, name: &str) -> Result<Option<Option<BTreeSet<String>>>> {
    let bytes = folder.read_small(Path::new(name), LIMIT)?;
    Ok(bytes.map(|bytes| serde_json::from_slice(StateFile::Unshared.unseal(&bytes)?).ok()))
}
