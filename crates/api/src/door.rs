//! The door of a peer for browsers, and the sessions of those who came in by it.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Opens the door for browsers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OpenDoor {
    /// Where; port 0 takes any free one. A loopback address with any port when left out. A door that is open already
    /// stays where it is when this is left out, and else moves.
    #[schema(value_type = Option<String>, example = "127.0.0.1:0")]
    pub listen: Option<SocketAddr>,
    /// Allows an address that other machines reach. Nothing is encrypted there: whoever sees the traffic has the key.
    pub anywhere: bool,
}

/// An open door, and a link that lets one browser in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Door {
    /// Where it is.
    #[schema(value_type = String)]
    pub address: SocketAddr,
    /// A page at the door, with a secret in its fragment (`#t=SECRET`) that is good for one session.
    pub link: String,
    /// Seconds for which the secret is good.
    pub expires_in: u64,
}

/// Where this machine reaches what listens at an address of its own, be it at all of them.
pub fn reached_here(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(at) if at.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, at.port()).into(),
        SocketAddr::V6(at) if at.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, at.port()).into(),
        address => address,
    }
}

/// Trades the secret of a link for a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenSession {
    /// What stands behind `#t=` in the link.
    pub secret: String,
}

/// A session. A cookie comes with it, by which a browser reads what it cannot send the key with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// To be sent with every request, in the header `x-peerpool-key`.
    pub key: String,
}
