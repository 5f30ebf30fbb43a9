//! The connected peers.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ops::Bound,
};

use peerpool_wire::{
    channel::{Hello, Key, PeerInfo, Refusal, SessionSecret, SilentPeer},
    host::Host,
    id::{InfoHash, PeerId},
    time::Time,
};
use rustc_hash::FxHashSet;

use crate::{
    departed::Departed,
    homes::Home,
    identity::Identity,
    ids::{ItemId, SwarmId},
    input::{Endpoints, Output, SessionId},
    reach::Reach,
    viewer::{Tally, Viewer},
};

/// One connected peer.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) peer_id: PeerId,
    pub(crate) identity: Identity,
    pub(crate) introduction: Introduction,
    pub(crate) endpoints: Endpoints,
    /// What it may see; it also sees what it has registered.
    pub(crate) viewer: Viewer,
    pub(crate) reach: Reach,
    pub(crate) connected: Time,
    pub(crate) heard: Time,
    /// When it last said something that may have changed the catalogue.
    pub(crate) told: Time,
    pub(crate) registered: Registered,
    pub(crate) follows: BTreeSet<SwarmId>,
    pub(crate) metainfo: MetainfoAsks,
    pub(crate) complaints: Complaints,
    pub(crate) residence: Residence,
}

/// How a peer stands among the nodes of a pool.
#[derive(Debug, Default)]
pub(crate) struct Residence {
    /// The home that vouches for it; `None` when it is connected to this node.
    pub(crate) home: Option<Home>,
    /// Of two connections of the peer, the one with the higher number is the newer.
    pub(crate) connection: u64,
    /// What nodes tell each other of its secret.
    pub(crate) secret: Option<u64>,
    /// Swarms in which it was when it was connected to another node, and where it has not said yet that it still is.
    pub(crate) inherited: BTreeSet<SwarmId>,
}

/// What a peer said of itself.
#[derive(Debug)]
pub(crate) struct Introduction {
    pub(crate) name: String,
    /// The same without case and accents.
    pub(crate) folded: String,
    pub(crate) agent: String,
    /// The protocol version that it speaks.
    pub(crate) version: u16,
    pub(crate) secret: Option<SessionSecret>,
    /// The key that it has proved to have, in a pool for members.
    pub(crate) key: Option<Key>,
}

/// What a peer has, or had.
#[derive(Debug, Default)]
pub(crate) struct Registered {
    /// The swarms of known items that it is in.
    pub(crate) swarms: FxHashSet<SwarmId>,
    /// Items whose metainfo is missing.
    pub(crate) unknown: BTreeSet<InfoHash>,
    /// The known items by audience.
    pub(crate) seen: Tally,
    /// Bytes of bitfields kept for it.
    pub(crate) state_bytes: usize,
    /// Items that it had whole and withdrew lately.
    pub(crate) withdrawn: VecDeque<ItemId>,
}

/// What a peer complained of, and what was asked of it because others did.
#[derive(Debug, Default)]
pub(crate) struct Complaints {
    /// When it last reported holders that it cannot reach.
    pub(crate) last: Time,
    /// Whose data it reported as wrong, and of which item.
    pub(crate) made: BTreeSet<(PeerId, InfoHash)>,
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
        self.registered.swarms.len() + self.registered.unknown.len()
    }

    pub(crate) fn host(&self) -> Host {
        Host::of(self.endpoints.remote)
    }

    /// How many of its items somebody else sees. While the tracker does not know what an item is, it knows of nobody who may
    /// see it.
    pub(crate) fn items_seen_by(&self, viewer: &Viewer) -> usize {
        if viewer.is_all() { self.item_count() } else { self.registered.seen.seen_by(viewer) }
    }

    /// The peer, with so many of its items.
    pub(crate) fn info(&self, now: Time, items: usize) -> PeerInfo {
        PeerInfo {
            peer_id: self.peer_id,
            name: self.introduction.name.clone(),
            agent: self.introduction.agent.clone(),
            ip: self.endpoints.remote,
            port: self.reach.port(),
            reachable: self.reach.is_reachable(),
            items: items as u32,
            connected_seconds: now.since(self.connected).as_secs(),
        }
    }

    pub(crate) fn silent(&self) -> SilentPeer {
        SilentPeer { peer_id: self.peer_id, name: self.introduction.name.clone(), ip: self.endpoints.remote }
    }
}

/// Sessions by connection and by peer id; each peer id has one.
#[derive(Debug)]
pub(crate) struct Sessions {
    by_id: BTreeMap<SessionId, Session>,
    by_peer: BTreeMap<PeerId, SessionId>,
    /// Newcomers that claim the peer id of a session without a secret, by that session, which must show that it is alive.
    pub(crate) contests: BTreeMap<SessionId, Newcomer>,
    /// How many peers of other nodes were numbered.
    elsewhere: u32,
    pub(crate) departed: Departed,
}

/// A peer that has said hello.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) session: SessionId,
    pub(crate) hello: Hello,
    pub(crate) endpoints: Endpoints,
    pub(crate) key: Option<Key>,
    pub(crate) viewer: Viewer,
}

impl Newcomer {
    /// Another one has its peer id.
    pub(crate) fn refused(&self) -> Output {
        let reason = Refusal::PeerIdTaken { peer_id: self.hello.peer_id };
        Output::Close { session: self.session, reason: Some(reason) }
    }
}

impl Sessions {
    pub(crate) fn new(departed: Departed) -> Self {
        Self {
            by_id: BTreeMap::new(),
            by_peer: BTreeMap::new(),
            contests: BTreeMap::new(),
            elsewhere: 0,
            departed,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn get(&self, id: SessionId) -> Option<&Session> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.by_id.get_mut(&id)
    }

    /// Sets what a session may see, or will once it has its peer id.
    pub(crate) fn set_viewer(&mut self, id: SessionId, viewer: Viewer) {
        if let Some(session) = self.by_id.get_mut(&id) {
            session.viewer = viewer;
        } else if let Some(newcomer) = self.contests.values_mut().find(|newcomer| newcomer.session == id) {
            newcomer.viewer = viewer;
        }
    }

    pub(crate) fn of_peer(&self, peer_id: PeerId) -> Option<SessionId> {
        self.by_peer.get(&peer_id).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.by_id.iter().map(|(&id, session)| (id, session))
    }

    /// Those that are connected to this node.
    pub(crate) fn here(&self) -> impl Iterator<Item = (SessionId, &Session)> {
        self.by_id.range(..SessionId(SessionId::FIRST_ELSEWHERE)).map(|(&id, session)| (id, session))
    }

    /// A number for a peer that is connected to another node.
    pub(crate) fn next_elsewhere(&mut self) -> SessionId {
        let id = SessionId(SessionId::FIRST_ELSEWHERE | self.elsewhere);
        self.elsewhere = (self.elsewhere + 1) % SessionId::FIRST_ELSEWHERE;
        id
    }

    /// The peers of this node behind one of them.
    pub(crate) fn here_after(&self, peer: Option<PeerId>) -> impl Iterator<Item = (PeerId, &Session)> {
        let behind = (peer.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let here = self.by_peer.range(behind).filter(|(_, id)| id.is_here());
        here.filter_map(|(&peer, &id)| Some((peer, self.get(id)?)))
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
