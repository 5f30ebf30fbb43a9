//! A device's memberships: its key, and what it keeps of the pools that it has joined.
//!
//! ```text
//! $XDG_DATA_HOME/peerpool/identity              the device's key
//! $XDG_DATA_HOME/peerpool/pools/<pool>.toml     one file for each pool
//! ```
//!
//! They belong to a user on a machine and to no repository, since repositories get copied. A pool's file holds no secret,
//! but it says who speaks for the pool: nobody else may write it. It is replaced as a whole, so a reader sees the old one or
//! the new one; who changes it holds the lock of the folder.

mod error;
mod file;
mod folder;
mod joining;
mod rekeying;
mod tracker;

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use peerpool_access::{
    Keyset, KeysetError,
    key::{PoolId, PublicKey},
};
use peerpool_api::TrackerUrl;
use peerpool_tls::{Expected, Identity};

pub(crate) use self::tracker::shown_keyset;
pub use self::{
    error::MembershipError,
    joining::JoinError,
    rekeying::{RekeyError, Rekeyed},
    tracker::{AskError, ReachError, TrackerConnection},
};
use crate::credentials::Membership;

/// A pool that this device has joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The key that the pool is named by, and that signs its keysets.
    pub root: PublicKey,
    /// Where its trackers are; the one that was joined at last comes first.
    pub trackers: Vec<TrackerUrl>,
    /// Whose device this is.
    pub member: String,
    /// The newest keyset that is known, as a statement.
    statement: Vec<u8>,
    /// What it says.
    keyset: Keyset,
}

impl Joined {
    /// A pool whose root has signed this keyset.
    ///
    /// # Errors
    ///
    /// The keyset is not by this root.
    pub fn new(
        root: PublicKey,
        trackers: Vec<TrackerUrl>,
        member: String,
        statement: Vec<u8>,
    ) -> Result<Self, KeysetError> {
        let keyset = Keyset::open(&statement, root, None)?;
        Ok(Self { root, trackers, member, statement, keyset })
    }

    /// Which pool it is.
    pub fn pool(&self) -> PoolId {
        self.root.pool()
    }

    /// Whether it is known to have a tracker at this address.
    pub fn has_tracker(&self, tracker: &TrackerUrl) -> bool {
        self.trackers.iter().any(|known| is_same(known, tracker))
    }

    /// A connection to the first of its trackers that answers, as this device.
    ///
    /// # Errors
    ///
    /// None does; this is about the last one.
    pub async fn reach(&self, identity: &Identity) -> Result<TrackerConnection, AskError> {
        let mut failed = None;
        for url in &self.trackers {
            let keys = Expected::OneOf(self.keyset.trackers.clone());
            match TrackerConnection::open(url, identity, keys).await {
                Ok(tracker) => return Ok(tracker),
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or(AskError::Nowhere { pool: self.keyset.name.clone() }))
    }

    /// The newest keyset that is known.
    pub fn keyset(&self) -> &Keyset {
        &self.keyset
    }

    /// The same as the root has signed it.
    pub fn statement(&self) -> &[u8] {
        &self.statement
    }

    /// Takes over a keyset that is newer than the one that is known; whether it is.
    ///
    /// # Errors
    ///
    /// It is not by this pool's root.
    fn follow(&mut self, statement: &[u8]) -> Result<bool, KeysetError> {
        let keyset = Keyset::open(statement, self.root, None)?;
        let is_newer = keyset.serial > self.keyset.serial;
        if is_newer {
            (self.statement, self.keyset) = (statement.to_vec(), keyset);
        }
        Ok(is_newer)
    }
}

/// The folder in which a device keeps its key and its pools. Nothing is read or made before it is needed.
#[derive(Clone, PartialEq, Eq)]
pub struct Memberships {
    folder: PathBuf,
}

impl Memberships {
    /// Those kept in this folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Those of the user who runs this: beside [`Identity::default_path`]. `variable` reads the environment.
    pub fn of_user(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        Some(Self::in_folder(Identity::default_path(variable)?.parent()?))
    }

    /// The device's key; a new one where there is none.
    ///
    /// # Errors
    ///
    /// It can be neither read nor written, or others can read it, too.
    pub fn identity(&self) -> Result<Identity, MembershipError> {
        Ok(Identity::load_or_create(&self.folder.join("identity"))?)
    }

    /// Every pool that was joined, in the order of their names.
    ///
    /// # Errors
    ///
    /// One of the files cannot be read, or says something else. No pool is passed over: which one it is of is not known, and
    /// a pool for members must not be taken for an open one.
    pub fn all(&self) -> Result<Vec<Joined>, MembershipError> {
        let mut pools = Vec::new();
        for path in folder::files(&self.pools())? {
            pools.push(file::read(&path)?);
        }
        pools.sort_by(|one, other| one.keyset.name.cmp(&other.keyset.name));
        Ok(pools)
    }

    /// The pool that has a tracker at this address.
    ///
    /// # Errors
    ///
    /// As of [`Memberships::all`].
    pub fn at(&self, tracker: &TrackerUrl) -> Result<Option<Joined>, MembershipError> {
        Ok(self.all()?.into_iter().find(|joined| joined.has_tracker(tracker)))
    }

    /// What is kept of a pool. Makes the folder that it will be kept in.
    fn find(&self, pool: PoolId) -> Result<Option<Joined>, MembershipError> {
        let _lock = folder::lock(&self.pools())?;
        file::find(&self.path(pool))
    }

    /// Keeps a pool. Of one that was joined before, its other trackers stay, and a newer keyset does, too.
    ///
    /// # Errors
    ///
    /// It cannot be written, or what is kept of it cannot be read.
    pub fn keep(&self, mut joined: Joined) -> Result<(), MembershipError> {
        let (_lock, path) = (folder::lock(&self.pools())?, self.path(joined.pool()));
        if let Some(known) = file::find(&path)? {
            for tracker in known.trackers {
                if !joined.has_tracker(&tracker) {
                    joined.trackers.push(tracker);
                }
            }
            joined.follow(&known.statement).map_err(|error| MembershipError::keyset(&path, error))?;
        }
        file::write(&path, &joined)
    }

    /// Keeps a keyset if it is newer than the one that is known; whether it is.
    ///
    /// # Errors
    ///
    /// It is not by the root of this pool, the pool was not joined, or its file can be neither read nor written.
    pub fn follow(&self, pool: PoolId, statement: &[u8]) -> Result<bool, MembershipError> {
        let (_lock, path) = (folder::lock(&self.pools())?, self.path(pool));
        let mut joined = file::read(&path)?;
        let is_newer = joined.follow(statement).map_err(|error| MembershipError::keyset(&path, error))?;
        if is_newer {
            file::write(&path, &joined)?;
        }
        Ok(is_newer)
    }

    /// Asks whoever answers there for a keyset, and keeps it if it is a newer one of a pool that was joined; whether it is.
    /// Nobody speaks for a pool by that whom its root has not named.
    ///
    /// # Errors
    ///
    /// As of [`Memberships::all`] and [`Memberships::follow`].
    pub async fn catch_up(&self, url: &TrackerUrl) -> Result<bool, MembershipError> {
        let Ok(statement) = shown_keyset(url).await else { return Ok(false) };
        for joined in self.all()? {
            if Keyset::open(&statement, joined.root, None).is_ok() {
                return self.follow(joined.pool(), &statement);
            }
        }
        Ok(false)
    }

    /// A connection to the first of a pool's trackers that answers, as this device. Where another key speaks for the pool by
    /// now, it is followed.
    ///
    /// # Errors
    ///
    /// None does, and this is about the last one; what this device keeps cannot be read or written.
    pub async fn reach(&self, joined: &Joined) -> Result<TrackerConnection, ReachError> {
        let identity = self.identity()?;
        let reached = joined.reach(&identity).await;
        if let Err(AskError::Secure { url, .. }) = &reached
            && self.catch_up(url).await?
            && let Some(newer) = self.find(joined.pool())?
        {
            return Ok(newer.reach(&identity).await?);
        }
        Ok(reached?)
    }

    /// What a peer in this pool is, has and heeds. It keeps newer keysets here.
    ///
    /// # Errors
    ///
    /// As of [`Memberships::identity`].
    pub fn membership(&self, joined: &Joined) -> Result<Membership, MembershipError> {
        let (memberships, pool) = (self.clone(), joined.pool());
        let keep = move |statement: &[u8]| {
            if let Err(error) = memberships.follow(pool, statement) {
                tracing::warn!("a newer keyset of the pool is followed, but not kept: {error}");
            }
        };
        Ok(Membership {
            identity: Arc::new(self.identity()?),
            root: joined.root,
            keyset: joined.statement.clone(),
            keep: Some(Arc::new(keep)),
        })
    }

    fn pools(&self) -> PathBuf {
        self.folder.join("pools")
    }

    fn path(&self, pool: PoolId) -> PathBuf {
        self.pools().join(file::name(pool))
    }

    /// Where all of it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl fmt::Debug for Memberships {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memberships({})", self.folder.display())
    }
}

/// Names of machines are the same in any case.
fn is_same(one: &TrackerUrl, other: &TrackerUrl) -> bool {
    one.authority().eq_ignore_ascii_case(&other.authority())
}
