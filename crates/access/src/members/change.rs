//! What changes of a pool's members, as it is stored.

use std::collections::BTreeMap;

use peerpool_wire::id::{InfoHash, Sha1Hash};

use super::{AnnounceKey, Entry, Identity, Linked, Members, Passkey, SecretHash, Ticket};
use crate::{
    guard::Voided,
    invite::CodeHash,
    key::PublicKey,
    moment::Moment,
    passkey::CredentialId,
    rules::{Rule, RuleId},
    subject::{GroupId, MemberId, Role},
};

/// Whether a member takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It does.
    Active,
    /// It does not, until an administrator says so.
    Suspended,
    /// It does not, for good. Its number and what it did stay.
    Removed,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Suspended, Self::Removed];

    /// The word by which it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Removed => "removed",
        }
    }
}

/// A person, or a machine that serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Unique among members that are not removed.
    pub name: String,
    /// What it may do in the pool as such.
    pub role: Role,
    /// Whether it takes part.
    pub state: State,
}

/// A key of a member: one user on one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Whose it is.
    pub member: MemberId,
    /// What its owner calls it.
    pub name: String,
    /// When it came in.
    pub added: Moment,
    /// Whether it may do nothing any more.
    pub revoked: bool,
}

/// Members who are named together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Unique among groups.
    pub name: String,
    /// Who is in it, and until when.
    pub members: BTreeMap<MemberId, Option<Moment>>,
}

impl Group {
    pub(super) fn has(&self, member: MemberId, now: Moment) -> bool {
        self.members.get(&member).is_some_and(|until| until.is_none_or(|until| now < until))
    }

    pub(super) fn next_end(&self) -> Option<Moment> {
        self.members.values().flatten().min().copied()
    }

    pub(super) fn ended(&self, now: Moment) -> impl Iterator<Item = MemberId> + '_ {
        let ended = move |until: &Option<Moment>| until.is_some_and(|until| until <= now);
        self.members.iter().filter(move |(_, until)| ended(until)).map(|(&member, _)| member)
    }
}

/// What an invite is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteTerms {
    /// Who made it; `None` for the operator at the tracker itself.
    pub by: Option<MemberId>,
    /// The role of who joins.
    pub role: Role,
    /// The groups of who joins.
    pub groups: Vec<GroupId>,
    /// The member whose further device it is for, instead of a new member.
    pub device_of: Option<MemberId>,
    /// How often it can still be used.
    pub uses: u32,
    /// When it ends.
    pub expires: Moment,
}

/// One thing that has changed. Replayed in order, changes give the same members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A member is new, or stands so now.
    Member(MemberId, Member),
    /// A device is new, or stands so now.
    Device(PublicKey, Device),
    /// A group is new, or has this name now.
    Group(GroupId, String),
    /// A group is no more.
    GroupGone(GroupId),
    /// A member is in a group.
    InGroup {
        /// The group.
        group: GroupId,
        /// Who.
        member: MemberId,
        /// Until when, if it ends.
        until: Option<Moment>,
    },
    /// A member is in a group no more.
    LeftGroup {
        /// The group.
        group: GroupId,
        /// Who.
        member: MemberId,
    },
    /// An invite is new, or has so many uses left.
    Invite(CodeHash, InviteTerms),
    /// An invite is used up, withdrawn or over.
    InviteGone(CodeHash),
    /// A rule is new.
    Rule(Rule),
    /// A rule was taken out.
    RuleGone(RuleId),
    /// The time of some rules was over by this moment; their scopes go on deciding.
    RulesEnded(Moment),
    /// Passes are void.
    Voided(Voided),
    /// None of the passes that were void can be used any more.
    VoidForgotten(PublicKey),
    /// A member has this password, as a slow hash keeps it, or none.
    Password(MemberId, Option<String>),
    /// Whoever has an account comes as a member.
    Identity(Identity, Linked),
    /// An account lets nobody in any more.
    IdentityGone(Identity),
    /// A passkey is known, or has signed so often by now.
    Passkey(CredentialId, Passkey),
    /// A passkey lets nobody in any more.
    PasskeyGone(CredentialId),
    /// Whoever shows a secret comes as a member.
    Ticket(SecretHash, Ticket),
    /// A secret lets nobody in any more.
    TicketGone(SecretHash),
    /// Stock clients may fetch an item, under this info-hash, or may not.
    Stock(InfoHash, Option<Sha1Hash>),
    /// A stock client may announce with a key.
    AnnounceKey(SecretHash, AnnounceKey),
    /// No stock client may announce with a key any more.
    AnnounceKeyGone(SecretHash),
    /// Who did that, for the audit. It changes nothing.
    Noted(Entry),
    /// How often something has changed.
    Epoch(u64),
}

impl Change {
    /// Whether peers have to be told that something has changed.
    pub(super) fn concerns_peers(&self) -> bool {
        !matches!(
            self,
            Self::Password(..)
                | Self::Identity(..)
                | Self::IdentityGone(_)
                | Self::Passkey(..)
                | Self::PasskeyGone(_)
                | Self::Ticket(..)
                | Self::TicketGone(_)
                | Self::AnnounceKey(..)
                | Self::Noted(_)
        )
    }

    /// Whether the audience of an item may be another one now.
    pub(super) fn concerns_rules(&self) -> bool {
        matches!(self, Self::Rule(_) | Self::RuleGone(_) | Self::RulesEnded(_))
    }
}

impl Members {
    /// Applies a change, from a command or from the store.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Member(id, member) => {
                self.last.member = self.last.member.max(id.0);
                self.members.insert(id, member);
            }
            Change::Device(key, device) => {
                self.devices.insert(key, device);
            }
            Change::Group(id, name) => {
                self.last.group = self.last.group.max(id.0);
                let group = Group { name: String::new(), members: BTreeMap::new() };
                self.groups.entry(id).or_insert(group).name = name;
            }
            Change::GroupGone(id) => {
                self.groups.remove(&id);
            }
            Change::InGroup { group, member, until } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.members.insert(member, until);
                }
            }
            Change::LeftGroup { group, member } => {
                if let Some(group) = self.groups.get_mut(&group) {
                    group.members.remove(&member);
                }
            }
            Change::Invite(code, terms) => {
                self.invites.insert(code, terms);
            }
            Change::InviteGone(code) => {
                self.invites.remove(&code);
            }
            Change::Rule(rule) => {
                self.last.rule = self.last.rule.max(rule.id.0);
                self.rules.add(rule);
            }
            Change::RuleGone(id) => {
                self.rules.remove(id);
            }
            Change::RulesEnded(by) => self.swept = self.swept.max(by),
            Change::Voided(voided) => {
                self.voided.insert(voided.key, voided);
            }
            Change::VoidForgotten(key) => {
                self.voided.remove(&key);
            }
            Change::Password(member, Some(password)) => {
                self.people.passwords.insert(member, password);
            }
            Change::Password(member, None) => {
                self.people.passwords.remove(&member);
            }
            Change::Identity(identity, linked) => {
                self.people.identities.insert(identity, linked);
            }
            Change::IdentityGone(identity) => {
                self.people.identities.remove(&identity);
            }
            Change::Passkey(id, passkey) => {
                self.people.passkeys.insert(id, passkey);
            }
            Change::PasskeyGone(id) => {
                self.people.passkeys.remove(&id);
            }
            Change::Ticket(hash, ticket) => self.people.add(hash, ticket),
            Change::TicketGone(hash) => self.people.remove(&hash),
            Change::Stock(item, Some(private)) => {
                self.stock.items.insert(item, private);
            }
            Change::Stock(item, None) => {
                self.stock.items.remove(&item);
            }
            Change::AnnounceKey(hash, key) => {
                self.stock.keys.insert(hash, key);
            }
            Change::AnnounceKeyGone(hash) => {
                self.stock.keys.remove(&hash);
            }
            Change::Noted(_) => {}
            Change::Epoch(epoch) => self.epoch = epoch,
        }
    }
}
