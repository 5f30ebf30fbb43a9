//! The catalogue itself: the state, and which part of it an input concerns.

mod announce;
mod changes;
mod connect;
mod elsewhere;
mod holders;
mod links;
mod locate;
mod metainfo;
mod questions;
mod reachability;
mod register;
mod restore;
mod sight;
mod telling;

pub use announce::{AnnounceRefusal, Takers};
pub use locate::{Asking, Located};
use metainfo::Sent;
use peerpool_wire::{
    channel::{Failure, RequestId, ToPeer, ToTracker},
    id::{InfoHash, TrackerId},
    time::Time,
};
pub use questions::Counts;
pub use restore::Restoring;
use std::collections::BTreeSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{
    budget::Budget,
    changes::ChangeLog,
    departed::Departed,
    gather::Gather,
    homes::{Homes, Place},
    identity::Identify,
    ids::ItemId,
    input::{Change, Input, Output, SessionId},
    items::{Item, Items},
    policy::Policy,
    session::{Newcomer, Sessions},
    swarms::Swarms,
    timers::{Timer, Timers},
    unknown::Unknown,
    update::{Asker, Update},
    viewer::Audience,
};

/// Time between two sweeps for expired stock clients.
const SWEEP: std::time::Duration = std::time::Duration::from_secs(1);

/// Registrations, items and clients that every host may have, even when others have taken most of the room.
const MIN_REGISTRATIONS: usize = 10_000;
/// The same for bytes of bitfields.
const MIN_BYTES: usize = 1 << 20;
/// The same for sessions.
const MIN_SESSIONS: usize = 64;

/// What each host holds of the shared resources.
#[derive(Debug)]
struct Shares {
    sessions: Budget,
    registrations: Budget,
    unknown: Budget,
    state_bytes: Budget,
    announced: Budget,
    /// Items that became known through it in this run.
    introduced: Budget,
}

impl Shares {
    fn new(policy: &Policy) -> Self {
        Self {
            sessions: Budget::new(policy.limits.max_sessions, MIN_SESSIONS),
            registrations: Budget::new(policy.limits.max_registrations, MIN_REGISTRATIONS),
            unknown: Budget::new(policy.limits.max_unknown, MIN_REGISTRATIONS),
            state_bytes: Budget::new(policy.limits.max_all_state_bytes, MIN_BYTES),
            announced: Budget::new(policy.limits.max_announced, MIN_REGISTRATIONS),
            introduced: Budget::new(policy.limits.max_items, MIN_REGISTRATIONS),
        }
    }
}

/// What the tracker knows. See the crate's documentation for how to drive it.
#[derive(Debug)]
pub struct Catalogue {
    policy: Policy,
    tracker_id: TrackerId,
    name: String,
    items: Items,
    swarms: Swarms,
    sessions: Sessions,
    unknown: Unknown,
    /// Known items that the store has lost, or could not take.
    unstored: BTreeSet<ItemId>,
    shares: Shares,
    update: Update,
    gather: Gather,
    /// Which nodes vouch for which peers, where there are several.
    homes: Option<Box<Homes>>,
    changes: ChangeLog,
    /// Seconds from 1970 to the catalogue's own beginning of time.
    epoch: u64,
    timers: Timers,
    identify: Identify,
    rng: ChaCha8Rng,
}

impl Catalogue {
    /// An empty catalogue of the tracker with this id and display name. The same seed and inputs give the same
    /// outputs; strangers must not know the seed.
    pub fn new(policy: Policy, tracker_id: TrackerId, name: String, seed: u64) -> Self {
        let mut timers = Timers::default();
        timers.set(Time::ZERO + SWEEP, Timer::Sweep);
        let mut key = [0; 16];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let identify = Identify::new(policy.pool.as_ref().map_or(&key, |pool| &pool.secret));
        let departed = Departed::new(2 * policy.sessions.lease, policy.limits.max_sessions);
        Self {
            shares: Shares::new(&policy),
            homes: policy.pool.is_some().then(Box::default),
            policy,
            tracker_id,
            name,
            items: Items::default(),
            swarms: Swarms::default(),
            sessions: Sessions::new(departed),
            unknown: Unknown::default(),
            unstored: BTreeSet::new(),
            update: Update::default(),
            gather: Gather::default(),
            changes: ChangeLog::default(),
            epoch: 0,
            timers,
            identify,
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// Says when [`Time::ZERO`] was, in seconds since 1970: items remember when they became known.
    pub fn set_epoch(&mut self, seconds: u64) {
        self.epoch = seconds;
    }

    /// The tracker's display name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives the tracker another display name, which peers that connect from now on are told.
    pub fn rename(&mut self, name: String) {
        self.name = name;
    }

    /// The intervals and limits by which it works.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Applies a change from the store.
    pub fn apply(&mut self, change: Change) {
        if let Change::Added(item) = change
            && self.known(item.facts.info_hash).is_none()
        {
            // The store replays what this one superseded as well; the later change counts.
            self.add_item(item, Audience::UNSAID, None, &mut Vec::new());
        }
    }

    /// When to call [`Catalogue::handle_timeout`] next.
    pub fn next_timeout(&self) -> Option<Time> {
        self.timers.next()
    }

    /// Handles every timer that is due.
    pub fn handle_timeout(&mut self, now: Time, out: &mut Vec<Output>) {
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::Lease(session) => self.check_lease(now, session, out),
                Timer::Metainfo(session) => self.check_metainfo(now, session, out),
                Timer::Contest(session) => self.end_contest(now, session, out),
                Timer::Restore => self.restore_all(now, out),
                Timer::Update => self.go_on_with_update(now, out),
                Timer::Gather => self.go_on_with_gather(now, out),
                Timer::Homes => self.end_graces(now, out),
                Timer::Index => self.keep_up(now),
                Timer::Sweep => self.sweep(now, out),
            }
        }
    }

    /// Handles what happened on a channel.
    pub fn handle(&mut self, now: Time, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Connected { session, hello, endpoints, key, viewer } => {
                self.connect(now, Newcomer { session, hello, endpoints, key, viewer }, out);
            }
            Input::Disconnected { session } => self.leave(now, session, out),
            Input::Heard { session } => self.heard(now, session, out),
            Input::Unstored { info_hash } => self.restore(now, info_hash, out),
            Input::Probed { probe, reachable } => self.probed(&probe, reachable, out),
            Input::Message { session, message } => {
                self.heard(now, session, out);
                if let Some(own) = self.sessions.get_mut(session) {
                    own.told = now;
                    self.handle_message(now, session, message, out);
                    self.settle_update(now, session, out);
                }
            }
            Input::Link { link, event } => self.link(now, link, event, out),
            Input::Sight { items, viewers } => self.set_sight(items, viewers),
            Input::Metainfo { session, info_hash, parsed, audience } => {
                self.heard(now, session, out);
                if let Some(own) = self.sessions.get_mut(session) {
                    own.told = now;
                }
                self.handle_metainfo(now, session, Sent { info_hash, parsed, audience }, out);
                self.settle_update(now, session, out);
            }
        }
    }

    fn handle_message(&mut self, now: Time, session: SessionId, message: ToTracker, out: &mut Vec<Output>) {
        match message {
            ToTracker::Register { items } => self.register(now, session, items, out),
            ToTracker::Withdraw { info_hashes } => self.withdraw(now, session, &info_hashes, out),
            ToTracker::NoMetainfo { info_hashes } => self.no_metainfo(now, session, &info_hashes, out),
            ToTracker::Update { request } => {
                if self.update.request(Asker { session, request }) {
                    self.go_on_with_update(now, out);
                } else {
                    let message = ToPeer::Failed { request, error: Failure::Busy };
                    out.push(Output::Send { session, message });
                }
            }
            ToTracker::Report { items, withdrawn, .. } => {
                self.withdraw(now, session, &withdrawn, out);
                self.register(now, session, items, out);
            }
            ToTracker::Reported { ask } => {
                self.update.reported(ask, session);
                self.gather.each(|census| census.reported(ask, session));
            }
            ToTracker::Locate { request, target, wanted, follow } => {
                self.answer_locate(now, session, request, &target, wanted, follow, out);
            }
            ToTracker::Unfollow { info_hash } => self.unfollow(session, info_hash),
            ToTracker::GetMetainfo { request, info_hash } => {
                out.push(self.answer_metainfo(session, request, info_hash));
            }
            ToTracker::Holders { request, info_hash, offset, limit } => {
                out.extend(self.answer_holders(session, request, info_hash, offset, limit));
            }
            ToTracker::Peers { request } => out.push(self.answer_peers(now, session, request)),
            ToTracker::FindPeers { request, search } => {
                let page = self.find_peers_seen(now, &search, &self.sight(session));
                out.push(Output::Send { session, message: ToPeer::FoundPeers { request, page } });
            }
            ToTracker::Bye => {
                self.leave(now, session, out);
                out.push(Output::Close { session, reason: None });
            }
            ToTracker::UnreachableHolders { info_hash, addresses } => {
                self.unreachable_holders(now, session, info_hash, &addresses, out);
            }
            ToTracker::WrongData { info_hash, piece, holder } => {
                self.wrong_data(now, session, info_hash, piece, holder, out);
            }
            // The driver turns these into inputs of their own; a second `Hello` changes nothing. It answers what only
            // reads from an index (`Catalogue::index`), on another thread.
            ToTracker::Hello(_)
            | ToTracker::Metainfo(_)
            | ToTracker::MetainfoBatch { .. }
            | ToTracker::List { .. }
            | ToTracker::Search { .. }
            | ToTracker::Files { .. }
            | ToTracker::GetPass
            | ToTracker::AccessSeen { .. }
            | ToTracker::Hear { .. }
            | ToTracker::Transfers { .. }
            | ToTracker::TakesStock { .. } => {}
        }
    }

    /// The item that these hashes name, if all of them are its own.
    fn known(&self, info_hash: InfoHash) -> Option<(ItemId, &Item)> {
        let swarm = self.swarms.get(self.swarms.find_item(info_hash)?)?;
        let id = swarm.item?;
        self.items.get(id).filter(|item| item.facts.is(info_hash)).map(|item| (id, item))
    }

    /// Seconds since 1970.
    fn date(&self, now: Time) -> u64 {
        self.epoch.saturating_add(now.as_micros() / 1_000_000)
    }

    fn answer_metainfo(&self, session: SessionId, request: RequestId, info_hash: InfoHash) -> Output {
        match self.known_to(&self.sight(session), info_hash) {
            Some((_, item)) => Output::SendMetainfo { session, request, info_hash: item.facts.info_hash },
            None => {
                let error = Failure::NoMetainfo { info_hash };
                Output::Send { session, message: ToPeer::Failed { request, error } }
            }
        }
    }

    fn sweep(&mut self, now: Time, out: &mut Vec<Output>) {
        self.sessions.departed.expire(now);
        self.forget_index(now);
        self.keep_up(now);
        let is_vouched = |id, identity| is_vouched_elsewhere(self.homes.as_deref(), (id, identity));
        for (id, expired) in self.swarms.sweep(seconds(now), is_vouched) {
            self.expired(id, &expired, out);
        }
        self.timers.set(now + SWEEP, Timer::Sweep);
    }
}

/// Whether another node vouches for a peer in a swarm.
fn is_vouched_elsewhere(homes: Option<&Homes>, place: Place) -> bool {
    homes.is_some_and(|homes| homes.says(place).is_some())
}

/// The whole seconds in which leases are counted.
fn seconds(time: Time) -> u32 {
    u32::try_from(time.as_micros() / 1_000_000).unwrap_or(u32::MAX - 1)
}
