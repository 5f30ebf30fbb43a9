//! Takes incoming connections, reads which item they name, and hands them to the swarm of it.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use peerpool_access::key::PublicKey;
use peerpool_wire::handshake::Handshake;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;

use crate::{
    budget::{Notice, Slot, Slots, Spell},
    connection::{
        handshake::{self, Greeting, HandshakeError, Ours},
        meeting::{self, Knock, MeetingError},
    },
    credentials::{Credentials, Leash},
    event_sender::EventSender,
    swarm_task::{self, Order},
    transport::Network,
};

/// Connections that the system keeps until they are accepted.
const BACKLOG: i32 = 1024;
/// Pause after the system refused to give a connection, which mostly means that it has no file handle left.
const PAUSE: Duration = Duration::from_millis(100);

/// How often, and after how long, a slot is looked for once more.
const WAITS: usize = 50;
const WAIT: Duration = Duration::from_millis(20);

/// Somebody connected and named an item.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) handshake: Handshake,
    /// Where it connects from.
    pub(crate) from: IpAddr,
    /// The key that it has proved to have, and what it shows, in a pool for members; a stock client has neither.
    pub(crate) shown: Option<(PublicKey, Greeting)>,
    /// Where the connection belongs; `None` when nothing is shared under that name.
    pub(crate) answer: oneshot::Sender<Option<Admission>>,
}

/// Where a connection belongs.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) ours: Ours,
    pub(crate) swarm: mpsc::Sender<Order>,
    /// What the guard says of it, in a pool for members.
    pub(crate) leash: Option<Leash>,
}

/// Why a connection was turned away.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error(transparent)]
    Meeting(#[from] MeetingError),
    #[error("nothing is shared under the hash it named, or not with it")]
    Unknown,
    #[error("others came, and it had not finished its handshake")]
    GaveWay,
    #[error("there are as many connections as may be, and all of them busy")]
    Full,
    #[error("the peer is ending")]
    Ending,
}

/// Listens there. All IPv6 addresses mean all IPv4 addresses, too, and these alone on a system without IPv6.
pub(crate) fn bind(addr: SocketAddr) -> io::Result<TcpListener> {
    let everywhere = addr.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    match open(addr, everywhere) {
        Err(error) if everywhere && error.kind() != io::ErrorKind::AddrInUse => {
            open(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), addr.port()), false).map_err(|_| error)
        }
        opened => opened,
    }
}

fn open(addr: SocketAddr, both_families: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    if both_families {
        socket.set_only_v6(false)?;
    }
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Listens on a socket that does already.
pub(crate) fn take_over(socket: std::net::TcpListener) -> io::Result<TcpListener> {
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

/// What admits connections.
#[derive(Clone)]
struct Door {
    arrivals: EventSender<Arrival>,
    network: Network,
    credentials: Option<Credentials>,
    /// For those whose handshake is not done: whoever waits longest gives way to whoever comes.
    handshakes: Slots,
}

/// Listens until the peer ends. `handshakes` are slots for those whose handshake is not done.
pub(crate) async fn run(
    listener: TcpListener,
    network: Network,
    credentials: Option<Credentials>,
    handshakes: Slots,
    arrivals: EventSender<Arrival>,
    shutdown: CancellationToken,
) {
    let door = Door { arrivals, network, credentials, handshakes };
    let mut failures = Spell::default();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((tcp, addr)) => match door.slot(addr).await {
                Some((slot, notice)) => door.admit(tcp, addr, slot, notice),
                None => tracing::debug!(%addr, "too many handshakes of its host are pending"),
            },
            Err(error) => {
                if failures.note(Instant::now()).is_some() {
                    tracing::warn!(%error, "connections cannot be accepted; `ulimit -n` raises how many files may be open");
                }
                door.network.slots().give_up_one();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

impl Door {
    /// A slot for somebody who came. While there is none further ones wait to be accepted, which is better than to be
    /// turned away.
    async fn slot(&self, addr: SocketAddr) -> Option<(Slot, Notice)> {
        for _ in 0..WAITS {
            let slot = self.handshakes.take(addr.ip());
            if slot.is_some() {
                return slot;
            }
            tokio::time::sleep(WAIT).await;
        }
        None
    }

    fn admit(&self, tcp: TcpStream, addr: SocketAddr, slot: Slot, notice: Notice) {
        let door = self.clone();
        tokio::spawn(async move {
            let refused = tokio::select! {
                introduced = door.introduce(tcp, addr) => introduced.err(),
                _ = notice => Some(Refused::GaveWay),
            };
            if let Some(refused) = refused {
                tracing::debug!(%addr, %refused, "connection turned away");
            }
            drop(slot);
        });
    }

    /// Exchanges handshakes and hands the connection over.
    async fn introduce(&self, tcp: TcpStream, addr: SocketAddr) -> Result<(), Refused> {
        let secured = match &self.credentials {
            Some(credentials) if credentials.takes_plain() && handshake::is_plain(&tcp).await? => None,
            credentials => credentials.as_ref(),
        };
        let mut transport = self.network.plain(tcp, addr);
        let (transport, theirs, shown) = match secured {
            None => {
                let theirs = handshake::read(&mut transport).await?;
                (transport, theirs, None)
            }
            Some(credentials) => {
                let Knock { transport, handshake, shown } = meeting::hear(credentials, transport).await?;
                (transport, handshake, Some(shown))
            }
        };
        let (answer, answered) = oneshot::channel();
        let from = transport.remote_addr.ip();
        let _ = self.arrivals.send(Arrival { handshake: theirs, from, shown, answer }).await;
        let admission = answered.await.map_err(|_| Refused::Ending)?.ok_or(Refused::Unknown)?;
        let mut stream = self.network.accepted(transport).ok_or(Refused::Full)?;
        stream.leash = admission.leash;
        let greeting = secured.and_then(Credentials::greeting);
        let remote =
            handshake::answer(&mut stream.transport, admission.ours, &theirs, greeting.as_ref()).await?;
        match swarm_task::accept(&admission.swarm, stream, remote) {
            true => Ok(()),
            false => Err(Refused::Full),
        }
    }
}
