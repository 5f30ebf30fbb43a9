//! How many connections there may be, which of them lead elsewhere, and how those to other peers begin.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use peerpool_wire::networks::Networks;
use tokio::{net::TcpStream, sync::watch};

use super::{Transport, dial_any};
use crate::{
    budget::{Notice, Slot, Slots},
    credentials::Leash,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How many connections to peers there may be, which address they have on this side, and which lead to other networks.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    slots: Slots,
    from: IpAddr,
    networks: watch::Receiver<Networks>,
}

/// A connection that has a slot, before anything is known about it.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) transport: Transport,
    pub(crate) slot: Slot,
    /// Comes when the connection must be closed for the sake of another.
    pub(crate) notice: Notice,
    /// What the guard says of it, in a pool for members.
    pub(crate) leash: Option<Leash>,
}

impl Network {
    /// Connections that have these slots, for a peer that listens at this address. Which addresses are one network may
    /// change.
    pub(crate) fn new(slots: Slots, listen: IpAddr, networks: watch::Receiver<Networks>) -> Self {
        Self { slots, from: listen, networks }
    }

    /// The slots of its connections.
    pub(crate) fn slots(&self) -> &Slots {
        &self.slots
    }

    /// A plain connection, to this network or to another one.
    pub(crate) fn plain(&self, tcp: TcpStream, remote: SocketAddr) -> Transport {
        let near = tcp.local_addr().is_ok_and(|own| self.is_near(own.ip(), remote.ip()));
        Transport::tcp(tcp, remote, near)
    }

    fn is_near(&self, own: IpAddr, remote: IpAddr) -> bool {
        let networks = self.networks.borrow();
        networks.of(own) == networks.of(remote)
    }

    /// Takes an accepted connection. `None` when there are as many connections as may be, and all of use.
    pub(crate) fn accepted(&self, transport: Transport) -> Option<Stream> {
        let (slot, notice) = self.slots.take(transport.remote_addr.ip())?;
        Some(Stream { transport, slot, notice, leash: None })
    }

    /// Opens a connection to a peer at the first of its addresses that answers.
    pub(crate) async fn connect(&self, addrs: &[SocketAddr]) -> io::Result<Stream> {
        let addr = addrs.first().ok_or(io::ErrorKind::NotFound)?;
        let full = || io::Error::other("there are as many connections as may be");
        let (slot, mut notice) = self.slots.take(addr.ip()).ok_or_else(full)?;
        let dialing = tokio::time::timeout(CONNECT_TIMEOUT, dial_any(addrs, self.from));
        let tcp = tokio::select! {
            dialed = dialing => dialed??,
            _ = &mut notice => return Err(full()),
        };
        let remote_addr = tcp.peer_addr()?;
        Ok(Stream { transport: self.plain(tcp, remote_addr), slot, notice, leash: None })
    }
}

#[cfg(test)]
mod tests {
    use peerpool_wire::networks::SiteNetwork;

    use super::*;

    #[test]
    fn an_address_of_the_same_site_is_near_as_soon_as_the_tracker_says_so() {
        let (told, networks) = watch::channel(Networks::default());
        let own = IpAddr::from([10, 1, 0, 1]);
        let network = Network::new(Slots::new(1), own, networks);
        let is_near = |remote: [u8; 4]| network.is_near(own, remote.into());
        assert!(is_near([10, 1, 0, 9]) && !is_near([10, 1, 1, 9]));
        told.send_replace(Networks::told(&[SiteNetwork { site: 0, network: "10.1.0.0/16".to_owned() }]));
        assert!(is_near([10, 1, 1, 9]) && !is_near([10, 2, 0, 9]));
    }
}
