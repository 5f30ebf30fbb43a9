//! What peers have of the process they run in.

use std::net::TcpListener;

use peerpool_api::{ApiError, Reloaded};
use tokio::sync::{mpsc, oneshot};

use crate::{
    budget::{self, AllQueued, Handles, Slots},
    buffer::BufferPool,
    error::PeerError,
    hashing::Hashing,
    storage::Storage,
};

/// Storage threads of a process, at most.
const THREADS: usize = 4;

/// What a process gives to one of its peers. By default nothing: the peer makes what it needs.
#[derive(Debug, Default)]
pub struct Process {
    /// What all peers of the process share.
    pub resources: Option<Resources>,
    /// A socket that listens already, in place of [`Config::listen`](crate::Config::listen).
    pub socket: Option<TcpListener>,
    /// Who reads the configuration again; without it the peer refuses to.
    pub reloads: Option<mpsc::Sender<ReloadRequest>>,
}

impl Process {
    /// The same for another attempt.
    ///
    /// # Errors
    ///
    /// [`PeerError::Socket`] when the process has no handle left.
    pub fn try_clone(&self) -> Result<Self, PeerError> {
        let socket =
            self.socket.as_ref().map(TcpListener::try_clone).transpose().map_err(PeerError::Socket)?;
        Ok(Self { resources: self.resources.clone(), socket, reloads: self.reloads.clone() })
    }
}

/// Somebody wants the configuration read again, and waits for what became of it.
pub type ReloadRequest = oneshot::Sender<Result<Reloaded, ApiError>>;

/// Connections, buffers and threads, which the peers of one process share: the bounds of docs/runtime.md are those of all
/// of them together. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Resources {
    pub(super) handles: Handles,
    /// Of connections to other peers.
    pub(super) connections: Slots,
    /// Of connections whose handshake is not done.
    pub(super) handshakes: Slots,
    pub(super) received: BufferPool,
    pub(super) sent: BufferPool,
    pub(super) queued: AllQueued,
    pub(super) storage: Storage,
    pub(super) hashing: Hashing,
}

impl Resources {
    /// For so many peers, each of which keeps files and clients of its own.
    ///
    /// # Errors
    ///
    /// [`PeerError::Thread`] when the system gives no more threads.
    pub fn start(peers: usize) -> Result<Self, PeerError> {
        let handles = Handles::of_this_process(peers);
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            handles,
            connections: Slots::new(handles.connections),
            handshakes: Slots::for_handshakes(handles.handshakes),
            received: BufferPool::new(budget::RECEIVED),
            sent: BufferPool::new(budget::SENT),
            queued: AllQueued::default(),
            storage: Storage::start(threads.min(THREADS)).map_err(PeerError::Thread)?,
            hashing: Hashing::start().map_err(PeerError::Thread)?,
        })
    }
}
