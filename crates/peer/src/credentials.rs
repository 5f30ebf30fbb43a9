//! What a peer of a pool for members is, has, and heeds. In an open pool there is none of it.

use std::{fmt, net::IpAddr, sync::Arc, time::SystemTime};

use peerpool_access::{Moment, guard::ConnectionId, key::PublicKey};
use peerpool_swarm::Rights;
use peerpool_tls::{Endpoint, Identity, Protocol, SetupError};
use peerpool_wire::id::{InfoHash, PeerId};
use tokio::sync::{oneshot, watch};

use crate::{clock::since_1970, connection::handshake::Greeting, event_sender::EventSender};

/// A device's membership in a pool.
#[derive(Clone)]
pub struct Membership {
    /// The device's key.
    pub identity: Arc<Identity>,
    /// The key that the pool is named by, and that signs its keysets.
    pub root: PublicKey,
    /// The newest keyset that is known, as a statement.
    pub keyset: Vec<u8>,
    /// Told of a newer one, which is to be known at the next start.
    pub keep: Option<Keep>,
}

/// Keeps a keyset, as a statement, for the next start.
pub type Keep = Arc<dyn Fn(&[u8]) + Send + Sync>;

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Membership({} in {})", self.identity.public(), self.root.pool())
    }
}

/// The statements that this peer shows, once the tracker has given it a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statements {
    /// The keyset, unless everybody knows it who has ever joined the pool.
    pub(crate) keyset: Option<Vec<u8>>,
    pub(crate) pass: Vec<u8>,
}

/// What this peer shows.
pub(crate) type Own = watch::Receiver<Option<Arc<Statements>>>;

/// What each connection to another member uses. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) endpoint: Arc<Endpoint>,
    own: Own,
    /// The epoch up to which the tracker has told of changes.
    epoch: watch::Receiver<u64>,
    /// Whether the tracker has told of stock clients, so that plain connections are looked at.
    plain: watch::Receiver<bool>,
    /// Where it is judged what others show.
    meetings: EventSender<Meeting>,
}

/// Somebody whom this peer has dialled has shown its pass.
#[derive(Debug)]
pub(crate) struct Meeting {
    /// The key that it has proved to have.
    pub(crate) key: PublicKey,
    pub(crate) item: InfoHash,
    pub(crate) greeting: Greeting,
    /// `None` when nothing may pass.
    pub(crate) answer: oneshot::Sender<Option<Leash>>,
}

impl Credentials {
    pub(crate) fn new(
        identity: &Identity,
        own: Own,
        epoch: watch::Receiver<u64>,
        plain: watch::Receiver<bool>,
        meetings: EventSender<Meeting>,
    ) -> Result<Self, SetupError> {
        Ok(Self { endpoint: Arc::new(Endpoint::new(identity, Protocol::Peer)?), own, epoch, plain, meetings })
    }

    /// Whether plain connections are looked at.
    pub(crate) fn takes_plain(&self) -> bool {
        *self.plain.borrow()
    }

    /// What this peer shows to others, once it has a pass.
    pub(crate) fn greeting(&self) -> Option<Greeting> {
        // The pass may be the newer of the two, never the older: whoever sees it hears the tracker first.
        let epoch = *self.epoch.borrow();
        let own = self.own.borrow();
        own.as_ref().map(|own| Greeting { keyset: own.keyset.clone(), pass: own.pass.clone(), epoch })
    }

    /// Has the guard judge what somebody has shown.
    pub(crate) async fn meet(&self, key: PublicKey, item: InfoHash, greeting: Greeting) -> Option<Leash> {
        let (answer, answered) = oneshot::channel();
        self.meetings.send(Meeting { key, item, greeting, answer }).await.ok()?;
        answered.await.ok().flatten()
    }
}

/// What the guard says of a connection that it has admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// So much may pass.
    Admitted(Rights),
    /// Nothing may, and nothing that was not sent may leave any more.
    Ended,
}

/// Holds an admitted connection to what the guard says. It is let go of when nothing can leave on the connection any
/// more, by which the guard knows that it is closed.
#[derive(Debug, Clone)]
pub(crate) struct Leash {
    pub(crate) connection: ConnectionId,
    pub(crate) other: Arc<OtherEnd>,
    verdict: watch::Receiver<Verdict>,
    /// What is shown to the other end; `None` for a stock client.
    own: Option<Own>,
}

/// Who is at the other end, as the record of transfers has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OtherEnd {
    /// A device of a member.
    Member(PublicKey),
    /// A stock client, which has no key.
    Stock { peer_id: PeerId, ip: IpAddr },
}

/// What a leash tells.
#[derive(Debug)]
pub(crate) enum Tug {
    /// This may pass from now on.
    Rights(Rights),
    /// This peer has something else to show.
    Show(Arc<Statements>),
    /// It is over.
    Cut,
}

impl Leash {
    /// A leash, and what the guard keeps of it.
    pub(crate) fn new(
        connection: ConnectionId,
        key: PublicKey,
        rights: Rights,
        own: Own,
    ) -> (watch::Sender<Verdict>, Self) {
        let (says, verdict) = watch::channel(Verdict::Admitted(rights));
        (says, Self { connection, other: Arc::new(OtherEnd::Member(key)), verdict, own: Some(own) })
    }

    /// The same for a stock client, which is shown no pass.
    pub(crate) fn of_stock(
        connection: ConnectionId,
        (peer_id, ip): (PeerId, IpAddr),
        rights: Rights,
    ) -> (watch::Sender<Verdict>, Self) {
        let (says, verdict) = watch::channel(Verdict::Admitted(rights));
        (says, Self { connection, other: Arc::new(OtherEnd::Stock { peer_id, ip }), verdict, own: None })
    }

    /// What may pass now; `None` when nothing may.
    pub(crate) fn rights(&mut self) -> Option<Rights> {
        match *self.verdict.borrow_and_update() {
            Verdict::Admitted(rights) => Some(rights),
            Verdict::Ended => None,
        }
    }

    /// Waits until there is something else to heed.
    pub(crate) async fn tugged(&mut self) -> Tug {
        tokio::select! {
            biased;
            changed = self.verdict.changed() => match (changed, self.rights()) {
                (Ok(()), Some(rights)) => Tug::Rights(rights),
                // A guard that has ended guards nothing.
                _ => Tug::Cut,
            },
            own = next(self.own.as_mut()) => Tug::Show(own),
        }
    }
}

/// What is to be shown next, if ever.
async fn next(own: Option<&mut Own>) -> Arc<Statements> {
    if let Some(own) = own {
        while own.changed().await.is_ok() {
            if let Some(statements) = own.borrow_and_update().clone() {
                return statements;
            }
        }
    }
    std::future::pending().await
}

/// The moment by this machine's clock.
pub(crate) fn now() -> Moment {
    Moment(since_1970(SystemTime::now()))
}

/// What may pass, as swarms say it.
pub(crate) fn rights(rights: peerpool_access::Rights) -> Rights {
    Rights { give: rights.give, take: rights.take }
}
