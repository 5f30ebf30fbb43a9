//! Opens records.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::{
    Direction, KeyError,
    header::{HEADER, MAX_PAYLOAD, TAG, TYPE, content, record_len},
};

/// Most records in a row that bring no payload: new keys, and empty ones.
pub const MAX_IDLE: u32 = 32;

/// Why a connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No record of application data begins there.
    #[error("{0:02x?} begins no record of application data")]
    Header([u8; 3]),
    /// Shorter or longer than a record can be.
    #[error("a record of {0} sealed bytes")]
    Length(usize),
    /// The other end did not make this record, not at this place, or not with this content.
    #[error("a record was forged, or changed on its way")]
    Forged,
    /// Nothing but zeros.
    #[error("a record without content")]
    Empty,
    /// More payload than a record may have.
    #[error("a record of {0} bytes")]
    TooLong(usize),
    /// Content of a kind that has no place here.
    #[error("a record with content of type {0:#04x}")]
    Kind(u8),
    /// A message of a handshake, which is over.
    #[error("a handshake message of type {0:?} after the handshake")]
    Handshake(Option<u8>),
    /// The other end gave up.
    #[error("the other end gave up with alert {0:?}")]
    Alert(Option<u8>),
    /// Many records, and no payload.
    #[error("{MAX_IDLE} records in a row without payload")]
    Idle,
    /// The other end has a new key, and this one does not.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The bytes end, and the other end has not said so.
    #[error("the connection was cut off: it ends without a close_notify")]
    Truncated,
    /// A record before was wrong.
    #[error("a record before this one was wrong")]
    Failed,
}

/// What a record was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// Payload, which lies in the first so many bytes of the place that was offered.
    Payload(usize),
    /// Payload that did not fit there, and lies in the record behind its header.
    InPlace(usize),
    /// The other end has taken a new key.
    KeyUpdate,
    /// The other end has closed the connection; nothing follows.
    Closed,
}

/// Opens records that the other end made.
#[derive(Debug)]
pub struct Opener {
    direction: Direction,
    /// Told when the other end asks for a new key.
    asked: Arc<AtomicBool>,
    idle: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Closed,
    Failed,
}

impl Opener {
    pub(super) fn new(direction: Direction, asked: Arc<AtomicBool>) -> Self {
        Self { direction, asked, idle: 0, state: State::Open }
    }

    /// Opens a record, header included, into `place` when that is as long as the sealed part without its tag, and else
    /// where it lies. After an error nothing opens any more, and after the end nothing counts.
    ///
    /// # Errors
    ///
    /// It is no record that the other end made to follow the last one, or one that has no place here.
    pub fn open(&mut self, record: &mut [u8], place: &mut [u8]) -> Result<Opened, OpenError> {
        match self.state {
            State::Open => {}
            State::Closed => return Ok(Opened::Closed),
            State::Failed => return Err(OpenError::Failed),
        }
        let opened = self.open_next(record, place);
        self.state = match opened {
            Err(_) => State::Failed,
            Ok(Opened::Closed) => State::Closed,
            Ok(_) => State::Open,
        };
        opened
    }

    /// Says that no more bytes come.
    ///
    /// # Errors
    ///
    /// The other end has not closed the connection: somebody cut it.
    pub fn end(&self) -> Result<(), OpenError> {
        if self.state == State::Closed { Ok(()) } else { Err(OpenError::Truncated) }
    }

    /// Whether the other end has closed the connection.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    fn open_next(&mut self, record: &mut [u8], place: &mut [u8]) -> Result<Opened, OpenError> {
        let length = record_len(record)?.filter(|length| *length == record.len());
        let (Some(_), Some((&mut header, sealed))) = (length, record.split_first_chunk_mut::<HEADER>())
        else {
            return Err(OpenError::Length(record.len()));
        };
        let key = &mut self.direction.key;
        let content_len = sealed.len() - TAG;
        let (content, in_place) = match place.get_mut(..content_len) {
            Some(place) => {
                key.open_into(header, sealed, place).map_err(|_| OpenError::Forged)?;
                (place, false)
            }
            None => {
                let length = key.open_in_place(header, sealed).map_err(|_| OpenError::Forged)?;
                (&mut sealed[..length], true)
            }
        };
        let (kind, length) = strip(content)?;
        match kind {
            content::APPLICATION if length == 0 => self.count_idle().map(|()| Opened::Payload(0)),
            content::APPLICATION => {
                self.idle = 0;
                Ok(if in_place { Opened::InPlace(length) } else { Opened::Payload(length) })
            }
            content::HANDSHAKE => self.handshake(&content[..length]),
            content::ALERT => match content[..length] {
                // Whatever its level (RFC 8446, section 6).
                [_, 0] => Ok(Opened::Closed),
                _ => Err(OpenError::Alert(content[..length].get(1).copied())),
            },
            kind => Err(OpenError::Kind(kind)),
        }
    }

    /// A new key of the other end, alone in its record (RFC 8446, sections 4.6.3 and 5.1).
    fn handshake(&mut self, message: &[u8]) -> Result<Opened, OpenError> {
        let [24, 0, 0, 1, ask @ (0 | 1)] = message else {
            return Err(OpenError::Handshake(message.first().copied()));
        };
        self.count_idle()?;
        self.direction.key = (self.direction.next)()?;
        if *ask == 1 {
            self.asked.store(true, Ordering::Release);
        }
        Ok(Opened::KeyUpdate)
    }

    fn count_idle(&mut self) -> Result<(), OpenError> {
        self.idle += 1;
        if self.idle > MAX_IDLE { Err(OpenError::Idle) } else { Ok(()) }
    }
}

/// The type of some content and its length, without the zeros that make it longer (RFC 8446, section 5.4).
fn strip(content: &[u8]) -> Result<(u8, usize), OpenError> {
    if content.len() > MAX_PAYLOAD + TYPE {
        return Err(OpenError::TooLong(content.len()));
    }
    let last = content.iter().rposition(|byte| *byte != 0).ok_or(OpenError::Empty)?;
    Ok((content[last], last))
}
