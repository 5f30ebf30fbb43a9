//! The passkeys by which members sign in.

use super::{
    Change, CommandError, Effects, Entry, JoinError, Members, SecretHash, State, Ticket, audit::Action,
    decide::is_name,
};
use crate::{
    moment::Moment,
    passkey::{CredentialId, MAX_HOST, PasskeyKey},
    subject::MemberId,
};

/// Most passkeys of a member.
pub const MAX_PASSKEYS: usize = 16;

/// A passkey of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Whose it is.
    pub member: MemberId,
    /// What its owner calls it.
    pub name: String,
    /// The host of the page for which it was made, and which alone it works for.
    pub host: String,
    /// Its public key.
    pub key: PasskeyKey,
    /// How often it has signed, if its authenticator counts.
    pub counter: u32,
    /// Since when it is known.
    pub since: Moment,
    /// When somebody came in by it for the last time.
    pub used: Option<Moment>,
}

impl Members {
    /// A passkey of an active member.
    pub fn passkey(&self, id: &CredentialId) -> Option<&Passkey> {
        let passkey = self.people.passkeys.get(id)?;
        self.member(passkey.member).filter(|member| member.state == State::Active)?;
        Some(passkey)
    }

    /// The passkeys of a member.
    pub fn passkeys(&self, member: MemberId) -> impl Iterator<Item = (&CredentialId, &Passkey)> {
        self.people.passkeys.iter().filter(move |(_, passkey)| passkey.member == member)
    }

    /// Begins a session of the member whose passkey was found to have signed, so often by now.
    pub fn sign_in_with(
        &mut self,
        now: Moment,
        id: &CredentialId,
        counter: u32,
        hash: SecretHash,
        ticket: Ticket,
    ) -> Effects {
        let known = self.people.passkeys.get(id).cloned();
        let used =
            known.map(|known| Change::Passkey(id.clone(), Passkey { counter, used: Some(now), ..known }));
        let name = self.name(ticket.member);
        let mut changes = self.signing_in(now, hash, ticket, name, Some(named(id)));
        changes.extend(used);
        self.commit(now, changes)
    }

    /// What adds a passkey, unless it is known.
    pub(super) fn adding(&self, id: CredentialId, passkey: Passkey) -> Result<Vec<Change>, NotAdded> {
        if self.people.passkeys.contains_key(&id) {
            return Err(NotAdded::Taken);
        }
        let fits = is_name(&passkey.name) && (1..=MAX_HOST).contains(&passkey.host.len());
        match fits && self.passkeys(passkey.member).count() < MAX_PASSKEYS {
            true => Ok(vec![Change::Passkey(id, passkey)]),
            false => Err(NotAdded::Unfit),
        }
    }

    pub(super) fn passkey_added(now: Moment, member: &str, id: &CredentialId) -> Entry {
        Self::by_itself(now, member, Action::PasskeyAdded, named(id))
    }
}

/// Why a passkey is not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAdded {
    /// It is known.
    Taken,
    /// It has no name, or is one too many.
    Unfit,
}

impl From<NotAdded> for CommandError {
    fn from(error: NotAdded) -> Self {
        match error {
            NotAdded::Taken => Self::PasskeyTaken,
            NotAdded::Unfit => Self::Passkey,
        }
    }
}

impl From<NotAdded> for JoinError {
    fn from(error: NotAdded) -> Self {
        match error {
            NotAdded::Taken => Self::PasskeyTaken,
            NotAdded::Unfit => Self::Passkey,
        }
    }
}

/// A passkey, for the audit.
pub(super) fn named(id: &CredentialId) -> String {
    format!("passkey {}", id.id())
}
