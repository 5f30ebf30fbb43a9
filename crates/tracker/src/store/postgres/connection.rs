//! A connection to the server that takes changes, and the lock that keeps other trackers out.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{Client, Config, NoTls, Socket, error::SqlState, tls::MakeTlsConnect};
use tokio_util::task::AbortOnDropHandle;

use super::{
    super::{StoreError, reason},
    address::Address,
    tls::TlsError,
};

/// How long the database may take for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to connect and to ask whether the server takes changes.
const GREETING: Duration = Duration::from_secs(5);
/// How long a lock may be held that an earlier connection of ours had.
const LOCK_WAIT: Duration = Duration::from_secs(2);
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// The advisory lock of a database in use: "peerpool" in ASCII. A tracker alone keeps everybody else out; nodes share it, and
/// each has another one, made of its address.
const LOCK: i64 = 0x7065_6572_706f_6f6c;

/// A connection to the server that takes changes.
pub(super) struct Connection {
    pub(super) client: Client,
    _driver: AbortOnDropHandle<()>,
}

/// Why a server is not the one.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("{}", reason(.0))]
    Failed(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("no answer in time")]
    Silent,
    #[error("it takes no changes: it follows another server")]
    Follows,
    #[error("another tracker uses the database")]
    Locked,
    #[error("a tracker that is no node uses the database, or the same node runs already")]
    LockedForNode,
}

impl Refused {
    /// Whether it is of no use to ask again: somebody has to change something first.
    pub(super) fn is_final(&self) -> bool {
        let error = match self {
            Self::Failed(error) => error,
            Self::Tls(_) => return true,
            _ => return false,
        };
        let wrong = [
            SqlState::INVALID_PASSWORD,
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            SqlState::INVALID_CATALOG_NAME,
            SqlState::INSUFFICIENT_PRIVILEGE,
        ];
        match error.code() {
            Some(code) => wrong.contains(code),
            // It wants a password that we do not have, for example.
            None => error.to_string().contains("configuration"),
        }
    }
}

impl Connection {
    /// Connects, as `name`, a word of this process alone. `node` is where others reach the tracker, if it is a node.
    pub(super) async fn open(address: &Address, name: &str, node: Option<&str>) -> Result<Self, Refused> {
        timeout(GREETING, Self::greet(address, name, node)).await.unwrap_or(Err(Refused::Silent))
    }

    async fn greet(address: &Address, name: &str, node: Option<&str>) -> Result<Self, Refused> {
        let mut config = address.config.clone();
        config.application_name(name);
        let (client, driver) = match address.security.tls()? {
            Some(tls) => connect(&config, tls).await?,
            None => connect(&config, NoTls).await?,
        };
        // What is told to have been kept is on disk, here and where the server waits for another. A tracker whose machine
        // is gone loses its lock within seconds.
        let settings =
            "SET synchronous_commit = on; SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2;
             SET tcp_keepalives_count = 3";
        client.batch_execute(settings).await?;
        let read_only =
            "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool";
        if client.query_one(read_only, &[]).await?.try_get(0)? {
            return Err(Refused::Follows);
        }
        lock(&client, name, node).await?;
        Ok(Self { client, _driver: driver })
    }
}

/// A connection, and what drives it.
async fn connect<T>(config: &Config, tls: T) -> Result<(Client, AbortOnDropHandle<()>), tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, driver) = config.connect(tls).await?;
    let driver = tokio::spawn(async move {
        // Whoever uses the client sees the error, too.
        let _ = driver.await;
    });
    Ok((client, AbortOnDropHandle::new(driver)))
}

/// An earlier connection of this process may still have the lock when it waits for something that does not come.
async fn lock(client: &Client, name: &str, node: Option<&str>) -> Result<(), Refused> {
    let earlier = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = $1 AND usename = current_user AND pid <> pg_backend_pid()";
    client.execute(earlier, &[&name]).await?;
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        let taken = match node {
            None => client.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await?,
            Some(node) => {
                let both = "SELECT pg_try_advisory_lock_shared($1) AND pg_try_advisory_lock(hashtextextended($2, $1))";
                client.query_one(both, &[&LOCK, &node]).await?
            }
        };
        if taken.try_get(0)? {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(if node.is_some() { Refused::LockedForNode } else { Refused::Locked });
        }
        sleep(LOCK_PAUSE).await;
    }
}

/// Waits for an answer, but not for ever.
pub(super) async fn in_time<T, E>(answer: impl Future<Output = Result<T, E>>) -> Result<T, StoreError>
where
    StoreError: From<E>,
{
    Ok(timeout(PATIENCE, answer).await.map_err(|_| StoreError::Silent(PATIENCE))??)
}
