//! Whom the swarm lets in when places are few, or when somebody with the same peer id is connected already.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use peerpool_wire::{host::Host, time::Time};

use super::Swarm;
use crate::{ConnId, Outbox, Reason, Remote, connection::Connection};

/// A connection that has neither given nor taken anything for this long gives way to a newcomer.
const IDLE: Duration = Duration::from_secs(5);
/// Two peers that dial each other within this time have done so at once.
const AT_ONCE: Duration = Duration::from_secs(3);
/// How long two connections to one peer may both stand.
const BOTH: Duration = Duration::from_secs(10);

impl<B> Swarm<B> {
    /// Whether a connection may stand; another one may have to give way.
    pub(super) fn admit(&mut self, now: Time, remote: &Remote, out: &mut Outbox<B>) -> Result<(), Reason> {
        if remote.peer_id == self.config.peer_id {
            return Err(Reason::Ourselves);
        }
        if self.neighbours.are_barred(now, remote) {
            return Err(Reason::Barred);
        }
        if !remote.outgoing && self.neighbours.are_too_many_of(now, remote) {
            return Err(Reason::TooMany);
        }
        self.settle_twins(now, remote, out)?;
        if self.conns.len() >= self.config.max_connections {
            let place = self.place_for(now, remote).ok_or(Reason::TooMany)?;
            self.disconnect(now, place, Reason::GaveWay, out);
        }
        Ok(())
    }

    /// Another connection shows the same peer id. That proves nothing, for ids are public: so none that is of use is
    /// closed for it, and none that is not yet keeps the other out.
    ///
    /// Two honest peers may have dialled each other. Then the connection stays that the peer with the smaller id
    /// opened, and that peer alone closes the other one, so that never both are closed.
    fn settle_twins(&mut self, now: Time, remote: &Remote, out: &mut Outbox<B>) -> Result<(), Reason> {
        let is_twin = |conn: &Connection| conn.remote.peer_id == remote.peer_id;
        let twins: Vec<ConnId> =
            self.conns.iter().filter(|(_, conn)| is_twin(conn)).map(|(id, _)| *id).collect();
        let stays = self.opens_better(remote) == remote.outgoing;
        for id in twins {
            let Some(twin) = self.conns.get(&id) else { continue };
            let crossed = twin.remote.outgoing != remote.outgoing;
            let at_once = crossed && twin.standing.age(now) < AT_ONCE && twin.remote.host() == remote.host();
            // Whoever dials us may have lost what it had before, as after a restart.
            if twin.standing.good > 0 && (remote.outgoing || crossed && !stays) {
                return Err(Reason::Duplicate);
            }
            if at_once && !stays {
                return Err(Reason::Crossed);
            }
            if at_once && remote.outgoing {
                self.disconnect(now, id, Reason::Crossed, out);
            }
        }
        Ok(())
    }

    fn opens_better(&self, remote: &Remote) -> bool {
        self.config.peer_id < remote.peer_id
    }

    /// Of two connections between us and one peer, each opened by one side, the one that was worth less is closed in
    /// the end, by the side whose connections are kept, so that it is the same one for both.
    pub(super) fn close_twins(&mut self, now: Time, out: &mut Outbox<B>) {
        let mut opened = BTreeMap::new();
        let ours =
            self.conns.iter().filter(|(_, conn)| conn.remote.outgoing && self.opens_better(&conn.remote));
        for (id, conn) in ours {
            opened.insert((conn.remote.peer_id, conn.remote.host()), *id);
        }
        if opened.is_empty() {
            return;
        }
        let mut worse = Vec::new();
        for (id, conn) in self.conns.iter().filter(|(_, conn)| !conn.remote.outgoing) {
            let twin = opened.get(&(conn.remote.peer_id, conn.remote.host()));
            let twin = twin.and_then(|id| Some((*id, self.conns.get(id)?)));
            let Some((other, twin)) =
                twin.filter(|(_, twin)| conn.standing.age(now).min(twin.standing.age(now)) >= BOTH)
            else {
                continue;
            };
            let worth =
                |conn: &Connection| (conn.download.received + conn.upload.sent, Reverse(conn.standing.since));
            worse.push(if worth(conn) < worth(twin) { *id } else { other });
        }
        for id in worse {
            self.disconnect(now, id, Reason::Duplicate, out);
        }
    }

    /// The connection whose place a newcomer gets: one that has been idle, else one of a host that has more than its
    /// share.
    fn place_for(&self, now: Time, remote: &Remote) -> Option<ConnId> {
        let mut shares = BTreeMap::<Host, usize>::new();
        for conn in self.conns.values() {
            *shares.entry(conn.remote.host()).or_default() += 1;
        }
        let share = |conn: &Connection| shares.get(&conn.remote.host()).copied().unwrap_or_default();
        let idle = |conn: &Connection| conn.standing.idle(now);
        let longest_idle = self
            .conns
            .iter()
            .rev()
            .filter(|(_, conn)| idle(conn) >= IDLE)
            .max_by_key(|(_, conn)| (conn.standing.good == 0, share(conn), idle(conn)));
        if let Some((id, _)) = longest_idle {
            return Some(*id);
        }
        let own = shares.get(&remote.host()).copied().unwrap_or_default();
        self.conns
            .iter()
            .filter(|(_, conn)| share(conn) > own + 1)
            .max_by_key(|(_, conn)| (share(conn), conn.standing.good == 0, idle(conn), conn.standing.since))
            .map(|(id, _)| *id)
    }
}
