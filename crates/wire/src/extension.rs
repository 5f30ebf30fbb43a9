//! Messages of the extension protocol (BEP 10): its handshake, metadata exchange (BEP 9), donthave (BEP 54), and the
//! passes of members.

use bytes::Bytes;

use crate::bencode::{self, BencodeError, Limits, Node};

/// Numbers under which we receive extended messages; the other side has its own (BEP 10: "ids are per direction").
pub mod ours {
    /// Metadata exchange (BEP 9).
    pub const UT_METADATA: u8 = 1;
    /// Taking back a piece (BEP 54).
    pub const LT_DONTHAVE: u8 = 2;
    /// A newer pass of a member (docs/protocol.md).
    pub const PP_PASS: u8 = 3;
}

/// The number of the extension handshake itself.
pub const HANDSHAKE: u8 = 0;

/// Metadata is exchanged in pieces of this many bytes (BEP 9).
pub const METADATA_PIECE: usize = 16 * 1024;

/// Longest metadata that a peer may claim to have, in bytes.
pub const MAX_METADATA: u32 = 10_000_000;

/// How much structure a handshake may have, and how many bytes: far more than any client sends. Reading it must stay
/// cheap.
const HANDSHAKE_LIMITS: Limits = Limits { depth: 8, tokens: 1000 };
const MAX_HANDSHAKE: usize = 64 * 1024;

/// The same for the dictionary of a message of metadata exchange.
const METADATA_LIMITS: Limits = Limits { depth: 4, tokens: 50 };

/// Longest client name kept, in bytes.
const MAX_CLIENT: usize = 64;

/// The extension handshake. Missing keys have no value, and unknown ones are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtensionHandshake {
    /// The sender's number for metadata exchange.
    pub ut_metadata: Option<u8>,
    /// The sender's number for donthave.
    pub lt_donthave: Option<u8>,
    /// The sender's number for a newer pass.
    pub pp_pass: Option<u8>,
    /// `v`: client and version.
    pub client: Option<String>,
    /// `p`: the port on which it listens.
    pub port: Option<u16>,
    /// `reqq`: how many requests may wait at the sender.
    pub reqq: Option<u32>,
    /// `metadata_size`: length of the info dictionary in bytes.
    pub metadata_size: Option<u32>,
    /// `upload_only`: the sender asks for nothing, whatever it lacks (BEP 21).
    pub upload_only: bool,
    /// `pp_max_request`: longest request that the sender answers, in bytes (docs/protocol.md). Without it: one block.
    pub max_request: Option<u32>,
    /// `pp_bridge`: the sender fetches from other networks what its own network lacks (docs/protocol.md).
    pub bridge: bool,
    /// `pp_reveals`: the sender has every piece, and shows them one by one (docs/protocol.md).
    pub reveals: bool,
}

impl ExtensionHandshake {
    /// Writes the payload of extended message 0.
    pub fn encode(&self) -> Bytes {
        let numbers =
            [("lt_donthave", self.lt_donthave), ("pp_pass", self.pp_pass), ("ut_metadata", self.ut_metadata)];
        let numbers = numbers.into_iter().filter_map(|(name, id)| Some((name, Node::Integer(id?.into()))));
        let mut entries = vec![("m", Node::dict(numbers))];
        let integers = [
            ("metadata_size", self.metadata_size),
            ("p", self.port.map(u32::from)),
            ("pp_bridge", self.bridge.then_some(1)),
            ("pp_max_request", self.max_request),
            ("pp_reveals", self.reveals.then_some(1)),
            ("reqq", self.reqq),
            ("upload_only", self.upload_only.then_some(1)),
        ];
        entries.extend(
            integers.into_iter().filter_map(|(name, value)| Some((name, Node::Integer(value?.into())))),
        );
        if let Some(client) = &self.client {
            entries.push(("v", Node::Bytes(client.clone().into_bytes())));
        }
        Node::dict(entries).encode().into()
    }

    /// Reads it. A value of the wrong type or out of range counts as absent.
    ///
    /// # Errors
    ///
    /// The payload does not begin with a bencoded dictionary within the limits.
    pub fn decode(payload: &[u8]) -> Result<Self, BencodeError> {
        let readable = payload.get(..MAX_HANDSHAKE).unwrap_or(payload);
        let (dict, _) = bencode::decode_prefix(readable, HANDSHAKE_LIMITS)?;
        let integer = |name: &str| dict.get(name).and_then(|value| value.as_integer());
        let is_set = |name: &str| integer(name).is_some_and(|value| value != 0);
        let positive =
            |name: &str| integer(name).and_then(|value| u32::try_from(value).ok()).filter(|value| *value > 0);
        let number = |name: &str| {
            let id = dict.get("m")?.get(name)?.as_integer()?;
            u8::try_from(id).ok().filter(|id| *id != HANDSHAKE)
        };
        Ok(Self {
            ut_metadata: number("ut_metadata"),
            lt_donthave: number("lt_donthave"),
            pp_pass: number("pp_pass"),
            client: dict.get("v").and_then(|value| value.as_bytes()).map(client_name),
            port: positive("p").and_then(|port| u16::try_from(port).ok()),
            reqq: positive("reqq"),
            metadata_size: positive("metadata_size").filter(|size| *size <= MAX_METADATA),
            upload_only: is_set("upload_only"),
            max_request: positive("pp_max_request"),
            bridge: is_set("pp_bridge"),
            reveals: is_set("pp_reveals"),
        })
    }
}

/// A peer's own text, without control characters, so that it is safe to show.
fn client_name(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..MAX_CLIENT).unwrap_or(bytes));
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// A message of metadata exchange (BEP 9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataMessage {
    /// Asks for one piece of the info dictionary.
    Request {
        /// Which piece of [`METADATA_PIECE`] bytes.
        piece: u32,
    },
    /// Answers a request with the bytes.
    Data {
        /// Index of the 16 KiB piece of the info dictionary (BEP 9).
        piece: u32,
        /// Length of the whole info dictionary in bytes.
        total: u32,
        /// The bytes of that piece.
        data: Bytes,
    },
    /// The sender does not have it.
    Reject {
        /// Index of the 16 KiB piece of the info dictionary (BEP 9).
        piece: u32,
    },
}

impl MetadataMessage {
    /// Writes the payload of an extended message.
    pub fn encode(&self) -> Bytes {
        let head = |kind: i64, piece: u32, total: Option<u32>| {
            let entries = [
                ("msg_type", Some(kind)),
                ("piece", Some(piece.into())),
                ("total_size", total.map(i64::from)),
            ];
            Node::dict(entries.into_iter().filter_map(|(name, value)| Some((name, Node::Integer(value?)))))
                .encode()
        };
        match self {
            Self::Request { piece } => head(0, *piece, None).into(),
            Self::Data { piece, total, data } => {
                let mut bytes = head(1, *piece, Some(*total));
                bytes.extend_from_slice(data);
                bytes.into()
            }
            Self::Reject { piece } => head(2, *piece, None).into(),
        }
    }

    /// Reads it; `None` for a message of an unknown type, which BEP 9 says to ignore.
    ///
    /// # Errors
    ///
    /// The payload does not begin with a bencoded dictionary within the limits.
    pub fn decode(payload: &Bytes) -> Result<Option<Self>, BencodeError> {
        let (head, rest) = bencode::decode_prefix(payload, METADATA_LIMITS)?;
        let integer = |name: &str| head.get(name).and_then(|value| value.as_integer());
        let Some(piece) = integer("piece").and_then(|piece| u32::try_from(piece).ok()) else {
            return Ok(None);
        };
        Ok(match integer("msg_type") {
            Some(0) => Some(Self::Request { piece }),
            Some(1) => {
                let total = integer("total_size").and_then(|total| u32::try_from(total).ok());
                total.map(|total| Self::Data { piece, total, data: payload.slice_ref(rest) })
            }
            Some(2) => Some(Self::Reject { piece }),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handshake_is_read_as_it_was_written() {
        let handshake = ExtensionHandshake {
            ut_metadata: Some(3),
            lt_donthave: Some(7),
            pp_pass: Some(3),
            client: Some("Peerpool 0.1".to_owned()),
            port: Some(6881),
            reqq: Some(2000),
            metadata_size: Some(31_235),
            upload_only: true,
            max_request: Some(1 << 20),
            bridge: true,
            reveals: true,
        };
        assert_eq!(ExtensionHandshake::decode(&handshake.encode()), Ok(handshake));
        let empty = ExtensionHandshake::default();
        assert_eq!(ExtensionHandshake::decode(&empty.encode()), Ok(empty));
    }

    #[test]
    fn a_handshake_of_many_values_or_bytes_is_refused() {
        let many = |count: usize| [b"d1:al".as_slice(), &b"le".repeat(count), b"ee"].concat();
        assert!(ExtensionHandshake::decode(&many(500)).is_ok());
        assert!(ExtensionHandshake::decode(&many(20_000)).is_err());
        let long =
            |count: usize| [format!("d1:v{count}:").into_bytes(), vec![b'x'; count], b"e".to_vec()].concat();
        assert!(ExtensionHandshake::decode(&long(10_000)).is_ok());
        assert!(ExtensionHandshake::decode(&long(100_000)).is_err());
        assert!(MetadataMessage::decode(&many(100).into()).is_err());
    }

    #[test]
    fn values_out_of_range_count_as_absent() {
        let payload =
            b"d1:md11:ut_metadatai0ee13:metadata_sizei99999999999e1:pi70000e4:reqqi-5e1:v6:a\x1b[31me";
        let handshake = ExtensionHandshake::decode(payload).unwrap();
        assert_eq!(handshake, ExtensionHandshake { client: Some("a[31m".to_owned()), ..Default::default() });
    }

    #[test]
    fn metadata_comes_behind_its_dictionary() {
        let message = MetadataMessage::Data { piece: 1, total: 16_389, data: Bytes::from_static(b"hello") };
        assert_eq!(message.encode(), "d8:msg_typei1e5:piecei1e10:total_sizei16389eehello");
        assert_eq!(MetadataMessage::decode(&message.encode()), Ok(Some(message)));
        let request = MetadataMessage::Request { piece: 0 };
        assert_eq!(MetadataMessage::decode(&request.encode()), Ok(Some(request)));
        assert_eq!(MetadataMessage::decode(&Bytes::from_static(b"d8:msg_typei9e5:piecei0ee")), Ok(None));
    }
}
