//! The life of sessions, and the update barrier that waits for them.

use peerpool_wire::{
    channel::{MAX_PEERS, Refusal, ToPeer, VERSIONS, Welcome, negotiate},
    host::Host,
    link::{GatherId, News},
    time::Time,
};

use super::Catalogue;
use crate::{
    fold::fold,
    input::{Output, SessionId},
    reach::Reach,
    session::{Introduction, MetainfoAsks, Newcomer, Residence, Session},
    timers::Timer,
    update::Round,
};

impl Catalogue {
    pub(super) fn connect(&mut self, now: Time, newcomer: Newcomer, out: &mut Vec<Output>) {
        let (session, hello) = (newcomer.session, &newcomer.hello);
        let Some(version) = negotiate(&hello.versions) else {
            let reason = Refusal::UnsupportedVersion { supported: VERSIONS.to_vec() };
            return out.push(Output::Close { session, reason: Some(reason) });
        };
        let old = self.sessions.of_peer(hello.peer_id).and_then(|id| Some((id, self.sessions.get(id)?)));
        match old {
            Some((id, old)) if !id.is_here() => match self.is_same_peer(old, hello.secret) {
                true => self.welcome(now, newcomer, version, out),
                false => out.push(newcomer.refused()),
            },
            Some((id, old)) if hello.secret.is_some() && old.introduction.secret == hello.secret => {
                self.leave(now, id, out);
                out.push(Output::Close { session: id, reason: Some(Refusal::Replaced) });
                self.welcome(now, newcomer, version, out);
            }
            // Its peer would show the secret, and drew the id for itself: nobody honest comes with another. On a
            // busy machine, silence for some seconds does not mean that it is dead.
            Some((_, old)) if old.introduction.secret.is_some() => out.push(newcomer.refused()),
            None if self.sessions.departed.is_kept_from(hello.peer_id, hello.secret) => {
                out.push(newcomer.refused());
            }
            Some((old, _)) => self.contest(now, old, newcomer, out),
            None => self.welcome(now, newcomer, version, out),
        }
    }

    fn welcome(&mut self, now: Time, newcomer: Newcomer, version: u16, out: &mut Vec<Output>) {
        let Newcomer { session, endpoints, .. } = newcomer;
        if !self.shares.sessions.take(Host::of(endpoints.remote), 1) {
            let reason = Refusal::Full { limit: self.policy.limits.max_sessions as u32 };
            return out.push(Output::Close { session, reason: Some(reason) });
        }
        let digest = newcomer.hello.digest;
        let mut own = self.session(now, newcomer, version);
        self.take_over(session, &mut own);
        self.sessions.insert(session, own);
        self.changes.peers.mark(session);
        let mut told = Vec::new();
        self.tell_session(session, &mut told);
        let kept = digest.is_some_and(|digest| self.keep(session, digest, &mut told));
        let welcome = Welcome {
            version,
            tracker_id: self.tracker_id,
            name: self.name.clone(),
            your_ip: endpoints.remote,
            keep_alive_seconds: self.policy.sessions.keep_alive.as_secs() as u32,
            lease_seconds: self.policy.sessions.lease.as_secs() as u32,
            max_items: self.policy.limits.max_items_per_peer as u32,
            kept,
            // Whoever carries the welcome knows where they are.
            nodes: Vec::new(),
            sites: self.policy.networks.tell(),
        };
        out.push(Output::Send { session, message: ToPeer::Welcome(welcome) });
        out.append(&mut told);
        self.timers.set(now + self.policy.sessions.lease, Timer::Lease(session));
        self.try_to_reach(now, session, out);
    }

    /// A peer id is public and proves nothing: a session without a secret keeps it for as long as it is alive.
    fn contest(&mut self, now: Time, old: SessionId, newcomer: Newcomer, out: &mut Vec<Output>) {
        if self.sessions.contests.contains_key(&old) {
            return out.push(newcomer.refused());
        }
        out.push(Output::Ping { session: old });
        self.timers.set(now + self.policy.sessions.contest_deadline, Timer::Contest(old));
        self.sessions.contests.insert(old, newcomer);
    }

    /// The session whose peer id is contested gave no sign of life: it is dead, and gives way.
    pub(super) fn end_contest(&mut self, now: Time, old: SessionId, out: &mut Vec<Output>) {
        if self.sessions.contests.contains_key(&old) {
            out.push(Output::Close { session: old, reason: Some(Refusal::Replaced) });
            self.leave(now, old, out);
        }
    }

    fn session(&self, now: Time, newcomer: Newcomer, version: u16) -> Session {
        let Newcomer { hello, endpoints, key, viewer, .. } = newcomer;
        Session {
            peer_id: hello.peer_id,
            identity: self.identify.session(hello.peer_id),
            reach: Reach::new(endpoints, hello.port, &hello.listens),
            introduction: Introduction {
                folded: fold(&hello.name),
                name: hello.name,
                agent: hello.agent,
                version,
                secret: hello.secret,
                key,
            },
            endpoints,
            viewer,
            connected: now,
            heard: now,
            told: now,
            registered: Default::default(),
            follows: Default::default(),
            metainfo: MetainfoAsks::default(),
            complaints: Default::default(),
            residence: Residence {
                home: None,
                connection: hello.connection,
                secret: self.homes.as_ref().and(hello.secret).map(|secret| self.identify.secret(secret)),
                inherited: Default::default(),
            },
        }
    }

    pub(super) fn heard(&mut self, now: Time, id: SessionId, out: &mut Vec<Output>) {
        if let Some(session) = self.sessions.get_mut(id) {
            session.heard = now;
            out.extend(self.sessions.contests.remove(&id).map(|newcomer| newcomer.refused()));
        }
    }

    /// Ends a session that was silent for its whole lease; checks again later otherwise.
    pub(super) fn check_lease(&mut self, now: Time, id: SessionId, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let end = session.heard + self.policy.sessions.lease;
        if end > now {
            return self.timers.set(end, Timer::Lease(id));
        }
        let reason = Refusal::TooSlow {
            reason: format!("nothing was heard for {} s", self.policy.sessions.lease.as_secs()),
        };
        self.leave(now, id, out);
        out.push(Output::Close { session: id, reason: Some(reason) });
    }

    /// Forgets a session and all that it has.
    pub(super) fn leave(&mut self, now: Time, id: SessionId, out: &mut Vec<Output>) {
        self.sessions.contests.retain(|_, newcomer| newcomer.session != id);
        let Some(session) = self.sessions.remove(id) else {
            return;
        };
        self.changes.peers.forget(id);
        let host = session.host();
        self.tell_session_gone(&session, out);
        if let Some(secret) = session.introduction.secret {
            self.sessions.departed.remember(now, session.peer_id, secret, host);
        }
        self.shares.sessions.give_back(host, 1);
        self.shares.registrations.give_back(host, session.registered.swarms.len());
        self.shares.unknown.give_back(host, session.registered.unknown.len());
        self.shares.state_bytes.give_back(host, session.registered.state_bytes);
        // In order, so that the same inputs give the same outputs.
        let mut swarms: Vec<_> = session.registered.swarms.iter().copied().collect();
        swarms.sort_unstable();
        for swarm in swarms {
            self.forget_place((swarm, session.identity));
            self.remove_from_swarm(swarm, session.identity, out);
        }
        for &swarm in &session.residence.inherited {
            self.forget_place((swarm, session.identity));
            self.remove_from_swarm(swarm, session.identity, out);
        }
        for &swarm in &session.follows {
            if let Some(swarm) = self.swarms.get_mut(swarm) {
                swarm.followers.retain(|follower| follower.session != id);
                swarm.needs_nobody(session.identity);
            }
        }
        for &info_hash in &session.registered.unknown {
            let next = self.unknown.withdraw(info_hash, id);
            self.queue_metainfo(now, info_hash, next, out);
        }
        self.update.left(id, || session.silent());
        self.gather.each(|census| census.left(id, || session.silent()));
        self.go_on_with_gather(now, out);
        self.go_on_with_update(now, out);
        if let Some(newcomer) = self.sessions.contests.remove(&id)
            && let Some(version) = negotiate(&newcomer.hello.versions)
        {
            self.welcome(now, newcomer, version, out);
        }
    }

    /// An answer to an update counts once the metainfo of the items in it has come, too, whoever is asked for it.
    pub(super) fn settle_update(&mut self, now: Time, id: SessionId, out: &mut Vec<Output>) {
        if !self.update.awaits(id) && !self.gather.awaits(id) {
            return;
        }
        let Some(own) = self.sessions.get(id) else { return };
        let is_asked = || own.registered.unknown.iter().any(|&info_hash| self.unknown.is_asked(info_hash));
        if own.metainfo.in_time == 0 && own.metainfo.queue.is_empty() && !is_asked() {
            self.update.settled(id);
            self.gather.each(|census| census.settled(id));
            self.go_on_with_gather(now, out);
            self.go_on_with_update(now, out);
        }
    }

    /// Answers the round of updates that is over, and begins the next.
    pub(super) fn go_on_with_update(&mut self, now: Time, out: &mut Vec<Output>) {
        loop {
            if let Some(round) = self.update.finish(now) {
                self.answer_update(&round, out);
            }
            let deadline = now + self.policy.sessions.update_deadline;
            let everybody = self.sessions.here().map(|(id, _)| id);
            let nodes = self.homes.iter().flat_map(|homes| homes.links());
            let Some(round) = self.update.begin(now, deadline, everybody, nodes) else {
                if let Some(next) = self.update.next() {
                    self.timers.set(next, Timer::Update);
                }
                return;
            };
            let ask = round.census.ask;
            let message = ToPeer::AskState {
                ask,
                deadline_ms: self.policy.sessions.update_deadline.as_millis() as u64,
            };
            let waiting = round.census.waiting.iter();
            out.extend(waiting.map(|&session| Output::Send { session, message: message.clone() }));
            self.timers.set(round.census.deadline, Timer::Update);
            if let Some(homes) = &self.homes {
                round.census.gone.extend(homes.out_of_reach(&self.sessions));
            }
            let is_over = round.is_settled();
            self.tell(None, || News::Gather { ask: GatherId(ask.0) }, out);
            if !is_over {
                return;
            }
        }
    }

    fn answer_update(&mut self, round: &Round, out: &mut Vec<Output>) {
        let census = &round.census;
        let still = census.waiting.iter().filter_map(|&id| self.sessions.get(id));
        let nodes = round.silent_nodes().flat_map(|link| self.peers_of_link(link));
        let silent = census.gone.iter().cloned().chain(still.map(Session::silent)).chain(nodes);
        let silent: Vec<_> = silent.take(MAX_PEERS).collect();
        for asker in &round.askers {
            let own = self.sessions.get(asker.session).map(|session| session.peer_id);
            let message = ToPeer::Updated {
                request: asker.request,
                page: self.first_page(&self.sight(asker.session)),
                answered: round.census.answered,
                silent: silent.iter().filter(|peer| Some(peer.peer_id) != own).cloned().collect(),
            };
            out.push(Output::Send { session: asker.session, message });
        }
    }
}
