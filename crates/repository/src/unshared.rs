//! The items that their owner keeps out of the pool.

use std::{collections::BTreeSet, io, path::Path};

use crate::{
    beneath::Directory,
    error::{DiskError, Result},
};

const NAME: &str = "unshared.json";
const LIMIT: u64 = 16 * 1024 * 1024;

/// Names that are not shared although they stand in the repository. Kept as a list that a person can read and edit.
#[derive(Debug)]
pub(crate) struct Unshared {
    names: BTreeSet<String>,
}

impl Unshared {
    /// Reads the list. A damaged one is an error: sharing what its owner did not want to share would be worse.
    pub(crate) fn load(state: &Directory) -> Result<Self> {
        let Some(bytes) = state.read_small(Path::new(NAME), LIMIT)? else {
            return Ok(Self { names: BTreeSet::new() });
        };
        let failed = |error| DiskError::new("understand", state.path().join(NAME), io::Error::from(error));
        Ok(Self { names: serde_json::from_slice(&bytes).map_err(failed)? })
    }

    /// Whether the name is kept out.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Keeps a name out, or no longer, durably.
    pub(crate) fn set(&mut self, state: &Directory, name: &str, out: bool) -> Result<()> {
        let changed = if out { self.names.insert(name.to_owned()) } else { self.names.remove(name) };
        if changed {
            let failed = |error| DiskError::new("write", state.path().join(NAME), io::Error::from(error));
            state.replace_durably(NAME, &serde_json::to_vec_pretty(&self.names).map_err(failed)?)?;
        }
        Ok(())
    }
}
