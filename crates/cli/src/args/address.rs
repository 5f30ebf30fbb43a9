//! Addresses as people write them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where to listen: `ADDR:PORT`, `:PORT` or `PORT` for all addresses, of both families. Port 0 takes any free one.
pub fn listen(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Ok(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port));
    }
    text.parse().map_err(|_| {
        format!("`{text}` is not an address to listen on: write ADDR:PORT, as in 0.0.0.0:6881 or [::]:6881, or a port alone")
    })
}

/// Where to let browsers in: `ADDR:PORT`, `:PORT` or `PORT` for this machine alone. Port 0 takes any free one.
pub fn door(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    text.parse().map_err(|_| {
        format!("`{text}` is not an address to let browsers in at: write ADDR:PORT, as in 127.0.0.1:0, or a port alone")
    })
}
