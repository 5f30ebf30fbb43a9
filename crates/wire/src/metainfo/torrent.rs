//! A whole .torrent file: the info dictionary, piece layers, announce URLs.

use std::sync::Arc;

use data_encoding::HEXLOWER;

use crate::{
    bencode::{Limits, Node, Value, decode_without},
    id::Sha256Hash,
    piece_layers::PieceLayers,
};

use super::{
    Info, MetainfoError,
    fields::{Fields, Location},
    v1_form,
};

/// Maximum bytes of a .torrent file that are read: piece layers of 2 million pieces fill it.
pub const MAX_TORRENT: usize = 64 * 1024 * 1024 + super::MAX_INFO;

/// Maximum number of announce URLs that are kept; further ones are ignored.
pub const MAX_TRACKERS: usize = 100;

/// A whole .torrent file, or an info dictionary with the piece layers that belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metainfo {
    /// What the item consists of.
    pub info: Arc<Info>,
    /// The v2 piece hashes; incomplete when only the info dictionary is known.
    pub piece_layers: PieceLayers,
    /// Announce URLs in tiers (BEP 12).
    pub trackers: Vec<Vec<String>>,
}

impl Metainfo {
    /// An item of which only the info dictionary is known, as from a magnet link.
    pub fn from_info(info: Info) -> Self {
        Self { info: Arc::new(info), piece_layers: PieceLayers::default(), trackers: Vec::new() }
    }

    /// A hybrid as clients read it that know only v1: the same pieces under another info-hash, and no v2
    /// (docs/protocol.md, "The v1 form"). `None` for other items.
    pub fn v1_form(&self) -> Option<Self> {
        let info = Info::from_bytes(&self.v1_form_raw()?).ok()?;
        Some(Self { trackers: self.trackers.clone(), ..Self::from_info(info) })
    }

    /// The info dictionary of the v1 form, as bytes.
    pub fn v1_form_raw(&self) -> Option<Vec<u8>> {
        self.info.v1_form_hash()?;
        v1_form::raw(self.info.raw()).ok()
    }

    /// The v1 form with `private=1` (BEP 27), for stock clients in a pool for members: the same pieces under an info-hash of
    /// its own (docs/protocol.md, "The private form"). `None` for an item that has no v1 form and is none.
    pub fn private_form(&self) -> Option<Self> {
        self.info.hash().v1()?;
        let info = Info::from_bytes(&v1_form::private_raw(self.info.raw()).ok()?).ok()?;
        Some(Self::from_info(info))
    }

    /// Parses a .torrent file. Its piece layers must be complete, and lead to the files' roots. What follows the
    /// file's dictionary (a newline, often) is ignored.
    ///
    /// # Errors
    ///
    /// As for [`Info::from_bytes`]; also when a piece layer is missing or does not lead to its file's root.
    pub fn from_torrent(bytes: &[u8]) -> Result<Self, MetainfoError> {
        if bytes.len() > MAX_TORRENT {
            return Err(MetainfoError::TooLarge { size: bytes.len(), limit: MAX_TORRENT });
        }
        let (value, [info]) = decode_without(bytes, Limits::TORRENT, ["info"])?;
        let torrent = Fields::new(&value, Location::Top)?;
        let info = Info::from_bytes(info.ok_or_else(|| torrent.missing("info"))?)?;
        let layers =
            torrent.get("piece layers").map(|layers| Fields::new(layers, Location::Key("piece layers")));
        let piece_layers = piece_layers(&info, layers.transpose()?.as_ref())?;
        Ok(Self { info: Arc::new(info), piece_layers, trackers: trackers(&torrent) })
    }

    /// Writes a .torrent file with these announce URLs in tiers, the info dictionary's bytes unchanged.
    pub fn to_torrent(&self, trackers: &[Vec<String>]) -> Vec<u8> {
        let mut torrent = vec![("info", Node::Encoded(self.info.raw().to_vec()))];
        if let Some(first) = trackers.iter().flatten().next() {
            torrent.push(("announce", Node::from(first.as_str())));
            let tiers = trackers.iter().map(|tier| Node::list(tier.iter().map(String::as_str)));
            torrent.push(("announce-list", Node::List(tiers.collect())));
        }
        if self.info.hash().v2().is_some() {
            let layers = self.piece_layers.iter().map(|(root, layer)| {
                let hashes: Vec<u8> = layer.iter().flat_map(|hash| hash.0).collect();
                (root.0, Node::from(hashes))
            });
            torrent.push(("piece layers", Node::dict(layers)));
        }
        Node::dict(torrent).encode()
    }
}

fn piece_layers(info: &Info, given: Option<&Fields<'_, '_>>) -> Result<PieceLayers, MetainfoError> {
    let mut layers = PieceLayers::default();
    for (index, file) in info.files().iter().enumerate() {
        let Some(root) = file.root.filter(|_| file.length > u64::from(info.piece_length())) else {
            continue;
        };
        let path = || match file.path.as_slice() {
            [] => info.name().to_owned(),
            path => super::names::shown(path),
        };
        let layer = given.and_then(|given| given.get(root.0));
        let layer = layer.ok_or_else(|| MetainfoError::MissingLayer { path: path() })?;
        let wrong = || MetainfoError::WrongLayer { path: path() };
        let Some((hashes, [])) = layer.as_bytes().map(<[u8]>::as_chunks::<32>) else {
            return Err(wrong());
        };
        let hashes = hashes.iter().copied().map(Sha256Hash).collect();
        layers.insert(info, index, hashes).map_err(|_| wrong())?;
    }
    let mut keys = given.into_iter().flat_map(Fields::keys);
    let stray = keys.find(|key| Sha256Hash::from_slice(key).is_none_or(|root| layers.layer(root).is_none()));
    match stray {
        Some(key) => Err(MetainfoError::StrayLayer { key: HEXLOWER.encode(key) }),
        None => Ok(layers),
    }
}

/// The announce URLs that are text, `announce-list` before `announce` (BEP 12).
fn trackers(torrent: &Fields<'_, '_>) -> Vec<Vec<String>> {
    let mut left = MAX_TRACKERS;
    let mut tier = |urls: &[Value<'_>]| -> Vec<String> {
        let urls: Vec<String> = urls
            .iter()
            .filter_map(Value::as_str)
            .filter(|url| !url.is_empty())
            .take(left)
            .map(str::to_owned)
            .collect();
        left -= urls.len();
        urls
    };
    let list = torrent.get("announce-list").and_then(Value::as_list).unwrap_or_default();
    let mut tiers: Vec<Vec<String>> = list.iter().filter_map(Value::as_list).map(&mut tier).collect();
    tiers.retain(|tier| !tier.is_empty());
    if tiers.is_empty()
        && let Some(announce) = torrent.get("announce")
    {
        tiers.push(tier(std::slice::from_ref(announce)));
        tiers.retain(|tier| !tier.is_empty());
    }
    tiers
}
