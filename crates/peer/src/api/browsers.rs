//! The door for browsers: the same API on TCP, where nobody is let in without a key.
//!
//! One task owns the listening socket. Each time the door is opened it has sessions of its own, which end when it closes.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use axum::Router;
use peerpool_api::OpenDoor;
use peerpool_web::session::Sessions;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot, watch},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::{
    App, browser_routes,
    serving::{Client, LAST_WORDS, serve},
};
use crate::{
    budget::{Slots, Spell},
    error::DoorError,
};

/// Where the door opens when nobody says where.
const SOMEWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// Orders that wait.
const INBOX: usize = 8;
/// Rest after the system refused to give a connection.
const REST: Duration = Duration::from_millis(100);

/// Reaches the door.
#[derive(Clone, Debug)]
pub(crate) struct BrowserDoor {
    orders: mpsc::Sender<Order>,
}

/// A door that is open.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(super) address: SocketAddr,
    pub(super) sessions: Sessions,
}

#[derive(Debug)]
enum Order {
    Open { wanted: OpenDoor, answer: oneshot::Sender<Result<Opened, DoorError>> },
    Close { answer: oneshot::Sender<()> },
}

impl BrowserDoor {
    /// A closed door, and the task that is to open it.
    pub(crate) fn new() -> (Self, DoorTask) {
        let (orders, inbox) = mpsc::channel(INBOX);
        (Self { orders }, DoorTask { inbox, address: watch::Sender::new(None), failures: Spell::default() })
    }

    /// Opens the door, unless it is open where it is wanted. `None` when the peer has ended.
    pub(crate) async fn open(&self, wanted: OpenDoor) -> Option<Result<Opened, DoorError>> {
        let (answer, answered) = oneshot::channel();
        self.orders.send(Order::Open { wanted, answer }).await.ok()?;
        answered.await.ok()
    }

    /// Closes the door and ends all sessions.
    pub(super) async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        // A peer that has ended has no door.
        if self.orders.send(Order::Close { answer }).await.is_ok() {
            let _ = answered.await;
        }
    }
}

/// Owns the door.
#[derive(Debug)]
pub(crate) struct DoorTask {
    inbox: mpsc::Receiver<Order>,
    address: watch::Sender<Option<SocketAddr>>,
    failures: Spell,
}

/// What there is of a door while it is open; its connections end when this is dropped.
struct Way {
    opened: Opened,
    listener: TcpListener,
    router: Router,
    closed: CancellationToken,
    _closes: DropGuard,
}

impl DoorTask {
    /// Where the door is, while it is open.
    pub(crate) fn address(&self) -> watch::Receiver<Option<SocketAddr>> {
        self.address.subscribe()
    }

    /// Serves so many clients at a time, while the door is open, until the peer ends.
    pub(crate) async fn run(mut self, app: App, clients: usize) {
        let (slots, serving) = (Slots::new(clients), TaskTracker::new());
        let mut way = None;
        loop {
            tokio::select! {
                () = app.shutdown.cancelled() => break,
                order = self.inbox.recv() => match order {
                    Some(order) => self.obey(order, &app, &mut way).await,
                    None => break,
                },
                (stream, client) = accepted(way.as_ref(), &mut self.failures) => {
                    if let Some(Way { router, closed, .. }) = &way {
                        serving.spawn(serve(stream, client, router.clone(), slots.clone(), closed.clone()));
                    }
                }
            }
        }
        drop(way);
        serving.close();
        let _ = tokio::time::timeout(LAST_WORDS, serving.wait()).await;
    }

    async fn obey(&mut self, order: Order, app: &App, way: &mut Option<Way>) {
        match order {
            Order::Open { wanted, answer } => {
                // Whoever asked may have given up.
                let _ = answer.send(self.open(wanted, app, way).await);
            }
            Order::Close { answer } => {
                *way = None;
                self.address.send_replace(None);
                let _ = answer.send(());
            }
        }
    }

    async fn open(
        &mut self,
        wanted: OpenDoor,
        app: &App,
        way: &mut Option<Way>,
    ) -> Result<Opened, DoorError> {
        if let Some(Way { opened, .. }) = way.as_ref().filter(|way| is_there(way.opened.address, wanted)) {
            return Ok(opened.clone());
        }
        let address = wanted.listen.unwrap_or(SOMEWHERE);
        if !wanted.anywhere && !address.ip().is_loopback() {
            return Err(DoorError::Exposed { address });
        }
        let failed = |source: io::Error| DoorError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let opened =
            Opened { address: listener.local_addr().map_err(failed)?, sessions: Sessions::default() };
        let closed = app.shutdown.child_token();
        *way = Some(Way {
            opened: opened.clone(),
            router: browser_routes::router(app.clone(), opened.sessions.clone()),
            listener,
            _closes: closed.clone().drop_guard(),
            closed,
        });
        self.address.send_replace(Some(opened.address));
        tracing::info!(address = %opened.address, "browsers are let in");
        Ok(opened)
    }
}

/// Whether an open door is where it is wanted.
fn is_there(address: SocketAddr, wanted: OpenDoor) -> bool {
    wanted.listen.is_none_or(|wanted| match wanted.port() {
        0 => wanted.ip() == address.ip(),
        _ => wanted == address,
    })
}

/// The next connection, of a door that is open.
async fn accepted(way: Option<&Way>, failures: &mut Spell) -> (TcpStream, Client) {
    let Some(way) = way else { return std::future::pending().await };
    loop {
        let accepted = way.listener.accept().await;
        match accepted.and_then(|(stream, remote)| Ok((stream.local_addr()?, stream, remote))) {
            Ok((local, stream, remote)) => return (stream, Client::At { remote, local }),
            Err(error) => {
                if failures.note(Instant::now()).is_some() {
                    tracing::warn!(%error, "the door for browsers");
                }
                tokio::time::sleep(REST).await;
            }
        }
    }
}
