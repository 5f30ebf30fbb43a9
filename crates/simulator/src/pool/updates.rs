//! Updates: what peers answer when they are asked for their newest state, and what must be known by then.

use peerpool_catalogue::{Input, SessionId, Viewer};
use peerpool_wire::channel::{AskId, RequestId, SilentPeer, Target, ToTracker};

use super::{
    node::facts,
    peers::{Part, state},
    world::World,
};

/// An update that somebody waits for, and what others had then.
#[derive(Debug)]
pub(super) struct Question {
    peer: usize,
    session: SessionId,
    request: RequestId,
    witnesses: Vec<Witness>,
}

#[derive(Debug)]
struct Witness {
    peer: usize,
    /// Its node, and its session there.
    node: usize,
    session: SessionId,
    item: u8,
    /// The connection between its node and that of whoever asks, where they differ.
    link: Option<u32>,
}

impl World {
    /// It is asked for its newest state.
    pub(super) fn answer(&mut self, at: usize, session: SessionId, ask: AskId) {
        if self.peers[at].session != Some(session) {
            return;
        }
        let now = self.now;
        let peer = &mut self.peers[at];
        let pending = std::mem::take(&mut peer.pending);
        for &item in &pending {
            peer.has.insert(item, Part { is_all: true, told: Some(now) });
        }
        let items = pending.into_iter().map(|item| state(item, true)).collect();
        let node = peer.node;
        let message = ToTracker::Report { ask, items, withdrawn: Vec::new() };
        self.input(node, Input::Message { session, message });
        self.input(node, Input::Message { session, message: ToTracker::Reported { ask } });
    }

    /// It wants an update.
    pub(super) fn ask(&mut self, at: usize, session: SessionId) {
        let node = self.peers[at].node;
        if !self.nodes[node].is_well() {
            return;
        }
        let mut witnesses = Vec::new();
        for (peer, other) in self.peers.iter().enumerate().filter(|&(peer, _)| peer != at) {
            let Some(of) = other.session.filter(|_| self.nodes[other.node].is_well()) else { continue };
            let link = self.connection(node, other.node);
            // Its node hears the question only over a link that both have.
            let both = self.hears(other.node, node).is_some() && self.hears(node, other.node).is_some();
            if other.node == node || both {
                let items = other.pending.iter();
                witnesses.extend(items.map(|&item| Witness {
                    peer,
                    node: other.node,
                    session: of,
                    item,
                    link,
                }));
            }
        }
        let peer = &mut self.peers[at];
        peer.asked += 1;
        let request = RequestId(peer.asked);
        self.questions.retain(|question| question.peer != at);
        self.questions.push(Question { peer: at, session, request, witnesses });
        self.input(node, Input::Message { session, message: ToTracker::Update { request } });
    }

    /// An update is answered: what others had when it was asked for is known now, or they are said to be silent.
    pub(super) fn check_barrier(
        &mut self,
        at: usize,
        session: SessionId,
        request: RequestId,
        silent: &[SilentPeer],
    ) {
        let asked = |question: &Question| {
            question.peer == at && question.session == session && question.request == request
        };
        let Some(question) = self.questions.iter().position(asked) else { return };
        let question = self.questions.swap_remove(question);
        let node = self.peers[at].node;
        for Witness { peer, node: home, session, item, link } in question.witnesses {
            let other = &self.peers[peer];
            let is_silent = silent.iter().any(|silent| silent.peer_id == other.id());
            let still = (other.node, other.session) == (home, Some(session))
                && other.has.contains_key(&item)
                && self.connection(node, other.node) == link
                && self.nodes[other.node].is_well();
            if !still || is_silent {
                continue;
            }
            self.outcome.checked += 1;
            let target = Target::InfoHash(facts(item).info_hash);
            let known = self.nodes[node].catalogue.as_ref().map(|all| all.find(&target, &Viewer::All));
            let is_listed = matches!(known, Some(Ok(found)) if found.seeds + found.partial > 0);
            if !is_listed {
                let (now, other) = (self.now, other.node);
                self.broken(
                    "barrier",
                    format!(
                        "at {now:?} node {node} answered an update without item {item}, which peer {peer} at \
                         node {other} had before"
                    ),
                );
            }
        }
    }
}
