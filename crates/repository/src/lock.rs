//! The lock that keeps other processes out of a repository.

use std::{
    fs::File,
    io::{Read, Seek, Write},
    path::Path,
};

use rustix::{fs::FlockOperation, io::Errno};

use crate::{
    beneath::Directory,
    error::{DiskError, Result},
};

const NAME: &str = "lock";

/// Held while the repository is open. The system releases it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// The outcome of an attempt to take the lock.
pub(crate) enum Attempt {
    Taken(Lock),
    /// Another process holds it; its number, if it could be read.
    HeldBy(Option<u32>),
}

/// Takes the lock of the state folder, and writes the number of this process into it.
pub(crate) fn take(state: &Directory) -> Result<Attempt> {
    let path = state.path().join(NAME);
    let mut file = state.open_private(Path::new(NAME))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(Attempt::HeldBy(holder(&mut file))),
        Err(error) => return Err(DiskError::new("lock", path, error)),
    }
    let written =
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(DiskError::on("write", &path))?;
    Ok(Attempt::Taken(Lock { _file: file }))
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
