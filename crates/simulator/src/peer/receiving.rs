//! How bytes and messages get into a virtual peer.

use std::time::Duration;

use peerpool_swarm::{ConnId, Form, HeardFrom, Input, Remote, Rights};
use peerpool_wire::{handshake::Features, time::Time};

use super::{Conn, State, VirtualPeer, payload_of};
use crate::mail::{Body, Cargo, Mail, PeerNo};

/// How long it takes to give up on an address where nobody answers.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl VirtualPeer {
    /// Moves what has come over the wire on to the downlink.
    pub(super) fn take_from_inbox(&mut self, now: Time) {
        let Some(mut mail) = self.inbox.pop() else { return };
        // Whatever needs no room on the wire stays behind what came before it.
        let mut done = self.received.back().map_or(now, |(done, _)| *done);
        if let Body::Bytes { wire: wire @ 1.., queued, .. } = &mut mail.body
            && self.online
        {
            let passage = self.downlink.pass_while_arriving(now, *wire);
            *queued |= passage.congested;
            done = done.max(passage.done);
        }
        if done <= now && self.received.is_empty() {
            self.open(now, mail);
        } else {
            self.received.push_back((done.max(now), mail));
        }
    }

    /// Opens what the downlink has let through.
    pub(super) fn receive(&mut self, now: Time) {
        if let Some((_, mail)) = self.received.pop_front() {
            self.open(now, mail);
        }
    }

    fn open(&mut self, now: Time, mail: Mail) {
        if !self.online {
            return self.bounce(now, mail);
        }
        match mail.body {
            Body::Bytes { conn, bulk, queued, cargo, .. } => {
                self.acknowledge(now, conn, bulk, queued);
                self.take_cargo(now, conn, cargo);
            }
            Body::Received { conn, bytes, congested } => {
                if let Some(round_trip) = self.port().conns.get(conn).map(|conn| 2 * conn.delay) {
                    let bytes = self.port_mut().uplink.acknowledge(now, conn, bytes, congested, round_trip);
                    self.feed(now, Input::Sent { conn, bytes });
                }
            }
            Body::Dial(there) => self.accept(now, mail.from, there),
            Body::Answer { conn, accepted } => self.take_answer(now, mail.from, conn, accepted),
            Body::Closed(conn) => {
                self.port_mut().uplink.close(conn);
                if let Some(Conn { state: State::Open(_), .. }) = self.port_mut().conns.remove(conn) {
                    self.feed(now, Input::Disconnected { conn });
                }
            }
            Body::Candidates(peers) => {
                let addrs = peers.into_iter().map(PeerNo::addr).collect();
                self.feed(now, Input::Candidates { addrs, heard_from: HeardFrom::Session });
            }
        }
    }

    /// Tells the sender that bytes of blocks have arrived.
    fn acknowledge(&mut self, now: Time, conn: ConnId, bytes: u32, congested: bool) {
        if bytes > 0
            && let Some(Conn { state: State::Open(there), remote, delay, .. }) = self.port().conns.get(conn)
        {
            let (at, remote, conn) = (now + *delay, *remote, *there);
            self.port_mut().mail(at, remote, Body::Received { conn, bytes, congested });
        }
    }

    /// Gives the swarm a message, unless its connection is gone or closing.
    fn take_cargo(&mut self, now: Time, conn: ConnId, cargo: Option<Cargo>) {
        let Some(cargo) = cargo else { return };
        let open = matches!(self.port().conns.get(conn), Some(Conn { state: State::Open(_), .. }));
        if let Cargo::Block(token) = &cargo {
            let account =
                if open { &mut self.port_mut().ledger.received } else { &mut self.port_mut().ledger.lost };
            *account += u64::from(token.span.length);
        }
        if open {
            self.feed(now, cargo.into_input(conn));
        }
    }

    /// What becomes of a mail to a peer that is not there.
    fn bounce(&mut self, now: Time, mail: Mail) {
        self.port_mut().ledger.lost += payload_of(&mail);
        let delay = self.port().delay_to(mail.from);
        match mail.body {
            Body::Dial(conn) => {
                let wait = if self.vanished { CONNECT_TIMEOUT } else { Duration::ZERO };
                self.port_mut().mail(now + delay + wait, mail.from, Body::Answer { conn, accepted: None });
            }
            Body::Answer { accepted: Some(there), .. } if !self.vanished => {
                self.port_mut().mail(now + delay, mail.from, Body::Closed(there));
            }
            _ => {}
        }
    }

    fn accept(&mut self, now: Time, remote: PeerNo, there: ConnId) {
        let delay = self.port().delay_to(remote);
        let conn = self.port_mut().conns.insert(Conn {
            remote,
            state: State::Open(there),
            delay,
            latest: now + delay,
        });
        self.port_mut().uplink.open(conn);
        self.port_mut().mail(now + delay, remote, Body::Answer { conn: there, accepted: Some(conn) });
        self.connected(now, conn, remote, false);
    }

    fn take_answer(&mut self, now: Time, remote: PeerNo, id: ConnId, accepted: Option<ConnId>) {
        match (self.port_mut().conns.get_mut(id), accepted) {
            (Some(conn), Some(there)) => {
                conn.state = State::Open(there);
                self.port_mut().uplink.open(id);
                self.connected(now, id, remote, true);
            }
            (Some(_), None) => {
                self.port_mut().conns.remove(id);
                self.feed(now, Input::ConnectFailed { addr: remote.addr() });
            }
            (None, Some(there)) => {
                let at = now + self.port().delay_to(remote);
                self.port_mut().mail(at, remote, Body::Closed(there));
            }
            (None, None) => {}
        }
    }

    fn connected(&mut self, now: Time, conn: ConnId, remote: PeerNo, outgoing: bool) {
        let mut addr = remote.addr();
        if !outgoing {
            addr.set_port(40_000 + (conn.0 % 20_000) as u16);
        }
        let remote = Remote {
            peer_id: self.port().around.ids[remote.as_usize()],
            addr,
            outgoing,
            features: Features { extension: true, fast: true, v2: false },
            v2: false,
            form: Form::Canonical,
            near: self.port().is_near(remote),
            rights: Rights::default(),
        };
        self.feed(now, Input::Connected { conn, remote });
    }
}
