//! How a command reaches a peer: the one that runs in the repository, or one of its own for as long as it lasts.
//!
//! Several commands in one repository are served by one peer. The peer of a command stays until nobody holds it any more;
//! whoever was served by a peer that left nevertheless (its process was killed, or interrupted) goes on with another, or is
//! the next to run one. To a peer that wants to stay (`peerpool peer`) it hands over, and its command goes on with that one.

use std::{
    env, io,
    path::PathBuf,
    pin::{Pin, pin},
    time::{Duration, Instant},
};

use peerpool_api::{Client, Error, EventQuery, PoolList, Start, TrackerState, socket};
use peerpool_peer::{PeerError, Process};
use peerpool_repository::RepositoryError;

use crate::{
    args::PeerOptions,
    exit::{Exit, Failure},
    output::remark,
    own::Own,
    signals,
};

/// The folder that is shared when none was named.
pub const DEFAULT_REPOSITORY: &str = "repository";
/// How long a peer that is starting or ending is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// From one look at it to the next.
const GLANCE: Duration = Duration::from_millis(100);
/// After so long it is said what is waited for.
const SOON: Duration = Duration::from_secs(2);

/// A peer that can be commanded.
#[derive(Debug)]
pub struct Session {
    /// Commands it.
    pub client: Client,
    own: Option<Own>,
}

/// Does something with the peer of a repository, or with one of its own if none runs there. When the peer of another
/// command leaves in the middle, it is done anew with the next one. With `stay`, a peer of its own serves on afterwards.
pub async fn with_peer<T>(
    options: &PeerOptions,
    stay: bool,
    mut work: impl AsyncFnMut(&Session, &PeerOptions) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut interrupt = pin!(signals::interrupted());
    let mut options = options.clone();
    let mut mine: Option<Session> = None;
    let mut lost_since: Option<Instant> = None;
    loop {
        let session = match mine.take() {
            Some(session) => session,
            None => tokio::select! {
                session = Session::running_or_own(&options) => session?,
                () = &mut interrupt => return Err(Failure::Interrupted),
            },
        };
        let begun = Instant::now();
        let outcome = tokio::select! {
            outcome = session.work(&mut options, &mut work) => outcome,
            () = &mut interrupt => Err(Failure::Interrupted),
        };
        let lost = outcome.as_ref().is_err_and(Failure::is_a_lost_peer);
        if begun.elapsed() > PATIENCE {
            lost_since = None;
        }
        if lost && session.has_handed_over() {
            session.make_way().await;
            continue;
        }
        if lost && !session.has_ended() && lost_since.is_none_or(|since| since.elapsed() < PATIENCE) {
            lost_since.get_or_insert_with(Instant::now);
            // Our own peer may have dropped a client that it took for idle.
            mine = session.is_own().then_some(session);
            tokio::time::sleep(GLANCE).await;
            continue;
        }
        match (&outcome, stay) {
            (Err(Failure::Interrupted), _) if session.is_own() => session.leave().await,
            (Err(Failure::Interrupted), _) => {
                remark(
                    "what was begun goes on in the running peer: `peerpool status` shows it, `peerpool stop` stops it",
                );
            }
            (Ok(_), true) => session.serve_on(interrupt).await,
            _ => session.close(interrupt).await,
        }
        return outcome;
    }
}

impl Session {
    /// The peer that runs in the repository.
    pub async fn running(options: &PeerOptions) -> Result<Self, Failure> {
        let client = Client::connect(&repository(options)?).await?;
        Ok(Self { client, own: None })
    }

    /// The peer that runs in the repository, or else one that starts now. Neither is told to join the pool.
    async fn running_or_own(options: &PeerOptions) -> Result<Self, Failure> {
        let begun = Instant::now();
        loop {
            match Self::running(options).await {
                Err(Failure::Control(Error::NoPeer { .. })) => {}
                other => return other,
            }
            match start_temporary(repository(options)?, options).await {
                // Another command was faster: its peer serves this one, too.
                Err(Failure::Peer(PeerError::Repository(RepositoryError::InUse { .. })))
                    if begun.elapsed() < PATIENCE => {}
                started => {
                    let (own, client) = started?;
                    return Ok(Self { client, own: Some(own) });
                }
            }
        }
    }

    async fn work<T>(
        &self,
        options: &mut PeerOptions,
        work: &mut impl AsyncFnMut(&Session, &PeerOptions) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        // Keeps the peer of another command from leaving.
        let _held = match self.own {
            Some(_) => None,
            None => Some(self.client.events(EventQuery { hold: true, ..EventQuery::default() }).await?),
        };
        if options.tracker.is_none() {
            // For a peer of our own, in case this one leaves.
            options.tracker = self.client.status().await?.tracker.url.map(Into::into);
        }
        work(self, options).await
    }

    /// Whether the peer runs in this process.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Whether the peer ran in this process, and has ended.
    fn has_ended(&self) -> bool {
        self.own.as_ref().is_some_and(Own::has_ended)
    }

    /// Whether the peer ran in this process, and another takes its place.
    fn has_handed_over(&self) -> bool {
        self.own.as_ref().is_some_and(Own::has_handed_over)
    }

    /// Has the peer join the pool, if it has not and a tracker is known. A tracker named on the command line counts
    /// only for a peer that has none yet.
    pub async fn join(&self, options: &PeerOptions) -> Result<Option<PoolList>, Failure> {
        let status = self.client.status().await?;
        let known = status.tracker.url.is_some() || options.tracker.is_some();
        if status.tracker.state == TrackerState::Connected || !known {
            return Ok(None);
        }
        let tracker = options.tracker.clone().filter(|_| self.is_own() || status.tracker.url.is_none());
        Ok(Some(self.client.start(&Start { tracker }).await?))
    }

    /// Lets our own peer serve until it ends or the command is interrupted; returns at once for another's.
    async fn serve_on(self, interrupt: Pin<&mut impl Future<Output = ()>>) {
        if let Some(own) = self.own {
            tokio::select! {
                () = own.ended() => {}
                () = interrupt => {}
            }
            own.shutdown().await;
        }
    }

    /// Leaves the pool, if the peer is our own, once no other command needs it.
    async fn close(self, interrupt: Pin<&mut impl Future<Output = ()>>) {
        let Some(own) = self.own else { return };
        if own.is_held() {
            remark(
                "other commands are served by this one's peer: it leaves when they are done (Ctrl-C: now)",
            );
            tokio::select! {
                () = own.unheld() => {}
                () = own.ended() => {}
                () = interrupt => {}
            }
        }
        own.shutdown().await;
    }

    /// Waits until our own peer has ended, and until the one that takes its place is likely to have begun.
    async fn make_way(self) {
        if let Some(own) = self.own {
            own.ended().await;
        }
        tokio::time::sleep(10 * GLANCE).await;
    }

    /// Leaves the pool at once, if the peer is our own. Other commands go on by themselves.
    async fn leave(self) {
        if let Some(own) = self.own {
            own.shutdown().await;
        }
    }
}

/// Starts a peer that stays. The peer of a command hands over to it.
pub async fn start_own(repository: PathBuf, options: &PeerOptions) -> Result<(Own, Client), Failure> {
    let process = Process::default();
    start_to_stay(&NewPeer { repository, options, temporary: false, process, tell: remark }).await
}

/// The same for one of a daemon's peers. The options name its repository.
pub async fn start_daemon(options: &PeerOptions, process: Process) -> Result<(Own, Client), Failure> {
    let tell = |what: &str| tracing::info!("{what}");
    let repository = repository(options)?;
    start_to_stay(&NewPeer { repository, options, temporary: false, process, tell }).await
}

async fn start_to_stay(peer: &NewPeer<'_, impl Fn(&str)>) -> Result<(Own, Client), Failure> {
    let mut told = false;
    start_when_free(peer, async |client: Client| {
        let leaves = client.hand_over().await.is_ok();
        if leaves && !std::mem::replace(&mut told, true) {
            (peer.tell)(
                "a command runs in this repository: this peer takes over, and the command goes on with it",
            );
        }
        leaves
    })
    .await
}

/// Starts a peer for as long as a command lasts.
async fn start_temporary(repository: PathBuf, options: &PeerOptions) -> Result<(Own, Client), Failure> {
    let process = Process::default();
    let peer = NewPeer { repository, options, temporary: true, process, tell: remark };
    start_when_free(&peer, async |_| false).await
}

/// A peer that is to start.
struct NewPeer<'a, T> {
    repository: PathBuf,
    options: &'a PeerOptions,
    temporary: bool,
    process: Process,
    /// Says what is waited for.
    tell: T,
}

/// Starts a peer in a repository. Whoever has it and does not listen is about to, or is about to leave, and is waited for;
/// so is whoever listens and, as `leaves` finds out, is about to leave.
async fn start_when_free(
    peer: &NewPeer<'_, impl Fn(&str)>,
    mut leaves: impl AsyncFnMut(Client) -> bool,
) -> Result<(Own, Client), Failure> {
    let NewPeer { repository, options, temporary, process, tell } = peer;
    let begun = Instant::now();
    let mut told = false;
    loop {
        let process = process.try_clone()?;
        let error = match Own::start(repository.to_owned(), options, *temporary, process).await {
            Err(Failure::Peer(PeerError::Repository(error @ RepositoryError::InUse { .. }))) => error,
            other => return other,
        };
        let stays = match Client::connect(repository).await {
            Ok(client) => !leaves(client).await,
            Err(_) => false,
        };
        if stays || begun.elapsed() > PATIENCE {
            return Err(Failure::Peer(PeerError::Repository(error)));
        }
        if begun.elapsed() > SOON && !std::mem::replace(&mut told, true) {
            tell(&format!("{error}; waiting until it has started, or ended"));
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// The repository that is meant: the one that was named, or the current folder if it is one.
pub fn repository(options: &PeerOptions) -> Result<PathBuf, Failure> {
    let found = match &options.repository {
        Some(named) => match named.metadata() {
            Ok(found) if !found.is_dir() => {
                let message = format!(
                    "{} is not a folder: name the folder to share by --repository DIR",
                    named.display()
                );
                return Err(Failure::told(Exit::Usage, message));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::file("look at", named)(error));
            }
            // What is not there yet is made.
            _ => std::path::absolute(named).map_err(Failure::file("find", named))?,
        },
        None => {
            let here = env::current_dir().map_err(Failure::file("find", "."))?;
            if !here.join(socket::FOLDER).is_dir() {
                let message = "this folder is not a repository: say which one by --repository DIR (some commands also take --tracker HOST:PORT alone)";
                return Err(Failure::told(Exit::Usage, message));
            }
            here
        }
    };
    Ok(found)
}
