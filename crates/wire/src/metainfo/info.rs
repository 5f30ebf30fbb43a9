//! The info dictionary: what an item consists of.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use sha1::Digest;

use crate::{
    bencode::{BencodeError, Fault, Limits, decode_without},
    geometry::{BLOCK, FileSpan, Geometry, MAX_PIECE_LENGTH},
    id::{InfoHash, Sha1Hash, Sha256Hash},
    merkle,
};

use super::{
    MetainfoError,
    fields::{Fields, Location},
    hybrid, names, v1, v1_form, v2,
};

/// Maximum bytes of an info dictionary that are read. libtorrent stops at 10 MB; that would be a folder of
/// about 40,000 files, so this is somewhat more.
pub const MAX_INFO: usize = 32 * 1024 * 1024;

/// Which of the two BitTorrent versions an info dictionary speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// BEP 3: SHA-1 over pieces that run across files.
    V1,
    /// BEP 52: one SHA-256 merkle tree a file.
    V2,
    /// Both, describing the same bytes.
    Hybrid,
}

/// One entry of an item, in the order of its piece space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Components of the path inside the item; empty when the item is this one file. A pad's is
    /// `.pad/N`, where some clients write it out.
    pub path: Vec<String>,
    /// Length in bytes.
    pub length: u64,
    /// Where it starts in the piece space, in bytes.
    pub offset: u64,
    /// BEP 52 `pieces root`; `None` for empty files, pads and v1-only items.
    pub root: Option<Sha256Hash>,
    /// Zeros that fill the space up to the next piece (BEP 47): never stored.
    pub pad: bool,
    /// Marked executable (BEP 47).
    pub executable: bool,
    /// Marked hidden (BEP 47).
    pub hidden: bool,
    /// The target of a symbolic link: components of a path inside the item (BEP 47). A link has no bytes. Whether
    /// something is at its target is not known.
    pub symlink: Option<Vec<String>>,
    /// When its content was last modified, in seconds since 1970 (`mtime`, as libtorrent writes it).
    pub modified: Option<i64>,
}

impl File {
    /// Whether it is stored as a file: it is neither a pad nor a link.
    pub fn is_stored(&self) -> bool {
        !self.pad && self.symlink.is_none()
    }

    /// A pad of `length` bytes, under the name that everybody uses.
    pub(super) fn pad(length: u64) -> Self {
        Self {
            path: vec![".pad".to_owned(), length.to_string()],
            length,
            offset: 0,
            root: None,
            pad: true,
            executable: false,
            hidden: false,
            symlink: None,
            modified: None,
        }
    }
}

/// Where a piece lies in the v2 trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct V2Piece {
    /// Index of its file in [`Info::files`].
    pub file: usize,
    /// Its number among the pieces of that file.
    pub index: u32,
    /// Number of bytes of the file in it: what its leaves are made of.
    pub length: u32,
    /// Height of its tree above the leaves: the whole piece's, or less when the file is no longer than a piece.
    pub height: u32,
}

/// A parsed, checked info dictionary, with the bytes it was read from.
///
/// The piece space is the v1 layout where there is one (pads are entries). In a v2-only item each file fills whole
/// pieces, with a pad entry behind it where it does not, so that the same geometry serves all kinds.
#[derive(Clone, PartialEq, Eq)]
pub struct Info {
    raw: Bytes,
    hash: InfoHash,
    name: String,
    kind: Kind,
    private: bool,
    files: Vec<File>,
    v1_pieces: Vec<Sha1Hash>,
    /// The info-hash of a hybrid's v1 form.
    v1_form: Option<Sha1Hash>,
    geometry: Arc<Geometry>,
}

impl Info {
    /// Parses an info dictionary alone, as metadata exchange delivers it (BEP 9). The caller compares the hash.
    ///
    /// # Errors
    ///
    /// The dictionary is malformed, too large, of an unknown version, has unsafe or conflicting names, or describes
    /// different files in its v1 and v2 parts.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MetainfoError> {
        if bytes.len() > MAX_INFO {
            return Err(MetainfoError::TooLarge { size: bytes.len(), limit: MAX_INFO });
        }
        let (value, [files, tree]) = decode_without(bytes, Limits::TORRENT, ["files", "file tree"])?;
        if value.raw().len() < bytes.len() {
            return Err(BencodeError { offset: value.raw().len(), fault: Fault::Trailing }.into());
        }
        Self::read(value.raw(), &Fields::ordered(&value, Location::Key("info"))?, Long { files, tree })
    }

    fn read(raw: &[u8], info: &Fields<'_, '_>, long: Long<'_>) -> Result<Self, MetainfoError> {
        let kind = kind(info, &long)?;
        let name = v1::name(info)?;
        let piece_length = piece_length(info, kind)?;
        let files = files(info, &long, kind, &name, piece_length)?;
        let geometry = Geometry::new(piece_length, files.iter().map(|file| (file.length, file.pad)))?;
        if geometry.payload() == 0 {
            return Err(MetainfoError::Empty);
        }
        names::check_paths(&name, &files)?;
        let v1_pieces = if kind == Kind::V2 { Vec::new() } else { v1::pieces(info)? };
        if kind != Kind::V2 && v1_pieces.len() != geometry.piece_count() as usize {
            return Err(MetainfoError::PieceHashes {
                got: v1_pieces.len(),
                expected: geometry.piece_count(),
            });
        }
        Ok(Self {
            raw: Bytes::copy_from_slice(raw),
            hash: hash(raw, kind),
            name,
            kind,
            private: info.integer("private")?.is_some_and(|private| private != 0),
            files,
            v1_pieces,
            v1_form: (kind == Kind::Hybrid).then(|| v1_form::hash(raw)).transpose()?,
            geometry: Arc::new(geometry),
        })
    }

    /// The bytes that the info-hash is taken over, exactly as received.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The item's info-hash.
    pub fn hash(&self) -> InfoHash {
        self.hash
    }

    /// The info-hash under which clients that know only v1 have a hybrid (docs/protocol.md, "The v1 form").
    pub fn v1_form_hash(&self) -> Option<Sha1Hash> {
        self.v1_form
    }

    /// The item's name: one path component.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which versions it speaks.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Bytes in a piece.
    pub fn piece_length(&self) -> u32 {
        self.geometry.piece_length()
    }

    /// Whether peers may come from the tracker alone (BEP 27).
    pub fn private(&self) -> bool {
        self.private
    }

    /// All entries in the order of the piece space, pads included; the same indexes as in [`Info::geometry`].
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// Whether the item is one file rather than a folder.
    pub fn is_single_file(&self) -> bool {
        self.files.first().is_some_and(|file| file.path.is_empty())
    }

    /// SHA-1 of each piece; empty for a v2-only item.
    pub fn v1_pieces(&self) -> &[Sha1Hash] {
        &self.v1_pieces
    }

    /// How the item divides into pieces, blocks and files.
    pub fn geometry(&self) -> &Arc<Geometry> {
        &self.geometry
    }

    /// Bytes of content, pads not counted.
    pub fn length(&self) -> u64 {
        self.geometry.payload()
    }

    /// Number of pieces.
    pub fn piece_count(&self) -> u32 {
        self.geometry.piece_count()
    }

    /// Where a piece lies in the v2 trees; `None` in a v1-only item, for a piece of padding alone and for a piece
    /// that does not exist.
    pub fn v2_piece(&self, piece: u32) -> Option<V2Piece> {
        let start = self.geometry.offset_of(self.geometry.piece(piece)?);
        let FileSpan { file, offset: inside, .. } = self.geometry.file_spans(start, 1).next()?;
        let File { length, root: Some(_), .. } = *self.files.get(file)? else {
            return None;
        };
        let piece_length = u64::from(self.piece_length());
        Some(V2Piece {
            file,
            index: u32::try_from(inside / piece_length).ok()?,
            length: u32::try_from((length - inside).min(piece_length)).ok()?,
            height: merkle::height(merkle::blocks(length.min(piece_length))),
        })
    }
}

/// Shows the item, without its megabytes of hashes.
impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Info")
            .field("name", &self.name)
            .field("hash", &self.hash)
            .field("kind", &self.kind)
            .field("length", &self.length())
            .field("files", &self.files.len())
            .field("pieces", &self.piece_count())
            .finish_non_exhaustive()
    }
}

/// The parts of an info dictionary that grow with the number of files, undecoded.
struct Long<'a> {
    files: Option<&'a [u8]>,
    tree: Option<&'a [u8]>,
}

fn kind(info: &Fields<'_, '_>, long: &Long<'_>) -> Result<Kind, MetainfoError> {
    match info.integer("meta version")? {
        Some(2) if info.get("pieces").is_some() => Ok(Kind::Hybrid),
        Some(2) => Ok(Kind::V2),
        None | Some(1) if long.tree.is_some() => {
            Err(info.invalid("meta version", "2, though there is a `file tree`"))
        }
        None | Some(1) => Ok(Kind::V1),
        Some(version) => Err(MetainfoError::Version(version)),
    }
}

fn piece_length(info: &Fields<'_, '_>, kind: Kind) -> Result<u32, MetainfoError> {
    info.required("piece length")?;
    let length = info.integer("piece length")?.unwrap_or_default();
    let refused = |reason| MetainfoError::PieceLength { length, reason };
    let valid = u32::try_from(length).ok().filter(|length| (1..MAX_PIECE_LENGTH).contains(length));
    let valid =
        valid.ok_or_else(|| refused("it must be at least 1 byte and under 512 MiB, as libtorrent has it"))?;
    if kind != Kind::V1 && !(valid.is_power_of_two() && valid >= BLOCK) {
        return Err(refused("version 2 demands a power of two, 16 KiB or more"));
    }
    Ok(valid)
}

fn files(
    info: &Fields<'_, '_>,
    long: &Long<'_>,
    kind: Kind,
    name: &str,
    piece_length: u32,
) -> Result<Vec<File>, MetainfoError> {
    if kind == Kind::V1 {
        return v1::files(info, long.files);
    }
    let mut tree = v2::files(long.tree.ok_or_else(|| info.missing("file tree"))?)?;
    let is_single = kind == Kind::V2 || long.files.is_none();
    if let [only] = tree.as_mut_slice()
        && is_single
        && only.path == [name]
    {
        only.path.clear();
    }
    match kind {
        Kind::Hybrid => hybrid::merge(v1::files(info, long.files)?, tree, piece_length),
        _ => v2::lay_out(tree, piece_length),
    }
}

fn hash(raw: &[u8], kind: Kind) -> InfoHash {
    let (v1, v2) = hashes(raw);
    match kind {
        Kind::V1 => InfoHash::v1_only(v1),
        Kind::V2 => InfoHash::v2_only(v2),
        Kind::Hybrid => InfoHash::hybrid(v1, v2),
    }
}

/// The v1 and the v2 info-hash of an info dictionary's bytes, whichever of the two counts for its kind.
pub fn hashes(raw: &[u8]) -> (Sha1Hash, Sha256Hash) {
    (Sha1Hash(sha1::Sha1::digest(raw).into()), Sha256Hash(sha2::Sha256::digest(raw).into()))
}
