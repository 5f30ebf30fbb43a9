//! Where a sparse file has data.

use std::{fs::File, ops::Range};

/// The next run of data in a file from `at` on; all of the rest where the file system cannot tell.
pub(crate) fn next_data(file: &File, at: u64) -> Option<Range<u64>> {
    use rustix::{fs::SeekFrom, io::Errno};
    let end = file.metadata().ok()?.len();
    if at >= end {
        return None;
    }
    let from = match rustix::fs::seek(file, SeekFrom::Data(at)) {
        Ok(from) => from,
        Err(Errno::NXIO) => return None,
        Err(_) => return Some(at..end),
    };
    let to = rustix::fs::seek(file, SeekFrom::Hole(from)).unwrap_or(end);
    (from < to).then_some(from..to.min(end))
}

/// All runs of data in a file.
pub(crate) fn data_in(file: &File) -> impl Iterator<Item = Range<u64>> + '_ {
    std::iter::successors(next_data(file, 0), |run| next_data(file, run.end))
}
