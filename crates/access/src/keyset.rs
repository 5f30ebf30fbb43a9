//! The keyset: which keys speak for a pool, signed by its root.

use serde::{Deserialize, Serialize};

use crate::{
    key::{PoolId, PublicKey, SecretKey},
    moment::Moment,
    signed::{self, Kind, StatementError},
};

/// The serial of the first keyset of a pool, which everybody has who has joined.
pub const FIRST_SERIAL: u64 = 1;
/// Most keys that sign passes: one, and those that it replaces.
pub const MAX_SIGNERS: usize = 3;
/// Most keys of trackers.
pub const MAX_TRACKERS: usize = 8;
/// Longest name of a pool in bytes.
pub const MAX_NAME: usize = 256;

/// The keys of a pool. Of two, the one with the higher serial holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyset {
    /// The pool.
    pub pool: PoolId,
    /// Higher in every later one.
    pub serial: u64,
    /// What people call the pool.
    pub name: String,
    /// Who signs passes, the newest first; [`MAX_SIGNERS`] at most.
    #[serde(rename = "sign")]
    pub signers: Vec<PublicKey>,
    /// The keys that trackers show in TLS; [`MAX_TRACKERS`] at most.
    #[serde(rename = "tls")]
    pub trackers: Vec<PublicKey>,
}

/// A keyset that is not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysetError {
    /// Not by the root.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Of another pool.
    #[error("a keyset of the pool {0}")]
    Pool(PoolId),
    /// Older than the one that is known.
    #[error("a keyset with the serial {found}, and {known} is known")]
    Old {
        /// Its serial.
        found: u64,
        /// The one that is known.
        known: u64,
    },
    /// More keys, or a longer name, than there may be.
    #[error("a keyset with {signers} signing keys, {trackers} keys of trackers and a name of {name} bytes")]
    Size {
        /// How many sign passes.
        signers: usize,
        /// How many trackers.
        trackers: usize,
        /// Length of the name.
        name: usize,
    },
}

impl Keyset {
    /// The keyset as a statement by the pool's root.
    ///
    /// # Errors
    ///
    /// It has too many keys or too long a name.
    pub fn sign(&self, root: &SecretKey) -> Result<Vec<u8>, KeysetError> {
        self.check_size()?;
        Ok(signed::sign(Kind::Keyset, root, self)?)
    }

    /// Reads a keyset of the pool whose root key is `root`. `known` is the serial of the one that is followed now.
    ///
    /// # Errors
    ///
    /// It is not by the root, not of this pool, or older than what is known.
    pub fn open(statement: &[u8], root: PublicKey, known: Option<u64>) -> Result<Self, KeysetError> {
        let keyset: Self = signed::open(Kind::Keyset, &[root], statement)?;
        if keyset.pool != root.pool() {
            return Err(KeysetError::Pool(keyset.pool));
        }
        keyset.check_size()?;
        match known {
            Some(known) if keyset.serial < known => Err(KeysetError::Old { found: keyset.serial, known }),
            _ => Ok(keyset),
        }
    }

    /// Whether these bytes say of themselves that they are a keyset, whoever has signed them.
    pub fn is_one(statement: &[u8]) -> bool {
        statement.first() == Some(&(Kind::Keyset as u8))
    }

    /// The two keysets that follow when `signer` signs passes from now on: the one for as long as passes of the keys that it
    /// replaces are in force, and the one after that, so that the root signs both at once. Their serials are higher than
    /// `last`, too.
    pub fn rotated(&self, signer: PublicKey, last: u64, now: Moment) -> (Self, Self) {
        let serial = self.next_serial(last, now);
        let signers = [&[signer][..], &self.signers].concat();
        let then = Self { serial: serial.saturating_add(1), signers: vec![signer], ..self.clone() };
        (Self { serial, signers, ..self.clone() }, then)
    }

    /// The keyset that follows when nothing that the earlier keys have signed holds any more.
    pub fn renewed(&self, signer: PublicKey, tracker: PublicKey, last: u64, now: Moment) -> Self {
        let serial = self.next_serial(last, now);
        Self { serial, signers: vec![signer], trackers: vec![tracker], ..self.clone() }
    }

    /// By the clock, so that it is higher than any that was made after a backup which somebody goes back to.
    fn next_serial(&self, last: u64, now: Moment) -> u64 {
        self.serial.max(last).saturating_add(1).max(now.0)
    }

    fn check_size(&self) -> Result<(), KeysetError> {
        let (signers, trackers, name) = (self.signers.len(), self.trackers.len(), self.name.len());
        match signers > MAX_SIGNERS || trackers > MAX_TRACKERS || name > MAX_NAME {
            true => Err(KeysetError::Size { signers, trackers, name }),
            false => Ok(()),
        }
    }
}
