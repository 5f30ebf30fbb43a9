//! The connected peers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use peerpool_wire::{
    channel::{PeerInfo, SessionSecret, SilentPeer},
    host::Host,
    id::{InfoHash, PeerId},
    time::Time,
};
use rustc_hash::FxHashSet;

use crate::{
    input::{Endpoints, SessionId},
    items::ItemId,
    reach::Reach,
    swarm_peer::Identity,
    swarms::SwarmId,
};

/// One connected peer.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) peer_id: PeerId,
    pub(crate) identity: Identity,
    pub(crate) name: String,
    pub(crate) agent: String,
    pub(crate) endpoints: Endpoints,
    /// The protocol version that it speaks.
    pub(crate) version: u16,
    pub(crate) secret: Option<SessionSecret>,
    pub(crate) reach: Reach,
    pub(crate) connected: Time,
    pub(crate) heard: Time,
    /// The swarms of known items that it is in.
    pub(crate) swarms: FxHashSet<SwarmId>,
    /// Items that it registered and whose metainfo is missing.
    pub(crate) unknown: BTreeSet<InfoHash>,
    /// Bytes of bitfields kept for it.
    pub(crate) state_bytes: usize,
    pub(crate) follows: BTreeSet<SwarmId>,
    pub(crate) metainfo: MetainfoAsks,
    /// Items that it had whole and withdrew lately.
    pub(crate) withdrawn: VecDeque<ItemId>,
    /// When it last reported others, and which holders and items it has reported.
    pub(crate) complained: Time,
    pub(crate) complaints: BTreeSet<(PeerId, InfoHash)>,
    /// When it may next be asked to verify a piece.
    pub(crate) verify_after: Time,
}

/// The metainfo that a peer is asked for, a few items at a time, so that a slow peer holds up little.
#[derive(Debug, Default)]
pub(crate) struct MetainfoAsks {
    /// Open questions: until when nobody else is asked, or `None` once that has passed. Late answers count, too.
    pub(crate) open: BTreeMap<InfoHash, Option<Time>>,
    /// How many of them are not late.
    pub(crate) in_time: usize,
    /// Items to ask for next.
    pub(crate) queue: VecDeque<InfoHash>,
}

impl MetainfoAsks {
    /// Closes a question; returns whether it was late, or `None` if it was not open.
    pub(crate) fn close(&mut self, info_hash: InfoHash) -> Option<IsLate> {
        let deadline = self.open.remove(&info_hash)?;
        self.in_time -= usize::from(deadline.is_some());
        Some(IsLate(deadline.is_none()))
    }

    /// Questions whose deadline has passed; they are late from now on.
    pub(crate) fn overdue(&mut self, now: Time) -> Vec<InfoHash> {
        let due =
            self.open.iter_mut().filter(|(_, deadline)| deadline.is_some_and(|deadline| deadline <= now));
        let overdue: Vec<InfoHash> = due
            .map(|(&info_hash, deadline)| {
                *deadline = None;
                info_hash
            })
            .collect();
        self.in_time -= overdue.len();
        overdue
    }
}

/// Whether others are asked already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IsLate(pub(crate) bool);

impl Session {
    pub(crate) fn item_count(&self) -> usize {
        self.swarms.len() + self.unknown.len()
    }

    pub(crate) fn host(&self) -> Host {
        Host::of(self.endpoints.remote)
    }

    pub(crate) fn info(&self, now: Time) -> PeerInfo {
        PeerInfo {
            peer_id: self.peer_id,
            name: self.name.clone(),
            agent: self.agent.clone(),
            ip: self.endpoints.remote,
            port: self.reach.port(),
            reachable: self.reach.is_reachable(),
            items: self.item_count() as u32,
            connected_seconds: now.since(self.connected).as_secs(),
        }
    }

    pub(crate) fn silent(&self) -> SilentPeer {
        SilentPeer { peer_id: self.peer_id, name: self.name.clone(), ip: self.endpoints.remote }
    }
}

/// Sessions by connection and by peer id; each peer id has one.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    by_id: BTreeMap<SessionId, Session>,
    by_peer: BTreeMap<PeerId, SessionId>,
}

impl Sessions {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn of_peer(&self, peer_id: PeerId) -> Option<SessionId> {
        self.by_peer.get(&peer_id).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.by_id.iter().map(|(&id, session)| (id, session))
    }

    pub(crate) fn insert(&mut self, id: SessionId, session: Session) {
        self.by_peer.insert(session.peer_id, id);
        self.by_id.insert(id, session);
    }

    pub(crate) fn remove(&mut self, id: SessionId) -> Option<Session> {
        let session = self.by_id.remove(&id)?;
        self.by_peer.remove(&session.peer_id);
        Some(session)
    }
}
