//! Accounts at a provider of identities by which members sign in (OpenID Connect). Who the account is, the provider says;
//! whose it is here, a member said who was in.

use super::{Change, Entry, Members, SecretHash, State, audit::Action};
use crate::{key::sha256, moment::Moment, subject::MemberId};

/// Most accounts of a member.
pub const MAX_IDENTITIES: usize = 8;
/// Longest issuer, subject and label, in bytes.
const LONGEST: usize = 512;

/// An account, as a provider tells it from all others, for good (OpenID Connect Core 1.0, 2: `iss` and `sub`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// What it calls the account.
    pub subject: String,
}

impl Identity {
    /// Which one it is, for people: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        let text = [self.issuer.as_bytes(), &[0], self.subject.as_bytes()].concat();
        data_encoding::HEXLOWER.encode(&sha256(&text)[..8])
    }

    fn fits(&self) -> bool {
        let fits = |text: &str| (1..=LONGEST).contains(&text.len()) && !text.contains('\0');
        fits(&self.issuer) && fits(&self.subject)
    }
}

/// Whose an account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The member that whoever has the account comes as.
    pub member: MemberId,
    /// What the provider called the account for people when it was linked. It may be another's by now.
    pub label: String,
    /// Since when.
    pub since: Moment,
}

impl Members {
    /// The active member whose account this is.
    pub fn member_with(&self, identity: &Identity) -> Option<MemberId> {
        let linked = self.people.identities.get(identity)?;
        self.member(linked.member).filter(|member| member.state == State::Active)?;
        Some(linked.member)
    }

    /// The accounts of a member.
    pub fn identities(&self, member: MemberId) -> impl Iterator<Item = (&Identity, &Linked)> {
        self.people.identities.iter().filter(move |(_, linked)| linked.member == member)
    }

    /// What links an account, unless another member has it.
    pub(super) fn linking(&self, identity: Identity, mut linked: Linked) -> Result<Vec<Change>, NotLinked> {
        if let Some(known) = self.people.identities.get(&identity) {
            return if known.member == linked.member { Ok(Vec::new()) } else { Err(NotLinked::Taken) };
        }
        if !identity.fits() || self.identities(linked.member).count() >= MAX_IDENTITIES {
            return Err(NotLinked::Unfit);
        }
        linked.label.truncate(linked.label.floor_char_boundary(LONGEST));
        Ok(vec![Change::Identity(identity, linked)])
    }

    /// Takes an account from its member, whose sessions but one end: some may have begun by it.
    pub(super) fn unlink(
        &self,
        identity: Identity,
        member: MemberId,
        but: Option<SecretHash>,
    ) -> Vec<Change> {
        [Change::IdentityGone(identity)].into_iter().chain(self.end_sessions(member, but)).collect()
    }

    /// By how many ways a member gets in: its password, its accounts, its passkeys and its devices.
    pub(super) fn ways(&self, member: MemberId) -> usize {
        let devices = self.devices.values().filter(|device| device.member == member && !device.revoked);
        let others = self.identities(member).count() + self.passkeys(member).count();
        usize::from(self.password(member).is_some()) + others + devices.count()
    }

    pub(super) fn linked(now: Moment, member: &str, identity: &Identity) -> Entry {
        Self::by_itself(now, member, Action::IdentityLinked, named(identity))
    }
}

/// Why an account is not linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotLinked {
    /// Another member has it.
    Taken,
    /// It is none, or one too many.
    Unfit,
}

/// An account, for the audit.
pub(super) fn named(identity: &Identity) -> String {
    format!("account {} ({} at {})", identity.id(), identity.subject, identity.issuer)
}
