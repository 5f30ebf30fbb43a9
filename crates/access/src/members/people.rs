//! How people get in without a device's key: by a password, a passkey or an account elsewhere, after which a browser has
//! a session, or with a token that they made for a program.
//!
//! Of every secret its SHA-256 alone is known here: 256 random bits need no salt and no slow hash. Of a password it is
//! what a slow hash made of it, which this crate neither makes nor reads.

use std::collections::BTreeMap;

use super::{
    Change, Effects, Entry, Identity, JoinError, Linked, Members, Passkey, audit::Action, decide::is_name,
    identities::NotLinked,
};
use crate::{
    invite::Code,
    key::sha256,
    moment::Moment,
    passkey::{CredentialId, Made},
    subject::MemberId,
};

/// Most sessions of a member; the oldest gives way.
pub const MAX_SESSIONS: usize = 16;
/// Most tokens of a member.
pub const MAX_TOKENS: usize = 32;

crate::bytes::fixed_bytes! {
    /// The SHA-256 of a secret that lets somebody in.
    SecretHash, 32
}

impl SecretHash {
    /// Of the secret itself.
    pub fn of(secret: &[u8; 32]) -> Self {
        Self(sha256(secret))
    }

    /// Which one it is, for people: the first 16 hexadecimal digits.
    pub fn id(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0[..8])
    }
}

/// What somebody holds who shows a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketKind {
    /// The key of a browser in which somebody has signed in. It may do everything.
    Session {
        /// Its cookie, which may only read.
        cookie: SecretHash,
        /// What the browser calls itself.
        agent: String,
    },
    /// A token for a program.
    Token {
        /// What its owner calls it.
        name: String,
        /// Whether it may change anything.
        writes: bool,
    },
}

/// That whoever shows a secret comes as a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Whose it is.
    pub member: MemberId,
    /// What it is.
    pub kind: TicketKind,
    /// Since when.
    pub made: Moment,
    /// When it ends.
    pub expires: Moment,
}

/// By what a member that signs up gets in from then on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// A password, as a slow hash keeps it.
    Password(String),
    /// An account, and what its provider calls it for people.
    Identity(Identity, String),
    /// A passkey that was made for the page of this host.
    Passkey {
        /// What the authenticator has made.
        made: Made,
        /// What its owner calls it.
        name: String,
        /// The host.
        host: String,
    },
}

/// Who was let in with a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    /// The member.
    pub member: MemberId,
    /// Its ticket.
    pub ticket: SecretHash,
    /// Whether it may change anything.
    pub writes: bool,
    /// Whether it may change how it gets in: a session's key, and no token.
    pub is_session: bool,
}

/// Passwords, accounts, passkeys and tickets.
#[derive(Debug, Clone, Default)]
pub(super) struct People {
    pub(super) passwords: BTreeMap<MemberId, String>,
    pub(super) identities: BTreeMap<Identity, Linked>,
    pub(super) passkeys: BTreeMap<CredentialId, Passkey>,
    pub(super) tickets: BTreeMap<SecretHash, Ticket>,
    /// The session of each cookie.
    cookies: BTreeMap<SecretHash, SecretHash>,
}

impl People {
    pub(super) fn add(&mut self, hash: SecretHash, ticket: Ticket) {
        if let TicketKind::Session { cookie, .. } = &ticket.kind {
            self.cookies.insert(*cookie, hash);
        }
        self.tickets.insert(hash, ticket);
    }

    pub(super) fn remove(&mut self, hash: &SecretHash) {
        if let Some(Ticket { kind: TicketKind::Session { cookie, .. }, .. }) = self.tickets.remove(hash) {
            self.cookies.remove(&cookie);
        }
    }

    /// The tickets of a member, oldest first.
    fn of(&self, member: MemberId) -> Vec<(SecretHash, &Ticket)> {
        let own = self.tickets.iter().filter(|(_, ticket)| ticket.member == member);
        let mut own: Vec<_> = own.map(|(&hash, ticket)| (hash, ticket)).collect();
        own.sort_by_key(|(_, ticket)| ticket.made);
        own
    }

    /// What is left of a member that is removed.
    pub(super) fn leavings(&self, member: MemberId) -> Vec<Change> {
        let password = self.passwords.contains_key(&member).then_some(Change::Password(member, None));
        let linked = self.identities.iter().filter(|(_, linked)| linked.member == member);
        let identities = linked.map(|(identity, _)| Change::IdentityGone(identity.clone()));
        let tickets = self.of(member).into_iter().map(|(hash, _)| Change::TicketGone(hash));
        let keys = self.passkeys.iter().filter(|(_, passkey)| passkey.member == member);
        let passkeys = keys.map(|(id, _)| Change::PasskeyGone(id.clone()));
        password.into_iter().chain(identities).chain(passkeys).chain(tickets).collect()
    }
}

fn is_session(ticket: &Ticket) -> bool {
    matches!(ticket.kind, TicketKind::Session { .. })
}

impl Members {
    /// Who shows this secret, if it lets an active member in.
    pub fn admit(&self, secret: &SecretHash, now: Moment) -> Option<Admitted> {
        let People { tickets, cookies, .. } = &self.people;
        let hash = cookies.get(secret).unwrap_or(secret);
        let ticket = tickets.get(hash).filter(|ticket| now < ticket.expires)?;
        self.member(ticket.member).filter(|member| member.state == super::State::Active)?;
        let is_key = hash == secret;
        let (writes, is_session) = match ticket.kind {
            TicketKind::Session { .. } => (is_key, is_key),
            TicketKind::Token { writes, .. } => (writes, false),
        };
        Some(Admitted { member: ticket.member, ticket: *hash, writes, is_session })
    }

    /// What the slow hash made of a member's password, if it has one.
    pub fn password(&self, member: MemberId) -> Option<&str> {
        self.people.passwords.get(&member).map(String::as_str)
    }

    /// The tickets of a member, oldest first.
    pub fn tickets(&self, member: MemberId) -> Vec<(SecretHash, &Ticket)> {
        self.people.of(member)
    }

    /// Begins a session of a member whose password, or account, was found to be right.
    pub fn sign_in(&mut self, now: Moment, hash: SecretHash, ticket: Ticket) -> Effects {
        let name = self.name(ticket.member);
        let changes = self.signing_in(now, hash, ticket, name, None);
        self.commit(now, changes)
    }

    /// Makes a member of who has the code of an invite and no device, or gives another way in to the member whose further
    /// device the invite is for, and begins a session.
    ///
    /// # Errors
    ///
    /// No invite holds, or the name, the account or the passkey is taken. The invite is then as good as before.
    pub fn sign_up(
        &mut self,
        now: Moment,
        code: &Code,
        name: String,
        way: Way,
        session: impl FnOnce(MemberId) -> (SecretHash, Ticket),
    ) -> Result<Effects, JoinError> {
        let (hash, terms) = self.invited(now, code)?;
        let (member, name, mut changes) = self.who_comes(&terms, name)?;
        match way {
            Way::Password(password) => changes.push(Change::Password(member, Some(password))),
            Way::Identity(identity, label) => {
                let linked = Self::linked(now, &name, &identity);
                let linking = self.linking(identity, Linked { member, label, since: now });
                changes.extend(linking.map_err(|error| match error {
                    NotLinked::Taken => JoinError::IdentityTaken,
                    NotLinked::Unfit => JoinError::Identity,
                })?);
                changes.push(Change::Noted(linked));
            }
            Way::Passkey { made: Made { id, key, counter }, name: called, host } => {
                let added = Self::passkey_added(now, &name, &id);
                let passkey = Passkey { member, name: called, host, key, counter, since: now, used: None };
                changes.extend(self.adding(id, passkey)?);
                changes.push(Change::Noted(added));
            }
        }
        changes.push(Change::Noted(self.joined(now, &name, None, &hash)));
        changes.push(super::join::used(hash, terms));
        let (hash, ticket) = session(member);
        changes.extend(self.signing_in(now, hash, ticket, name, None));
        Ok(self.commit(now, changes))
    }

    /// What begins a session; `by` is what it began by, if there is more to say of that.
    pub(super) fn signing_in(
        &self,
        now: Moment,
        hash: SecretHash,
        ticket: Ticket,
        name: String,
        by: Option<String>,
    ) -> Vec<Change> {
        let sessions: Vec<_> =
            self.people.of(ticket.member).into_iter().filter(|(_, ticket)| is_session(ticket)).collect();
        let over = (sessions.len() + 1).saturating_sub(MAX_SESSIONS);
        let mut changes: Vec<Change> =
            sessions.iter().take(over).map(|(hash, _)| Change::TicketGone(*hash)).collect();
        let entry = Entry {
            at: now,
            actor: name.clone(),
            action: Action::SignedIn,
            target: name,
            detail: Some(format!(
                "session {}{}",
                hash.id(),
                by.map(|by| format!(", {by}")).unwrap_or_default()
            )),
        };
        changes.extend([Change::Ticket(hash, ticket), Change::Noted(entry)]);
        changes
    }

    /// Sets a password, and ends all other sessions of its member.
    pub(super) fn set_password(
        &self,
        member: MemberId,
        password: String,
        but: Option<SecretHash>,
    ) -> Vec<Change> {
        let set = Change::Password(member, Some(password));
        [set].into_iter().chain(self.end_sessions(member, but)).collect()
    }

    /// Ends the sessions of a member but one.
    pub(super) fn end_sessions(&self, member: MemberId, but: Option<SecretHash>) -> Vec<Change> {
        let sessions = self.people.of(member).into_iter();
        let others = sessions.filter(|(hash, ticket)| is_session(ticket) && Some(*hash) != but);
        others.map(|(hash, _)| Change::TicketGone(hash)).collect()
    }

    pub(super) fn can_make(&self, ticket: &Ticket) -> bool {
        let TicketKind::Token { name, .. } = &ticket.kind else { return false };
        let tokens = self.people.of(ticket.member).into_iter().filter(|(_, ticket)| !is_session(ticket));
        is_name(name) && tokens.count() < MAX_TOKENS
    }
}
