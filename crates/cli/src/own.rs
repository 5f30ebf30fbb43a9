//! A peer of our own, in this process.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use peerpool_api::{Client, Limits};
use peerpool_peer::{Peer, Process};

use crate::{args::PeerOptions, device, exit::Failure};

/// Any free port on all addresses of both families.
pub(crate) const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0);

/// A running peer of our own.
#[derive(Debug)]
pub struct Own {
    peer: Peer,
    is_member: bool,
}

impl Own {
    /// Starts a peer in the repository. It does not join the pool yet. A temporary one hands over to one that stays.
    pub async fn start(
        repository: PathBuf,
        options: &PeerOptions,
        temporary: bool,
        process: Process,
    ) -> Result<(Self, Client), Failure> {
        let membership = device::membership(options.tracker.as_ref()).await?;
        let is_member = membership.is_some();
        let config = peerpool_peer::Config {
            repository: repository.clone(),
            tracker: options.tracker.clone(),
            listen: options.listen.unwrap_or(ANYWHERE),
            name: options.name.clone(),
            start: false,
            web: options.web.filter(|_| !temporary),
            temporary,
            limits: options.limits.clone(),
            membership,
        };
        let own = Self { peer: Peer::start_in(process, config).await?, is_member };
        match Client::connect(&repository).await {
            Ok(client) => Ok((own, client)),
            Err(error) => {
                own.shutdown().await;
                Err(error.into())
            }
        }
    }

    /// Whether it takes part as a member of its pool.
    pub fn is_member(&self) -> bool {
        self.is_member
    }

    /// Where it listens.
    pub fn listen(&self) -> SocketAddr {
        self.peer.listen_addr()
    }

    /// Whether it does its work.
    pub async fn responds(&self) -> bool {
        self.peer.responds().await
    }

    /// Gives it another display name, or the machine's.
    pub async fn rename(&self, name: Option<String>) {
        self.peer.rename(name).await;
    }

    /// Puts these limits of rates in force, or those that were set over its API.
    pub async fn limit(&self, limits: Option<Limits>) {
        self.peer.limit(limits).await;
    }

    /// Waits until it was told to end, or broke.
    pub async fn ended(&self) {
        self.peer.ended().await;
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.peer.has_ended()
    }

    /// Whether another peer takes its place.
    pub fn has_handed_over(&self) -> bool {
        self.peer.has_handed_over()
    }

    /// Whether another command keeps it from leaving.
    pub fn is_held(&self) -> bool {
        self.peer.is_held()
    }

    /// Waits until no other command needs it.
    pub async fn unheld(&self) {
        self.peer.unheld().await;
    }

    /// Leaves the pool and flushes what it knows.
    pub async fn shutdown(self) {
        self.peer.shutdown().await;
    }
}
