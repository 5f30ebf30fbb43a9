//! The socket in the data folder, by which its owner has the configuration read again, or the pool's keys, or the peers of a
//! node go on at others.

use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use peerpool_api::{ApiError, Code, DrainQuery, KeysRead, Reloaded, paths, socket};
use serde::Serialize;
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc, oneshot},
};
use tokio_util::sync::CancellationToken;

use crate::{drain::Drain, members::MembersHandle};

/// Somebody wants the configuration read again, and waits for what became of it.
pub type ReloadRequest = oneshot::Sender<Result<Reloaded, ApiError>>;

/// Clients at a time; others wait.
const CLIENTS: usize = 16;
/// How long a client may take for a request, and for the next one.
const PATIENCE: Duration = Duration::from_secs(30);
/// Rest after the system refused to give a connection.
const REST: Duration = Duration::from_millis(100);

/// Who does what is asked for over the socket.
#[derive(Clone)]
pub(crate) struct Obeys {
    /// Reads the configuration again, in a daemon.
    pub(crate) reloads: Option<mpsc::Sender<ReloadRequest>>,
    /// Reads the keys again, in a pool for members.
    pub(crate) members: Option<MembersHandle>,
    /// Has the peers go on elsewhere.
    pub(crate) drain: Drain,
}

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
    pub(crate) async fn run(self, obeys: Obeys, shutdown: CancellationToken) {
        let router = Router::new()
            .route(paths::RELOAD, post(reload))
            .route(socket::READ_KEYS, post(read_keys))
            .route(socket::DRAIN, post(drain))
            .with_state(obeys);
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

async fn reload(State(obeys): State<Obeys>) -> Response {
    let Some(reloads) = obeys.reloads else {
        return answer::<Reloaded>(Err(ApiError::new(
            Code::Forbidden,
            "this tracker has no configuration to reload: it was not started with --daemon",
        )));
    };
    let (asked, answered) = oneshot::channel();
    answer(match reloads.send(asked).await {
        Ok(()) => answered.await.unwrap_or_else(|_| Err(ending())),
        Err(_) => Err(ending()),
    })
}

async fn read_keys(State(obeys): State<Obeys>) -> Response {
    let Some(members) = obeys.members else {
        return answer::<KeysRead>(Err(ApiError::new(Code::Forbidden, "this pool is open: it has no keys")));
    };
    answer(match members.read_keys().await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) => Err(ApiError::new(Code::Disk, error.to_string())),
        Err(_) => Err(ending()),
    })
}

async fn drain(State(obeys): State<Obeys>, within: Result<Query<DrainQuery>, QueryRejection>) -> Response {
    let within = within.map_err(|error| ApiError::new(Code::BadRequest, error.body_text()));
    answer(match within {
        Ok(Query(DrainQuery { within })) => {
            let within = Duration::from_secs(within.unwrap_or(DrainQuery::DEFAULT).min(DrainQuery::MOST));
            obeys.drain.begin(within).await.map_err(ApiError::from)
        }
        Err(error) => Err(error),
    })
}

fn ending() -> ApiError {
    ApiError::new(Code::Ending, "the tracker is ending")
}

fn answer<T: Serialize>(done: Result<T, ApiError>) -> Response {
    match done {
        Ok(done) => (StatusCode::OK, Json(done)).into_response(),
        Err(error) => error.into_response().map(axum::body::Body::from),
    }
}
