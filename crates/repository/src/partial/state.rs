//! What a download records: which pieces are verified and on disk.

use std::{collections::BTreeSet, path::Path};

use peerpool_wire::bitfield::Bitfield;
use serde::{Deserialize, Serialize};

use super::Wanted;
use crate::{
    beneath::Directory,
    envelope::StateFile,
    error::{DiskError, Result},
};

const NAME: &str = "state";
/// A second copy of the decisions, which reading the data cannot recover, in case the state is damaged.
const DECIDED: &str = "decided";
const LIMIT: u64 = 64 * 1024 * 1024;

/// What a download has verified, and what was decided about it. The state file is replaced as a whole, after the data
/// that it lists is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadState {
    /// Verified pieces.
    pub(crate) verified: Bitfield,
    /// What is downloaded.
    pub(crate) wanted: Wanted,
    /// The fingerprint of each file's stamp after the download's last write; 0 if unknown.
    pub(crate) stamps: Vec<u64>,
    /// Files delivered into the repository already, with the fingerprints of their stamps there.
    pub(crate) delivered: Vec<(usize, u64)>,
    /// The folder of the repository that they were delivered into.
    pub(crate) delivered_to: Option<String>,
    /// Whether a hybrid's pieces are compared with both of its hashes.
    pub(crate) check_both: bool,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    pieces: u32,
    #[serde(with = "serde_bytes")]
    verified: Vec<u8>,
    files: Option<BTreeSet<usize>>,
    #[serde(with = "serde_bytes")]
    stamps: Vec<u8>,
    delivered: Vec<(usize, u64)>,
    delivered_to: Option<String>,
    check_both: bool,
}

impl DownloadState {
    /// The state of a download that has nothing yet.
    pub(crate) fn new(pieces: u32, wanted: Wanted) -> Self {
        Self {
            verified: Bitfield::none(pieces),
            wanted,
            stamps: Vec::new(),
            delivered: Vec::new(),
            delivered_to: None,
            check_both: false,
        }
    }

    /// Reads the state, or at least the decisions. `None` if neither is there and intact; the data then shows what is
    /// there.
    pub(crate) fn load(folder: &Directory) -> Option<Self> {
        let read = |name: &str| Self::decode(&folder.read_small(Path::new(name), LIMIT).ok()??);
        read(NAME).or_else(|| read(DECIDED))
    }

    /// The decisions alone, without what reading the data can recover.
    fn decided(&self) -> Self {
        Self { verified: Bitfield::none(self.verified.len()), stamps: Vec::new(), ..self.clone() }
    }

    /// Writes the second copy of the decisions, if they have changed.
    pub(crate) fn save_decided(&self, folder: &Directory, before: Option<&Self>) -> Result<()> {
        let decided = self.decided();
        if before.is_some_and(|before| before.decided() == decided) {
            return Ok(());
        }
        // A damaged state counts as a download of everything, so that needs no copy.
        if decided == Self::new(decided.verified.len(), Wanted::Whole) {
            return folder.remove_file(Path::new(DECIDED));
        }
        let bytes = decided.encode().map_err(DiskError::on("write", &folder.path().join(DECIDED)))?;
        folder.replace_durably(DECIDED, &bytes)
    }

    /// Reads the state file's bytes. `None` when they are damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let stored: Stored = rmp_serde::from_slice(StateFile::Download.unseal(bytes)?).ok()?;
        Some(Self {
            verified: Bitfield::from_bytes(&stored.verified, stored.pieces).ok()?,
            wanted: stored.files.map_or(Wanted::Whole, Wanted::Files),
            stamps: stored.stamps.as_chunks().0.iter().map(|word| u64::from_le_bytes(*word)).collect(),
            delivered: stored.delivered,
            delivered_to: stored.delivered_to,
            check_both: stored.check_both,
        })
    }

    /// Replaces the state file, durably.
    pub(crate) fn save(&self, folder: &Directory) -> Result<()> {
        let bytes = self.encode().map_err(DiskError::on("write", &folder.path().join(NAME)))?;
        folder.replace_durably(NAME, &bytes)
    }

    /// The state file's bytes.
    ///
    /// # Errors
    ///
    /// None in practice: every field can be written as MessagePack.
    pub fn encode(&self) -> std::io::Result<Vec<u8>> {
        let stored = Stored {
            pieces: self.verified.len(),
            verified: self.verified.to_bytes(),
            files: match &self.wanted {
                Wanted::Whole => None,
                Wanted::Files(files) => Some(files.clone()),
            },
            stamps: self.stamps.iter().flat_map(|stamp| stamp.to_le_bytes()).collect(),
            delivered: self.delivered.clone(),
            delivered_to: self.delivered_to.clone(),
            check_both: self.check_both,
        };
        let body = rmp_serde::to_vec(&stored).map_err(std::io::Error::other)?;
        Ok(StateFile::Download.seal(&body))
    }
}
