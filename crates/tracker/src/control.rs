//! The socket in the data folder, by which its owner has the configuration read again.

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use peerpool_api::{ApiError, Code, Reloaded, paths, socket};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;

/// Somebody wants the configuration read again, and waits for what became of it.
pub type ReloadRequest = oneshot::Sender<Result<Reloaded, ApiError>>;

/// Clients at a time; others wait.
const CLIENTS: usize = 16;
/// How long a client may take for a request, and for the next one.
const PATIENCE: Duration = Duration::from_secs(30);
/// Rest after the system refused to give a connection.
const REST: Duration = Duration::from_millis(100);

/// The bound socket.
#[derive(Debug)]
pub(crate) struct Control {
    listener: UnixListener,
    path: socket::SocketPath,
}

impl Control {
    /// Makes the socket, for this user alone. Only whoever has the data folder may.
    pub(crate) fn bind(folder: &Path) -> io::Result<Self> {
        let path = socket::bind_path_in(folder)?;
        let listener = UnixListener::bind(path.path())?;
        fs::set_permissions(path.path(), fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Serves until `shutdown` is cancelled.
    pub(crate) async fn run(self, reloads: mpsc::Sender<ReloadRequest>, shutdown: CancellationToken) {
        let router = Router::new().route(paths::RELOAD, post(reload)).with_state(reloads);
        let places = Arc::new(Semaphore::new(CLIENTS));
        while let Some(accepted) = shutdown.run_until_cancelled(self.listener.accept()).await {
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(REST).await;
                continue;
            };
            let Ok(place) = places.clone().acquire_owned().await else { break };
            let serving = serve(stream, router.clone());
            tokio::spawn(shutdown.clone().run_until_cancelled_owned(async move {
                serving.await;
                drop(place);
            }));
        }
        let _ = fs::remove_file(self.path.path());
    }
}

async fn serve(stream: UnixStream, router: Router) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a client of the control socket");
    }
}

async fn reload(State(reloads): State<mpsc::Sender<ReloadRequest>>) -> Response {
    let (answer, answered) = oneshot::channel();
    let ending = || ApiError::new(Code::Ending, "the tracker is ending");
    let reloaded = match reloads.send(answer).await {
        Ok(()) => answered.await.unwrap_or_else(|_| Err(ending())),
        Err(_) => Err(ending()),
    };
    match reloaded {
        Ok(reloaded) => (StatusCode::OK, Json(reloaded)).into_response(),
        Err(error) => error.into_response().map(axum::body::Body::from),
    }
}
