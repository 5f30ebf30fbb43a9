//! Signals that end a command.

use tokio::signal::unix::{SignalKind, signal};

/// Waits for Ctrl-C, SIGTERM or SIGHUP.
pub async fn interrupted() {
    tokio::select! {
        () = ctrl_c() => {}
        () = terminated() => {}
    }
}

/// From now on Ctrl-C ends nothing by itself; [`ctrl_c`] tells of it.
pub fn hold_ctrl_c() {
    // The first listener takes the signal over for as long as the process lives.
    if let Err(error) = signal(SignalKind::interrupt()) {
        tracing::warn!(%error, "cannot listen for Ctrl-C");
    }
}

/// Waits for Ctrl-C.
pub async fn ctrl_c() {
    wait(SignalKind::interrupt()).await;
}

/// Waits for SIGTERM or SIGHUP.
pub async fn terminated() {
    tokio::select! {
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::hangup()) => {}
    }
}

async fn wait(kind: SignalKind) {
    match signal(kind) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(error) => {
            tracing::warn!(%error, "cannot listen for a signal");
            std::future::pending::<()>().await;
        }
    }
}
