//! Magnet links (BEP 9, "magnet URI format"; BEP 52 for `btmh`).
//!
//! `magnet:?xt=urn:btih:<v1 hash>&xt=urn:btmh:1220<v2 hash>&dn=<name>&tr=<announce URL>&x.pe=<host:port>`
//!
//! ```
//! use peerpool_wire::magnet::Magnet;
//!
//! let magnet: Magnet = "magnet:?xt=urn:btih:5a2c95d1e2b1e2f4d3a1c0b9f8e7d6c5b4a39281&dn=film.mkv".parse()?;
//! assert_eq!(magnet.name.as_deref(), Some("film.mkv"));
//! # Ok::<(), peerpool_wire::magnet::MagnetError>(())
//! ```

use std::{fmt, str::FromStr};

use data_encoding::{BASE32, HEXLOWER_PERMISSIVE};

use crate::id::{InfoHash, Sha1Hash, Sha256Hash};

/// Longest link that is read, in bytes.
pub const MAX_LINK: usize = 16 * 1024;

/// Maximum number of announce URLs that are kept; further ones are ignored.
pub const MAX_TRACKERS: usize = 100;

/// Maximum number of peers' addresses that are kept; further ones are ignored.
pub const MAX_PEERS: usize = 100;

/// What announces a SHA-256 hash of 32 bytes in a multihash.
const SHA256_MULTIHASH: [u8; 2] = [0x12, 32];

/// A link to an item: its identity, and hints that nobody vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Magnet {
    /// The info-hash (`xt`).
    pub hash: InfoHash,
    /// The name to show until the metadata is there (`dn`): not checked, not a file name.
    pub name: Option<String>,
    /// Announce URLs (`tr`), not checked.
    pub trackers: Vec<String>,
    /// Addresses of peers, `host:port` (`x.pe`), not checked.
    pub peers: Vec<String>,
}

/// A text that is no link to an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MagnetError {
    /// Not a magnet link.
    #[error("the link does not begin with `magnet:?`")]
    Scheme,
    /// More than [`MAX_LINK`] bytes.
    #[error("the magnet link has {0} bytes, more than the {MAX_LINK} that are read")]
    TooLong(usize),
    /// A `%` without two hexadecimal digits, or text that is not UTF-8.
    #[error("`{0}` in the magnet link is not percent-encoded text")]
    Encoding(String),
    /// A malformed hash.
    #[error("`{0}` in the magnet link is not an info-hash: 40 or 64 hexadecimal digits, or 32 in base32")]
    Hash(String),
    /// Two different hashes of one version.
    #[error("the magnet link names two different items")]
    TwoItems,
    /// No `xt` of BitTorrent.
    #[error("the magnet link has no info-hash (`xt=urn:btih:` or `xt=urn:btmh:`)")]
    NoHash,
}

impl Magnet {
    /// A link with nothing but the info-hash.
    pub fn new(hash: InfoHash) -> Self {
        Self { hash, name: None, trackers: Vec::new(), peers: Vec::new() }
    }
}

impl FromStr for Magnet {
    type Err = MagnetError;

    fn from_str(text: &str) -> Result<Self, MagnetError> {
        if text.len() > MAX_LINK {
            return Err(MagnetError::TooLong(text.len()));
        }
        let scheme = text.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("magnet:?"));
        let query = scheme.and_then(|_| text.get(8..)).ok_or(MagnetError::Scheme)?;
        let (mut v1, mut v2) = (None, None);
        let (mut name, mut trackers, mut peers) = (None, Vec::new(), Vec::new());
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            // Keys may be numbered to come several times: `xt.1`, `tr.2`.
            match key.split_once('.').filter(|(_, number)| is_number(number)).map_or(key, |(key, _)| key) {
                "xt" => read_topic(&decoded(value)?, &mut v1, &mut v2)?,
                "dn" if name.is_none() => name = Some(decoded(value)?).filter(|name| !name.is_empty()),
                "tr" if trackers.len() < MAX_TRACKERS => trackers.push(decoded(value)?),
                "x.pe" if peers.len() < MAX_PEERS => peers.push(decoded(value)?),
                _ => {}
            }
        }
        let hash = InfoHash::from_parts(v1, v2).ok_or(MagnetError::NoHash)?;
        Ok(Self { hash, name, trackers, peers })
    }
}

/// Reads an `xt`; other namespaces than BitTorrent's are ignored.
fn read_topic(
    topic: &str,
    v1: &mut Option<Sha1Hash>,
    v2: &mut Option<Sha256Hash>,
) -> Result<(), MagnetError> {
    let after = |prefix: &str| {
        let start = topic.get(..prefix.len())?;
        start.eq_ignore_ascii_case(prefix).then(|| &topic[prefix.len()..])
    };
    let malformed = || MagnetError::Hash(topic.to_owned());
    if let Some(digits) = after("urn:btih:") {
        settle(v1, v1_hash(digits).ok_or_else(malformed)?)
    } else if let Some(digits) = after("urn:btmh:") {
        settle(v2, v2_hash(digits).ok_or_else(malformed)?)
    } else {
        Ok(())
    }
}

fn settle<H: PartialEq>(slot: &mut Option<H>, hash: H) -> Result<(), MagnetError> {
    match slot {
        Some(known) if *known != hash => Err(MagnetError::TwoItems),
        _ => {
            *slot = Some(hash);
            Ok(())
        }
    }
}

fn v1_hash(digits: &str) -> Option<Sha1Hash> {
    match digits.len() {
        32 => Sha1Hash::from_slice(&BASE32.decode(digits.to_ascii_uppercase().as_bytes()).ok()?),
        _ => digits.parse().ok(),
    }
}

fn v2_hash(digits: &str) -> Option<Sha256Hash> {
    let multihash = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
    Sha256Hash::from_slice(multihash.strip_prefix(&SHA256_MULTIHASH)?)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn decoded(text: &str) -> Result<String, MagnetError> {
    let malformed = || MagnetError::Encoding(text.to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let (digits, after) = after.split_at_checked(2).ok_or_else(malformed)?;
                bytes.extend(HEXLOWER_PERMISSIVE.decode(digits).map_err(|_| malformed())?);
                rest = after;
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| malformed())
}

impl fmt::Display for Magnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let v1 = self.hash.v1().map(|hash| format!("xt=urn:btih:{hash}"));
        let v2 = self.hash.v2().map(|hash| format!("xt=urn:btmh:1220{hash}"));
        let name = self.name.iter().map(|name| format!("dn={}", Encoded(name)));
        let trackers = self.trackers.iter().map(|url| format!("tr={}", Encoded(url)));
        let peers = self.peers.iter().map(|peer| format!("x.pe={}", Encoded(peer)));
        let parts: Vec<String> = v1.into_iter().chain(v2).chain(name).chain(trackers).chain(peers).collect();
        write!(f, "magnet:?{}", parts.join("&"))
    }
}

/// Text with everything but unreserved characters (RFC 3986, section 2.3) as `%` and two digits.
struct Encoded<'t>(&'t str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                write!(f, "{}", byte as char)
            }
            _ => write!(f, "%{byte:02X}"),
        })
    }
}
