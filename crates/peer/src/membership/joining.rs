//! Joining a pool with an invite.
//!
//! Whoever dials knows the pool's root key and no other. So it asks whoever answers for the pool's keyset, and looks whether
//! the root has signed it, and whether the key of this very connection stands in it. Only then it sends the invite's code,
//! on this connection: somebody in between, or another tracker, learns nothing that lets anybody in.

use data_encoding::BASE64URL_NOPAD;
use peerpool_access::{Invite, Keyset, KeysetError};
use peerpool_api::{self as api, Join, ParseTrackerUrlError, TrackerUrl, paths};
use peerpool_tls::Expected;

use super::{AskError, Joined, MembershipError, Memberships, TrackerConnection};

/// Why a pool was not joined. Unless the tracker refused or the membership could not be kept, the invite's code was not sent.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The invite names no address.
    #[error(transparent)]
    Address(#[from] ParseTrackerUrlError),
    /// What this device keeps cannot be read or written.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// The tracker did not answer, or refused.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The tracker speaks for another pool, or for an older state of this one.
    #[error(
        "the tracker at {url} does not speak for the pool of the invite ({source}): ask whoever invited you; the \
         invite was not shown to it"
    )]
    Pool {
        /// Where it is.
        url: TrackerUrl,
        /// What is wrong with its keyset.
        source: KeysetError,
    },
    /// Somebody else answers at the tracker's address.
    #[error(
        "whoever answers at {url} has a key that the pool does not know, and may be somebody who listens in: try from \
         another network, or ask whoever invited you; the invite was not shown to it"
    )]
    Impostor {
        /// The address.
        url: TrackerUrl,
    },
}

impl Memberships {
    /// Joins the pool of an invite, and keeps the membership. `name` is the new member's, `device` what it calls this one.
    ///
    /// # Errors
    ///
    /// Nobody answers there who speaks for the pool, it takes the invite no more, or the membership cannot be kept.
    pub async fn join(
        &self,
        invite: &Invite,
        name: String,
        device: String,
    ) -> Result<(Joined, api::Joined), JoinError> {
        let url: TrackerUrl = invite.tracker.parse()?;
        let identity = self.identity()?;
        // What cannot be read or kept is found out before the code is used up.
        let known = self.find(invite.root.pool())?;
        let mut tracker = TrackerConnection::open(&url, &identity, Expected::Anybody).await?;

        let statement = tracker.keyset().await?;
        let newest = known.map(|known| known.keyset().serial);
        let keyset = Keyset::open(&statement, invite.root, newest);
        let keyset = keyset.map_err(|source| JoinError::Pool { url: url.clone(), source })?;
        if !keyset.trackers.contains(&tracker.key()) {
            return Err(JoinError::Impostor { url });
        }

        let code = BASE64URL_NOPAD.encode(&invite.code.0);
        let admitted: api::Joined = tracker.post(paths::JOIN, &Join { code, name, device }).await?;
        let joined = Joined {
            root: invite.root,
            trackers: vec![url],
            member: admitted.name.clone(),
            statement,
            keyset,
        };
        self.keep(joined.clone())?;
        Ok((joined, admitted))
    }
}
