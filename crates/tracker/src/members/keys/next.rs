//! The keyset that takes the place of another, signed in advance.

use data_encoding::HEXLOWER;
use peerpool_access::{Keyset, Moment, key::PublicKey};
use serde::{Deserialize, Serialize};

/// A keyset, and when it takes the place of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) due: Moment,
    pub(super) statement: Vec<u8>,
    pub(super) serial: u64,
}

/// What the file says.
#[derive(Serialize, Deserialize)]
struct File {
    /// Seconds since 1970.
    due: u64,
    /// The statement in hex.
    keyset: String,
}

impl Next {
    /// Reads a file. `None` unless it is what follows on this keyset, as one is not that a change has left behind.
    pub(super) fn read(text: &[u8], root: PublicKey, before: &Keyset) -> Option<Self> {
        let File { due, keyset } = serde_json::from_slice(text).ok()?;
        let statement = HEXLOWER.decode(keyset.as_bytes()).ok()?;
        let keyset = Keyset::open(&statement, root, None).ok()?;
        let follows = keyset.serial > before.serial && keyset.signers.first() == before.signers.first();
        follows.then_some(Self { due: Moment(due), statement, serial: keyset.serial })
    }

    /// The file's content.
    pub(super) fn to_text(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&File { due: self.due.0, keyset: HEXLOWER.encode(&self.statement) })
    }
}
