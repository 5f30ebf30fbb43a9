//! How many connections there may be, and how those to other peers begin.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use super::{Transport, dial_any};
use crate::{
    budget::{Notice, Slot, Slots},
    credentials::Leash,
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How many connections to peers there may be, and which address they have on this side.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    slots: Slots,
    from: IpAddr,
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
    /// Connections that have these slots, for a peer that listens at this address.
    pub(crate) fn new(slots: Slots, listen: IpAddr) -> Self {
        Self { slots, from: listen }
    }

    /// The slots of its connections.
    pub(crate) fn slots(&self) -> &Slots {
        &self.slots
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
        Ok(Stream { transport: Transport::tcp(tcp, remote_addr), slot, notice, leash: None })
    }
}
