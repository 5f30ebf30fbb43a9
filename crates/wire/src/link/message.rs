//! Messages on a link, and the frames that carry them.

use std::{io::Cursor, net::IpAddr};

use serde::{Deserialize, Serialize};

use super::{
    News,
    opening::{Hello, Proof},
};
use crate::{
    channel::{Key, MAX_NAME, MAX_VERSIONS, bounded},
    id::{InfoHash, PeerId, Sha256Hash},
};

/// Longest frame in bytes, once both ends have proved who they are. The longest message, an answer that names as many
/// silent peers as it may, has half of that.
pub const MAX_LINK_FRAME: usize = 2 << 20;
/// Longest frame before that.
pub const MAX_OPENING: usize = 4096;
/// A stock client in a pool for members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockClient {
    /// The SHA-256 of its announce key.
    pub key: Sha256Hash,
    /// The item that the key leads to.
    pub item: InfoHash,
    /// What it calls itself.
    pub peer_id: PeerId,
    /// Where it announced itself from.
    pub ip: IpAddr,
    /// For how much longer it is let in; 0 when it has left.
    pub seconds: u32,
}

/// Most devices that are told to take stock clients for an item.
pub const MAX_TAKERS: usize = 10_000;
/// Most devices that a message names.
pub const MAX_DEVICES: usize = 256;
/// Longest name of a device, its member's included, in bytes.
pub const MAX_DEVICE: usize = 2 * MAX_NAME;
/// Most messages in one frame.
pub const MAX_MESSAGES: usize = 4096;

/// What one end of a link sends the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// Who it is; the first message of each end.
    Hello(Hello),
    /// That it knows the pool's secret; the second. Who is dialled answers with its own once it has seen the other's.
    Proof(Proof),
    /// Why there will be no link; the last.
    Refused {
        /// The reason.
        reason: Refusal,
    },
    /// How something stands.
    News(News),
    /// All that stood somehow when the link began has been told.
    Complete,
    /// A heartbeat.
    Alive,
    /// It has changed members of the pool: whoever hears of it sees in the database what.
    MembersChanged,
    /// A stock client has announced itself to it, under a key that leads to an item.
    StockClient(StockClient),
    /// Devices at it that take stock clients for an item now.
    StockTakers {
        /// The item.
        item: InfoHash,
        /// Their keys, all of them; at most [`MAX_TAKERS`].
        #[serde(deserialize_with = "bounded::list::<MAX_TAKERS, _, _>")]
        keys: Vec<Key>,
    },
    /// It goes by all changes of members up to this one, and so do its peers.
    MembersDone {
        /// How many changes that are.
        epoch: u64,
        /// The devices that have confirmed the last of them, each as people know it; at most [`MAX_DEVICES`].
        #[serde(deserialize_with = "bounded::texts::<MAX_DEVICES, MAX_DEVICE, _>")]
        confirmed: Vec<String>,
        /// Those that were silent, and are disconnected.
        #[serde(deserialize_with = "bounded::texts::<MAX_DEVICES, MAX_DEVICE, _>")]
        silent: Vec<String>,
    },
}

/// Why a node takes no link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The two speak no common version.
    #[error("it speaks other versions of links: {supported:?}")]
    Version {
        /// Those that it speaks.
        #[serde(deserialize_with = "bounded::list::<MAX_VERSIONS, _, _>")]
        supported: Vec<u16>,
    },
    /// The proof is not that of the pool's secret.
    #[error("it belongs to a pool with another secret, perhaps one with another database")]
    Secret,
    /// Both ends are the same node.
    #[error("the node reached itself, or one that says that it is the same")]
    Itself,
}

/// A frame that cannot cross a link.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Longer than [`MAX_LINK_FRAME`].
    #[error("a frame of a link of {bytes} bytes is over the limit of {MAX_LINK_FRAME}")]
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
    /// More than [`MAX_MESSAGES`] messages.
    #[error("a frame of a link has more than {MAX_MESSAGES} messages")]
    TooMany,
    /// Not a message of this protocol, or over one of its limits.
    #[error("message {at} of a link's frame cannot be read: {error}")]
    Malformed {
        /// Which one, from 0 on.
        at: usize,
        /// What is wrong with it.
        error: rmp_serde::decode::Error,
    },
    /// Could not be written as MessagePack.
    #[error("cannot write a link's message: {0}")]
    Unwritable(#[from] rmp_serde::encode::Error),
}

/// Reads the messages of a frame; one without any is read, too.
///
/// # Errors
///
/// The frame is too long or has too many messages, something in it is not MessagePack of a known message, or breaks the
/// limit of a field.
pub fn read(frame: &[u8]) -> Result<Vec<Message>, FrameError> {
    if frame.len() > MAX_LINK_FRAME {
        return Err(FrameError::TooLong { bytes: frame.len() });
    }
    let mut decoder = rmp_serde::Deserializer::new(Cursor::new(frame));
    let mut messages = Vec::new();
    while decoder.position() < frame.len() as u64 {
        let at = messages.len();
        if at == MAX_MESSAGES {
            return Err(FrameError::TooMany);
        }
        let message = Message::deserialize(&mut decoder);
        messages.push(message.map_err(|error| FrameError::Malformed { at, error })?);
    }
    Ok(messages)
}

/// Writes messages into frames, as many as fit into each.
#[derive(Debug, Default)]
pub struct Writer {
    frame: Vec<u8>,
    messages: usize,
}

impl Writer {
    /// Writes a message behind the others. Returns the frame that was full before it.
    ///
    /// # Errors
    ///
    /// The message alone would be longer than [`MAX_LINK_FRAME`]; then nothing has changed.
    pub fn write(&mut self, message: &Message) -> Result<Option<Vec<u8>>, FrameError> {
        let before = self.frame.len();
        if let Err(error) =
            message.serialize(&mut rmp_serde::Serializer::new(&mut self.frame).with_struct_map())
        {
            self.frame.truncate(before);
            return Err(error.into());
        }
        let bytes = self.frame.len() - before;
        if bytes > MAX_LINK_FRAME {
            self.frame.truncate(before);
            return Err(FrameError::TooLong { bytes });
        }
        self.messages += 1;
        if self.frame.len() <= MAX_LINK_FRAME && self.messages <= MAX_MESSAGES {
            return Ok(None);
        }
        let rest = self.frame.split_off(before);
        self.messages = 1;
        Ok(Some(std::mem::replace(&mut self.frame, rest)))
    }

    /// How many bytes wait.
    pub fn len(&self) -> usize {
        self.frame.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.frame.is_empty()
    }

    /// Takes what waits, if anything does.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        self.messages = 0;
        Some(std::mem::take(&mut self.frame)).filter(|frame| !frame.is_empty())
    }
}

impl Message {
    /// A frame with this message alone.
    ///
    /// # Errors
    ///
    /// The frame would be longer than [`MAX_LINK_FRAME`].
    pub fn alone(&self) -> Result<Vec<u8>, FrameError> {
        let mut writer = Writer::default();
        writer.write(self)?;
        Ok(writer.frame)
    }
}
