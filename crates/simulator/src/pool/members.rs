//! Members, whom all nodes have from the database: what is taken away at one node holds at the others.

use std::{collections::BTreeMap, time::Duration};

use peerpool_access::{
    GroupId, MemberId, Members, Moment, Role, Subject,
    key::{PoolId, PublicKey},
    members::{
        Actor, Change, Command, Device, Member, State,
        lookout::{Lookout, OTHERS_BEHIND},
    },
};
use peerpool_wire::time::Time;
use rand::RngExt;

use super::{
    node::Database,
    world::{Event, World},
};

/// What was taken away holds after this long at every node that reaches the database.
const SOON: Duration = Duration::from_secs(3);
/// Members, each with one device.
const MEMBERS: u32 = 4;
const GROUPS: u32 = 2;
/// When the world begins, by the database's clock.
const BEGINNING: u64 = 1_700_000_000;

/// What the database keeps of members.
#[derive(Debug)]
pub(super) struct Kept {
    changes: Vec<Change>,
    /// How often somebody has written, and when last.
    written: u64,
    last: Time,
    /// Since when it has been there.
    pub(super) up: Time,
    /// All of it, as a member.
    truth: Members,
}

/// The latest pass that any node has made for a device which says this.
pub(super) type Passes = BTreeMap<(PublicKey, Vec<Subject>), Moment>;

/// What a node knows of members.
#[derive(Debug)]
pub(super) struct Known {
    members: Members,
    written: u64,
    lookout: Lookout,
    /// The moment by the database's clock when it last looked, by its own clock.
    looked: (Moment, Time),
    /// Its next look, of those that were planned.
    next: u64,
}

fn empty() -> Members {
    Members::new(PoolId([3; 32])).with_others_behind(OTHERS_BEHIND)
}

fn key(member: u32) -> PublicKey {
    PublicKey([member as u8; 32])
}

fn moment(now: Time) -> Moment {
    Moment(BEGINNING) + now.since(Time::ZERO)
}

impl Default for Kept {
    fn default() -> Self {
        let mut changes = Members::founding();
        for number in 1..=MEMBERS {
            let role = if number == 1 { Role::Admin } else { Role::Member };
            let member = Member { name: format!("member {number}"), role, state: State::Active };
            let device = Device {
                member: MemberId(number),
                name: "laptop".to_owned(),
                added: Moment(BEGINNING),
                revoked: false,
            };
            changes.push(Change::Member(MemberId(number), member));
            changes.push(Change::Device(key(number), device));
        }
        changes.extend((1..=GROUPS).map(|group| Change::Group(GroupId(group), format!("group {group}"))));
        let mut truth = empty();
        truth.follow(changes.clone());
        Self { changes, written: 0, last: Time::ZERO, up: Time::ZERO, truth }
    }
}

impl Known {
    /// That of a process that begins.
    pub(super) fn of(database: &Database, now: Time, clock: Time) -> Self {
        let mut known = Self {
            members: empty(),
            written: database.members.written,
            lookout: Lookout::new(clock),
            looked: (moment(now), clock),
            next: 0,
        };
        known.members.follow(database.members.changes.clone());
        known
    }

    /// The moment as it takes it to be.
    fn now(&self, clock: Time) -> Moment {
        let (then, at) = self.looked;
        then + clock.since(at)
    }

    fn see(&mut self, kept: &Kept, now: Time, clock: Time) {
        if self.written != kept.written {
            self.members.follow(kept.changes.clone());
            self.written = kept.written;
        }
        self.looked = (moment(now), clock);
        self.lookout.see(clock);
    }

    pub(super) fn hear(&mut self, clock: Time) {
        self.lookout.hear(clock);
    }
}

impl World {
    /// A look that was planned, unless another one was since.
    pub(super) fn look_again(&mut self, node: usize, number: u64) {
        if self.nodes[node].members.as_ref().is_some_and(|known| known.next == number) {
            self.see(node);
        }
    }

    /// A node looks, if it is time to.
    pub(super) fn see(&mut self, at: usize) {
        let now = self.now;
        let (node, database) = (&mut self.nodes[at], &self.database);
        let clock = node.clock(now);
        let is_well = node.is_well();
        let Some(known) = node.members.as_mut() else { return };
        if is_well && known.lookout.next_timeout() <= clock {
            match database.is_down {
                true => known.lookout.fail(clock),
                false => known.see(&database.members, now, clock),
            }
        }
        // By another clock: it may look before it is time.
        let pause = known.lookout.next_timeout().since(clock).max(Duration::from_millis(100));
        self.looks += 1;
        known.next = self.looks;
        self.plan(pause, Event::See { node: at, number: self.looks });
    }

    /// Somebody commands something at one of the nodes.
    pub(super) fn command(&mut self) {
        if self.is_calm {
            return;
        }
        let pause = self.rng.random_range(200..8000);
        self.plan(Duration::from_millis(pause), Event::Command);
        let at = self.rng.random_range(0..self.nodes.len());
        let command = self.any_command();
        let (now, node) = (self.now, &mut self.nodes[at]);
        let clock = node.clock(now);
        if self.database.is_down || !node.is_well() {
            return;
        }
        let Some(known) = node.members.as_mut() else { return };
        // In its turn it sees what the others have changed.
        let kept = &mut self.database.members;
        known.see(kept, now, clock);
        let moment = known.now(clock);
        let Ok(effects) = known.members.handle(moment, Actor::Operator, command) else { return };
        if effects.changes.is_empty() {
            return;
        }
        kept.changes.extend(effects.changes);
        kept.truth.follow(kept.changes.clone());
        kept.written += 1;
        kept.last = now;
        known.written = kept.written;
        self.tell_members(at);
    }

    fn any_command(&mut self) -> Command {
        let member = MemberId(self.rng.random_range(1..=MEMBERS));
        let group = GroupId(self.rng.random_range(1..=GROUPS));
        match self.rng.random_range(0..10) {
            0 | 1 => Command::Suspend(member),
            2 | 3 => Command::Resume(member),
            4 => Command::SetRole(member, Role::Reader),
            5 => Command::SetRole(member, Role::Member),
            6 | 7 => Command::Enter(group, member, None),
            8 => Command::Leave(group, member),
            _ if self.rng.random_bool(0.1) => Command::Revoke(key(member.0)),
            _ => Command::Leave(group, member),
        }
    }

    /// Every node signs what it may, and lets in whom it may.
    pub(super) fn check_members(&mut self) {
        for at in 0..self.nodes.len() {
            let node = &self.nodes[at];
            let clock = node.clock(self.now);
            let Some(known) = node.members.as_ref().filter(|_| node.is_well()) else { continue };
            let long = |since: Time| self.now.since(since) >= SOON;
            let kept = &self.database.members;
            let has_seen = !self.database.is_down
                && long(kept.up)
                && long(kept.last)
                && node.well_since().is_some_and(long);
            let mut wrong = Vec::new();
            for member in 1..=MEMBERS {
                self.outcome.checked += 1;
                let (here, truth) = (known.members.active(key(member)), kept.truth.active(key(member)));
                if has_seen && known.lookout.lets_in(clock) && here != truth {
                    wrong.push(member);
                }
                if known.lookout.may_sign(clock)
                    && let Some(pass) = known.members.pass(known.now(clock), key(member))
                {
                    let says = (pass.key, pass.subjects.iter().collect());
                    let made = self.passes.entry(says).or_insert(pass.made);
                    *made = pass.made.max(*made);
                }
            }
            if !wrong.is_empty() {
                self.broken(
                    "revoked",
                    format!("at {:?} node {at} is wrong about members {wrong:?}", self.now),
                );
            }
        }
        self.check_passes();
    }

    /// Of all passes that were ever made, none says what is not so, unless it is void.
    fn check_passes(&mut self) {
        let truth = &self.database.members.truth;
        let now = moment(self.now);
        let is_good = |key: &PublicKey, made: Moment| {
            truth.voided().all(|voided| voided.key != *key || made >= voided.before)
        };
        let wrong = self.passes.iter().find(|((key, subjects), made)| {
            let allowed = truth.pass(now, *key).map(|pass| pass.subjects).unwrap_or_default();
            is_good(key, **made) && subjects.iter().any(|subject| !allowed.contains(*subject))
        });
        if let Some(((key, subjects), made)) = wrong {
            let what = format!("at {:?} a pass of {key} made at {made:?} says {subjects:?}", self.now);
            self.broken("revoked", what);
        }
    }
}
