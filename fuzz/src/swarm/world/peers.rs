//! What other peers do.

use std::net::SocketAddr;

use peerpool_swarm::{Command, ConnId, Form, HeardFrom, Input, Remote, Rights};
use peerpool_wire::{
    handshake::Features,
    id::Sha256Hash,
    message::{HashRequest, Message, Request},
};

use super::{
    World, peer_id,
    port::{Conn, forget},
    token,
};
use crate::supply::Supply;

impl World {
    /// A few peers, so that they meet each other again; number 3 is ourselves.
    pub(in crate::swarm) fn connect(&mut self, supply: &mut Supply<'_>) {
        let number = supply.byte() % 8;
        if supply.flag() {
            let addrs = (number..number + supply.byte() % 8).map(addr).collect();
            let heard_from = if supply.flag() { HeardFrom::Session } else { HeardFrom::Announce };
            self.input(Input::Candidates { addrs, heard_from });
        } else {
            self.join(number, supply.byte(), None);
        }
    }

    /// A connection stands: one that the swarm opened, or one to it.
    pub(super) fn join(&mut self, number: u8, abilities: u8, opened: Option<SocketAddr>) -> ConnId {
        let can = |bit: u8| abilities >> bit & 1 == 1;
        let remote = Remote {
            peer_id: peer_id(number),
            addr: opened.unwrap_or_else(|| addr(number)),
            outgoing: opened.is_some(),
            features: Features { fast: can(0), extension: can(1), v2: can(2) },
            v2: can(2),
            form: if can(3) { Form::V1 } else { Form::Canonical },
            near: !can(7),
            // Most have all rights.
            rights: Rights { give: !can(4) || can(6), take: !can(5) || can(6) },
        };
        self.next_conn += 1;
        let conn = ConnId(self.next_conn);
        let fresh = Conn {
            peer_id: remote.peer_id,
            fast: can(0),
            rights: remote.rights,
            asked: Vec::new(),
            hashes_asked: Vec::new(),
            handed: Vec::new(),
            unsent: 0,
        };
        self.port_mut().conns.insert(conn, fresh);
        self.input(Input::Connected { conn, remote });
        conn
    }

    /// Somebody is there where the swarm looked, or nobody.
    pub(in crate::swarm) fn answer_connect(&mut self, supply: &mut Supply<'_>) {
        if self.port().connecting.is_empty() {
            return;
        }
        let nth = supply.index(self.port().connecting.len());
        let addr = self.port_mut().connecting.remove(nth);
        if supply.flag() {
            self.join(supply.byte() % 8, supply.byte(), Some(addr));
        } else {
            self.input(Input::ConnectFailed { addr });
        }
    }

    /// Somebody may have, or give, something else than before.
    pub(in crate::swarm) fn change_rights(&mut self, supply: &mut Supply<'_>) {
        if let Some(conn) = self.some_conn(supply) {
            let rights = Rights { give: supply.flag(), take: supply.flag() };
            if let Some(known) = self.port_mut().conns.get_mut(&conn) {
                known.rights = rights;
            }
            self.input(Input::Rights { conn, rights });
        }
    }

    pub(in crate::swarm) fn hang_up(&mut self, supply: &mut Supply<'_>) {
        if let Some(conn) = self.some_conn(supply) {
            self.lose_conn(conn);
        }
    }

    pub(super) fn lose_conn(&mut self, conn: ConnId) {
        let port = self.port_mut();
        if port.conns.remove(&conn).is_some() {
            port.reading.retain(|(asker, ..)| *asker != conn);
            self.input(Input::Disconnected { conn });
        }
    }

    fn some_conn(&self, supply: &mut Supply<'_>) -> Option<ConnId> {
        let conns = &self.port().conns;
        conns.keys().nth(supply.index(conns.len())).copied()
    }

    pub(in crate::swarm) fn message(&mut self, supply: &mut Supply<'_>, message: Message) {
        if let Some(conn) = self.some_conn(supply) {
            self.tell(conn, message);
        }
    }

    pub(super) fn tell(&mut self, id: ConnId, message: Message) {
        if let Some(conn) = self.port_mut().conns.get_mut(&id) {
            match &message {
                Message::Choke if !conn.fast => conn.asked.clear(),
                Message::Reject(request) => forget(&mut conn.asked, *request),
                Message::Hashes(request, _) | Message::HashReject(request) => {
                    conn.hashes_asked.retain(|asked| asked != request)
                }
                _ => {}
            }
            self.input(Input::Message { conn: id, message });
        }
    }

    /// A block that was asked for, right or wrong.
    pub(in crate::swarm) fn serve(&mut self, supply: &mut Supply<'_>) {
        let Some(conn) = self.some_conn(supply) else {
            return;
        };
        let choice = supply.byte();
        let asked = self.port().conns[&conn].asked.len();
        if asked > 0 {
            self.answer_request(conn, usize::from(choice >> 2) % asked, choice & 3 == 3);
        }
    }

    pub(super) fn answer_request(&mut self, id: ConnId, nth: usize, wrong: bool) {
        let port = self.port_mut();
        if let Some(conn) = port.conns.get_mut(&id) {
            let span = conn.asked.remove(nth);
            let data = token(span, wrong);
            if wrong {
                port.liars.insert(conn.peer_id);
            }
            port.answer = Some((span, data));
            self.input(Input::Block { conn: id, block: span.into(), data });
        }
    }

    /// A block that was most likely not asked for.
    pub(in crate::swarm) fn unasked_block(&mut self, supply: &mut Supply<'_>) {
        let Some(conn) = self.some_conn(supply) else {
            return;
        };
        let block = crate::swarm::request(self, supply);
        match self.port().conns[&conn].asked.iter().position(|span| Request::from(*span) == block) {
            Some(nth) => self.answer_request(conn, nth, false),
            None => self.input(Input::Block { conn, block, data: token(block, true) }),
        }
    }

    /// The socket takes some of what was handed out.
    pub(in crate::swarm) fn take_bytes(&mut self, supply: &mut Supply<'_>) {
        let Some(id) = self.some_conn(supply) else {
            return;
        };
        let part = u32::from(supply.byte()) + 1;
        if let Some(conn) = self.port_mut().conns.get_mut(&id).filter(|conn| conn.unsent > 0) {
            let bytes = (conn.unsent / 256 * part).clamp(1, conn.unsent);
            conn.unsent -= bytes;
            self.input(Input::Sent { conn: id, bytes });
        }
    }

    /// The disk could not read a block that was handed out last on a connection.
    pub(in crate::swarm) fn unreadable(&mut self, supply: &mut Supply<'_>, lost: bool) {
        let Some(id) = self.some_conn(supply) else {
            return;
        };
        let Some(conn) = self.port_mut().conns.get_mut(&id) else {
            return;
        };
        // What has left in part was read.
        let Some(span) = conn.handed.pop().filter(|span| span.length() <= conn.unsent) else {
            return;
        };
        conn.unsent -= span.length();
        if lost && self.swarm().have().has(span.piece()) {
            self.input(Input::Command(Command::Lost(vec![span.piece()])));
        }
        if self.port().conns.contains_key(&id) {
            self.input(Input::Unreadable { conn: id, span });
        }
    }

    /// A hash request for one of the item's files, or for none.
    pub(in crate::swarm) fn hash_request(&self, supply: &mut Supply<'_>) -> HashRequest {
        let file = supply.index(self.sample.trees.len() + 1);
        let shape = supply.byte();
        HashRequest {
            root: self.sample.trees.get(file).map_or(Sha256Hash([0; 32]), |tree| tree.root()),
            base_layer: u32::from(shape & 3),
            index: u32::from(shape >> 2 & 7),
            length: 1 << (shape >> 5 & 3),
            proof_layers: supply.byte().into(),
        }
    }

    /// An answer to a hash request, in either direction.
    pub(in crate::swarm) fn answer_hashes(&mut self, supply: &mut Supply<'_>) {
        if supply.flag() {
            self.give_leaves(supply);
        } else if let Some(conn) = self.some_conn(supply)
            && let Some(request) = self.port().conns[&conn].hashes_asked.first().copied()
        {
            let answer = match (self.sample.answer(&request), supply.byte()) {
                (Some(mut hashes), lie @ 1..) if lie < 128 => {
                    let nth = usize::from(lie) % hashes.len();
                    hashes[nth] = Sha256Hash([lie; 32]);
                    Message::Hashes(request, hashes)
                }
                (Some(hashes), 0) => Message::Hashes(request, hashes),
                _ => Message::HashReject(request),
            };
            self.tell(conn, answer);
        }
    }
}

fn addr(number: u8) -> SocketAddr {
    ([10, 0, 0, number], 4000).into()
}
