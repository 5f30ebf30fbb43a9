//! The channel to a tracker, message by message, for loads that play many peers: it blocks, and ends when anything is wrong.

use std::net::{SocketAddr, TcpStream};

use peerpool_wire::{
    channel::{Hello, PATH, ToPeer, ToTracker, VERSIONS, Welcome},
    id::PeerId,
};
use rustix::event::{PollFd, PollFlags, poll};
use tungstenite::{Message, WebSocket, client};

/// A channel on which the tracker has welcomed a peer.
#[derive(Debug)]
pub struct Channel(WebSocket<TcpStream>);

impl Channel {
    /// Connects as the peer `load NUMBER` with this id, and says hello.
    pub fn join(tracker: SocketAddr, peer_id: PeerId, number: u64, agent: &str) -> (Self, Welcome) {
        let stream = TcpStream::connect(tracker).unwrap();
        stream.set_nodelay(true).unwrap();
        let (socket, _) = client(format!("ws://{tracker}{PATH}"), stream).unwrap();
        let mut channel = Self(socket);
        channel.say(&ToTracker::Hello(Hello {
            versions: VERSIONS.to_vec(),
            peer_id,
            name: format!("load {number}"),
            agent: agent.into(),
            port: 1,
            secret: None,
            listens: Vec::new(),
            connection: 0,
            digest: None,
        }));
        match channel.hear() {
            ToPeer::Welcome(welcome) => (channel, welcome),
            other => panic!("the tracker answers hello with {other:?}"),
        }
    }

    /// Sends a message.
    pub fn say(&mut self, message: &ToTracker) {
        self.0.send(Message::binary(message.encode().unwrap())).unwrap();
    }

    /// Answers the tracker's pings on all of these channels, at once, until one of them ends.
    pub fn keep_alive(mut channels: Vec<Self>) {
        loop {
            let ready: Vec<_> = {
                let all = channels.iter().map(|channel| PollFd::new(channel.0.get_ref(), PollFlags::IN));
                let mut all: Vec<_> = all.collect();
                poll(&mut all, None).unwrap();
                all.iter().map(|one| !one.revents().is_empty()).collect()
            };
            for (channel, _) in channels.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
                if channel.0.read().is_err() || channel.0.flush().is_err() {
                    return;
                }
            }
        }
    }

    /// Waits for the next message.
    pub fn hear(&mut self) -> ToPeer {
        loop {
            if let Message::Binary(frame) = self.0.read().unwrap() {
                return ToPeer::decode(&frame).unwrap();
            }
        }
    }
}
