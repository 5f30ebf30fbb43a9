//! Copies what was fetched out of the repository.

use std::{
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, RenameFlags},
    io::Errno,
};

use crate::exit::{Exit, Failure};

/// Copies a file or folder into a folder, which is made if need be, under its own name, by reflink where the file system
/// can do that. It replaces nothing, and appears whole.
///
/// # Errors
///
/// When something stands there already, or reading or writing fails; then nothing of the copy is left.
pub fn copy_into(from: &Path, folder: &Path) -> Result<PathBuf, Failure> {
    let name = from.file_name().unwrap_or_default();
    let to = folder.join(name);
    if to.symlink_metadata().is_ok() {
        return Err(taken(&to, "another folder"));
    }
    fs::create_dir_all(folder).map_err(Failure::file("make", folder))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".peerpool-part");
    let part = folder.join(hidden);
    remove(&part);
    let copied = copy(from, &part).map_err(Failure::file("copy to", &to)).and_then(|()| {
        rename(&part, &to).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => taken(&to, "another folder"),
            _ => Failure::file("put in place", &to)(error),
        })
    });
    if copied.is_err() {
        remove(&part);
    }
    copied.map(|()| to)
}

/// Something stands there; `instead` is what else may be named.
pub(super) fn taken(to: &Path, instead: &str) -> Failure {
    Failure::told(Exit::Exists, format!("{} exists already: move it away, or name {instead}", to.display()))
}

pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that cannot promise it; what was there a moment ago was looked at.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => fs::rename(from, to),
        renamed => Ok(renamed?),
    }
}

/// What a killed command left has this name, too.
fn remove(part: &Path) {
    let _ = match part.symlink_metadata() {
        Ok(found) if found.is_dir() => fs::remove_dir_all(part),
        Ok(_) => fs::remove_file(part),
        Err(_) => Ok(()),
    };
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let found = from.symlink_metadata()?;
    if found.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    if !found.is_dir() {
        fs::copy(from, to)?;
        let copy = fs::File::options().append(true).open(to)?;
        copy.set_modified(found.modified()?)?;
        return copy.sync_all();
    }
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_replaces_nothing_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("photos"), folder.path().join("else/where"));
        fs::create_dir_all(from.join("2024")).unwrap();
        fs::write(from.join("2024/one.jpg"), "one").unwrap();
        symlink("2024/one.jpg", from.join("best")).unwrap();
        let copied = copy_into(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(copied.join("best")).unwrap(), "one");
        assert_eq!(copy_into(&from, &to).unwrap_err().exit(), Exit::Exists);
        let names: Vec<_> = fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["photos"]);
    }
}
