//! A tracker that says what the test wants.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use futures_util::{SinkExt as _, StreamExt as _};
use peerpool_wire::{
    channel::{Hello, ItemState, ToPeer, ToTracker, Welcome},
    id::TrackerId,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::world::{LOOPBACK, Member};

/// A tracker that says what the test wants.
pub(crate) struct FakeTracker(TcpListener);

/// One peer's channel, seen from the tracker.
pub(crate) struct Channel(WebSocketStream<TcpStream>);

impl FakeTracker {
    pub(crate) async fn new() -> Self {
        Self(TcpListener::bind(LOOPBACK).await.unwrap())
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Takes the next peer, up to its hello.
    pub(crate) async fn peer(&self) -> Channel {
        self.greeted().await.0
    }

    /// Takes the next peer, with its hello.
    pub(crate) async fn greeted(&self) -> (Channel, Hello) {
        let (tcp, _) = self.0.accept().await.unwrap();
        let mut channel = Channel(tokio_tungstenite::accept_async(tcp).await.unwrap());
        match channel.hears().await {
            ToTracker::Hello(hello) => (channel, hello),
            other => panic!("no hello, but {other:?}"),
        }
    }

    /// Has a peer join, up to its welcome.
    pub(crate) async fn joined_by(&self, peer: &Member) -> Channel {
        peer.begin_to_join();
        self.welcomed_peer().await
    }

    /// Has a peer join at this version of the channel.
    pub(crate) async fn joined_at(&self, version: u16, peer: &Member) -> Channel {
        peer.begin_to_join();
        self.welcomed_at(version).await
    }

    /// Has a peer join, and tells it where the nodes of the pool are.
    pub(crate) async fn joined_by_telling(&self, peer: &Member, nodes: Vec<String>) -> Channel {
        peer.begin_to_join();
        self.welcomed_to(1, nodes).await
    }

    /// Takes the next peer, up to its welcome.
    pub(crate) async fn welcomed_peer(&self) -> Channel {
        self.welcomed_at(1).await
    }

    async fn welcomed_at(&self, version: u16) -> Channel {
        self.welcomed_to(version, Vec::new()).await
    }

    async fn welcomed_to(&self, version: u16, nodes: Vec<String>) -> Channel {
        let mut channel = self.peer().await;
        channel.says(&ToPeer::Welcome(Welcome { version, nodes, ..welcome() })).await;
        channel
    }
}

/// What a tracker of version 1 says that knows nothing.
pub(crate) fn welcome() -> Welcome {
    Welcome {
        version: 1,
        tracker_id: TrackerId([7; 16]),
        name: "fake".to_owned(),
        your_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        keep_alive_seconds: 30,
        lease_seconds: 90,
        max_items: 1000,
        kept: false,
        sites: Vec::new(),
        nodes: Vec::new(),
    }
}

impl Channel {
    /// The items that the peer registers next.
    pub(crate) async fn registered(&mut self) -> Vec<ItemState> {
        loop {
            if let ToTracker::Register { items } = self.hears().await {
                return items;
            }
        }
    }

    pub(crate) async fn hears(&mut self) -> ToTracker {
        loop {
            if let Message::Binary(frame) = self.0.next().await.unwrap().unwrap() {
                return ToTracker::decode(&frame).unwrap();
            }
        }
    }

    pub(crate) async fn says(&mut self, message: &ToPeer) {
        self.sends(message.encode().unwrap()).await;
    }

    pub(crate) async fn sends(&mut self, frame: Vec<u8>) {
        self.0.send(Message::Binary(frame.into())).await.unwrap();
    }
}
