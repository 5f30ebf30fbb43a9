//! The owner's decisions about a repository, and what is wrong with their record.

use std::path::Path;

use super::{Repository, RepositoryError, STATE_FOLDER};
use crate::{
    import::{self, Brought},
    problem::{Cause, Problem},
    refresh::Cancel,
    unshared::{self, Unshared},
};

impl Repository {
    /// Makes `path` an item. A path inside the repository is shared again after [`Repository::unshare`]; one outside is
    /// copied into it. A relative path is one in the repository. Refresh the name next.
    ///
    /// # Errors
    ///
    /// The name is unfit or taken, the source changes or cannot be copied, or the list of unshared names is damaged.
    pub fn share(&self, path: &Path, cancel: &Cancel) -> Result<Brought, RepositoryError> {
        if matches!(*self.unshared(), Unshared::Damaged) {
            return Err(RepositoryError::UnsharedDamaged(self.advice_on_unshared()));
        }
        import::bring_in(&self.root, &self.work, path, cancel, |name| self.keep_unshared(name, false))
    }

    /// The name of the item that a user's argument means: a name, with or without `./`, or a path to it.
    pub fn name_of(&self, word: &Path) -> Option<String> {
        import::name_of(self.root(), word)
    }

    /// Whether the repository has an entry of this name.
    pub fn has(&self, name: &str) -> bool {
        self.root.exists(Path::new(name)).unwrap_or(false)
    }

    /// Keeps the item of this name out of the pool from now on, across restarts; the file itself stays. Refresh the
    /// name next.
    ///
    /// # Errors
    ///
    /// The name is no item's, the list of unshared names is damaged, or the disk fails.
    pub fn unshare(&self, name: &str) -> Result<(), RepositoryError> {
        if !self.root.exists(Path::new(name))? {
            let reason = "the repository has no item of that name";
            return Err(RepositoryError::Name { name: name.to_owned(), reason });
        }
        self.keep_unshared(name, true)
    }

    pub(super) fn keep_unshared(&self, name: &str, out: bool) -> Result<(), RepositoryError> {
        match self.unshared().set(&self.root, &self.state, name, out)? {
            true => Ok(()),
            false => Err(RepositoryError::UnsharedDamaged(self.advice_on_unshared())),
        }
    }

    fn advice_on_unshared(&self) -> String {
        format!(
            "the list of what is not to be shared is damaged: delete `{}` and `{}` to share everything here again, then \
             `unshare` what is not meant to be shared",
            self.state.path().join(unshared::NAME).display(),
            self.root.path().join(unshared::BESIDE).display(),
        )
    }

    /// What is wrong with the state on disk, and what to do.
    pub(crate) fn problems_of_state(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut tell = |path: &Path, what: String| {
            problems.push(Problem::new(STATE_FOLDER, path, Cause::State(what)));
        };
        if self.open_to_others {
            let what = "others may write to it, and the file system cannot change that: move the repository";
            tell(self.state.path(), what.to_owned());
        }
        if self.try_unshared_again() {
            tell(
                &self.state.path().join(unshared::NAME),
                format!("nothing is shared: {}", self.advice_on_unshared()),
            );
        }
        if let Some(aside) = self.torrents().damaged() {
            tell(
                &aside,
                "the list of items shared by their own torrents was damaged: use `share --torrent` again"
                    .to_owned(),
            );
        }
        for folder in self.partials.without_torrent() {
            tell(
                &folder,
                "its torrent is damaged: `get` the item again to resume, or delete this folder".to_owned(),
            );
        }
        problems
    }

    /// Whether the list of unshared names is still damaged; its owner may have removed it.
    fn try_unshared_again(&self) -> bool {
        let mut unshared = self.unshared();
        if matches!(*unshared, Unshared::Damaged)
            && let Ok(again) = Unshared::load(&self.root, &self.state)
        {
            *unshared = again;
        }
        matches!(*unshared, Unshared::Damaged)
    }
}
