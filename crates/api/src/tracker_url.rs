//! Where a tracker is.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use peerpool_wire::channel;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The address of a tracker: `http://HOST:PORT`.
///
/// People may leave out what is usual: the scheme, and the port when it is [`DEFAULT_PORT`](Self::DEFAULT_PORT).
///
/// ```
/// # use peerpool_api::TrackerUrl;
/// let url: TrackerUrl = "tracker.example".parse()?;
/// assert_eq!(url.to_string(), "http://tracker.example:6969");
/// assert_eq!(url.join("/api/v1/items"), "http://tracker.example:6969/api/v1/items");
/// # Ok::<(), peerpool_api::ParseTrackerUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackerUrl {
    /// A name or an IP address; one of IPv6 in brackets.
    host: String,
    port: u16,
}

/// A text that is no tracker's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseTrackerUrlError {
    /// It asks for TLS, which trackers do not offer yet.
    #[error("`{0}` asks for TLS, which trackers do not offer yet: write http://HOST:PORT")]
    Tls(String),
    /// It is malformed.
    #[error("`{0}` is not a tracker address: write HOST:PORT, as in 192.168.1.5:{port}", port = TrackerUrl::DEFAULT_PORT)]
    Malformed(String),
}

impl TrackerUrl {
    /// The port of a tracker when none is said (the customary one of BitTorrent trackers).
    pub const DEFAULT_PORT: u16 = 6969;

    /// `HOST:PORT`, as name resolution and the header `Host` have it.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The URL of a path on the tracker, which begins with `/`.
    pub fn join(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// The URL at which stock clients announce.
    pub fn announce(&self) -> String {
        self.join("/announce")
    }

    /// The URL of the channel, a WebSocket.
    pub fn channel(&self) -> String {
        format!("ws://{}:{}{}", self.host, self.port, channel::PATH)
    }
}

impl fmt::Display for TrackerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for TrackerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TrackerUrl({self})")
    }
}

impl From<SocketAddr> for TrackerUrl {
    fn from(address: SocketAddr) -> Self {
        let host = match address {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) if address.scope_id() == 0 => format!("[{}]", address.ip()),
            SocketAddr::V6(address) => format!("[{}%{}]", address.ip(), address.scope_id()),
        };
        Self { host, port: address.port() }
    }
}

impl FromStr for TrackerUrl {
    type Err = ParseTrackerUrlError;

    fn from_str(text: &str) -> Result<Self, ParseTrackerUrlError> {
        let malformed = || ParseTrackerUrlError::Malformed(text.to_owned());
        let url = text.trim();
        if url.starts_with("https://") {
            return Err(ParseTrackerUrlError::Tls(text.to_owned()));
        }
        let authority = url.strip_prefix("http://").unwrap_or(url).trim_end_matches('/');
        if let Ok(ip) = authority.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(SocketAddr::new(ip, Self::DEFAULT_PORT).into());
        }
        let (host, port) = match authority.rsplit_once(':') {
            None => (authority, Self::DEFAULT_PORT),
            Some((host, port)) => (host, port.parse().map_err(|_| malformed())?),
        };
        let bracketed = host.starts_with('[') && host.ends_with(']');
        let forbidden =
            |letter: char| letter.is_whitespace() || letter == '/' || (letter == ':' && !bracketed);
        if host.is_empty() || port == 0 || host.contains(forbidden) {
            return Err(malformed());
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

impl Serialize for TrackerUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TrackerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
