//! The control socket, at which programs of this user command the peer.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use tokio::time::MissedTickBehavior;
use tokio_util::task::TaskTracker;

use super::{
    App,
    control_socket::{Caretaker, ControlSocket, GLANCE},
    routes,
    serving::{Client, LAST_WORDS, serve},
};
use crate::{
    budget::{Slots, Spell},
    error::PeerError,
};

/// Rest after the system refused to give a connection.
const REST: Duration = Duration::from_millis(100);

/// The socket, before anybody is served.
#[derive(Debug)]
pub(crate) struct ControlServer {
    socket: ControlSocket,
}

impl ControlServer {
    /// Makes the socket, for this user alone. Only whoever holds the repository may.
    pub(crate) fn bind(repository: &Path) -> Result<Self, PeerError> {
        let socket = ControlSocket::open(repository);
        let socket =
            socket.map_err(|source| PeerError::Control { repository: repository.to_owned(), source })?;
        Ok(Self { socket })
    }

    /// Serves so many clients at a time until the peer ends.
    pub(crate) async fn run(self, app: App, clients: usize) {
        let shutdown = app.shutdown.clone();
        let mut keeper = Caretaker::new(self.socket, app.node.clone());
        let mut glance = tokio::time::interval(GLANCE);
        glance.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let router = routes::of_control_socket(app);
        let slots = Slots::new(clients);
        let serving = TaskTracker::new();
        let mut failures = Spell::default();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = keeper.socket.listener.accept() => accepted,
                _ = glance.tick() => {
                    keeper.look().await;
                    continue;
                }
            };
            match accepted {
                Ok((stream, _)) => {
                    serving.spawn(serve(
                        stream,
                        Client::OfThisUser,
                        router.clone(),
                        slots.clone(),
                        shutdown.clone(),
                    ));
                }
                Err(error) => {
                    if failures.note(Instant::now()).is_some() {
                        tracing::warn!(%error, "the control socket");
                    }
                    tokio::time::sleep(REST).await;
                }
            }
        }
        serving.close();
        let _ = tokio::time::timeout(LAST_WORDS, serving.wait()).await;
        let _ = std::fs::remove_file(keeper.socket.path());
    }
}
