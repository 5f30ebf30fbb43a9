//! Which other nodes there are.

use std::{collections::BTreeMap, time::Duration};

use peerpool_wire::link::NodeId;
use tokio::{sync::watch, time::interval};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Links, dial::dial_task};
use crate::store::{Node, StoreError, StoreHandle};

/// How often the roster is read.
const READ: Duration = Duration::from_secs(5);

/// Where the other nodes are known from.
pub(crate) enum Roster {
    /// The database that all of them share.
    Store(StoreHandle),
    /// Whoever runs them.
    #[cfg(test)]
    Fixed(watch::Receiver<Vec<Node>>),
}

impl Roster {
    async fn others(&self, own: NodeId) -> Result<Vec<Node>, StoreError> {
        match self {
            Self::Store(store) => store.other_nodes(own).await,
            #[cfg(test)]
            Self::Fixed(nodes) => Ok(nodes.borrow().iter().filter(|node| node.id != own).cloned().collect()),
        }
    }
}

/// A node that is dialled; dropping it ends that, once there is no link.
struct Dialled {
    node: Node,
    _stop: DropGuard,
}

/// Reads the roster now and then, and dials the nodes on it whose number is lower. While the database is away, the last one
/// serves.
pub(super) async fn roster_task(
    roster: Roster,
    links: Links,
    addresses: watch::Sender<Vec<String>>,
    known: watch::Sender<Option<Vec<NodeId>>>,
) {
    let own = links.0.joined.node;
    let mut dialled: BTreeMap<NodeId, Dialled> = BTreeMap::new();
    let mut reads = interval(READ);
    loop {
        tokio::select! {
            () = links.0.shutdown.cancelled() => return,
            _ = reads.tick() => {}
            () = links.0.stranger.notified() => {}
        }
        let others = match roster.others(own).await {
            Ok(others) => others,
            Err(error) => {
                tracing::debug!(%error, "the nodes of the pool cannot be read: those known before are dialled");
                continue;
            }
        };
        links.metrics().nodes.set(others.len());
        // Whoever counts those that are known can name them.
        let all: Vec<String> = others.iter().map(|node| node.address.clone()).collect();
        addresses.send_if_modified(|known| {
            let is_new = *known != all;
            *known = all;
            is_new
        });
        known.send_replace(Some(others.iter().map(|node| node.id).collect()));
        dialled.retain(|_, dialled| others.contains(&dialled.node));
        for node in others.into_iter().filter(|node| node.id < own) {
            dialled.entry(node.id).or_insert_with(|| {
                let stop = CancellationToken::new();
                tokio::spawn(dial_task(node.clone(), links.clone(), stop.clone()));
                Dialled { node, _stop: stop.drop_guard() }
            });
        }
    }
}
