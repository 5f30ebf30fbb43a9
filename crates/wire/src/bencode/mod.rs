//! Bencoding (BEP 3): a decoder that borrows, and an encoder that is always canonical.
//!
//! Our own, and small, because no maintained library has what a torrent client needs together: the raw bytes of
//! a nested value (an info-hash is over the bytes received), limits on depth and tokens, decoding of a value
//! that other data follows (BEP 9), word of unordered keys, and a refusal of duplicate ones. `bendy` and
//! `bt_bencode` go through serde or their own traits and lose the first and the last of these.
//!
//! ```
//! use peerpool_wire::bencode::{self, Limits, Node};
//!
//! let bytes = Node::dict([("name", Node::from("a")), ("length", Node::from(5))]).encode();
//! assert_eq!(bytes, b"d6:lengthi5e4:name1:ae");
//! let value = bencode::decode(&bytes, Limits::MESSAGE)?;
//! assert_eq!(value.get("length").and_then(|length| length.as_integer()), Some(5));
//! # Ok::<(), bencode::BencodeError>(())
//! ```

mod decode;
mod encode;
mod reader;

pub use decode::{Entries, Parted, decode, decode_prefix, decode_without, entries};
pub use encode::Node;
pub(crate) use encode::{write_bytes, write_integer};
pub use reader::Reader;

/// Limits of structure, so that no data is expensive to decode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Lists and dictionaries inside one another.
    pub depth: u32,
    /// Values and keys altogether.
    pub tokens: u32,
}

impl Limits {
    /// For .torrent files and info dictionaries.
    pub const TORRENT: Self = Self { depth: 100, tokens: 3_000_000 };
    /// For messages of peers and trackers.
    pub const MESSAGE: Self = Self { depth: 16, tokens: 100_000 };
}

/// Why bytes were not decoded: they are no bencoding, or break a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not valid bencoding at byte {offset}: {fault}")]
pub struct BencodeError {
    /// Where, in bytes from the start.
    pub offset: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with some bencoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The data ends inside a value.
    #[error("the data ends inside a value")]
    Truncated,
    /// A byte that begins no value.
    #[error("byte {0:#04x} begins no value")]
    Unexpected(u8),
    /// An integer with leading zeros, no digits or a minus before zero, or one that does not fit 64 bits.
    #[error("the integer is malformed or does not fit 64 bits")]
    Integer,
    /// A malformed length, or one beyond the data's end.
    #[error("the length of a string is malformed or reaches past the end")]
    Length,
    /// A dictionary's key that is not a string.
    #[error("a dictionary's key is not a string")]
    Key,
    /// The same key twice in one dictionary.
    #[error("the same key stands twice in a dictionary")]
    DuplicateKey,
    /// More nesting than [`Limits::depth`].
    #[error("nested deeper than the limit")]
    Depth,
    /// More values than [`Limits::tokens`].
    #[error("more values than the limit")]
    Tokens,
    /// Data after the value.
    #[error("data follows the value")]
    Trailing,
}

/// A decoded value, borrowing from the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value<'a> {
    raw: &'a [u8],
    shape: Shape<'a>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape<'a> {
    /// An integer; larger ones than 64 bits are refused.
    Integer(i64),
    /// A string of bytes.
    Bytes(&'a [u8]),
    /// A list.
    List(Vec<Value<'a>>),
    /// A dictionary.
    Dict(Dict<'a>),
}

impl<'a> Value<'a> {
    /// The bytes this value was decoded from, exactly.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The decoded shape.
    pub fn shape(&self) -> &Shape<'a> {
        &self.shape
    }

    /// The integer, if it is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self.shape {
            Shape::Integer(integer) => Some(integer),
            _ => None,
        }
    }

    /// The string of bytes, if it is one.
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        match self.shape {
            Shape::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The text, if it is a string in UTF-8.
    pub fn as_str(&self) -> Option<&'a str> {
        self.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Value<'a>]> {
        match &self.shape {
            Shape::List(list) => Some(list),
            _ => None,
        }
    }

    /// The dictionary, if it is one.
    pub fn as_dict(&self) -> Option<&Dict<'a>> {
        match &self.shape {
            Shape::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// The value of a key, if this is a dictionary that has it.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Value<'a>> {
        self.as_dict()?.get(key)
    }
}

/// A dictionary: no key stands in it twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dict<'a> {
    entries: Vec<(&'a [u8], Value<'a>)>,
    sorted: bool,
}

impl<'a> Dict<'a> {
    /// The value of a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Value<'a>> {
        let key = key.as_ref();
        let index = if self.sorted {
            self.entries.binary_search_by(|(candidate, _)| (*candidate).cmp(key)).ok()
        } else {
            self.entries.iter().position(|(candidate, _)| *candidate == key)
        };
        index.and_then(|index| self.entries.get(index)).map(|(_, value)| value)
    }

    /// Whether the keys stood in the order of their bytes, as BEP 3 demands.
    pub fn is_sorted(&self) -> bool {
        self.sorted
    }

    /// Keys and values in the order they stood in.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'a [u8], &Value<'a>)> {
        self.entries.iter().map(|(key, value)| (*key, value))
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
