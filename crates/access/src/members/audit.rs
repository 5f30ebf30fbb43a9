//! What is noted of every change: who made it, to whom or what.

use data_encoding::HEXLOWER;

use super::{Actor, Change, Command, Effects, Members, SecretHash, Ticket, TicketKind, identities, passkeys};
use crate::{
    invite::CodeHash,
    key::PublicKey,
    keyset::Keyset,
    moment::Moment,
    rules::{Rule, Scope},
    subject::{GroupId, MemberId, Role, Subject, SubjectKind},
};

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Action {
    Joined,
    InviteMade,
    InviteWithdrawn,
    MemberRenamed,
    RoleChanged,
    MemberSuspended,
    MemberResumed,
    MemberRemoved,
    DeviceRevoked,
    DeviceRekeyed,
    GroupAdded,
    GroupRemoved,
    GroupEntered,
    GroupLeft,
    AccessAllowed,
    AccessDenied,
    RuleEnded,
    SignedIn,
    PasswordSet,
    PasswordRemoved,
    IdentityLinked,
    IdentityUnlinked,
    PasskeyAdded,
    PasskeyRemoved,
    TokenMade,
    SessionEnded,
    TokenEnded,
    StockAllowed,
    StockDenied,
    AnnounceKeyMade,
    AnnounceKeyEnded,
    KeysChanged,
}

impl Action {
    /// The word by which it is stored and told.
    pub fn word(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::InviteMade => "invite_made",
            Self::InviteWithdrawn => "invite_withdrawn",
            Self::MemberRenamed => "member_renamed",
            Self::RoleChanged => "role_changed",
            Self::MemberSuspended => "member_suspended",
            Self::MemberResumed => "member_resumed",
            Self::MemberRemoved => "member_removed",
            Self::DeviceRevoked => "device_revoked",
            Self::DeviceRekeyed => "device_rekeyed",
            Self::GroupAdded => "group_added",
            Self::GroupRemoved => "group_removed",
            Self::GroupEntered => "group_entered",
            Self::GroupLeft => "group_left",
            Self::AccessAllowed => "access_allowed",
            Self::AccessDenied => "access_denied",
            Self::RuleEnded => "rule_ended",
            Self::SignedIn => "signed_in",
            Self::PasswordSet => "password_set",
            Self::PasswordRemoved => "password_removed",
            Self::IdentityLinked => "identity_linked",
            Self::IdentityUnlinked => "identity_unlinked",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRemoved => "passkey_removed",
            Self::TokenMade => "token_made",
            Self::SessionEnded => "session_ended",
            Self::TokenEnded => "token_ended",
            Self::StockAllowed => "stock_allowed",
            Self::StockDenied => "stock_denied",
            Self::AnnounceKeyMade => "announce_key_made",
            Self::AnnounceKeyEnded => "announce_key_ended",
            Self::KeysChanged => "keys_changed",
        }
    }
}

/// A line of the audit. Names are those of its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// Who: a member's name, `operator`, or `tracker` when time was over.
    pub actor: String,
    /// What.
    pub action: Action,
    /// To whom, or to what.
    pub target: String,
    /// What else there is to say.
    pub detail: Option<String>,
}

/// Who ends what was to end.
const CLOCK: &str = "tracker";

/// What is said of a command: the action, its target, and what else there is to say.
type Told = (Action, String, Option<String>);

impl Members {
    /// What to note of a command, before it changes anything.
    pub(super) fn entry(&self, now: Moment, actor: Actor, command: &Command) -> Entry {
        let (action, target, detail) = self.tell(command);
        Entry { at: now, actor: self.actor_name(actor), action, target, detail }
    }

    fn tell(&self, command: &Command) -> Told {
        match command {
            Command::Invite { code, role, device_of, .. } => {
                let of = device_of.map(|member| format!("device of {}", self.name(member)));
                let detail = of.unwrap_or_else(|| format!("role {}", role.word()));
                (Action::InviteMade, code.id(), Some(detail))
            }
            Command::Uninvite(code) => (Action::InviteWithdrawn, code.id(), None),
            Command::Rename(id, name) => (Action::MemberRenamed, self.name(*id), Some(name.clone())),
            Command::SetRole(id, role) => (Action::RoleChanged, self.name(*id), Some(role.word().to_owned())),
            Command::Suspend(id) => (Action::MemberSuspended, self.name(*id), None),
            Command::Resume(id) => (Action::MemberResumed, self.name(*id), None),
            Command::Remove(id) => (Action::MemberRemoved, self.name(*id), None),
            Command::SetPassword { member, .. } => (Action::PasswordSet, self.name(*member), None),
            Command::RemovePassword { member, .. } => (Action::PasswordRemoved, self.name(*member), None),
            Command::Link { identity, member, .. } => {
                (Action::IdentityLinked, self.name(*member), Some(identities::named(identity)))
            }
            Command::Unlink { identity, .. } => {
                let linked = self.people.identities.get(identity);
                let member = linked.map(|linked| self.name(linked.member)).unwrap_or_default();
                (Action::IdentityUnlinked, member, Some(identities::named(identity)))
            }
            Command::AddPasskey(id, passkey) => {
                (Action::PasskeyAdded, self.name(passkey.member), Some(passkeys::named(id)))
            }
            Command::RemovePasskey { id, .. } => {
                let known = self.people.passkeys.get(id);
                let member = known.map(|passkey| self.name(passkey.member)).unwrap_or_default();
                (Action::PasskeyRemoved, member, Some(passkeys::named(id)))
            }
            Command::MakeToken(hash, ticket) => {
                (Action::TokenMade, self.name(ticket.member), Some(told(hash, ticket)))
            }
            Command::EndTicket(hash) => match self.people.tickets.get(hash) {
                Some(ticket) => {
                    let action = match ticket.kind {
                        TicketKind::Session { .. } => Action::SessionEnded,
                        TicketKind::Token { .. } => Action::TokenEnded,
                    };
                    (action, self.name(ticket.member), Some(told(hash, ticket)))
                }
                None => (Action::SessionEnded, String::new(), None),
            },
            Command::Revoke(key) => (Action::DeviceRevoked, self.device_name(*key), Some(hex(*key))),
            Command::Rekey { old, new } => (Action::DeviceRekeyed, self.device_name(*old), Some(hex(*new))),
            Command::AddGroup(name) => (Action::GroupAdded, name.clone(), None),
            Command::RemoveGroup(group) => (Action::GroupRemoved, self.group_name(*group), None),
            Command::Enter(group, member, until) => {
                let detail = self.name(*member) + &ending(*until);
                (Action::GroupEntered, self.group_name(*group), Some(detail))
            }
            Command::Leave(group, member) => {
                (Action::GroupLeft, self.group_name(*group), Some(self.name(*member)))
            }
            Command::Allow { scope, right, subject, until, .. } => {
                let detail = format!("{} {}{}", right.word(), self.subject_name(*subject), ending(*until));
                (Action::AccessAllowed, scope.to_string(), Some(detail))
            }
            Command::Deny { rule, .. } => match self.rules.iter().find(|known| known.id == *rule) {
                Some(rule) => self.of_rule(Action::AccessDenied, rule),
                None => (Action::AccessDenied, String::new(), None),
            },
            Command::SetStock { item, private, .. } => {
                let action = if private.is_some() { Action::StockAllowed } else { Action::StockDenied };
                (action, item.to_string(), None)
            }
            Command::MakeAnnounceKey(hash, key) => {
                (Action::AnnounceKeyMade, key.item.to_string(), Some(format!("key {}", hash.id())))
            }
            Command::EndAnnounceKey { key: hash, .. } => match self.stock.keys.get(hash) {
                Some(key) => {
                    let detail = format!("key {} of {}", hash.id(), self.name(key.member));
                    (Action::AnnounceKeyEnded, key.item.to_string(), Some(detail))
                }
                None => (Action::AnnounceKeyEnded, String::new(), None),
            },
        }
    }

    /// That a member has changed something of its own.
    pub(super) fn by_itself(now: Moment, member: &str, action: Action, detail: String) -> Entry {
        Entry { at: now, actor: member.to_owned(), action, target: member.to_owned(), detail: Some(detail) }
    }

    /// That somebody has joined by an invite.
    pub(super) fn joined(&self, now: Moment, member: &str, device: Option<&str>, code: &CodeHash) -> Entry {
        Entry {
            at: now,
            actor: member.to_owned(),
            action: Action::Joined,
            target: device.map_or_else(|| member.to_owned(), |device| format!("{member} ({device})")),
            detail: Some(format!("invite {}", code.id())),
        }
    }

    /// Notes that another keyset has taken the place of the one before, and which key signs passes by it. `by` is
    /// `None` where keys left because their time was over.
    pub fn keys_changed(&mut self, now: Moment, by: Option<Actor>, keyset: &Keyset) -> Effects {
        let signer = keyset.signers.first().map(|&key| format!(", passes by {}", hex(key)));
        let entry = Entry {
            at: now,
            actor: by.map_or_else(|| CLOCK.to_owned(), |actor| self.actor_name(actor)),
            action: Action::KeysChanged,
            target: keyset.name.clone(),
            detail: Some(format!("keyset {}{}", keyset.serial, signer.unwrap_or_default())),
        };
        self.commit(now, vec![Change::Noted(entry)])
    }

    fn actor_name(&self, actor: Actor) -> String {
        match actor {
            Actor::Operator => "operator".to_owned(),
            Actor::Member(id) => self.name(id),
        }
    }

    /// What to note of what ends by itself.
    pub(super) fn ended(&self, now: Moment, changes: &[Change]) -> Vec<Change> {
        let told = changes.iter().flat_map(|change| match change {
            Change::LeftGroup { group, member } => {
                vec![(Action::GroupLeft, self.group_name(*group), Some(self.name(*member)))]
            }
            Change::RulesEnded(by) => {
                let over = |rule: &&Rule| rule.until.is_some_and(|until| self.swept < until && until <= *by);
                self.rules.iter().filter(over).map(|rule| self.of_rule(Action::RuleEnded, rule)).collect()
            }
            _ => Vec::new(),
        });
        let noted = told.map(|(action, target, detail)| {
            Change::Noted(Entry { at: now, actor: CLOCK.to_owned(), action, target, detail })
        });
        noted.collect()
    }

    fn of_rule(&self, action: Action, rule: &Rule) -> Told {
        let detail = format!("{} {}", rule.right.word(), self.subject_name(rule.subject));
        (action, rule.scope.to_string(), Some(detail))
    }

    /// A subject as people write it: `role:reader`, `group:lab`, `member:ann`.
    pub fn subject_name(&self, subject: Subject) -> String {
        match subject.kind() {
            SubjectKind::Role(role) => format!("role:{}", role.word()),
            SubjectKind::Group(group) => format!("group:{}", self.group_name(group)),
            SubjectKind::Member(member) => format!("member:{}", self.name(member)),
            SubjectKind::Unknown => "unknown".to_owned(),
        }
    }

    /// The subject that somebody wrote so, if there is one.
    pub fn subject_named(&self, text: &str) -> Option<Subject> {
        let (kind, name) = text.split_once(':')?;
        match kind {
            "role" => Role::ALL.into_iter().find(|role| role.word() == name).map(Subject::from),
            "group" => self.group_named(name).map(Subject::from),
            "member" => self.named(name).map(Subject::from),
            _ => None,
        }
    }

    /// The group of this name.
    pub fn group_named(&self, name: &str) -> Option<GroupId> {
        self.groups.iter().find(|(_, group)| group.name == name).map(|(&id, _)| id)
    }

    pub(super) fn name(&self, id: MemberId) -> String {
        self.members.get(&id).map_or_else(|| format!("({})", id.0), |member| member.name.clone())
    }

    /// Of one that is gone, its number.
    fn group_name(&self, id: GroupId) -> String {
        self.groups.get(&id).map_or_else(|| format!("({})", id.0), |group| group.name.clone())
    }

    fn device_name(&self, key: PublicKey) -> String {
        let device = self.devices.get(&key);
        device.map_or_else(|| hex(key), |device| format!("{} ({})", self.name(device.member), device.name))
    }
}

fn told(hash: &SecretHash, ticket: &Ticket) -> String {
    match &ticket.kind {
        TicketKind::Session { .. } => format!("session {}", hash.id()),
        TicketKind::Token { name, .. } => format!("token {} ({name})", hash.id()),
    }
}

fn hex(key: PublicKey) -> String {
    HEXLOWER.encode(&key.0)
}

fn ending(until: Option<Moment>) -> String {
    until.map(|until| format!(" until {}", until.0)).unwrap_or_default()
}

impl std::fmt::Display for Scope {
    /// The hash of the item, the pattern, or `pool`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Item(item) => item.fmt(f),
            Self::Name(pattern) => pattern.fmt(f),
            Self::Pool => f.write_str("pool"),
        }
    }
}
