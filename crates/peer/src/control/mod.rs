//! The control API: HTTP over the repository's Unix socket, exactly as `peerpool_control` describes it.

mod events;
mod get;
mod magnet;
mod pool;
mod refusal;
mod remove;
mod routes;
mod shares;

use std::{io, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc, time::Duration};

use peerpool_control::{Event, socket};
use peerpool_repository::Repository;
use tokio::{net::UnixListener, sync::broadcast};
use tokio_util::sync::CancellationToken;

use crate::{PeerError, channel::ChannelHandle, library::LibraryHandle, node::NodeHandle};

/// How long open requests may still take when the peer ends.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What the routes work with.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) node: NodeHandle,
    pub(crate) channel: ChannelHandle,
    pub(crate) library: LibraryHandle,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) repository: Arc<Repository>,
    /// The tracker that was given at the start.
    pub(crate) tracker: Option<String>,
    pub(crate) ending: CancellationToken,
}

/// The socket, before anybody is served.
#[derive(Debug)]
pub(crate) struct ControlServer {
    listener: UnixListener,
    socket: socket::SocketPath,
}

impl ControlServer {
    /// Makes the socket, for this user alone. Only whoever holds the repository may.
    pub(crate) fn bind(repository: &Path) -> Result<Self, PeerError> {
        let binding = || -> io::Result<Self> {
            let socket = socket::bind_path(repository)?;
            let listener = UnixListener::bind(socket.path())?;
            std::fs::set_permissions(socket.path(), std::fs::Permissions::from_mode(0o600))?;
            Ok(Self { listener, socket })
        };
        binding().map_err(|source| PeerError::Control { repository: repository.to_owned(), source })
    }

    /// Serves until the peer ends.
    pub(crate) async fn run(self, app: App) {
        let ending = app.ending.clone();
        let served = axum::serve(self.listener, routes::router(app))
            .with_graceful_shutdown(ending.clone().cancelled_owned());
        tokio::select! {
            served = async { served.await } => {
                if let Err(error) = served {
                    tracing::warn!(%error, "the control socket");
                }
            }
            () = async {
                ending.cancelled().await;
                tokio::time::sleep(LAST_WORDS).await;
            } => {}
        }
        let _ = std::fs::remove_file(self.socket.path());
    }
}
