//! What all attacks have in common: whom they attack, and connections that are kept open.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

use peerpool_api::Item;
use peerpool_system_tests::{Content, Wire, connect};
use peerpool_wire::id::PeerId;

/// Between two rounds of an attack: an attacker has its own processor, and we have not.
const PAUSE: Duration = Duration::from_millis(20);
/// Connections that one attack opens in a round.
const OPENED_AT_ONCE: usize = 20;

/// Whom to attack.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) from: IpAddr,
    pub(crate) seed: u64,
    pub(crate) tracker: SocketAddr,
    pub(crate) peers: Vec<SocketAddr>,
    pub(crate) seeder: PeerId,
    pub(crate) item: Item,
    pub(crate) film: Content,
}

impl Target {
    /// A connection to a peer, about the item. An attacker does not wait to be greeted.
    pub(crate) fn wire(&self, peer: SocketAddr, id: [u8; 20]) -> io::Result<Wire> {
        let stream = self.connect(peer)?;
        Wire::open(stream, self.item.hash.primary(), id, self.item.pieces)
    }

    /// A connection on which nothing was said.
    pub(crate) fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let stream = connect(self.from, to)?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    }
}

/// What an attack did.
#[derive(Debug, Default)]
pub(crate) struct Score {
    opened: AtomicU64,
    turned_away: AtomicU64,
    sent: AtomicU64,
}

impl Score {
    pub(crate) fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Connections opened, connections closed by the other side, bytes sent.
    pub(crate) fn numbers(&self) -> [u64; 3] {
        [&self.opened, &self.turned_away, &self.sent].map(|number| number.load(Ordering::Relaxed))
    }
}

/// One behaviour.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// One attacker of this kind, who goes on until it is over.
    pub(crate) go: fn(&Target, &Field<'_>),
}

impl Attack {
    /// Goes on until it is over.
    pub(crate) fn run(&self, target: &Target, score: &Score, over: &AtomicBool) {
        // Of this thread alone, on Linux.
        rustix::process::setpriority_process(None, 19).ok();
        (self.go)(target, &Field { score, over });
    }
}

/// Where one attack goes on, and what it counts.
pub(crate) struct Field<'a> {
    pub(crate) score: &'a Score,
    over: &'a AtomicBool,
}

impl Field<'_> {
    /// Pauses; false once it is over.
    pub(crate) fn goes_on(&self) -> bool {
        thread::sleep(PAUSE);
        !self.over.load(Ordering::Relaxed)
    }

    /// Keeps so many connections open until it is over, each used in every round. `open` is told the number of the
    /// connection, and `act` fails when its connection is gone.
    pub(crate) fn keep<C>(
        &self,
        connections: usize,
        mut open: impl FnMut(usize) -> io::Result<C>,
        mut act: impl FnMut(&mut C) -> io::Result<()>,
    ) {
        let mut held: Vec<Option<C>> = (0..connections).map(|_| None).collect();
        while self.goes_on() {
            let mut opened = 0;
            for (number, place) in held.iter_mut().enumerate() {
                if let Some(connection) = place
                    && act(connection).is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock)
                {
                    self.score.turned_away();
                    *place = None;
                }
                if place.is_none() && opened < OPENED_AT_ONCE {
                    opened += 1;
                    *place = open(number).ok();
                    place.as_ref().inspect(|_| self.score.opened());
                }
            }
        }
    }

    /// Sends as much as the other side takes now.
    pub(crate) fn push(&self, stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        let sent = stream.write(bytes)?;
        self.score.sent(sent);
        Ok(())
    }
}

/// Reads what has come and throws it away; fails when the connection has ended.
pub(crate) fn hear_nothing(stream: &mut TcpStream) -> io::Result<()> {
    let mut part = [0; 16 << 10];
    match stream.read(&mut part) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Fails when the connection has ended; what has come stays unread.
pub(crate) fn leave_unread(stream: &mut TcpStream) -> io::Result<()> {
    match stream.peek(&mut [0]) {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    }
}
