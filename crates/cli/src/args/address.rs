//! Addresses as people write them.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// The port of a tracker when none is said (the customary one of BitTorrent trackers).
pub const TRACKER_PORT: u16 = 6969;

/// Where to listen: `ADDR:PORT`, `:PORT` or `PORT` for all addresses, of both families. Port 0 takes any free one.
pub fn listen(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
        return Ok(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port));
    }
    text.parse().map_err(|_| {
        format!("`{text}` is no address to listen on: write ADDR:PORT, as in 0.0.0.0:6881 or [::]:6881, or a port alone")
    })
}

/// Where a tracker is: `HOST:PORT`, or `HOST` alone with port 6969. A URL's `http://` is allowed and dropped.
pub fn tracker(text: &str) -> Result<String, String> {
    let wrong =
        || format!("`{text}` is no tracker address: write HOST:PORT, as in 192.168.1.5:{TRACKER_PORT}");
    let address = text.trim().strip_prefix("http://").unwrap_or(text.trim()).trim_end_matches('/');
    if let Ok(ip) = address.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, TRACKER_PORT).to_string());
    }
    let (host, port) = match address.rsplit_once(':') {
        None => (address, TRACKER_PORT),
        Some((host, port)) => (host, port.parse().map_err(|_| wrong())?),
    };
    let bracketed = host.starts_with('[') && host.ends_with(']');
    let forbidden = |letter: char| letter.is_whitespace() || letter == '/' || (letter == ':' && !bracketed);
    if host.is_empty() || port == 0 || host.contains(forbidden) {
        return Err(wrong());
    }
    Ok(format!("{host}:{port}"))
}
