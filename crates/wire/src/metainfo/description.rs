//! What a torrent or a magnet link says, in a shape for people and programs.

use serde::Serialize;

use crate::{
    id::{Sha1Hash, Sha256Hash},
    magnet::Magnet,
};

use super::{File, Kind, Metainfo, names::shown};

/// What a torrent or a magnet link says. Of a magnet link only the hashes, the name and the hints are known; keys that
/// are not known are left out of what is serialised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// The item's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The v1 info-hash in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v1: Option<Sha1Hash>,
    /// The v2 info-hash in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v2: Option<Sha256Hash>,
    /// `v1`, `v2` or `hybrid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Bytes in a piece.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub piece_length: Option<u32>,
    /// Number of pieces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pieces: Option<u32>,
    /// Bytes of content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Whether peers may come from the tracker alone (BEP 27).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    /// The files, pads left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<FileDescription>>,
    /// Announce URLs in tiers.
    pub trackers: Vec<Vec<String>>,
    /// Addresses of peers, from a magnet link.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub peers: Vec<String>,
}

/// One file of a [`Description`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileDescription {
    /// The path inside the item, components joined by `/`; empty when the item is this one file.
    pub path: String,
    /// Length in bytes.
    pub length: u64,
    /// BEP 52 `pieces root` in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<Sha256Hash>,
    /// `executable`, `hidden` (BEP 47).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<&'static str>,
    /// The target, if it is a symbolic link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symlink: Option<String>,
}

impl From<&Metainfo> for Description {
    fn from(metainfo: &Metainfo) -> Self {
        let info = &metainfo.info;
        let files = info.files().iter().filter(|file| !file.pad);
        Self {
            name: Some(info.name().to_owned()),
            v1: info.hash().v1(),
            v2: info.hash().v2(),
            kind: Some(info.kind()),
            piece_length: Some(info.piece_length()),
            pieces: Some(info.piece_count()),
            length: Some(info.length()),
            private: Some(info.private()),
            files: Some(files.map(FileDescription::from).collect()),
            trackers: metainfo.trackers.clone(),
            peers: Vec::new(),
        }
    }
}

impl From<&File> for FileDescription {
    fn from(file: &File) -> Self {
        let attributes = [("executable", file.executable), ("hidden", file.hidden)];
        Self {
            path: shown(&file.path),
            length: file.length,
            root: file.root,
            attributes: attributes.into_iter().filter_map(|(name, is_set)| is_set.then_some(name)).collect(),
            symlink: file.symlink.as_deref().map(shown),
        }
    }
}

impl From<&Magnet> for Description {
    fn from(magnet: &Magnet) -> Self {
        Self {
            name: magnet.name.clone(),
            v1: magnet.hash.v1(),
            v2: magnet.hash.v2(),
            kind: None,
            piece_length: None,
            pieces: None,
            length: None,
            private: None,
            files: None,
            trackers: magnet.trackers.iter().map(|url| vec![url.clone()]).collect(),
            peers: magnet.peers.clone(),
        }
    }
}
