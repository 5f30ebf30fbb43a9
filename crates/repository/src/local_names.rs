//! Local names: the names that an item's files have on this disk, where the file system cannot hold their own.
//!
//! Only the file system itself knows which names those are, so they are tried out on it ([`plan`]). Such a file has a
//! marked name here, and is served under its own.

mod marked;
mod plan;

use std::{borrow::Cow, collections::BTreeMap, path::Path};

use peerpool_wire::metainfo::{Info, names::check_name};
use serde::{Deserialize, Serialize};

pub(crate) use self::plan::{can_hold, name_for};
use crate::{
    beneath::Directory,
    error::{DiskError, Result},
    problem::{Cause, Problem},
    scan::{MAX_TOLD, path_in_item},
};

/// The name of the file in a download's folder.
const NAME: &str = "names";
const LIMIT: u64 = 64 * 1024 * 1024;

/// The names that replace others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(Vec<String>, String)>", into = "Vec<(Vec<String>, String)>")]
pub(crate) struct LocalNames {
    /// The local name of the last component, by the path in the torrent.
    renamed: BTreeMap<Vec<String>, String>,
}

impl LocalNames {
    /// The local names of a download in `folder`: the recorded ones, or else those that the file system makes
    /// necessary, which are then recorded.
    pub(crate) fn of_download(folder: &Directory, info: &Info) -> Result<Self> {
        if let Some(local_names) = Self::recorded(folder, NAME) {
            return Ok(local_names);
        }
        let local_names = plan::plan(folder, info)?;
        local_names.record(folder, NAME)?;
        Ok(local_names)
    }

    /// The local names that a download in `folder` recorded.
    pub(crate) fn recorded_of_download(folder: &Directory) -> Self {
        Self::recorded(folder, NAME).unwrap_or_default()
    }

    /// Reads local names from a file; `None` when it is missing or damaged.
    pub(crate) fn recorded(folder: &Directory, name: &str) -> Option<Self> {
        let bytes = folder.read_small(Path::new(name), LIMIT).ok()??;
        serde_json::from_slice::<Self>(&bytes).ok().filter(Self::are_names)
    }

    /// Writes them into a file, durably; if there are none, removes the file.
    pub(crate) fn record(&self, folder: &Directory, name: &str) -> Result<()> {
        if self.renamed.is_empty() {
            return folder.remove_file(Path::new(name));
        }
        let failed = |error| DiskError::new("write", folder.path().join(name), std::io::Error::from(error));
        folder.replace_durably(name, &serde_json::to_vec(self).map_err(failed)?)
    }

    /// The local path of the file, folder or link at this path in the torrent.
    pub(crate) fn local<'p>(&self, path: &'p [String]) -> Cow<'p, [String]> {
        if self.renamed.is_empty() {
            return Cow::Borrowed(path);
        }
        let local = (1..=path.len())
            .zip(path)
            .map(|(depth, name)| self.renamed.get(&path[..depth]).unwrap_or(name).clone());
        Cow::Owned(local.collect())
    }

    /// Whether everything has its own name.
    pub(crate) fn is_plain(&self) -> bool {
        self.renamed.is_empty()
    }

    /// Reports what has a marked name in the item called `item` here; of very many, the first ones.
    pub(crate) fn problems(&self, item: &str) -> Vec<Problem> {
        let marked = self.renamed.iter().filter(|(_, name)| marked::is_marked(name)).take(MAX_TOLD);
        let tell = |path: &[String]| {
            Problem::new(item, &path_in_item(item, &self.local(path)), Cause::Renamed(path.join("/")))
        };
        marked.map(|(path, _)| tell(path)).collect()
    }

    fn are_names(&self) -> bool {
        self.renamed.iter().all(|(path, name)| !path.is_empty() && check_name(name).is_ok())
    }
}

impl From<Vec<(Vec<String>, String)>> for LocalNames {
    fn from(renamed: Vec<(Vec<String>, String)>) -> Self {
        Self { renamed: renamed.into_iter().collect() }
    }
}

impl From<LocalNames> for Vec<(Vec<String>, String)> {
    fn from(local_names: LocalNames) -> Self {
        local_names.renamed.into_iter().collect()
    }
}
