//! Signals that end a command, and those by which a daemon is run.

use std::sync::OnceLock;

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use crate::exit::{Exit, Failure};

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

/// Waits for SIGTERM or SIGHUP. A SIGHUP that was ignored when the process started (`nohup`) stays ignored.
pub async fn terminated() {
    let ignored = *HANGUP_IGNORED.get_or_init(hangup_is_ignored);
    tokio::select! {
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::hangup()), if !ignored => {}
    }
}

/// Looks how the process was started. To be called before anything listens for a signal.
pub fn init() {
    HANGUP_IGNORED.get_or_init(hangup_is_ignored);
}

/// What a service manager asks of a daemon by signals.
#[derive(Debug)]
pub struct Signals {
    /// To end: SIGTERM or Ctrl-C.
    pub end: mpsc::Receiver<()>,
    /// To read the configuration again: SIGHUP. Several that come before the first is heeded are one.
    pub reload: mpsc::Receiver<()>,
}

impl Signals {
    /// From now on none of them ends the process by itself.
    ///
    /// # Errors
    ///
    /// When the system lets nobody listen for signals.
    pub fn listen() -> Result<Self, Failure> {
        let listen = |kind| {
            let what = |error| Failure::told(Exit::Failed, format!("cannot listen for signals: {error}"));
            signal(kind).map_err(what)
        };
        let mut terminate = listen(SignalKind::terminate())?;
        let mut interrupt = listen(SignalKind::interrupt())?;
        let mut hangup = listen(SignalKind::hangup())?;
        // The first end, and the second, which is not waited for.
        let (ends, end) = mpsc::channel(2);
        let (reloads, reload) = mpsc::channel(1);
        tokio::spawn(async move {
            loop {
                // One that waits already does for both.
                let _ = tokio::select! {
                    _ = terminate.recv() => ends.try_send(()),
                    _ = interrupt.recv() => ends.try_send(()),
                    _ = hangup.recv() => reloads.try_send(()),
                };
            }
        });
        Ok(Self { end, reload })
    }
}

static HANGUP_IGNORED: OnceLock<bool> = OnceLock::new();

/// What proc(5) says of ignored signals; false where there is no such file.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let hangup = 1 << (SignalKind::hangup().as_raw_value() - 1);
    mask.is_some_and(|mask| mask & hangup != 0)
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
