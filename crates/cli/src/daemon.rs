//! Running under a service manager: it is told when the daemon is ready, reloads and ends, and that it still does its
//! work; and it says when to reload and to end.

mod manager;
pub(crate) mod peers;
mod plan;
mod sockets;
pub(crate) mod tracker;

use std::time::Duration;

use peerpool_api::{ApiError, Code, Reloaded};
use peerpool_peer::ReloadRequest;
use tokio::{sync::mpsc, time::timeout};

use self::manager::Manager;
pub use self::sockets::Sockets;
use crate::{
    args::Globals,
    config::Config,
    exit::{Exit, Failure},
    logs::Logs,
    signals::Signals,
};

/// How long an end in order may take. A service manager that is asked for more patience has less of it.
const GRACE: Duration = Duration::from_secs(9);
/// How long the service may take to say how it is; signals wait meanwhile.
const PATIENCE: Duration = Duration::from_secs(2);
/// Requests to reload that wait.
const RELOADS: usize = 16;

/// What a daemon has of its process.
#[derive(Debug)]
pub struct Means {
    /// Where its configuration is, and what the command line says of it.
    pub globals: Globals,
    /// Its logs.
    pub logs: Logs,
    /// The sockets that it was started with.
    pub sockets: Sockets,
}

impl Means {
    /// Reads the configuration again.
    fn read_config(&self) -> Result<Config, ApiError> {
        Config::load(&self.globals).map_err(|failure| ApiError::new(Code::BadRequest, failure.to_string()))
    }

    /// Takes over what the configuration says of logs, if that is something else than before.
    fn reload_logs(&self, before: &mut Config, now: &Config, reloaded: &mut Reloaded) {
        if before.log.level != now.log.level && self.logs.configure(&now.log) {
            reloaded.changed.push("log.level".to_owned());
        }
        if before.log.format != now.log.format && self.globals.log_format.is_none() {
            reloaded.needs_restart.push("log.format".to_owned());
        }
        // The format stays what it was at the start.
        before.log.level.clone_from(&now.log.level);
    }
}

/// What runs as a daemon.
trait Service {
    /// Whether every part of it does its work.
    async fn responds(&self) -> bool;

    /// What it does, in a line for people.
    async fn status(&self) -> String;

    /// Reads the configuration again. When that is wrong, everything stays.
    async fn reload(&mut self) -> Result<Reloaded, ApiError>;

    /// Returns when it has ended by itself, or is to, because somebody said so through its API.
    async fn ended(&self);

    /// Ends it in order.
    async fn shut_down(self);
}

/// The way to ask a daemon for a reload, and where it hears of it.
fn reloads() -> (mpsc::Sender<ReloadRequest>, mpsc::Receiver<ReloadRequest>) {
    mpsc::channel(RELOADS)
}

/// Runs a service that has started until it is to end.
async fn run(
    mut service: impl Service,
    mut signals: Signals,
    mut reloads: mpsc::Receiver<ReloadRequest>,
) -> Result<(), Failure> {
    let mut manager = Manager::new();
    manager.ready(&status(&service).await);
    loop {
        let answer = tokio::select! {
            biased;
            _ = signals.end.recv() => break,
            () = service.ended() => break,
            _ = signals.reload.recv() => None,
            Some(answer) = reloads.recv() => Some(answer),
            () = manager.due() => {
                glance(&service, &mut manager).await;
                continue;
            }
        };
        manager.reloading();
        let reloaded = tokio::select! {
            reloaded = service.reload() => reloaded,
            _ = signals.end.recv() => break,
        };
        tell(&reloaded);
        manager.ready(&status(&service).await);
        if let Some(answer) = answer {
            // Whoever asked may have left.
            let _ = answer.send(reloaded);
        }
    }
    manager.stopping();
    tokio::select! {
        () = service.shut_down() => Ok(()),
        _ = signals.end.recv() => Err(Failure::Interrupted),
        () = tokio::time::sleep(GRACE) => Err(Failure::told(
            Exit::Failed,
            format!("it did not end within {} s, and was cut off", GRACE.as_secs()),
        )),
    }
}

/// Tells the service manager that the service does its work, if it does.
async fn glance(service: &impl Service, manager: &mut Manager) {
    match timeout(manager.period().min(PATIENCE), service.responds()).await {
        Ok(true) => manager.alive(&status(service).await),
        _ => tracing::error!("the daemon does not answer itself; its service manager will start it anew"),
    }
}

async fn status(service: &impl Service) -> String {
    timeout(PATIENCE, service.status()).await.unwrap_or_else(|_| "busy".to_owned())
}

fn tell(reloaded: &Result<Reloaded, ApiError>) {
    match reloaded {
        Ok(Reloaded { changed, needs_restart, failed }) => {
            tracing::info!(?changed, ?needs_restart, "the configuration was reloaded");
            for failed in failed {
                tracing::error!(failed, "reloading the configuration");
            }
        }
        Err(error) => {
            tracing::error!(%error, "the configuration was not reloaded: everything stays as it was")
        }
    }
}

#[cfg(test)]
mod tests;
