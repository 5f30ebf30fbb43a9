//! Brings standard input into a repository.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::place::{rename, taken};
use crate::exit::{Exit, Failure};

/// Writes all of standard input to a file in the repository, under a hidden name until it is whole. It replaces nothing.
/// Blocks.
///
/// # Errors
///
/// When the name cannot be that of an item, something stands there already, or reading or writing fails; then nothing of
/// it is left.
pub fn receive(repository: &Path, name: &str, from: impl io::Read) -> Result<PathBuf, Failure> {
    if name.is_empty() || name.contains(['/', '\0']) || name.starts_with('.') {
        let message =
            "--as is the name of a file in the repository: without `/`, and without a dot at its beginning";
        return Err(Failure::told(Exit::Usage, message));
    }
    let to = repository.join(name);
    if to.symlink_metadata().is_ok() {
        return Err(taken(&to, "another by --as"));
    }
    let part = repository.join(format!(".{name}.peerpool-part"));
    let written = write(&part, from).map_err(Failure::file("write", &part)).and_then(|()| {
        rename(&part, &to).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => taken(&to, "another by --as"),
            _ => Failure::file("put in place", &to)(error),
        })
    });
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.map(|()| to)
}

fn write(part: &Path, mut from: impl io::Read) -> io::Result<()> {
    let mut file = File::create(part)?;
    io::copy(&mut from, &mut file)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_becomes_a_file_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = receive(folder.path(), "backup.tar", &b"content"[..]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"content");
        assert_eq!(receive(folder.path(), "backup.tar", &b"other"[..]).unwrap_err().exit(), Exit::Exists);
        assert_eq!(fs::read(&path).unwrap(), b"content");
        for name in ["", "../up", "a/b", ".hidden"] {
            assert_eq!(receive(folder.path(), name, &b""[..]).unwrap_err().exit(), Exit::Usage, "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
