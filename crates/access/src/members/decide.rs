//! What a command changes, if it may.

use super::{
    Actor, Change, Command, CommandError, Device, Effects, Identity, InviteTerms, Linked, Member, Members,
    SecretHash, State, Ticket, identities::NotLinked,
};
use crate::{
    key::PublicKey,
    moment::Moment,
    pass::MAX_SUBJECTS,
    rules::{Rule, RuleId, Scope},
    subject::{GroupId, MemberId, Role},
};

/// Longest name of a member, a device or a group in bytes.
pub(super) const MAX_NAME: usize = 256;
/// Most groups of a member: a pass names them, the role and the member.
pub(super) const MAX_GROUPS: usize = MAX_SUBJECTS - 2;
/// Most uses of an invite.
pub(super) const MAX_USES: u32 = 10_000;

pub(super) fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
}

type Changes = Result<Vec<Change>, CommandError>;

impl Members {
    /// Does what somebody commands.
    ///
    /// # Errors
    ///
    /// The actor may not do it, or it names nothing that is there. Nothing has changed then.
    pub fn handle(&mut self, now: Moment, actor: Actor, command: Command) -> Result<Effects, CommandError> {
        if !self.may(actor, &command) {
            return Err(CommandError::NotAllowed);
        }
        let by = match actor {
            Actor::Operator => None,
            Actor::Member(member) => Some(member),
        };
        let entry = self.entry(now, actor, &command);
        let mut changes = self.decide(now, by, command)?;
        if !changes.is_empty() {
            changes.push(Change::Noted(entry));
        }
        Ok(self.commit(now, changes))
    }

    fn may(&self, actor: Actor, command: &Command) -> bool {
        let Actor::Member(id) = actor else { return true };
        let Ok(member) = self.present(id) else { return false };
        if member.state != State::Active {
            return false;
        }
        let owns = |owner: &Option<MemberId>| *owner == Some(id);
        let own_device = |key| self.devices.get(key).is_some_and(|device| device.member == id);
        member.role == Role::Admin
            || match command {
                Command::Invite { device_of, .. } => owns(device_of),
                Command::Uninvite(code) => self.invites.get(code).is_some_and(|terms| terms.by == Some(id)),
                Command::Revoke(key) | Command::Rekey { old: key, .. } => own_device(key),
                Command::SetPassword { member, .. }
                | Command::RemovePassword { member, .. }
                | Command::Link { member, .. }
                | Command::MakeToken(_, Ticket { member, .. }) => *member == id,
                Command::Unlink { identity, .. } => {
                    self.people.identities.get(identity).is_some_and(|linked| linked.member == id)
                }
                Command::AddPasskey(_, passkey) => passkey.member == id,
                Command::RemovePasskey { id: which, .. } => {
                    self.people.passkeys.get(which).is_some_and(|passkey| passkey.member == id)
                }
                Command::EndTicket(hash) => {
                    self.people.tickets.get(hash).is_some_and(|ticket| ticket.member == id)
                }
                Command::Allow { scope: Scope::Item(_), owner, .. } => owns(owner),
                Command::Deny { rule, owner } => owns(owner) && self.is_of_one_item(*rule),
                Command::SetStock { owner, .. } => owns(owner),
                Command::MakeAnnounceKey(_, key) => key.member == id,
                Command::EndAnnounceKey { key, owner } => {
                    owns(owner) || self.stock.keys.get(key).is_some_and(|key| key.member == id)
                }
                _ => false,
            }
    }

    fn is_of_one_item(&self, id: RuleId) -> bool {
        self.rules.iter().any(|rule| rule.id == id && matches!(rule.scope, Scope::Item(_)))
    }

    fn decide(&self, now: Moment, by: Option<MemberId>, command: Command) -> Changes {
        match command {
            Command::Invite { code, role, groups, device_of, uses, expires } => {
                let terms = InviteTerms { by, role, groups, device_of, uses, expires };
                self.check_terms(now, &terms)?;
                Ok(vec![Change::Invite(code, terms)])
            }
            Command::Uninvite(code) => match self.invites.contains_key(&code) {
                true => Ok(vec![Change::InviteGone(code)]),
                false => Err(CommandError::NoInvite),
            },
            Command::Rename(id, name) => self.rename(id, name),
            Command::SetRole(id, role) => self.alter(id, |member| member.role = role),
            Command::Suspend(id) => self.alter(id, |member| member.state = State::Suspended),
            Command::Resume(id) => self.alter(id, |member| member.state = State::Active),
            Command::Remove(id) => self.alter(id, |member| member.state = State::Removed),
            Command::SetPassword { member, password, but } => {
                self.present(member)?;
                Ok(self.set_password(member, password, but))
            }
            Command::RemovePassword { member, but } => {
                self.present(member)?;
                self.password(member).ok_or(CommandError::NoSignIn)?;
                self.keeps_a_way(by, member)?;
                let gone = Change::Password(member, None);
                Ok([gone].into_iter().chain(self.end_sessions(member, but)).collect())
            }
            Command::Link { identity, member, label } => {
                self.present(member)?;
                let linking = self.linking(identity, Linked { member, label, since: now });
                linking.map_err(|error| match error {
                    NotLinked::Taken => CommandError::IdentityTaken,
                    NotLinked::Unfit => CommandError::Identity,
                })
            }
            Command::Unlink { identity, but } => self.unlinking(by, identity, but),
            Command::AddPasskey(id, passkey) => {
                self.present(passkey.member)?;
                Ok(self.adding(id, passkey)?)
            }
            Command::RemovePasskey { id, but } => {
                let member = self.people.passkeys.get(&id).ok_or(CommandError::NoSignIn)?.member;
                self.keeps_a_way(by, member)?;
                let gone = Change::PasskeyGone(id);
                Ok([gone].into_iter().chain(self.end_sessions(member, but)).collect())
            }
            Command::MakeToken(hash, ticket) => {
                self.present(ticket.member)?;
                is_ahead(now, Some(ticket.expires))?;
                match self.can_make(&ticket) {
                    true => Ok(vec![Change::Ticket(hash, ticket)]),
                    false => Err(CommandError::Token),
                }
            }
            Command::EndTicket(hash) => match self.people.tickets.contains_key(&hash) {
                true => Ok(vec![Change::TicketGone(hash)]),
                false => Err(CommandError::NoTicket),
            },
            Command::Revoke(key) => {
                let device = self.working(key)?.clone();
                // Whoever had it may have set the password, signed in, or made tokens, keys and invites: none of them outlives it.
                let by_itself = |terms: &InviteTerms| {
                    terms.by == Some(device.member) && terms.device_of == Some(device.member)
                };
                let invites = self.invites.iter().filter(|(_, terms)| by_itself(terms));
                let leavings = invites.map(|(&code, _)| Change::InviteGone(code));
                let leavings = leavings.chain(self.people.leavings(device.member));
                let leavings = leavings.chain(self.stock.leavings(device.member)).collect::<Vec<_>>();
                let revoked = Change::Device(key, Device { revoked: true, ..device });
                Ok([revoked].into_iter().chain(leavings).collect())
            }
            Command::Rekey { old, new } => self.rekey(now, old, new),
            Command::AddGroup(name) => self.add_group(name),
            Command::RemoveGroup(group) => self.group(group).map(|()| vec![Change::GroupGone(group)]),
            Command::Enter(group, member, until) => self.enter(now, group, member, until),
            Command::Leave(group, member) => {
                self.group(group)?;
                self.present(member)?;
                Ok(vec![Change::LeftGroup { group, member }])
            }
            Command::Allow { scope, right, subject, until, owner: _ } => {
                is_ahead(now, until)?;
                let id = RuleId(self.last.rule + 1);
                Ok(vec![Change::Rule(Rule { id, scope, right, subject, until })])
            }
            Command::Deny { rule, owner: _ } => match self.rules.iter().any(|known| known.id == rule) {
                true => Ok(vec![Change::RuleGone(rule)]),
                false => Err(CommandError::NoRule(rule)),
            },
            Command::SetStock { item, private, owner: _ } => Ok(self.stock.set(item, private)),
            Command::MakeAnnounceKey(hash, key) => {
                self.present(key.member)?;
                if !self.stock.items.contains_key(&key.item) {
                    return Err(CommandError::NoStock);
                }
                match self.stock.has_room(key.member) {
                    true => Ok(vec![Change::AnnounceKey(hash, key)]),
                    false => Err(CommandError::TooManyKeys),
                }
            }
            Command::EndAnnounceKey { key, owner: _ } => match self.stock.keys.contains_key(&key) {
                true => Ok(vec![Change::AnnounceKeyGone(key)]),
                false => Err(CommandError::NoAnnounceKey),
            },
        }
    }

    fn unlinking(&self, by: Option<MemberId>, identity: Identity, but: Option<SecretHash>) -> Changes {
        let linked = self.people.identities.get(&identity).ok_or(CommandError::NoSignIn)?;
        self.keeps_a_way(by, linked.member)?;
        Ok(self.unlink(identity, linked.member, but))
    }

    /// Nobody shuts themselves out. Who keeps the pool may shut others out, and makes them an invite.
    fn keeps_a_way(&self, by: Option<MemberId>, member: MemberId) -> Result<(), CommandError> {
        match by == Some(member) && self.ways(member) < 2 {
            true => Err(CommandError::LastWay),
            false => Ok(()),
        }
    }

    fn check_terms(&self, now: Moment, terms: &InviteTerms) -> Result<(), CommandError> {
        is_ahead(now, Some(terms.expires))?;
        if !(1..=MAX_USES).contains(&terms.uses) {
            return Err(CommandError::Uses);
        }
        if terms.groups.len() > MAX_GROUPS {
            return Err(CommandError::TooManyGroups);
        }
        terms.groups.iter().try_for_each(|&group| self.group(group))?;
        terms.device_of.map_or(Ok(()), |member| self.present(member).map(drop))
    }

    fn rename(&self, id: MemberId, name: String) -> Changes {
        if !is_name(&name) {
            return Err(CommandError::Name);
        }
        match self.named(&name) {
            Some(other) if other != id => Err(CommandError::NameTaken(name)),
            _ => self.alter(id, |member| member.name = name),
        }
    }

    /// Changes a member, unless the pool would be left without an administrator.
    fn alter(&self, id: MemberId, alter: impl FnOnce(&mut Member)) -> Changes {
        let before = self.present(id)?;
        let mut after = before.clone();
        alter(&mut after);
        let keeps = |member: &Member| member.role == Role::Admin && member.state == State::Active;
        if keeps(before) && !keeps(&after) && self.active_admins() == 1 {
            return Err(CommandError::LastAdmin);
        }
        let mut changes = match *before == after {
            true => Vec::new(),
            false => vec![Change::Member(id, after.clone())],
        };
        if after.state == State::Removed {
            let groups = self.groups.iter().filter(|(_, group)| group.members.contains_key(&id));
            changes.extend(groups.map(|(&group, _)| Change::LeftGroup { group, member: id }));
            changes.extend(self.people.leavings(id));
            changes.extend(self.stock.leavings(id));
        }
        Ok(changes)
    }

    fn rekey(&self, now: Moment, old: PublicKey, new: PublicKey) -> Changes {
        let device = self.working(old)?.clone();
        if self.devices.contains_key(&new) {
            return Err(CommandError::KeyTaken);
        }
        let revoked = Change::Device(old, Device { revoked: true, ..device.clone() });
        Ok(vec![revoked, Change::Device(new, Device { added: now, ..device })])
    }

    fn add_group(&self, name: String) -> Changes {
        if !is_name(&name) {
            return Err(CommandError::Name);
        }
        if self.groups.values().any(|group| group.name == name) {
            return Err(CommandError::NameTaken(name));
        }
        Ok(vec![Change::Group(GroupId(self.last.group + 1), name)])
    }

    fn enter(&self, now: Moment, group: GroupId, member: MemberId, until: Option<Moment>) -> Changes {
        self.group(group)?;
        self.present(member)?;
        is_ahead(now, until)?;
        let others =
            self.groups.iter().filter(|(id, other)| **id != group && other.members.contains_key(&member));
        if others.count() >= MAX_GROUPS {
            return Err(CommandError::TooManyGroups);
        }
        Ok(vec![Change::InGroup { group, member, until }])
    }

    /// The member of this name that is not removed.
    pub fn named(&self, name: &str) -> Option<MemberId> {
        let present = |member: &Member| member.state != State::Removed && member.name == name;
        self.members.iter().find(|(_, member)| present(member)).map(|(&id, _)| id)
    }

    pub(super) fn present(&self, id: MemberId) -> Result<&Member, CommandError> {
        let known = self.members.get(&id).filter(|member| member.state != State::Removed);
        known.ok_or(CommandError::NoMember(id))
    }

    fn working(&self, key: PublicKey) -> Result<&Device, CommandError> {
        self.devices.get(&key).filter(|device| !device.revoked).ok_or(CommandError::NoDevice)
    }

    fn group(&self, id: GroupId) -> Result<(), CommandError> {
        self.groups.contains_key(&id).then_some(()).ok_or(CommandError::NoGroup(id))
    }
}

fn is_ahead(now: Moment, end: Option<Moment>) -> Result<(), CommandError> {
    match end {
        Some(end) if end <= now => Err(CommandError::Past(end)),
        _ => Ok(()),
    }
}
