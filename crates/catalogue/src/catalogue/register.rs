//! What connected peers say that they have.

use peerpool_wire::{
    bitfield::Bitfield,
    channel::{Have, ItemState, ToPeer},
    id::InfoHash,
    time::Time,
};

use super::Catalogue;
use crate::{
    input::{Output, SessionId},
    swarm_peer::{Part, SwarmPeer, Via},
    swarms::SwarmId,
};

/// Why an item is not listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum RegisterError {
    #[error("a peer may register {0} items at most: share fewer, or in folders")]
    TooManyItems(usize),
    #[error("the states of this peer's unfinished items take more than {0} bytes")]
    TooMuchState(usize),
    #[error("the peer states {stated} pieces, the item has {pieces}")]
    WrongPieceCount { stated: u32, pieces: u32 },
    #[error(transparent)]
    Bitfield(#[from] peerpool_wire::bitfield::BitfieldError),
}

impl RegisterError {
    /// Whether the items after this one will be refused for the same reason.
    fn is_limit(&self) -> bool {
        matches!(self, Self::TooManyItems(_) | Self::TooMuchState(_))
    }
}

impl Catalogue {
    pub(super) fn register(
        &mut self,
        now: Time,
        session: SessionId,
        items: Vec<ItemState>,
        out: &mut Vec<Output>,
    ) {
        for ItemState { info_hash, have } in items {
            if let Err(error) = self.register_item(session, info_hash, have, out) {
                let message = ToPeer::ItemRefused { info_hash, reason: error.to_string() };
                out.push(Output::Send { session, message });
                if error.is_limit() {
                    break;
                }
            }
        }
        self.ask_metainfo(now, session, out);
    }

    fn register_item(
        &mut self,
        session: SessionId,
        info_hash: InfoHash,
        have: Have,
        out: &mut Vec<Output>,
    ) -> Result<(), RegisterError> {
        match self.known(info_hash).map(|(_, item)| (item.swarm, item.facts.pieces)) {
            Some((swarm, pieces)) => {
                let part = part(&have, pieces)?;
                let before = self.held_bytes(session, swarm);
                let is_new = self.sessions.get(session).is_some_and(|own| !own.swarms.contains(&swarm));
                self.account(session, is_new, before, part.bytes())?;
                self.join_swarm(session, swarm, part, out);
            }
            None => {
                let bytes = |have: &Have| match have {
                    Have::All => 0,
                    Have::Some { bitfield, .. } => bitfield.len(),
                };
                let before = self.unknown.have(info_hash, session).map(bytes);
                self.account(session, before.is_none(), before.unwrap_or(0), bytes(&have))?;
                let ask = self.unknown.register(info_hash, session, have);
                if let Some(own) = self.sessions.get_mut(session) {
                    own.unknown.insert(info_hash);
                }
                if ask {
                    self.unknown.set_asked(info_hash, session);
                    self.queue_ask(session, info_hash);
                }
            }
        }
        Ok(())
    }

    /// Counts an item and its bitfield against the peer's limits.
    fn account(
        &mut self,
        session: SessionId,
        is_new: bool,
        before: usize,
        after: usize,
    ) -> Result<(), RegisterError> {
        let (max_items, max_bytes) = (self.policy.max_items_per_peer, self.policy.max_state_bytes);
        let Some(own) = self.sessions.get_mut(session) else {
            return Ok(());
        };
        if is_new && own.item_count() >= max_items {
            return Err(RegisterError::TooManyItems(max_items));
        }
        let bytes = own.state_bytes.saturating_sub(before) + after;
        if bytes > max_bytes {
            return Err(RegisterError::TooMuchState(max_bytes));
        }
        own.state_bytes = bytes;
        Ok(())
    }

    fn held_bytes(&self, session: SessionId, swarm: SwarmId) -> usize {
        let peer = self.sessions.get(session).and_then(|own| self.swarms.get(swarm)?.get(own.identity));
        peer.map_or(0, |peer| peer.part.bytes())
    }

    fn join_swarm(&mut self, id: SessionId, swarm: SwarmId, part: Part, out: &mut Vec<Output>) {
        let Some(own) = self.sessions.get_mut(id) else {
            return;
        };
        own.swarms.insert(swarm);
        let mut peer = SwarmPeer::new(own.identity, own.peer_id, own.ends.remote, own.port, Via::ALL, part);
        peer.session = Some(id);
        self.add_to_swarm(swarm, peer, out);
    }

    pub(super) fn withdraw(
        &mut self,
        now: Time,
        session: SessionId,
        info_hashes: &[InfoHash],
        out: &mut Vec<Output>,
    ) {
        for &info_hash in info_hashes {
            if let Some(swarm) = self.known(info_hash).map(|(_, item)| item.swarm) {
                self.leave_swarm(session, swarm, out);
            }
            self.forget_unknown(session, info_hash);
            let next = self.unknown.withdraw(info_hash, session);
            self.queue_metainfo(now, info_hash, next, out);
        }
    }

    fn leave_swarm(&mut self, session: SessionId, swarm: SwarmId, out: &mut Vec<Output>) {
        let bytes = self.held_bytes(session, swarm);
        let Some(own) = self.sessions.get_mut(session) else {
            return;
        };
        if own.swarms.remove(&swarm) {
            own.state_bytes = own.state_bytes.saturating_sub(bytes);
            let identity = own.identity;
            self.remove_from_swarm(swarm, identity, out);
        }
    }

    /// The item no longer waits for its metainfo on behalf of this session.
    fn forget_unknown(&mut self, session: SessionId, info_hash: InfoHash) {
        let bytes = match self.unknown.have(info_hash, session) {
            Some(Have::Some { bitfield, .. }) => bitfield.len(),
            _ => 0,
        };
        if let Some(own) = self.sessions.get_mut(session)
            && own.unknown.remove(&info_hash)
        {
            own.state_bytes = own.state_bytes.saturating_sub(bytes);
            own.metainfo.open.remove(&info_hash);
        }
    }

    /// The item's metainfo has come: everybody who registered it becomes a holder.
    pub(super) fn settle_unknown(&mut self, info_hash: InfoHash, out: &mut Vec<Output>) {
        for waiting in self.unknown.take(info_hash) {
            let bytes = match &waiting.have {
                Have::All => 0,
                Have::Some { bitfield, .. } => bitfield.len(),
            };
            if let Some(own) = self.sessions.get_mut(waiting.session) {
                own.unknown.remove(&info_hash);
                own.metainfo.open.remove(&info_hash);
                own.state_bytes = own.state_bytes.saturating_sub(bytes);
            }
            if let Err(error) = self.register_item(waiting.session, info_hash, waiting.have, out) {
                let message = ToPeer::ItemRefused { info_hash, reason: error.to_string() };
                out.push(Output::Send { session: waiting.session, message });
            }
        }
    }
}

/// What a peer states, checked against the item.
fn part(have: &Have, pieces: u32) -> Result<Part, RegisterError> {
    match have {
        Have::All => Ok(Part::All),
        Have::Some { pieces: stated, .. } if *stated != pieces => {
            Err(RegisterError::WrongPieceCount { stated: *stated, pieces })
        }
        Have::Some { bitfield, .. } if bitfield.is_empty() => Ok(Part::Some(None)),
        Have::Some { bitfield, .. } => {
            let checked = Bitfield::from_bytes(bitfield, pieces)?;
            Ok(match (checked.is_all(), checked.is_none()) {
                (true, _) => Part::All,
                (_, true) => Part::Some(None),
                _ => Part::Some(Some(bitfield.as_slice().into())),
            })
        }
    }
}
