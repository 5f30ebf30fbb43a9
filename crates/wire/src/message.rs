//! Messages between two peers (BEP 3, 6, 10, 52), and their bytes.
//!
//! [`decode`] looks at the front of what was received. Of a `piece` message it reads only the header: the
//! payload is for the driver to put where it belongs, and never passes through here.

use bytes::Bytes;

use crate::id::Sha256Hash;

/// The three numbers of `request`, `cancel` and `reject`, not yet checked against an item.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Request {
    /// Piece index.
    pub index: u32,
    /// Where it begins, in bytes from the start of the piece.
    pub begin: u32,
    /// Length in bytes.
    pub length: u32,
}

/// A range of one layer of a file's merkle tree, asked for with its proof (BEP 52, "hash request").
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HashRequest {
    /// The file's tree.
    pub root: Sha256Hash,
    /// The layer, counted from the leaves.
    pub base_layer: u32,
    /// The first hash wanted; a multiple of `length`.
    pub index: u32,
    /// How many hashes; a power of two, at least 2.
    pub length: u32,
    /// How many layers of the proof, the base layer's own parent included, are wanted at most.
    pub proof_layers: u32,
}

/// A message between two peers, but for the payload of `piece`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message {
    /// Nothing, so that the connection is not taken for dead.
    KeepAlive,
    /// Requests are not answered from now on.
    Choke,
    /// Requests are answered from now on.
    Unchoke,
    /// The sender would ask if it were unchoked.
    Interested,
    /// The sender has nothing to ask for.
    NotInterested,
    /// The sender has verified one more piece.
    Have(u32),
    /// The pieces that the sender has; only as the first message.
    Bitfield(Bytes),
    /// Asks for bytes.
    Request(Request),
    /// Takes a request back.
    Cancel(Request),
    /// The sender's DHT port.
    Port(u16),
    /// A piece that would be cheap to serve (BEP 6).
    SuggestPiece(u32),
    /// Instead of a full bitfield (BEP 6).
    HaveAll,
    /// Instead of an empty bitfield (BEP 6).
    HaveNone,
    /// A request that will not be answered (BEP 6).
    Reject(Request),
    /// A piece that may be asked for while choked (BEP 6).
    AllowedFast(u32),
    /// A message of an extension, by the receiver's number for it; 0 is the extension handshake (BEP 10).
    Extended {
        /// The receiver's number for the extension.
        id: u8,
        /// The message's kind.
        payload: Bytes,
    },
    /// Asks for hashes (BEP 52).
    HashRequest(HashRequest),
    /// Answers with hashes: those asked for, then the proof, upwards (BEP 52).
    Hashes(HashRequest, Vec<Sha256Hash>),
    /// A hash request that will not be answered (BEP 52).
    HashReject(HashRequest),
    /// A message of an unknown kind, which is ignored.
    Unknown(u8),
}

/// What stands at the front of the received bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// A whole message of `size` bytes.
    Message {
        /// The message's kind.
        message: Message,
        /// Its bytes, the length prefix included.
        size: usize,
    },
    /// The header ([`BLOCK_HEADER`] bytes) of a `piece` message; the payload of `block.length` bytes follows.
    Block {
        /// Which bytes of the item follow.
        block: Request,
    },
    /// More must be received first; `needed` bytes in all, as far as can be told.
    Incomplete {
        /// At least this many bytes must be there.
        needed: usize,
    },
}

/// Bytes before the payload of a `piece` message: length prefix, kind, piece, offset.
pub const BLOCK_HEADER: usize = 13;

/// How much a peer may claim before it is taken for broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Longest message that is not a block, a `bitfield`, `hashes` or of one length always, in bytes.
    pub message: u32,
    /// Longest `bitfield` message, in bytes.
    pub bitfield: u32,
    /// Longest `hashes` message, in bytes.
    pub hashes: u32,
    /// Longest payload of a block, in bytes.
    pub block: u32,
}

impl Limits {
    /// Limits for an item with that many pieces, where blocks of `block` bytes were agreed on.
    pub fn for_item(pieces: u32, block: u32) -> Self {
        Self {
            // Metadata comes 16 KiB at a time with a small header.
            message: 32 * 1024,
            bitfield: pieces / 8 + 64,
            // Hashes come 8192 at a time with a proof.
            hashes: 8192 * 32 + 4096,
            block,
        }
    }
}

/// A message that breaks the protocol; the connection is of no more use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The length prefix passes the limit.
    #[error("a message of {length} bytes, where at most {limit} are allowed")]
    TooLong {
        /// The length prefix.
        length: u32,
        /// The longest that the limits allow.
        limit: u32,
    },
    /// A message whose kind and length do not go together.
    #[error("a `{name}` message of {length} bytes")]
    Malformed {
        /// The message's kind.
        name: &'static str,
        /// Its length prefix.
        length: u32,
    },
}

mod id {
    pub(super) const CHOKE: u8 = 0;
    pub(super) const UNCHOKE: u8 = 1;
    pub(super) const INTERESTED: u8 = 2;
    pub(super) const NOT_INTERESTED: u8 = 3;
    pub(super) const HAVE: u8 = 4;
    pub(super) const BITFIELD: u8 = 5;
    pub(super) const REQUEST: u8 = 6;
    pub(super) const PIECE: u8 = 7;
    pub(super) const CANCEL: u8 = 8;
    pub(super) const PORT: u8 = 9;
    pub(super) const SUGGEST: u8 = 13;
    pub(super) const HAVE_ALL: u8 = 14;
    pub(super) const HAVE_NONE: u8 = 15;
    pub(super) const REJECT: u8 = 16;
    pub(super) const ALLOWED_FAST: u8 = 17;
    pub(super) const EXTENDED: u8 = 20;
    pub(super) const HASH_REQUEST: u8 = 21;
    pub(super) const HASHES: u8 = 22;
    pub(super) const HASH_REJECT: u8 = 23;
}

/// Reads the message at the front of `buf`.
///
/// ```
/// use peerpool_wire::message::{Frame, Limits, Message, decode};
///
/// let mut sent = Vec::new();
/// Message::Interested.encode(&mut sent);
/// let limits = Limits::for_item(100, 16 * 1024);
/// assert_eq!(decode(&sent, limits), Ok(Frame::Message { message: Message::Interested, size: 5 }));
/// assert_eq!(decode(&sent[..4], limits), Ok(Frame::Incomplete { needed: 5 }));
/// ```
///
/// # Errors
///
/// The message is longer than `limits` allow, or its length does not fit its kind. The connection cannot go on after
/// either.
pub fn decode(buf: &[u8], limits: Limits) -> Result<Frame, MessageError> {
    let Some((prefix, rest)) = buf.split_first_chunk::<4>() else {
        return Ok(Frame::Incomplete { needed: 5 });
    };
    let length = u32::from_be_bytes(*prefix);
    if length == 0 {
        return Ok(Frame::Message { message: Message::KeepAlive, size: 4 });
    }
    let Some((&kind, rest)) = rest.split_first() else {
        return Ok(Frame::Incomplete {
            needed: if length == 1 { 5 } else { BLOCK_HEADER.min(length as usize + 4) },
        });
    };
    if kind == id::PIECE {
        return decode_block_header(rest, length, limits);
    }
    let (name, fixed) = shape(kind);
    // No memory is given to what has the wrong length anyway.
    if fixed.is_some_and(|fixed| fixed != length) {
        return Err(MessageError::Malformed { name, length });
    }
    let limit = match kind {
        id::BITFIELD => limits.bitfield,
        id::HASHES => limits.hashes,
        _ => limits.message,
    };
    if length > limit {
        return Err(MessageError::TooLong { length, limit });
    }
    match rest.get(..length as usize - 1) {
        Some(body) => {
            let message = decode_body(kind, body).ok_or(MessageError::Malformed { name, length })?;
            Ok(Frame::Message { message, size: length as usize + 4 })
        }
        None => Ok(Frame::Incomplete { needed: length as usize + 4 }),
    }
}

/// What a kind of message is called, and its length prefix where that is always the same.
fn shape(kind: u8) -> (&'static str, Option<u32>) {
    match kind {
        id::CHOKE => ("choke", Some(1)),
        id::UNCHOKE => ("unchoke", Some(1)),
        id::INTERESTED => ("interested", Some(1)),
        id::NOT_INTERESTED => ("not interested", Some(1)),
        id::HAVE => ("have", Some(5)),
        id::BITFIELD => ("bitfield", None),
        id::REQUEST => ("request", Some(13)),
        id::CANCEL => ("cancel", Some(13)),
        id::PORT => ("port", Some(3)),
        id::SUGGEST => ("suggest piece", Some(5)),
        id::HAVE_ALL => ("have all", Some(1)),
        id::HAVE_NONE => ("have none", Some(1)),
        id::REJECT => ("reject", Some(13)),
        id::ALLOWED_FAST => ("allowed fast", Some(5)),
        id::EXTENDED => ("extended", None),
        id::HASH_REQUEST => ("hash request", Some(49)),
        id::HASHES => ("hashes", None),
        id::HASH_REJECT => ("hash reject", Some(49)),
        _ => ("unknown", None),
    }
}

fn decode_block_header(rest: &[u8], length: u32, limits: Limits) -> Result<Frame, MessageError> {
    let payload = match length.checked_sub(9) {
        Some(payload) if payload > limits.block => {
            return Err(MessageError::TooLong { length: payload, limit: limits.block });
        }
        Some(payload) => payload,
        None => {
            return Err(MessageError::Malformed { name: "piece", length });
        }
    };
    Ok(match numbers(rest) {
        Some([index, begin]) => Frame::Block { block: Request { index, begin, length: payload } },
        None => Frame::Incomplete { needed: BLOCK_HEADER },
    })
}

/// The first `N` big-endian numbers of `bytes`.
fn numbers<const N: usize>(bytes: &[u8]) -> Option<[u32; N]> {
    let mut values = [0; N];
    for (value, chunk) in values.iter_mut().zip(bytes.get(..4 * N)?.as_chunks::<4>().0) {
        *value = u32::from_be_bytes(*chunk);
    }
    Some(values)
}

/// The message of a body of the right length; `None` when it cannot be one.
fn decode_body(kind: u8, body: &[u8]) -> Option<Message> {
    let piece = || numbers(body).map(|[index]| index);
    let request = || numbers(body).map(|[index, begin, length]| Request { index, begin, length });
    Some(match kind {
        id::CHOKE => Message::Choke,
        id::UNCHOKE => Message::Unchoke,
        id::INTERESTED => Message::Interested,
        id::NOT_INTERESTED => Message::NotInterested,
        id::HAVE => Message::Have(piece()?),
        id::BITFIELD => Message::Bitfield(Bytes::copy_from_slice(body)),
        id::REQUEST => Message::Request(request()?),
        id::CANCEL => Message::Cancel(request()?),
        id::PORT => Message::Port(u16::from_be_bytes(*body.first_chunk()?)),
        id::SUGGEST => Message::SuggestPiece(piece()?),
        id::HAVE_ALL => Message::HaveAll,
        id::HAVE_NONE => Message::HaveNone,
        id::REJECT => Message::Reject(request()?),
        id::ALLOWED_FAST => Message::AllowedFast(piece()?),
        id::EXTENDED => {
            let (&id, payload) = body.split_first()?;
            Message::Extended { id, payload: Bytes::copy_from_slice(payload) }
        }
        id::HASH_REQUEST => Message::HashRequest(hash_request(body)?.0),
        id::HASHES => {
            let (request, hashes) = hash_request(body)?;
            let (hashes, []) = hashes.as_chunks::<32>() else { return None };
            Message::Hashes(request, hashes.iter().map(|hash| Sha256Hash(*hash)).collect())
        }
        id::HASH_REJECT => Message::HashReject(hash_request(body)?.0),
        unknown => Message::Unknown(unknown),
    })
}

fn hash_request(body: &[u8]) -> Option<(HashRequest, &[u8])> {
    let (root, rest) = body.split_first_chunk::<32>()?;
    let [base_layer, index, length, proof_layers] = numbers(rest)?;
    let request = HashRequest { root: Sha256Hash(*root), base_layer, index, length, proof_layers };
    Some((request, rest.get(16..)?))
}

/// The header of a `piece` message whose payload of `block.length` bytes is written behind it.
pub fn block_header(block: Request) -> [u8; BLOCK_HEADER] {
    let mut header = [0; BLOCK_HEADER];
    header[..4].copy_from_slice(&(block.length + 9).to_be_bytes());
    header[4] = id::PIECE;
    header[5..9].copy_from_slice(&block.index.to_be_bytes());
    header[9..].copy_from_slice(&block.begin.to_be_bytes());
    header
}

impl Message {
    /// Appends the message's bytes to `out`. An [`Message::Unknown`] writes nothing.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Message::KeepAlive => out.extend_from_slice(&[0; 4]),
            Message::Choke => frame(out, id::CHOKE, &[]),
            Message::Unchoke => frame(out, id::UNCHOKE, &[]),
            Message::Interested => frame(out, id::INTERESTED, &[]),
            Message::NotInterested => frame(out, id::NOT_INTERESTED, &[]),
            Message::Have(index) => frame(out, id::HAVE, &[&index.to_be_bytes()]),
            Message::Bitfield(bits) => frame(out, id::BITFIELD, &[bits]),
            Message::Request(request) => frame(out, id::REQUEST, &[&request.to_bytes()]),
            Message::Cancel(request) => frame(out, id::CANCEL, &[&request.to_bytes()]),
            Message::Port(port) => frame(out, id::PORT, &[&port.to_be_bytes()]),
            Message::SuggestPiece(index) => frame(out, id::SUGGEST, &[&index.to_be_bytes()]),
            Message::HaveAll => frame(out, id::HAVE_ALL, &[]),
            Message::HaveNone => frame(out, id::HAVE_NONE, &[]),
            Message::Reject(request) => frame(out, id::REJECT, &[&request.to_bytes()]),
            Message::AllowedFast(index) => frame(out, id::ALLOWED_FAST, &[&index.to_be_bytes()]),
            Message::Extended { id, payload } => frame(out, id::EXTENDED, &[&[*id], payload]),
            Message::HashRequest(request) => frame(out, id::HASH_REQUEST, &[&request.to_bytes()]),
            Message::Hashes(request, hashes) => {
                let flat: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
                frame(out, id::HASHES, &[&request.to_bytes(), &flat]);
            }
            Message::HashReject(request) => frame(out, id::HASH_REJECT, &[&request.to_bytes()]),
            Message::Unknown(_) => {}
        }
    }
}

fn frame(out: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) {
    let length = 1 + parts.iter().map(|part| part.len()).sum::<usize>();
    out.extend_from_slice(&(length as u32).to_be_bytes());
    out.push(kind);
    for part in parts {
        out.extend_from_slice(part);
    }
}

impl Request {
    fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        for (chunk, value) in
            bytes.as_chunks_mut::<4>().0.iter_mut().zip([self.index, self.begin, self.length])
        {
            *chunk = value.to_be_bytes();
        }
        bytes
    }
}

impl From<crate::geometry::Span> for Request {
    fn from(span: crate::geometry::Span) -> Self {
        Self { index: span.piece().index(), begin: span.begin(), length: span.length() }
    }
}

impl HashRequest {
    fn to_bytes(self) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[..32].copy_from_slice(self.root.as_bytes());
        let rest = [self.base_layer, self.index, self.length, self.proof_layers];
        for (chunk, value) in bytes[32..].as_chunks_mut::<4>().0.iter_mut().zip(rest) {
            *chunk = value.to_be_bytes();
        }
        bytes
    }
}

#[cfg(test)]
mod tests;
