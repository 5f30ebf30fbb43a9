//! Writes the tracker's answers to an announce.

use std::{
    io::Write as _,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use crate::id::PeerId;

/// A peer in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnnouncePeer {
    /// Its peer id, for clients that want it.
    pub peer_id: PeerId,
    /// The address to dial.
    pub address: SocketAddr,
}

/// The answer to an announce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnounceAnswer {
    /// Time until the next regular announce.
    pub interval: Duration,
    /// Minimum time between two announces.
    pub min_interval: Duration,
    /// Peers that have everything.
    pub complete: u32,
    /// Peers that lack something.
    pub incomplete: u32,
    /// The client's own address as the tracker sees it (BEP 24).
    pub external_ip: IpAddr,
    /// Some peers of the swarm.
    pub peers: Vec<AnnouncePeer>,
}

/// When a refused client may come again (BEP 31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryIn {
    /// After this many minutes.
    Minutes(u32),
    /// Never: the request itself is wrong.
    Never,
}

impl AnnounceAnswer {
    /// Writes the answer with peers as 6 or 18 bytes each (BEP 23, BEP 7).
    pub fn encode_compact(&self) -> Vec<u8> {
        let (mut v4, mut v6) = (Vec::with_capacity(6 * self.peers.len()), Vec::new());
        for peer in &self.peers {
            let port = peer.address.port().to_be_bytes();
            match peer.address.ip() {
                IpAddr::V4(ip) => v4.extend(ip.octets().into_iter().chain(port)),
                IpAddr::V6(ip) => v6.extend(ip.octets().into_iter().chain(port)),
            }
        }
        let mut out = self.head();
        out.extend_from_slice(b"5:peers");
        write_bytes(&mut out, &v4);
        if !v6.is_empty() {
            out.extend_from_slice(b"6:peers6");
            write_bytes(&mut out, &v6);
        }
        out.push(b'e');
        out
    }

    /// Writes the answer with a dictionary for each peer (BEP 3).
    pub fn encode_dictionaries(&self, no_peer_id: bool) -> Vec<u8> {
        let mut out = self.head();
        out.extend_from_slice(b"5:peersl");
        for peer in &self.peers {
            out.extend_from_slice(b"d2:ip");
            write_bytes(&mut out, peer.address.ip().to_string().as_bytes());
            if !no_peer_id {
                out.extend_from_slice(b"7:peer id");
                write_bytes(&mut out, peer.peer_id.as_bytes());
            }
            out.extend_from_slice(b"4:port");
            write_number(&mut out, u64::from(peer.address.port()));
            out.push(b'e');
        }
        out.extend_from_slice(b"ee");
        out
    }

    /// Everything up to `peers`, in the order of the keys.
    fn head(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + 6 * self.peers.len());
        out.extend_from_slice(b"d8:complete");
        write_number(&mut out, u64::from(self.complete));
        out.extend_from_slice(b"11:external ip");
        match self.external_ip {
            IpAddr::V4(ip) => write_bytes(&mut out, &ip.octets()),
            IpAddr::V6(ip) => write_bytes(&mut out, &ip.octets()),
        }
        out.extend_from_slice(b"10:incomplete");
        write_number(&mut out, u64::from(self.incomplete));
        out.extend_from_slice(b"8:interval");
        write_number(&mut out, self.interval.as_secs());
        out.extend_from_slice(b"12:min interval");
        write_number(&mut out, self.min_interval.as_secs());
        out
    }
}

/// Writes a refusal (BEP 3 `failure reason`, BEP 31 `retry in`).
pub fn encode_failure(reason: &str, retry: RetryIn) -> Vec<u8> {
    let mut out = b"d14:failure reason".to_vec();
    write_bytes(&mut out, reason.as_bytes());
    out.extend_from_slice(b"8:retry in");
    match retry {
        RetryIn::Minutes(minutes) => write_number(&mut out, u64::from(minutes)),
        RetryIn::Never => write_bytes(&mut out, b"never"),
    }
    out.push(b'e');
    out
}

pub(super) fn write_number(out: &mut Vec<u8>, number: u64) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "i{number}e");
}

pub(super) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let _ = write!(out, "{}:", bytes.len());
    out.extend_from_slice(bytes);
}
