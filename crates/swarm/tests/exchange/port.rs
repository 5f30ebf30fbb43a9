//! What a swarm of this world wants done, and how its peer departs from that.

use std::{collections::BTreeMap, net::SocketAddr};

use peerpool_swarm::{ConnId, Event, Reason, Rights};
use peerpool_virtual::{Network, Token};
use peerpool_wire::{
    geometry::Span,
    message::{Message, Request},
    time::Time,
};

/// How a peer differs from an honest one.
#[derive(Debug, Default)]
pub(crate) struct Character {
    /// All its blocks are wrong.
    pub(crate) lies: bool,
    /// It sends no blocks.
    pub(crate) mute: bool,
    /// Blocks sent to it do not arrive.
    pub(crate) deaf: bool,
    /// It never tells what it has.
    pub(crate) hides: bool,
}

/// What was seen of a peer.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) events: Vec<Event>,
    pub(crate) disconnects: Vec<Reason>,
    pub(crate) requests: Vec<Request>,
    pub(crate) complete_at: Option<Time>,
    /// When it looked for more peers.
    pub(crate) searches: Vec<Time>,
}

/// One end of a connection.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) other: usize,
    /// Its number at the other end.
    pub(crate) theirs: ConnId,
    /// When the latest of what was sent arrives.
    pub(crate) latest: Time,
    /// What this end was told may pass.
    pub(crate) rights: Rights,
}

/// Something that a swarm wanted done.
#[derive(Debug)]
pub(crate) enum Wanted {
    Send(ConnId, Message),
    Block(ConnId, Token),
    Connect(SocketAddr),
    Disconnect(ConnId),
    /// Nothing that anybody else sees: for the trace.
    #[expect(dead_code, reason = "it is printed")]
    Nothing(String),
}

/// A peer's way into the network.
#[derive(Debug, Default)]
pub(crate) struct Port {
    pub(crate) character: Character,
    pub(crate) seen: Seen,
    pub(crate) links: BTreeMap<ConnId, Link>,
    /// When the uplink has sent everything.
    pub(crate) uplink_free: Time,
    wanted: Vec<Wanted>,
    conns: u32,
}

impl Port {
    /// Takes what was wanted since the last call.
    pub(crate) fn take(&mut self) -> Vec<Wanted> {
        std::mem::take(&mut self.wanted)
    }

    pub(crate) fn new_conn(&mut self) -> ConnId {
        self.conns += 1;
        ConnId(self.conns)
    }
}

impl Network for Port {
    fn send(&mut self, _now: Time, conn: ConnId, message: Message) {
        if let Message::Request(request) = &message {
            self.seen.requests.push(*request);
        }
        self.wanted.push(match message {
            Message::Have(_) if self.character.hides => Wanted::Nothing(format!("{message:?}")),
            message => Wanted::Send(conn, message),
        });
    }

    fn send_block(&mut self, _now: Time, conn: ConnId, span: Span) {
        let token = Token { span: span.into(), flaw: self.character.lies.into() };
        self.wanted.push(match self.character.mute {
            true => Wanted::Nothing(format!("{token:?}")),
            false => Wanted::Block(conn, token),
        });
    }

    fn connect(&mut self, _now: Time, addr: SocketAddr) -> bool {
        self.wanted.push(Wanted::Connect(addr));
        true
    }

    fn disconnect(&mut self, _now: Time, conn: ConnId, reason: Reason) {
        self.wanted.push(Wanted::Disconnect(conn));
        self.seen.disconnects.push(reason);
    }

    fn find_candidates(&mut self, now: Time) {
        self.seen.searches.push(now);
    }

    fn note(&mut self, now: Time, event: Event) {
        if event == Event::Complete {
            self.seen.complete_at = Some(now);
        }
        self.wanted.push(Wanted::Nothing(format!("{event:?}")));
        self.seen.events.push(event);
    }

    fn fault(&mut self, now: Time, what: String) {
        panic!("{now:?}: a swarm must not want {what}");
    }
}
