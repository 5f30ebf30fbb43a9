//! A host with a port, as a request names it.

use std::{
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT` (RFC 3986, 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

/// What was read is no host with a port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host: write NAME, NAME:PORT, an address, or ADDRESS:PORT")]
pub struct ParseAuthorityError(String);

impl Authority {
    /// The name or address in lower case, without brackets and without the dot of the root.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; `None` where it is the scheme's own.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The host, if it is an address.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    pub(super) fn with_port(&self, default: u16) -> (&str, u16) {
        (&self.host, self.port.unwrap_or(default))
    }
}

impl FromStr for Authority {
    type Err = ParseAuthorityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| ParseAuthorityError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Authority> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, port)
        }
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => Some(digits.parse().ok()?),
        None if port.is_empty() => None,
        _ => return None,
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    (!host.is_empty()).then_some(Authority { host, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_strictly() {
        for (text, host, port) in [
            ("[::1]:80", "::1", Some(80)),
            ("[::1]", "::1", None),
            ("10.0.0.7:6969", "10.0.0.7", Some(6969)),
            ("Nas.Local.", "nas.local", None),
        ] {
            assert_eq!(text.parse(), Ok(Authority { host: host.to_owned(), port }), "{text}");
        }
        for text in [
            "[::1].evil.example",
            "[::1]evil.example:80",
            "[::1",
            "[evil.example]",
            "localhost:80:evil.example",
            "localhost:evil.example",
            "localhost:",
            "localhost:65536",
            "localhost:+80",
            ":80",
            "",
        ] {
            assert!(text.parse::<Authority>().is_err(), "{text}");
        }
    }
}
