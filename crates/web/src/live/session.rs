//! Drives a [`Connection`] over a WebSocket. One task does it all: while it writes to a client that is slow, it neither
//! reads nor looks.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use peerpool_api::LiveRequest;
use peerpool_wire::time::Time;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::sync::CancellationToken;

use super::{
    asks::Asks,
    connection::{Connection, Output},
    event_log::EventLog,
    message::{Message, WindowId},
    socket::{Received, Socket, SocketError},
    source::Source,
};
use crate::session::Sessions;

/// How long a client may take to show its key.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two signs that a client is asked for.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How long a client may give no sign.
const SILENCE: Duration = Duration::from_secs(60);
/// Longest part of a fault that is told to whoever made it.
const MAX_FAULT: usize = 200;

/// What a connection takes of what all connections share; given back when it is dropped.
pub trait Seat: Send {
    /// It remembers and sends so many bytes from now on. Returns whether there is room for them.
    fn hold(&mut self, bytes: usize) -> bool;

    /// Its client gave a sign.
    fn note_sign(&self);

    /// Cancelled when it must give way.
    fn revoked(&self) -> CancellationToken;
}

/// One client, and all that it may follow.
pub struct Follower<S> {
    /// What there is to see for it.
    pub source: S,
    /// What happens.
    pub events: EventLog,
    /// The program's version.
    pub version: &'static str,
    /// What it takes of what all share.
    pub seat: Box<dyn Seat>,
    /// The sessions whose keys admit; everybody is admitted where there are none.
    pub sessions: Option<Sessions>,
    /// Cancelled when the program ends.
    pub shutdown: CancellationToken,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error("it was closed")]
    Closed,
    #[error("it showed no key in {} s", HELLO_TIMEOUT.as_secs())]
    NoHello,
    #[error("its key is of no session")]
    NotAdmitted,
    #[error("it gave no sign for {} s", SILENCE.as_secs())]
    Silent,
    #[error("there is no room for what it follows")]
    NoRoom,
    #[error("somebody else needs its place")]
    GaveWay,
    #[error("its session has ended")]
    SignedOut,
    #[error("the program ends")]
    Ending,
    #[error(transparent)]
    Socket(#[from] SocketError),
    #[error("the connection was not made a WebSocket: {0}")]
    Upgrade(#[from] hyper::Error),
    #[error("a message cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

impl Ended {
    /// The code of the farewell (RFC 6455, 7.4.1), if there is to be one.
    fn code(&self) -> Option<CloseCode> {
        match self {
            Self::Closed => Some(CloseCode::Normal),
            Self::NoHello | Self::NotAdmitted | Self::SignedOut => Some(CloseCode::Policy),
            Self::NoRoom | Self::GaveWay => Some(CloseCode::Again),
            Self::Ending => Some(CloseCode::Away),
            Self::Silent | Self::Socket(_) | Self::Upgrade(_) | Self::Json(_) => None,
        }
    }
}

/// Serves a client until one of both ends it.
pub async fn session_task<S: Source>(upgrading: OnUpgrade, follower: Follower<S>) {
    let served = async { Ok(serve(TokioIo::new(upgrading.await?), follower).await) };
    match served.await {
        Ok(ended) | Err(ended) => tracing::debug!(why = %ended, "somebody follows no longer"),
    }
}

async fn serve<S: Source>(stream: impl AsyncRead + AsyncWrite + Unpin, follower: Follower<S>) -> Ended {
    let mut session = Session {
        socket: Socket::new(stream).await,
        connection: Connection::default(),
        views: BTreeMap::new(),
        asks: Asks::default(),
        follower,
        started: Instant::now(),
        heard: Instant::now(),
    };
    let Err(ended) = session.run().await;
    if let Some(code) = ended.code() {
        session.socket.close(code, &ended.to_string()).await;
    }
    ended
}

struct Session<S: Source, T> {
    socket: Socket<T>,
    connection: Connection,
    views: BTreeMap<WindowId, Arc<S::View>>,
    asks: Asks,
    follower: Follower<S>,
    started: Instant,
    /// When the client gave its last sign.
    heard: Instant,
}

impl<S: Source, T: AsyncRead + AsyncWrite + Unpin> Session<S, T> {
    async fn run(&mut self) -> Result<Infallible, Ended> {
        let admitted = match self.follower.sessions.clone() {
            Some(sessions) => {
                let hello = tokio::time::timeout(HELLO_TIMEOUT, self.hello()).await;
                let key = hello.unwrap_or(Err(Ended::NoHello))?;
                sessions.of_key(&key.unwrap_or_default()).ok_or(Ended::NotAdmitted)?.ended
            }
            None => CancellationToken::new(),
        };
        let (cursor, version) = (self.follower.events.cursor(), self.follower.version);
        self.send(Message::Welcome { cursor, version }).await?;
        self.follow(admitted).await
    }

    /// The key of the first message.
    async fn hello(&mut self) -> Result<Option<String>, Ended> {
        loop {
            match self.socket.read().await? {
                Received::Text(text) => match serde_json::from_str(&text) {
                    Ok(LiveRequest::Hello { key }) => return Ok(key),
                    _ => return Err(Ended::NoHello),
                },
                Received::Sign => {}
                Received::Closed => return Err(Ended::Closed),
            }
        }
    }

    async fn follow(&mut self, admitted: CancellationToken) -> Result<Infallible, Ended> {
        let mut keep_alive = tokio::time::interval_at(Instant::now() + KEEP_ALIVE, KEEP_ALIVE);
        let revoked = self.follower.seat.revoked();
        let shutdown = self.follower.shutdown.clone();
        loop {
            self.perform().await?;
            let timeout = self.connection.next_timeout().map(|at| self.started + at.since(Time::ZERO));
            tokio::select! {
                () = shutdown.cancelled() => return Err(Ended::Ending),
                () = revoked.cancelled() => return Err(Ended::GaveWay),
                () = admitted.cancelled() => return Err(Ended::SignedOut),
                received = self.socket.read() => self.receive(received?)?,
                answered = self.asks.next() => {
                    let now = self.now();
                    self.connection.handle_answer(now, answered.id, answered.question, answered.answer);
                }
                () = sleep_until(timeout) => self.connection.handle_timeout(self.now()),
                _ = keep_alive.tick() => {
                    if self.heard.elapsed() > SILENCE {
                        return Err(Ended::Silent);
                    }
                    self.socket.ping().await?;
                }
            }
        }
    }

    fn receive(&mut self, received: Received) -> Result<(), Ended> {
        self.heard = Instant::now();
        self.follower.seat.note_sign();
        match received {
            Received::Text(text) => match serde_json::from_str(&text) {
                Ok(request) => self.connection.handle_request(self.now(), request),
                Err(error) => {
                    let fault: String = error.to_string().chars().take(MAX_FAULT).collect();
                    self.connection.handle_nonsense(format!("not a request of this protocol: {fault}"));
                }
            },
            Received::Sign => {}
            Received::Closed => return Err(Ended::Closed),
        }
        Ok(())
    }

    /// Does what the connection wants done.
    async fn perform(&mut self) -> Result<(), Ended> {
        while let Some(output) = self.connection.poll_output() {
            match output {
                Output::Open { id, view, query } => {
                    self.asks.withdraw(id);
                    match self.follower.source.open(&view, query) {
                        Ok(view) => drop(self.views.insert(id, Arc::new(view))),
                        Err(problem) => {
                            self.views.remove(&id);
                            self.connection.handle_refused(id, problem);
                        }
                    }
                }
                Output::Close(id) => {
                    self.asks.withdraw(id);
                    self.views.remove(&id);
                }
                Output::Withdraw(id) => self.asks.withdraw(id),
                Output::Ask { id, question, ask } => {
                    if let Some(view) = self.views.get(&id) {
                        self.asks.ask(view.clone(), id, question, ask);
                    }
                }
                Output::AskEvents(after) => self.connection.handle_events(self.follower.events.after(after)),
                Output::Send(message) => self.send(message).await?,
            }
        }
        Ok(())
    }

    async fn send(&mut self, message: Message) -> Result<(), Ended> {
        let text = serde_json::to_vec(&message)?;
        if !self.follower.seat.hold(self.connection.bytes() + text.len()) {
            return Err(Ended::NoRoom);
        }
        Ok(self.socket.write(text).await?)
    }

    fn now(&self) -> Time {
        Time::ZERO + self.started.elapsed()
    }
}

async fn sleep_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
