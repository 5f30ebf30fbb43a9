//! The names under which items are saved.

use std::path::Path;

use peerpool_repository::{free_name, is_taken};
use peerpool_wire::metainfo::names;

use super::{Getter, error::GetError};
use crate::node::SaveAs;

impl Getter {
    /// Refuses a name to save under before anything is fetched, and sees whether something stands there.
    pub(super) async fn check_name(&self, name: &str) -> Result<SaveAs, GetError> {
        let refused = |reason: String| GetError::Name { name: name.to_owned(), reason };
        names::check_name(name).map_err(|fault| refused(fault.to_string()))?;
        if name.starts_with('.') {
            return Err(refused("names that begin with a dot are hidden".to_owned()));
        }
        let (repository, wished) = (self.repository.clone(), name.to_owned());
        let looking = tokio::task::spawn_blocking(move || {
            let holds = repository.can_hold(&wished)?;
            Ok::<_, GetError>((holds, is_taken(repository.root(), &wished)))
        });
        match looking.await?? {
            (true, taken) => Ok(SaveAs { name: name.to_owned(), taken }),
            (false, _) => Err(refused("the file system of the repository cannot hold it".to_owned())),
        }
    }

    /// What stands in the way of saving under a name.
    pub(super) fn taken(&self, name: String) -> GetError {
        let free = free_name(self.repository.root(), &name);
        GetError::Taken { name, free }
    }
}

/// Says early what completion would refuse: something else stands there already.
pub(super) fn check_free(root: &Path, name: &str) -> Result<(), GetError> {
    match is_taken(root, name) {
        true => Err(GetError::Taken { name: name.to_owned(), free: free_name(root, name) }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_comes_with_a_free_one() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.txt", "a (2).txt", ".bashrc"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let free = |name: &str| match check_free(folder.path(), name) {
            Ok(()) => None,
            Err(GetError::Taken { free, .. }) => free,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(free("b.txt"), None);
        assert_eq!(free("a.txt").as_deref(), Some("a (3).txt"));
        assert_eq!(free(".bashrc").as_deref(), Some(".bashrc (2)"));
    }
}
