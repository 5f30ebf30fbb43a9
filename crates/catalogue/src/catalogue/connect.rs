//! Sessions begin, live and end; the update barrier waits for them.

use peerpool_wire::{
    channel::{Hello, MAX_PEERS, Refusal, ToPeer, VERSIONS, Welcome, negotiate},
    time::Time,
};

use super::Catalogue;
use crate::{
    input::{Ends, Output, SessionId},
    session::{MetainfoAsks, Session},
    timers::Timer,
    update::Round,
};

impl Catalogue {
    pub(super) fn connect(
        &mut self,
        now: Time,
        session: SessionId,
        hello: Hello,
        ends: Ends,
        out: &mut Vec<Output>,
    ) {
        let version = match self.admit(&hello, ends) {
            Ok(version) => version,
            Err(reason) => {
                return out.push(Output::Close { session, reason: Some(reason) });
            }
        };
        if let Some(old) = self.sessions.of_peer(hello.peer_id) {
            self.leave(now, old, out);
            out.push(Output::Close { session: old, reason: Some(Refusal::Replaced) });
        }
        let welcome = Welcome {
            version,
            tracker_id: self.tracker_id,
            name: self.name.clone(),
            your_ip: ends.remote,
            keep_alive_seconds: self.policy.keep_alive.as_secs() as u32,
            lease_seconds: self.policy.session_lease.as_secs() as u32,
            max_items: self.policy.max_items_per_peer as u32,
        };
        out.push(Output::Send { session, message: ToPeer::Welcome(welcome) });
        self.timers.set(now + self.policy.session_lease, Timer::Lease(session));
        self.sessions.insert(session, self.session(now, hello, ends));
    }

    /// The protocol version to speak with this peer, or why it is refused.
    fn admit(&self, hello: &Hello, ends: Ends) -> Result<u16, Refusal> {
        let version = negotiate(&hello.versions)
            .ok_or_else(|| Refusal::UnsupportedVersion { supported: VERSIONS.to_vec() })?;
        let old = self.sessions.of_peer(hello.peer_id).and_then(|id| self.sessions.get(id));
        match old {
            Some(old) if old.ends.remote != ends.remote => {
                Err(Refusal::PeerIdTaken { peer_id: hello.peer_id })
            }
            None if self.sessions.len() >= self.policy.max_sessions => {
                Err(Refusal::Full { limit: self.policy.max_sessions as u32 })
            }
            _ => Ok(version),
        }
    }

    fn session(&self, now: Time, hello: Hello, ends: Ends) -> Session {
        Session {
            peer_id: hello.peer_id,
            identity: self.identify.session(hello.peer_id),
            name: hello.name,
            agent: hello.agent,
            ends,
            port: hello.port,
            connected: now,
            heard: now,
            swarms: Default::default(),
            unknown: Default::default(),
            state_bytes: 0,
            follows: Default::default(),
            metainfo: MetainfoAsks::default(),
        }
    }

    pub(super) fn heard(&mut self, now: Time, session: SessionId) {
        if let Some(session) = self.sessions.get_mut(session) {
            session.heard = now;
        }
    }

    /// Ends a session that said nothing for as long as its lease; looks again later otherwise.
    pub(super) fn check_lease(&mut self, now: Time, id: SessionId, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        let end = session.heard + self.policy.session_lease;
        if end > now {
            return self.timers.set(end, Timer::Lease(id));
        }
        let reason = Refusal::TooSlow {
            reason: format!("nothing was heard for {} s", self.policy.session_lease.as_secs()),
        };
        self.leave(now, id, out);
        out.push(Output::Close { session: id, reason: Some(reason) });
    }

    /// Forgets a session and all that it has.
    pub(super) fn leave(&mut self, now: Time, id: SessionId, out: &mut Vec<Output>) {
        let Some(session) = self.sessions.remove(id) else {
            return;
        };
        // In order, so that the same inputs give the same outputs.
        let mut swarms: Vec<_> = session.swarms.iter().copied().collect();
        swarms.sort_unstable();
        for swarm in swarms {
            self.remove_from_swarm(swarm, session.identity, out);
        }
        for &swarm in &session.follows {
            if let Some(swarm) = self.swarms.get_mut(swarm) {
                swarm.followers.retain(|follower| follower.session != id);
            }
        }
        for &info_hash in &session.unknown {
            let next = self.unknown.withdraw(info_hash, id);
            self.queue_metainfo(now, info_hash, next, out);
        }
        self.update.left(id, || session.silent());
        self.go_on_with_update(now, out);
    }

    /// An answer to an update counts once the metainfo of the items in it has come, too.
    pub(super) fn settle_update(&mut self, now: Time, id: SessionId, out: &mut Vec<Output>) {
        let asks = self.sessions.get(id).map(|session| &session.metainfo);
        if asks.is_some_and(|asks| asks.open.is_empty() && asks.queue.is_empty()) {
            self.update.settled(id);
            self.go_on_with_update(now, out);
        }
    }

    /// Answers the round of updates that is over, and begins the next.
    pub(super) fn go_on_with_update(&mut self, now: Time, out: &mut Vec<Output>) {
        loop {
            if let Some(round) = self.update.finish(now) {
                self.answer_update(&round, out);
            }
            let deadline = now + self.policy.update_deadline;
            let everybody = self.sessions.iter().map(|(id, _)| id);
            let Some(round) = self.update.begin(deadline, everybody) else {
                return;
            };
            let message = ToPeer::AskState {
                ask: round.ask,
                deadline_ms: self.policy.update_deadline.as_millis() as u64,
            };
            out.extend(
                round.waiting.iter().map(|&session| Output::Send { session, message: message.clone() }),
            );
            self.timers.set(round.deadline, Timer::Update);
            if !round.waiting.is_empty() {
                return;
            }
        }
    }

    fn answer_update(&mut self, round: &Round, out: &mut Vec<Output>) {
        let still = round.waiting.iter().filter_map(|&id| self.sessions.get(id));
        let silent: Vec<_> =
            round.gone.iter().cloned().chain(still.map(Session::silent)).take(MAX_PEERS).collect();
        let page = self.list("", None, 0, false);
        for asker in &round.askers {
            let own = self.sessions.get(asker.session).map(|session| session.peer_id);
            let message = ToPeer::Updated {
                request: asker.request,
                page: page.clone(),
                answered: round.answered,
                silent: silent.iter().filter(|peer| Some(peer.peer_id) != own).cloned().collect(),
            };
            out.push(Output::Send { session: asker.session, message });
        }
    }
}
