//! Whose questions are answered, and with what right.

use peerpool_catalogue::Viewer;
use peerpool_wire::{channel::Failure, id::InfoHash};

use crate::{closed::Closed, members::MembersHandle};

/// Whoever asks or follows, for longer than one answer: what a member may do changes meanwhile.
#[derive(Clone)]
pub(crate) enum Onlooker {
    /// Anybody, in an open pool.
    Anybody,
    /// The member of this number.
    Member(u32, MembersHandle),
}

impl Onlooker {
    /// The number of the member, in a pool for members.
    pub(crate) fn member(&self) -> Option<u32> {
        match self {
            Self::Anybody => None,
            Self::Member(number, _) => Some(*number),
        }
    }

    /// What it may see now.
    pub(crate) async fn viewer(&self) -> Result<Viewer, Closed> {
        match self {
            Self::Anybody => Ok(Viewer::All),
            Self::Member(number, members) => members.viewer(*number).await,
        }
    }

    /// Refuses an item that it may see and not get: neither its files are for it, nor its metainfo.
    pub(crate) async fn check_get(&self, info_hash: InfoHash) -> Result<Result<(), Failure>, Closed> {
        let may_get = match self {
            Self::Anybody => true,
            Self::Member(number, members) => members.may_get(*number, info_hash).await?,
        };
        Ok(if may_get { Ok(()) } else { Err(Failure::MayNotGet { info_hash }) })
    }
}
