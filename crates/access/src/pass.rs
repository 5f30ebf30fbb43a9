//! A pass: what the tracker says of a device for some hours.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    key::{PoolId, PublicKey, SecretKey},
    moment::Moment,
    signed::{self, Kind, StatementError},
    subject::{MemberId, Subjects},
};

/// Most subjects in a pass.
pub const MAX_SUBJECTS: usize = 64;
/// How far two clocks may be apart.
pub const LEEWAY: Duration = Duration::from_secs(120);

/// That a key belongs to a member of a pool, and whom else it counts as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// The pool.
    pub pool: PoolId,
    /// The device's key.
    pub key: PublicKey,
    /// Whose device it is.
    pub member: MemberId,
    /// The member itself, its role and its groups; [`MAX_SUBJECTS`] at most.
    pub subjects: Subjects,
    /// When it was made.
    pub made: Moment,
    /// From when on it is worth nothing.
    pub until: Moment,
    /// How many changes of members, groups and rules the tracker had made by then.
    pub epoch: u64,
}

/// A pass that admits nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PassError {
    /// No pass by a key of the pool.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Of another pool.
    #[error("a pass of the pool {0}")]
    Pool(PoolId),
    /// Somebody else's.
    #[error("a pass of the key {0}, which is not the key of this connection")]
    Key(PublicKey),
    /// Made later than now.
    #[error("a pass that was made {} s from now", .0.as_secs())]
    Early(Duration),
    /// Over.
    #[error("a pass that expired {} s ago", .0.as_secs())]
    Expired(Duration),
    /// More subjects than [`MAX_SUBJECTS`].
    #[error("a pass with {0} subjects, where {MAX_SUBJECTS} are allowed")]
    Subjects(usize),
}

impl Pass {
    /// The pass as a statement by this key.
    ///
    /// # Errors
    ///
    /// It has too many subjects.
    pub fn sign(&self, key: &SecretKey) -> Result<Vec<u8>, PassError> {
        if self.subjects.len() > MAX_SUBJECTS {
            return Err(PassError::Subjects(self.subjects.len()));
        }
        Ok(signed::sign(Kind::Pass, key, self)?)
    }

    /// Reads the pass that the owner of `key` has shown, in the pool `pool` whose passes `signers` sign.
    ///
    /// # Errors
    ///
    /// It is no statement by one of them, or of another pool, key or time.
    pub fn open(
        statement: &[u8],
        signers: &[PublicKey],
        pool: PoolId,
        key: PublicKey,
        now: Moment,
    ) -> Result<Self, PassError> {
        let pass: Self = signed::open(Kind::Pass, signers, statement)?;
        if pass.pool != pool {
            return Err(PassError::Pool(pass.pool));
        }
        if pass.key != key {
            return Err(PassError::Key(pass.key));
        }
        if pass.subjects.len() > MAX_SUBJECTS {
            return Err(PassError::Subjects(pass.subjects.len()));
        }
        if pass.made > now + LEEWAY {
            return Err(PassError::Early(pass.made.since(now)));
        }
        if pass.has_expired(now) {
            return Err(PassError::Expired(now.since(pass.until)));
        }
        Ok(pass)
    }

    /// Whether it is worth nothing any more. Clocks that are apart by less than [`LEEWAY`] do not matter.
    pub fn has_expired(&self, now: Moment) -> bool {
        self.ends() <= now
    }

    /// The moment from which on [`has_expired`](Self::has_expired) says so.
    pub fn ends(&self) -> Moment {
        self.until + LEEWAY
    }
}
