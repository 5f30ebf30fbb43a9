//! The tracker's members: who belongs to the pool, with which devices, in which groups.
//!
//! Somebody commands ([`Members::handle`]) or joins ([`Members::join`]). What is allowed and makes sense comes back as
//! [`Change`]s, already applied; the driver stores them, and then tells peers what [`Effects`] says. State changes by
//! [`Members::apply`] alone, so that what is replayed from the store is what stood there.
//!
//! A pass is void from the moment on at which its device, or its member, has lost anything that it says. Whoever only won
//! something gets a new pass, and the old one stays good.

mod audit;
mod change;
mod command;
mod decide;
mod error;
mod follow;
mod identities;
mod join;
pub mod lookout;
mod passkeys;
mod people;
mod stock;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

pub use audit::{Action, Entry};
pub use change::{Change, Device, Group, InviteTerms, Member, State};
pub use command::{Actor, Command};
pub use error::{CommandError, JoinError};
pub use identities::{Identity, Linked, MAX_IDENTITIES};
pub use join::Newcomer;
pub use passkeys::{MAX_PASSKEYS, Passkey};
use people::People;
pub use people::{Admitted, MAX_SESSIONS, MAX_TOKENS, SecretHash, Ticket, TicketKind, Way};
use stock::Stock;
pub use stock::{AnnounceKey, MAX_ANNOUNCE_KEYS};

use crate::{
    guard::Voided,
    invite::CodeHash,
    key::{PoolId, PublicKey},
    moment::Moment,
    pass::{LEEWAY, Pass},
    rules::RuleBook,
    subject::{GroupId, MemberId, Role, Subject, Subjects},
};

/// How long a pass lives.
pub const PASS_LIFE: Duration = Duration::from_secs(12 * 3600);

/// What peers have to be told after something has changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// What is to be stored, in order, before anybody is told.
    pub changes: Vec<Change>,
    /// Devices that need a new pass.
    pub passes: Vec<PublicKey>,
    /// Passes that are void from now on.
    pub voided: Vec<Voided>,
    /// Whether the audiences of items may have changed.
    pub rules: bool,
}

impl Effects {
    /// Both, one after the other.
    pub fn and(mut self, later: Self) -> Self {
        self.changes.extend(later.changes);
        let new = later.passes.into_iter().filter(|key| !self.passes.contains(key)).collect::<Vec<_>>();
        self.passes.extend(new);
        self.voided.retain(|voided| later.voided.iter().all(|newer| newer.key != voided.key));
        self.voided.extend(later.voided);
        self.rules |= later.rules;
        self
    }
}

/// All members of a pool.
#[derive(Debug, Clone)]
pub struct Members {
    pool: PoolId,
    epoch: u64,
    members: BTreeMap<MemberId, Member>,
    devices: BTreeMap<PublicKey, Device>,
    groups: BTreeMap<GroupId, Group>,
    invites: BTreeMap<CodeHash, InviteTerms>,
    rules: RuleBook,
    people: People,
    stock: Stock,
    voided: BTreeMap<PublicKey, Voided>,
    /// Rules that ended by this moment were told of.
    swept: Moment,
    /// The highest numbers that were given: none is given twice.
    last: Last,
    /// For how long others may make passes that say what this one has taken away.
    others_behind: Duration,
}

#[derive(Debug, Clone, Copy, Default)]
struct Last {
    member: u32,
    group: u32,
    rule: u64,
}

impl Members {
    /// A pool without members.
    pub fn new(pool: PoolId) -> Self {
        Self {
            pool,
            epoch: 0,
            members: BTreeMap::new(),
            devices: BTreeMap::new(),
            groups: BTreeMap::new(),
            invites: BTreeMap::new(),
            rules: RuleBook::default(),
            people: People::default(),
            stock: Stock::default(),
            voided: BTreeMap::new(),
            swept: Moment(0),
            last: Last::default(),
            others_behind: Duration::ZERO,
        }
    }

    /// What a new pool begins with.
    pub fn founding() -> Vec<Change> {
        RuleBook::of_a_new_pool().iter().cloned().map(Change::Rule).collect()
    }

    /// How often something has changed.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The rules.
    pub fn rules(&self) -> &RuleBook {
        &self.rules
    }

    /// A member.
    pub fn member(&self, id: MemberId) -> Option<&Member> {
        self.members.get(&id)
    }

    /// Every member, by number.
    pub fn iter(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        self.members.iter().map(|(&id, member)| (id, member))
    }

    /// The device of a key.
    pub fn device(&self, key: PublicKey) -> Option<&Device> {
        self.devices.get(&key)
    }

    /// Every device, those that were revoked as well.
    pub fn devices(&self) -> impl Iterator<Item = (PublicKey, &Device)> {
        self.devices.iter().map(|(&key, device)| (key, device))
    }

    /// Every group.
    pub fn groups(&self) -> impl Iterator<Item = (GroupId, &Group)> {
        self.groups.iter().map(|(&id, group)| (id, group))
    }

    /// Every invite that can be used, or is over since a moment ago.
    pub fn invites(&self) -> impl Iterator<Item = (CodeHash, &InviteTerms)> {
        self.invites.iter().map(|(&code, terms)| (code, terms))
    }

    /// The active member whose active device has this key.
    pub fn active(&self, key: PublicKey) -> Option<(MemberId, &Member)> {
        let device = self.devices.get(&key).filter(|device| !device.revoked)?;
        let member = self.members.get(&device.member).filter(|member| member.state == State::Active)?;
        Some((device.member, member))
    }

    /// Whether somebody keeps the pool.
    pub fn has_admin(&self) -> bool {
        self.active_admins() > 0
    }

    /// Passes that are void; who begins to listen is told of all of them.
    pub fn voided(&self) -> impl Iterator<Item = &Voided> {
        self.voided.values()
    }

    /// What the tracker signs for a device now; `None` unless it and its member are active.
    pub fn pass(&self, now: Moment, key: PublicKey) -> Option<Pass> {
        let (member, _) = self.active(key)?;
        let subjects = self.subjects(member, now);
        // In the second in which an older pass became void this one would be, too.
        let made = self.voided.get(&key).map_or(now, |voided| now.max(voided.before));
        let until = made + PASS_LIFE;
        Some(Pass { pool: self.pool, key, member, subjects, made, until, epoch: self.epoch })
    }

    /// What a member counts as now; as nothing unless it is active.
    pub fn subjects(&self, id: MemberId, now: Moment) -> Subjects {
        let Some(member) = self.members.get(&id).filter(|member| member.state == State::Active) else {
            return Subjects::default();
        };
        let groups = self.groups.iter().filter(|(_, group)| group.has(id, now));
        let groups = groups.map(|(&group, _)| Subject::from(group));
        groups.chain([member.role.into(), id.into()]).collect()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn next_timeout(&self) -> Option<Moment> {
        let groups = self.groups.values().filter_map(Group::next_end);
        let rules = self.rules.iter().filter_map(|rule| rule.until).filter(|until| *until > self.swept);
        let invites = self.invites.values().map(|terms| terms.expires);
        let voided = self.voided.values().map(|voided| voided.expires);
        let tickets = self.people.tickets.values().map(|ticket| ticket.expires);
        groups.chain(rules).chain(invites).chain(voided).chain(tickets).min()
    }

    /// Ends what was to end by now: grants, stays in groups, invites.
    pub fn handle_timeout(&mut self, now: Moment) -> Effects {
        let mut changes = Vec::new();
        for (&group, members) in &self.groups {
            changes.extend(members.ended(now).map(|member| Change::LeftGroup { group, member }));
        }
        let expired = self.invites.iter().filter(|(_, terms)| terms.expires <= now);
        changes.extend(expired.map(|(&code, _)| Change::InviteGone(code)));
        let ended = self.people.tickets.iter().filter(|(_, ticket)| ticket.expires <= now);
        changes.extend(ended.map(|(&hash, _)| Change::TicketGone(hash)));
        let forgotten = self.voided.values().filter(|voided| voided.expires <= now);
        changes.extend(forgotten.map(|voided| Change::VoidForgotten(voided.key)));
        // A rule whose time is over stays: its scope goes on deciding.
        let ends = |until: Moment| self.swept < until && until <= now;
        if self.rules.iter().any(|rule| rule.until.is_some_and(ends)) {
            changes.push(Change::RulesEnded(now));
        }
        changes.extend(self.ended(now, &changes));
        self.swept = self.swept.max(now);
        self.commit(now, changes)
    }

    /// Applies what somebody's command or the clock has changed, and says what follows from it.
    fn commit(&mut self, now: Moment, changes: Vec<Change>) -> Effects {
        if changes.is_empty() {
            return Effects::default();
        }
        let before = self.clone();
        for change in &changes {
            self.apply(change.clone());
        }
        let mut effects = Effects { changes, ..Effects::default() };
        self.void_what_was_lost(now, &before, &mut effects);
        effects.rules = effects.changes.iter().any(Change::concerns_rules);
        // Peers need not hear that somebody signs in.
        if effects.changes.iter().any(Change::concerns_peers) {
            effects.changes.push(Change::Epoch(before.epoch + 1));
            self.epoch = before.epoch + 1;
        }
        effects
    }

    /// Compares what every device could say of itself with what it can say now.
    fn void_what_was_lost(&mut self, now: Moment, before: &Self, effects: &mut Effects) {
        let keys: BTreeSet<PublicKey> = before.devices.keys().chain(self.devices.keys()).copied().collect();
        for key in keys {
            let had = before.subjects_of(key);
            let has = self.subjects_of(key);
            if has.iter().any(|subject| !had.contains(subject)) {
                effects.passes.push(key);
            }
            if had.iter().any(|subject| !has.contains(subject)) {
                // Later than any pass that was made, however much changes within a second.
                let made = self.voided.get(&key).map_or(now, |voided| now.max(voided.before));
                let before = made + self.others_behind + Duration::from_secs(1);
                let voided = Voided { key, before, expires: before + PASS_LIFE + LEEWAY };
                effects.voided.push(voided);
                effects.changes.push(Change::Voided(voided));
                self.apply(Change::Voided(voided));
                if !has.is_empty() && !effects.passes.contains(&key) {
                    effects.passes.push(key);
                }
            }
        }
    }

    /// What a pass of this device may say, whatever the time: stays in groups end by `handle_timeout`.
    fn subjects_of(&self, key: PublicKey) -> Vec<Subject> {
        let Some((member, Member { role, .. })) = self.active(key) else { return Vec::new() };
        let groups = self.groups.iter().filter(|(_, group)| group.members.contains_key(&member));
        groups.map(|(&id, _)| id.into()).chain([(*role).into(), member.into()]).collect()
    }

    fn active_admins(&self) -> usize {
        let is_admin = |member: &&Member| member.role == Role::Admin && member.state == State::Active;
        self.members.values().filter(is_admin).count()
    }
}
