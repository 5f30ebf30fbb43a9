//! Files for their owner alone, whole from the moment at which they are there.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use tempfile::NamedTempFile;

/// Makes a folder that only its owner may use, and those above it; one that is there stays as it is.
///
/// # Errors
///
/// The system does not let it be made.
#[cfg(unix)]
pub fn create_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a folder, and those above it. A user's own folder of data keeps others out.
///
/// # Errors
///
/// The system does not let it be made.
#[cfg(not(unix))]
pub fn create_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// Writes a file that is not there yet, in a folder that is made for it. It replaces none.
///
/// # Errors
///
/// It is there, or cannot be written.
pub fn create(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path)?;
    create_folder(folder)?;
    written(folder, content)?.persist_noclobber(path)?;
    sync_folder(folder)
}

/// Writes a file in place of the one that is there, in a folder that is there.
///
/// # Errors
///
/// It cannot be written; the one that is there stays.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path)?;
    written(folder, content)?.persist(path)?;
    sync_folder(folder)
}

/// Gives a file the name of another, in whose place it is from then on.
///
/// # Errors
///
/// The system does not let it be done.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder(folder_of(to)?)
}

/// A file of another name that has all of it.
fn written(folder: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    // For its owner alone from the beginning: `tempfile` makes files with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn folder_of(path: &Path) -> io::Result<&Path> {
    match path.parent() {
        // A name alone is one in the working folder.
        Some(folder) if folder.as_os_str().is_empty() => Ok(Path::new(".")),
        folder => folder.ok_or_else(|| io::ErrorKind::InvalidInput.into()),
    }
}

/// Has a change of the folder survive a power cut.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
