//! Why a torrent is refused.

use crate::{bencode::BencodeError, geometry::GeometryError};

/// Why a torrent or an info dictionary is refused: what is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetainfoError {
    /// More bytes than [`MAX_TORRENT`](super::MAX_TORRENT) or [`MAX_INFO`](super::MAX_INFO).
    #[error("{size} bytes of torrent are more than the {limit} that are read")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The most that is read.
        limit: usize,
    },
    /// Not bencoding, or nested or split up beyond the limits.
    #[error(transparent)]
    Bencode(#[from] BencodeError),
    /// A key that must be there is not.
    #[error("the torrent has no `{at}`")]
    Missing {
        /// The key, with the keys above it.
        at: String,
    },
    /// A value of another type, or out of its range.
    #[error("`{at}` in the torrent is not {expected}")]
    Invalid {
        /// The key, with the keys above it.
        at: String,
        /// What should stand there.
        expected: &'static str,
    },
    /// The keys of a dictionary inside `info` do not stand in order (BEP 3).
    #[error("the keys of `{at}` in the torrent are not in order")]
    Unordered {
        /// The dictionary's key, with the keys above it.
        at: String,
    },
    /// A `meta version` that nobody has defined yet.
    #[error("the torrent is of version {0}; only versions 1 and 2 are known")]
    Version(i64),
    /// A piece length that no item may have.
    #[error("the piece length {length} is refused: {reason}")]
    PieceLength {
        /// The piece length in bytes.
        length: i64,
        /// What it must be.
        reason: &'static str,
    },
    /// A name or a path that is none, leads elsewhere, or is longer than any file system allows.
    #[error("the name `{name}` in the torrent is refused: {fault}")]
    Name {
        /// The component, with what is not UTF-8 replaced.
        name: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// Two paths that are the same, or are a file and a folder at once.
    #[error("the paths `{first}` and `{second}` in the torrent exclude each other")]
    Conflict {
        /// The path that came first.
        first: String,
        /// The path that does not go with it.
        second: String,
    },
    /// Too many pieces, or lengths that overflow.
    #[error(transparent)]
    Geometry(#[from] GeometryError),
    /// Not a single byte of content.
    #[error("the torrent describes no bytes")]
    Empty,
    /// Another number of v1 piece hashes than the files have pieces.
    #[error("the torrent has {got} SHA-1 piece hashes for {expected} pieces")]
    PieceHashes {
        /// Hashes that are there.
        got: usize,
        /// Pieces of the files.
        expected: u32,
    },
    /// The v1 and the v2 part describe different files.
    #[error("the v1 and v2 parts of the torrent disagree: v1 says {v1}, v2 says {v2}")]
    Disagree {
        /// The entry of v1.
        v1: String,
        /// The entry of v2.
        v2: String,
    },
    /// A hybrid's file that does not start at a piece, or a pad that does not fill one up (BEP 52, "upgrade path").
    #[error("the pads of the torrent are wrong at `{path}`: each file of a hybrid must start at a piece")]
    Pads {
        /// The file that starts wrongly, or the pad.
        path: String,
    },
    /// A file of more than one piece without a piece layer.
    #[error("the torrent has no piece layer for `{path}`")]
    MissingLayer {
        /// Path of the file in the item.
        path: String,
    },
    /// A piece layer that does not lead to the file's root, or has not a hash for each piece.
    #[error("the piece layer of `{path}` does not belong to the file")]
    WrongLayer {
        /// Path of the file in the item.
        path: String,
    },
    /// A piece layer that no file needs.
    #[error("the torrent has a piece layer for the root {key}, which no file of more than one piece has")]
    StrayLayer {
        /// The key it stands under, in hexadecimal.
        key: String,
    },
}

/// Why a name is refused: it is dangerous, or no file system can hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// It has no characters.
    #[error("it is empty")]
    Empty,
    /// `.` or `..`.
    #[error("it leads to another folder")]
    Relative,
    /// `/` or NUL.
    #[error("it has the character {0:?}")]
    Character(char),
    /// Longer than [`MAX_NAME`](super::names::MAX_NAME), or in a path longer than [`MAX_PATH`](super::names::MAX_PATH).
    #[error("it is too long")]
    TooLong,
    /// A path of more components than [`MAX_DEPTH`](super::names::MAX_DEPTH).
    #[error("it lies too many folders deep")]
    TooDeep,
}
