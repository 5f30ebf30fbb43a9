use peerpool_repository::{DownloadState, HashIndex, StateFile};

use crate::supply::Supply;

/// The state file of a download and the hash index: damaged files, and damaged bodies under a good checksum.
///
/// The first byte says which of the two files it is, and whether what follows is the whole file or its body.
pub fn resume(data: &[u8]) {
    let mut supply = Supply::new(data);
    let how = supply.byte();
    let file = if how & 1 == 0 { StateFile::Download } else { StateFile::HashIndex };
    let rest = supply.all();
    let bytes = if how & 2 == 0 { file.seal(rest) } else { rest.to_vec() };
    if let Some(written) = rewrite(file, &bytes) {
        let again = rewrite(file, &written).expect("what was written is read");
        // The index has no order.
        assert_eq!(again.len(), written.len());
        assert!(file == StateFile::HashIndex || again == written);
    }
}

/// Reads a whole file as a peer does when it starts, and writes what it understood.
pub fn rewrite(file: StateFile, bytes: &[u8]) -> Option<Vec<u8>> {
    match file {
        StateFile::Download => DownloadState::decode(bytes)?.encode().ok(),
        StateFile::HashIndex => HashIndex::decode(bytes)?.encode().ok(),
        StateFile::Unshared
        | StateFile::Adopted
        | StateFile::Downloads
        | StateFile::Limits
        | StateFile::Upload => None,
    }
}
