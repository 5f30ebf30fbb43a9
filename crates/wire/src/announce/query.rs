//! Reads the query of an announce. Hashes are raw bytes: a `+` is a plus, and nothing needs to be UTF-8.

use super::{Announce, AnnounceError, Event};
use crate::id::{PeerId, WireHash};

/// The key and the undecoded value of each parameter.
pub(super) fn parameters(query: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    query.split(|&byte| byte == b'&').filter_map(|parameter| {
        let equals = parameter.iter().position(|&byte| byte == b'=')?;
        Some((&parameter[..equals], &parameter[equals + 1..]))
    })
}

/// Decodes a value of exactly 20 bytes.
pub(super) fn twenty_bytes(key: &'static str, value: &[u8]) -> Result<[u8; 20], AnnounceError> {
    let mut bytes = [0; 20];
    let mut length = 0;
    for byte in percent_decode(value) {
        let byte = byte.ok_or(AnnounceError::BadEscape(key))?;
        if let Some(slot) = bytes.get_mut(length) {
            *slot = byte;
        }
        length += 1;
    }
    if length == bytes.len() { Ok(bytes) } else { Err(AnnounceError::WrongLength { key, length }) }
}

pub(super) fn parse(query: &[u8]) -> Result<Announce, AnnounceError> {
    let (mut info_hash, mut peer_id, mut port) = (None, None, None);
    let mut optional = Optional::default();
    for (key, value) in parameters(query) {
        match key {
            b"info_hash" => info_hash = Some(twenty_bytes("info_hash", value)?),
            b"peer_id" => peer_id = Some(twenty_bytes("peer_id", value)?),
            b"port" => port = Some(number(value).and_then(|port| u16::try_from(port).ok())),
            _ => optional.handle(key, value),
        }
    }
    Ok(Announce {
        info_hash: WireHash(info_hash.ok_or(AnnounceError::Missing("info_hash"))?),
        peer_id: PeerId(peer_id.ok_or(AnnounceError::Missing("peer_id"))?),
        port: port
            .ok_or(AnnounceError::Missing("port"))?
            .filter(|&port| port != 0)
            .ok_or(AnnounceError::BadPort)?,
        left: optional.left,
        event: optional.event,
        numwant: optional.numwant,
        key: optional.key,
        compact: !optional.verbose,
        no_peer_id: optional.no_peer_id,
    })
}

/// The optional keys of an announce. A malformed value counts as absent.
#[derive(Default)]
struct Optional {
    left: Option<u64>,
    event: Event,
    numwant: Option<u32>,
    key: Option<u64>,
    verbose: bool,
    no_peer_id: bool,
}

impl Optional {
    fn handle(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"left" => self.left = number(value),
            b"event" => self.event = event(value),
            b"numwant" => {
                self.numwant = number(value).map(|wanted| u32::try_from(wanted).unwrap_or(u32::MAX))
            }
            b"key" if !value.is_empty() => self.key = Some(digest(value)),
            b"compact" => self.verbose = value == b"0",
            b"no_peer_id" => self.no_peer_id = value == b"1",
            _ => {}
        }
    }
}

fn event(value: &[u8]) -> Event {
    match value {
        b"started" => Event::Started,
        b"completed" => Event::Completed,
        b"stopped" => Event::Stopped,
        b"paused" => Event::Paused,
        _ => Event::Regular,
    }
}

fn number(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// FNV-1a over the decoded bytes, so that two ways to escape one key are one key.
fn digest(value: &[u8]) -> u64 {
    percent_decode(value).flatten().fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The bytes that a value stands for; `None` where an escape is broken.
fn percent_decode(value: &[u8]) -> impl Iterator<Item = Option<u8>> {
    let mut rest = value.iter();
    std::iter::from_fn(move || match rest.next()? {
        b'%' => Some(hex_digit(rest.next()).zip(hex_digit(rest.next())).map(|(high, low)| high << 4 | low)),
        &byte => Some(Some(byte)),
    })
}

fn hex_digit(byte: Option<&u8>) -> Option<u8> {
    match byte? {
        digit @ b'0'..=b'9' => Some(digit - b'0'),
        digit @ b'a'..=b'f' => Some(digit - b'a' + 10),
        digit @ b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
