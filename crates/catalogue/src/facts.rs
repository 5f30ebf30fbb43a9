//! Facts of an item, from its metainfo. They never change: other content makes another item.

use peerpool_wire::{
    channel::{ItemKind, MAX_NAME},
    id::{InfoHash, Sha1Hash, Sha256Hash, WireHash},
    metainfo::Metainfo,
};

/// The facts of one item, taken from metainfo that the tracker itself has parsed and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemFacts {
    /// The v1 or v2 info-hash, or both for a hybrid.
    pub info_hash: InfoHash,
    /// Name of the top-level file or folder.
    pub name: String,
    /// Whether it is one file or a folder.
    pub kind: ItemKind,
    /// Bytes of content, without padding.
    pub length: u64,
    /// Bytes in a piece.
    pub piece_length: u32,
    /// Number of pieces.
    pub pieces: u32,
    /// How many files, without pad files.
    pub files: u32,
    /// Whether it is private (BEP 27).
    pub private: bool,
    /// The content of a single-file item (BEP 52 `pieces root`); `None` for folders, empty files and v1 items.
    pub root: Option<Sha256Hash>,
    /// The info-hash of a hybrid's v1 form: another name of the same swarm (docs/protocol.md).
    pub v1_form: Option<Sha1Hash>,
}

/// Why well-formed metainfo is not listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// The name is longer than the channel carries.
    #[error("the name has {0} bytes, but at most {MAX_NAME} are allowed: rename it")]
    NameTooLong(usize),
}

impl ItemFacts {
    /// The facts that a torrent states.
    ///
    /// # Errors
    ///
    /// The name is longer than the channel carries.
    pub fn from_metainfo(metainfo: &Metainfo) -> Result<Self, FactsError> {
        let info = &metainfo.info;
        let name = info.name().to_owned();
        if name.len() > MAX_NAME {
            return Err(FactsError::NameTooLong(name.len()));
        }
        let content = || info.files().iter().filter(|file| !file.pad);
        let single = content().next().filter(|file| file.path.is_empty());
        Ok(Self {
            info_hash: info.hash(),
            name,
            kind: if single.is_some() { ItemKind::File } else { ItemKind::Folder },
            length: info.length(),
            piece_length: info.piece_length(),
            pieces: info.piece_count(),
            files: u32::try_from(content().count()).unwrap_or(u32::MAX),
            private: info.private(),
            root: single.and_then(|file| file.root),
            v1_form: metainfo.info.v1_form_hash(),
        })
    }

    /// Whether `claimed` names this item: every hash that it has is this item's, or its v1 form's. A v1 hash may also
    /// be the v2 hash cut to 20 bytes, which clients announce (BEP 52).
    pub(crate) fn is(&self, claimed: InfoHash) -> bool {
        let is_short = |v1: Sha1Hash| self.info_hash.v2_wire() == Some(WireHash(v1.0));
        claimed.v1().is_none_or(|v1| {
            self.info_hash.v1() == Some(v1)
                || self.v1_form == Some(v1)
                || (claimed.v2().is_none() && is_short(v1))
        }) && claimed.v2().is_none_or(|v2| self.info_hash.v2() == Some(v2))
    }

    /// Whether this is the v1 form of `hybrid`, shared as an item of its own.
    pub(crate) fn is_form_of(&self, hybrid: &ItemFacts) -> bool {
        self.info_hash.v2().is_none() && hybrid.v1_form.is_some() && self.info_hash.v1() == hybrid.v1_form
    }

    /// Every name of its swarm: both hashes, and that of its v1 form.
    pub(crate) fn wire_hashes(&self) -> impl Iterator<Item = WireHash> + use<> {
        self.info_hash.wire_hashes().chain(self.v1_form.map(|hash| WireHash(hash.0)))
    }
}
