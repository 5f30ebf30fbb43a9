//! Links to the other nodes of a pool, where this tracker is one of several (docs/cluster.md).
//!
//! There is one link between each two nodes, and it carries news both ways. Of two nodes the one with the higher number
//! dials: a node that joins knows all others from the database, while they hear of it seconds later. The catalogue's task
//! owns the ways out ([`Ways`]), so that everything is told in the order in which it happened there. Each link has a task
//! that writes what waits and reads what comes.
//!
//! Links are TLS on the tracker's port, in open pools too. Both ends have the Ed25519 key that the pool's secret makes, and
//! talk to nobody who has another: who is between them without the secret can end a link, and neither read nor change it.

mod dial;
mod error;
mod opening;
mod roster;
mod serve;
mod standing;
mod talk;
#[cfg(test)]
mod tests;
mod ways;

use std::sync::Arc;

use peerpool_tls::{Endpoint, Identity, IdentityError, Protocol, SetupError};
use peerpool_wire::link::{Hello, LINK_KEY, Nonce, PoolSecret, ProcessId, VERSIONS};
use tokio::sync::{Notify, watch};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_util::sync::CancellationToken;

use self::standing::Standing;
pub(crate) use self::{
    roster::Roster,
    serve::link_task,
    ways::{Complete, Linked, OpenLink, Way, Ways},
};
use crate::{catalogue_task::CatalogueHandle, members::MembersHandle, metrics::LinkMetrics, store::Joined};

/// Bytes that are read at once: the library fills its buffer with zeros before each read.
const READ_BUFFER: usize = 16 << 10;

/// The links of this node. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Links(Arc<Node>);

/// This node.
struct Node {
    joined: Joined,
    tls: Endpoint,
    process: ProcessId,
    catalogue: CatalogueHandle,
    /// None in an open pool.
    members: Option<MembersHandle>,
    standing: Standing,
    addresses: watch::Receiver<Vec<String>>,
    /// A node is linked that is not on the roster as it was read last.
    stranger: Notify,
    shutdown: CancellationToken,
}

/// Why links cannot be encrypted.
#[derive(Debug, thiserror::Error)]
pub enum LinkKeyError {
    /// The library takes no key of the pool's secret.
    #[error(transparent)]
    Key(#[from] IdentityError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] SetupError),
}

/// An end of a link, as whoever knows this secret has it.
fn endpoint(secret: &PoolSecret) -> Result<Endpoint, LinkKeyError> {
    Ok(Endpoint::new(&Identity::from_seed(secret.derive(LINK_KEY))?, Protocol::Link)?)
}

impl Links {
    /// Begins to dial those on the roster, until `shutdown` is cancelled.
    pub(crate) fn start(
        joined: Joined,
        roster: Roster,
        (catalogue, members): (CatalogueHandle, Option<MembersHandle>),
        complete: watch::Receiver<Complete>,
        shutdown: CancellationToken,
    ) -> Result<Self, LinkKeyError> {
        let tls = endpoint(&joined.secret)?;
        let (nodes, known) = watch::channel(None);
        let (told, addresses) = watch::channel(Vec::new());
        let node = Node {
            joined,
            tls,
            process: ProcessId(rand::random()),
            catalogue,
            members,
            standing: Standing::new(known, complete),
            addresses,
            stranger: Notify::new(),
            shutdown,
        };
        let links = Self(Arc::new(node));
        tokio::spawn(roster::roster_task(roster, links.clone(), told, nodes));
        Ok(links)
    }

    /// Whether all that the others say is known, or has been waited for for long enough.
    pub(crate) fn is_ready(&self) -> bool {
        self.0.standing.is_ready()
    }

    /// How many other nodes this one knows all about, and they can be reached.
    pub(crate) fn whole(&self) -> usize {
        self.0.standing.whole()
    }

    /// Where the other nodes are reached, for peers.
    pub(crate) fn addresses(&self) -> watch::Receiver<Vec<String>> {
        self.0.addresses.clone()
    }

    fn metrics(&self) -> &LinkMetrics {
        &self.0.catalogue.metrics.links
    }

    fn hello(&self) -> Hello {
        Hello {
            versions: VERSIONS.to_vec(),
            node: self.0.joined.node,
            process: self.0.process,
            nonce: Nonce(rand::random()),
        }
    }
}

/// Takes frames up to this length.
fn frames_of(bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(bytes))
        .max_frame_size(Some(bytes))
}
