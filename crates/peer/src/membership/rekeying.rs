//! A new key in the place of a device's old one.
//!
//! The device has one key for all its pools. So the new one waits in a file of its own until every pool has it; whoever was
//! interrupted goes on with it the next time, and asks a pool that has it already with it.

use data_encoding::HEXLOWER;
use peerpool_api::{Changed, Code, Error, Me, Rekey, paths};
use peerpool_tls::{Identity, IdentityError};

use super::{AskError, Joined, MembershipError, Memberships, TrackerConnection};

/// Where the new key waits.
const NEW: &str = "identity.new";

/// Why a device has the old key still, at least in one of its pools. Whoever tries again goes on where this ended.
#[derive(Debug, thiserror::Error)]
pub enum RekeyError {
    /// What this device keeps cannot be read or written.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// A pool cannot be asked.
    #[error("the key of this device in {pool} is the old one: {source}; try again when its tracker answers")]
    Pool {
        /// What people call the pool.
        pool: String,
        /// What is wrong.
        source: Box<AskError>,
    },
}

/// In which pools a device has a new key.
#[derive(Debug, Default)]
pub struct Rekeyed {
    /// In these.
    pub pools: Vec<Joined>,
    /// These do not know the device as a member's any more, under either key.
    pub left: Vec<Joined>,
}

/// What a pool makes of the two keys.
enum Standing {
    /// It knows the old one.
    Old(Box<TrackerConnection>),
    /// It knows the new one.
    New,
    /// It knows neither.
    Neither,
}

impl Memberships {
    /// Gives this device a new key in every pool that it has joined. None is asked to change anything before all have
    /// answered.
    ///
    /// # Errors
    ///
    /// A pool's tracker does not answer, or the key cannot be kept.
    pub async fn rekey(&self) -> Result<Rekeyed, RekeyError> {
        let old = self.identity()?;
        let new = Identity::load_or_create(&self.folder.join(NEW)).map_err(MembershipError::from)?;
        let (mut rekeyed, mut waiting) = (Rekeyed::default(), Vec::new());
        for joined in self.all()? {
            match standing(&joined, &old, &new).await.map_err(failed(&joined))? {
                Standing::Old(tracker) => waiting.push((joined, tracker)),
                Standing::New => rekeyed.pools.push(joined),
                Standing::Neither => rekeyed.left.push(joined),
            }
        }
        let path = paths::with_name(paths::REKEY, &HEXLOWER.encode(&old.public().0));
        let body = Rekey { new: HEXLOWER.encode(&new.public().0) };
        for (joined, mut tracker) in waiting {
            let changed: Result<Changed, AskError> = tracker.post(&path, &body).await;
            changed.map_err(failed(&joined))?;
            rekeyed.pools.push(joined);
        }
        let (from, to) = (self.folder.join(NEW), self.folder.join("identity"));
        std::fs::rename(&from, &to)
            .map_err(|source| MembershipError::from(IdentityError::Write { path: to, source }))?;
        Ok(rekeyed)
    }
}

async fn standing(joined: &Joined, old: &Identity, new: &Identity) -> Result<Standing, AskError> {
    let mut tracker = joined.reach(old).await?;
    if is_member(&mut tracker).await? {
        return Ok(Standing::Old(Box::new(tracker)));
    }
    Ok(match is_member(&mut joined.reach(new).await?).await? {
        true => Standing::New,
        false => Standing::Neither,
    })
}

async fn is_member(tracker: &mut TrackerConnection) -> Result<bool, AskError> {
    match tracker.get::<Me>(paths::ME).await {
        Ok(_) => Ok(true),
        Err(AskError::Tracker(Error::Refused(refusal))) if refusal.code == Code::NotAMember => Ok(false),
        Err(error) => Err(error),
    }
}

fn failed(joined: &Joined) -> impl FnOnce(AskError) -> RekeyError {
    let pool = joined.keyset().name.clone();
    move |source| RekeyError::Pool { pool, source: Box::new(source) }
}
