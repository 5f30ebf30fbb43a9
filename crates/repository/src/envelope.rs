//! Sealed state files, which show whether they are intact: a magic number with the version, a checksum, the body.

use crate::digest;

const CHECKSUM: usize = 32;

/// A kind of state file, and its bytes. Its owner decides where it lies and when it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFile {
    /// What a download records (`state`).
    Download,
    /// The hashes of a repository's files (`index`).
    HashIndex,
    /// The names that are not to be shared (`unshared`).
    Unshared,
    /// The items that are shared by a torrent of their own (`torrents/names`).
    Adopted,
    /// What the peer remembers of downloads (`downloads`); it defines the body.
    Downloads,
    /// Limits of rates (`limits`); the peer defines the body.
    Limits,
    /// What an upload is to bring (`uploads/ID/plan`).
    Upload,
}

impl StateFile {
    const fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Download => b"PPPART02",
            Self::HashIndex => b"PPINDEX2",
            Self::Unshared => b"PPUNSHR1",
            Self::Adopted => b"PPADOPT1",
            Self::Downloads => b"PPDOWNL1",
            Self::Limits => b"PPLIMIT1",
            Self::Upload => b"PPUPLOA1",
        }
    }

    /// The bytes of a file with this body.
    pub fn seal(self, body: &[u8]) -> Vec<u8> {
        [self.magic().as_slice(), &digest::sha256(body).0, body].concat()
    }

    /// The body, if the file is intact and of this kind and version.
    pub fn unseal(self, bytes: &[u8]) -> Option<&[u8]> {
        let (found, rest) = bytes.split_at_checked(self.magic().len())?;
        let (checksum, body) = rest.split_at_checked(CHECKSUM)?;
        (found == self.magic() && digest::sha256(body).0 == *checksum).then_some(body)
    }
}
