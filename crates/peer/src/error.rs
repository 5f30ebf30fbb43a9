//! Why a peer cannot start.

use std::{io, net::SocketAddr, path::PathBuf};

use peerpool_access::KeysetError;
use peerpool_api::TrackerUrl;
use peerpool_repository::RepositoryError;
use peerpool_tls::SetupError;

/// Why a peer cannot start.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// The address it should listen on is taken by another program.
    #[error("cannot listen on {addr}: another program uses it; choose another port, or 0 for any")]
    PortTaken {
        /// The address.
        addr: SocketAddr,
    },
    /// It cannot listen there for another reason.
    #[error("cannot listen on {addr}: {source}; choose an address of this machine")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The repository cannot be used: another process has it (which is named), or it cannot be read or written.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The control socket cannot be made.
    #[error("cannot make the control socket in {}: {source}; check that the folder may be written", repository.display())]
    Control {
        /// The repository.
        repository: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The door for browsers cannot be opened.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The tracker cannot be used.
    #[error(transparent)]
    Tracker(#[from] TrackerError),
    /// A socket that listened already cannot be used.
    #[error("cannot use the socket that the service manager passed: {0}")]
    Socket(io::Error),
    /// The pool's keyset cannot be followed.
    #[error("the keyset of the pool is of no use: {0}; join it again")]
    Keyset(KeysetError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] SetupError),
    /// The system gives no more threads.
    #[error("cannot start a thread: {0}; raise the limit of processes (`ulimit -u`)")]
    Thread(io::Error),
}

/// Why the door for browsers cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Other machines reach the address, and nobody said that they may.
    #[error(
        "{address} is reached from other machines: choose a loopback address such as 127.0.0.1:0, or say `anywhere`"
    )]
    Exposed {
        /// The address.
        address: SocketAddr,
    },
    /// It cannot listen there.
    #[error(
        "cannot let browsers in at {address}: {source}; choose an address of this machine, and port 0 for any free one"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// Why the tracker cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrackerError {
    /// Nobody said which tracker to use, or to use one.
    #[error("no tracker was given: say `start ADDR:PORT`")]
    NotStarted,
    /// Nothing answers at that address.
    #[error("the tracker at {url} does not answer: {cause}; is it running, and is the address right?")]
    Unreachable {
        /// Its address.
        url: TrackerUrl,
        /// What the system says.
        cause: String,
    },
    /// Something answers that does not speak the channel.
    #[error("{url} answers, but is not a Peerpool tracker ({cause}): check the address and port")]
    NotATracker {
        /// Its address.
        url: TrackerUrl,
        /// What it answered.
        cause: String,
    },
    /// The pool is for members, and this peer is in no such pool.
    #[error("the pool at {url} is for members: ask for an invite, and join it with `peerpool join`")]
    ForMembers {
        /// The tracker's address.
        url: TrackerUrl,
    },
    /// The tracker knows this device's key as that of no member.
    #[error(
        "the tracker at {url} does not know this device as a member's, or no longer does: ask for an invite, and join again"
    )]
    NotAMember {
        /// The tracker's address.
        url: TrackerUrl,
    },
    /// The tracker refused this peer.
    #[error("the tracker at {url} refused this peer: {reason}")]
    Refused {
        /// Its address.
        url: TrackerUrl,
        /// Why.
        reason: peerpool_wire::channel::Refusal,
    },
    /// The connection was there and is lost.
    #[error("the connection to the tracker at {url} is lost: {cause}; the peer tries again by itself")]
    Lost {
        /// Its address.
        url: TrackerUrl,
        /// What happened.
        cause: String,
    },
    /// The tracker did not answer a question in time.
    #[error("the tracker at {url} did not answer within {seconds} s; try again")]
    Silent {
        /// Its address.
        url: TrackerUrl,
        /// How long it was waited for.
        seconds: u64,
    },
}
