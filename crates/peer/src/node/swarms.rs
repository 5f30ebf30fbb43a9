//! Running swarms: started when somebody needs them, forgotten when nobody does.

use peerpool_api as api;
use peerpool_repository::ReadError;
use peerpool_swarm::Command;
use peerpool_wire::{
    bitfield::Bitfield,
    channel::ToTracker,
    id::{InfoHash, PeerId},
};
use std::net::SocketAddr;

use super::{Message, Node};
use crate::{
    content::Content,
    swarm_task::{self, Ended, Event, Order, Setup, SwarmHandle},
};

impl Node {
    /// Makes sure that the swarm of an item runs; false when there is nothing to serve.
    pub(super) fn wake(&mut self, item: InfoHash) -> bool {
        if let Some(swarm) = self.swarms.get(&item)
            && !swarm.orders.is_closed()
        {
            return true;
        }
        // A download's swarm runs as long as the download does, and only then.
        match self.shared(&item) {
            Some(shared) => {
                self.start_swarm(item, Content::Shared(shared), None);
                true
            }
            None => false,
        }
    }

    /// Starts a swarm; `wanted` are the pieces to fetch, all when `None`.
    pub(super) fn start_swarm(&mut self, item: InfoHash, content: Content, wanted: Option<Bitfield>) {
        let events = self.handle.events(move |event| Message::Swarm { item, event });
        let setup = Setup { item, content, wanted, trace: self.tracers > 0, events };
        let swarm = swarm_task::spawn(self.environment.clone(), setup);
        self.swarms.insert(item, swarm);
    }

    /// Gives an order to a swarm, if it runs.
    pub(super) fn order(&self, item: &InfoHash, order: Order) {
        if let Some(swarm) = self.swarms.get(item) {
            swarm.order(order);
        }
    }

    /// One more client that watches single pieces, or one less.
    pub(crate) fn trace(&mut self, more: bool) {
        let before = self.tracers > 0;
        self.tracers = match more {
            true => self.tracers + 1,
            false => self.tracers.saturating_sub(1),
        };
        let now = self.tracers > 0;
        if before != now {
            for swarm in self.swarms.values() {
                swarm.order(Order::Command(Command::Trace(now)));
            }
        }
    }

    pub(super) fn handle_swarm(&mut self, item: InfoHash, event: Event) {
        match event {
            Event::Complete => self.complete(item),
            Event::Idle => {
                self.registrations.mark(item);
                if let Some(swarm) = self.swarms.remove(&item) {
                    let last = swarm.progress.borrow().clone();
                    self.keep_progress(&item, &last);
                }
            }
            Event::FindCandidates => self.locate(item),
            Event::Unreachable(addresses) => self.tell_unreachable(item, addresses),
            Event::Banned { peer_id, addr, outgoing, piece } => {
                // Who dials us may show the peer id of anybody: only where we dialled it is known who lies.
                if outgoing {
                    self.channel.try_tell(ToTracker::WrongData {
                        info_hash: item,
                        piece: piece.index(),
                        holder: peer_id,
                    });
                }
                let reason = format!("it sent wrong data (piece {piece})");
                self.emit(api::Event::Banned {
                    name: self.name_of(&item),
                    peer: self.peer_name(&item, &peer_id, addr),
                    reason,
                });
            }
            Event::Unreadable { piece, error } => {
                let name = self.name_of(&item);
                tracing::warn!(%item, piece = piece.index(), %error, "a piece cannot be read: it is offered no longer");
                let problem = api::Problem {
                    code: api::ProblemCode::Disk,
                    path: Some(name),
                    message: format!(
                        "a part of it cannot be read ({error}): check the disk, then replace the file"
                    ),
                };
                self.report_problem(super::Origin::Part("disk"), problem);
            }
            Event::Requested { piece, peer_id, addr } => self.emit(api::Event::Requested {
                hash: item,
                name: self.name_of(&item),
                piece: piece.index(),
                peer: peer_id,
                peer_name: self.peer_name(&item, &peer_id, addr),
            }),
            Event::Arrived { piece, peer_id, addr, verified } => self.emit(api::Event::Arrived {
                hash: item,
                name: self.name_of(&item),
                piece: piece.index(),
                peer: peer_id,
                peer_name: self.peer_name(&item, &peer_id, addr),
                verified,
            }),
            Event::Ended { ended, stats, given } => {
                *self.given.entry(item).or_default() += given;
                self.fetched += stats.received;
                self.handle_ended(item, ended);
            }
        }
    }

    fn handle_ended(&mut self, item: InfoHash, ended: Ended) {
        self.registrations.mark(item);
        // An idle swarm was forgotten before it ended, and another one may have taken its place.
        let current = self.swarms.get(&item);
        if let Some(swarm) = current.filter(|swarm| swarm.orders.is_closed()) {
            let last = swarm.progress.borrow().clone();
            self.swarms.remove(&item);
            self.keep_progress(&item, &last);
        }
        match ended {
            Ended::Ordered => self.download_stopped(item),
            Ended::Storage(error) => self.download_failed(item, &error),
            Ended::Read(error) => self.handle_unreadable(item, &error),
        }
    }

    /// An item on disk is not what it was: nothing of it is served until it was looked at again.
    pub(super) fn handle_unreadable(&mut self, item: InfoHash, error: &ReadError) {
        tracing::warn!(%item, %error, "withdrawn");
        for name in self.names_of.get(&item).cloned().unwrap_or_default() {
            self.withdraw(&name, &error.to_string());
            self.scanner.look_again(name);
        }
        self.download_unreadable(item, error);
    }

    /// A download by its name or `name@hash`, if exactly one is meant.
    pub(crate) fn find_download(&self, text: &str) -> Option<InfoHash> {
        let named = |item: &InfoHash, name: &str| {
            name == text
                || text.strip_prefix(name).is_some_and(|rest| {
                    rest.strip_prefix('@')
                        .is_some_and(|hash| hash.len() >= 4 && item.to_string().starts_with(hash))
                })
        };
        let mut found = self
            .downloads
            .iter()
            .filter(|(item, download)| !self.names_of.contains_key(item) && named(item, &download.name))
            .map(|(item, _)| *item);
        match (found.next(), found.next()) {
            (Some(item), None) => Some(item),
            _ => None,
        }
    }

    /// What people call an item.
    pub(super) fn name_of(&self, item: &InfoHash) -> String {
        let download = self.downloads.get(item).map(|download| download.name.clone());
        let shared = || self.names_of.get(item).and_then(|names| names.first().cloned());
        download.or_else(shared).unwrap_or_else(|| item.short())
    }

    /// What people call a peer; with its address where another one of the swarm has that name.
    pub(super) fn peer_name(&self, item: &InfoHash, peer_id: &PeerId, addr: SocketAddr) -> String {
        let Some(name) = self.peer_names.get(peer_id) else {
            return addr.to_string();
        };
        let alike = |swarm: &SwarmHandle| {
            let progress = swarm.progress.borrow();
            let mut others = progress.sources.iter().filter(|source| source.peer_id != *peer_id);
            others.any(|other| self.peer_names.get(&other.peer_id) == Some(name))
        };
        match self.swarms.get(item).is_some_and(alike) {
            true => format!("{name} at {addr}"),
            false => name.clone(),
        }
    }
}
