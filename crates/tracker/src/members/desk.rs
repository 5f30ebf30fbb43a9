//! What the task of members owns.

use peerpool_access::{MemberId, key::PublicKey};
use peerpool_access::{
    Members, Moment,
    members::{Effects, Member},
};

use super::error::MembersError;
use crate::clock;

/// The members, and what is told of them.
pub(crate) struct Desk {
    pub(crate) members: Members,
    /// The latest moment that was seen.
    latest: Moment,
}

impl Desk {
    pub(super) fn new(members: Members) -> Self {
        Self { members, latest: Moment(0) }
    }

    /// The moment by this machine's clock, which is never set back here: what has ended stays so.
    pub(crate) fn now(&mut self) -> Moment {
        self.latest = self.latest.max(Moment(clock::date()));
        self.latest
    }

    /// The active member whose key this is.
    pub(crate) fn member(&self, key: PublicKey) -> Result<(MemberId, &Member), MembersError> {
        self.members.active(key).ok_or(MembersError::NotAMember)
    }

    /// Tells peers what follows from a change that is kept.
    pub(super) fn spread(&mut self, _effects: Effects) {}
}
