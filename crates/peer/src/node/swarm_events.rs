//! Swarms start, and tell what happens to them.

use std::net::SocketAddr;

use peerpool_api as api;
use peerpool_wire::{
    bitfield::Bitfield,
    channel::ToTracker,
    id::{InfoHash, PeerId},
};
use tracing::Span;

use super::{Message, Node, problems::Origin};
use crate::{
    item_data::ItemData,
    swarm_task::{self, Ended, Event, Setup},
};

/// For what is logged of an item, as its swarm's own task has it.
pub(super) fn span(item: &InfoHash) -> Span {
    tracing::info_span!("swarm", item = %item.short())
}

impl Node {
    /// Starts a swarm; `wanted` are the pieces to fetch, all when `None`.
    pub(super) fn start_swarm(&mut self, item: InfoHash, item_data: ItemData, wanted: Option<Bitfield>) {
        let events = self.handle.events(move |event| Message::Swarm { item, event });
        let setup = Setup { item, item_data, wanted, trace: self.swarms.is_traced(), events };
        let swarm = swarm_task::spawn(self.facts.environment.clone(), setup);
        self.swarms.insert(item, swarm);
    }

    /// One more client that watches single pieces, or one less.
    pub(crate) fn trace(&mut self, more: bool) {
        self.swarms.trace(more);
    }

    pub(super) fn handle_swarm(&mut self, item: InfoHash, event: Event) {
        let _entered = span(&item).entered();
        match event {
            Event::Complete => self.complete(item),
            Event::Idle => {
                self.pool.registrations.mark(item);
                if let Some(last) = self.swarms.remove(&item)
                    && let Some(download) = self.downloads.get_mut(&item)
                {
                    download.keep(&last);
                }
            }
            Event::FindCandidates => self.locate(item),
            Event::Unreachable(addresses) => self.tell_unreachable(item, addresses),
            Event::Banned { peer_id, addr, outgoing, piece } => {
                // Who dials us may show the peer id of anybody: only where we dialled it is known who lies.
                if outgoing {
                    self.pool.channel.try_tell(ToTracker::WrongData {
                        info_hash: item,
                        piece: piece.index(),
                        holder: peer_id,
                    });
                }
                self.emit(api::Event::Banned {
                    name: self.name_of(&item),
                    peer_name: self.peer_name(&item, &peer_id, addr),
                    reason: format!("it sent wrong data (piece {piece})"),
                });
            }
            Event::Unreadable { piece, error } => {
                tracing::warn!(piece = piece.index(), %error, "a piece cannot be read: it is offered no longer");
                let problem = api::Problem {
                    code: api::ProblemCode::Disk,
                    path: Some(self.name_of(&item)),
                    message: format!(
                        "a part of it cannot be read ({error}): check the disk, then replace the file"
                    ),
                };
                self.report_problem(Origin::Part("disk"), problem);
            }
            Event::Pass { connection, pass } => {
                self.hear_statement(connection, pass.to_vec());
            }
            Event::Transferred(passed) => self.note_transfers(item, passed),
            Event::Requested { piece, peer_id, addr } => self.emit(api::Event::Requested {
                hash: item,
                name: self.name_of(&item),
                piece: piece.index(),
                peer_id,
                peer_name: self.peer_name(&item, &peer_id, addr),
            }),
            Event::Arrived { piece, peer_id, addr, verified } => self.emit(api::Event::Arrived {
                hash: item,
                name: self.name_of(&item),
                piece: piece.index(),
                peer_id,
                peer_name: self.peer_name(&item, &peer_id, addr),
                verified,
            }),
            Event::Ended { ended, stats, served } => {
                self.swarms.count(item, stats.received, served.bytes);
                self.record_upload(&item, &served);
                self.handle_ended(item, ended);
            }
        }
    }

    fn handle_ended(&mut self, item: InfoHash, ended: Ended) {
        self.pool.registrations.mark(item);
        // An idle swarm was forgotten before it ended, and another one may have taken its place.
        if let Some(last) = self.swarms.remove_ended(&item)
            && let Some(download) = self.downloads.get_mut(&item)
        {
            download.keep(&last);
        }
        match ended {
            Ended::Ordered => self.download_stopped(item),
            Ended::Storage(error) => self.download_failed(item, &error),
            Ended::Read(error) => self.handle_unreadable(item, &error),
        }
    }

    /// What people call an item.
    pub(super) fn name_of(&self, item: &InfoHash) -> String {
        self.known_name_of(item).unwrap_or_else(|| item.short())
    }

    /// The name under which it is downloaded or shared, if it is.
    pub(super) fn known_name_of(&self, item: &InfoHash) -> Option<String> {
        let download = self.downloads.get(item).map(|download| download.name().to_owned());
        download.or_else(|| self.shares.first_name_of(item).cloned())
    }

    /// What people call a peer; with its address where another one of the swarm has that name.
    fn peer_name(&self, item: &InfoHash, peer_id: &PeerId, addr: SocketAddr) -> String {
        let names = &self.pool.names;
        let Some(name) = names.get(peer_id) else {
            return addr.to_string();
        };
        let is_namesake = |other: &PeerId| other != peer_id && names.get(other) == Some(name);
        match self.swarms.any_source(item, |source| is_namesake(&source.peer_id)) {
            true => format!("{name} at {addr}"),
            false => name.clone(),
        }
    }
}
