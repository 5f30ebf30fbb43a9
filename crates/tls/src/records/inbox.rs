//! Bytes as they come, cut into records.

use bytes::{Buf as _, BytesMut};

use super::{
    OpenError, Opened, Opener,
    header::{HEADER, MAX_RECORD, TAG, record_len},
};

/// Bytes that an inbox holds at most. So there is room for a whole record behind any part of one.
pub const CAPACITY: usize = 4 * MAX_RECORD;

/// What was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Took {
    /// So many bytes of payload, which lie at the beginning of the place that was offered.
    Payload(usize),
    /// No whole record: read more.
    Nothing,
    /// The other end has closed the connection.
    End,
}

/// Bytes that came and were not taken yet. It has memory only while there are some, or while [`Inbox::room`] was
/// asked for.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: BytesMut,
    /// So many bytes at the front are payload that was opened already.
    opened: usize,
    /// So many bytes behind them are the rest of their record.
    rest: usize,
}

impl Inbox {
    /// An inbox with bytes that have come already.
    pub fn new(bytes: BytesMut) -> Self {
        Self { bytes, opened: 0, rest: 0 }
    }

    /// Where further bytes are to be put: as much room as [`CAPACITY`] leaves, a whole record's at least while no whole
    /// record is there.
    pub fn room(&mut self) -> &mut BytesMut {
        let spare = self.bytes.capacity() - self.bytes.len();
        if self.bytes.is_empty() {
            self.bytes.clear();
            self.bytes.reserve(CAPACITY);
        } else if spare < MAX_RECORD {
            self.bytes.reserve(CAPACITY.saturating_sub(self.bytes.len()));
        }
        &mut self.bytes
    }

    /// Puts bytes in, and takes only the memory that they need.
    pub fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes of memory that it has.
    pub fn memory(&self) -> usize {
        self.bytes.capacity()
    }

    /// Gives its memory back, if nothing is in it.
    pub fn release(&mut self) {
        if self.bytes.is_empty() {
            self.bytes = BytesMut::new();
        }
    }

    /// How much place the next payload wants, to be opened right there; `None` when nothing whole is there.
    ///
    /// # Errors
    ///
    /// What is there begins no record.
    pub fn wants(&self) -> Result<Option<usize>, OpenError> {
        if self.opened > 0 {
            return Ok(Some(self.opened));
        }
        let length = record_len(&self.bytes)?.filter(|length| *length <= self.bytes.len());
        Ok(length.map(|length| length - HEADER - TAG))
    }

    /// Takes the payload that comes next into `place`, which must not be empty.
    ///
    /// # Errors
    ///
    /// What is there begins no record, or one that does not open.
    pub fn take(&mut self, opener: &mut Opener, place: &mut [u8]) -> Result<Took, OpenError> {
        if opener.is_closed() && self.opened == 0 {
            self.bytes.clear();
            return Ok(Took::End);
        }
        loop {
            if self.opened > 0 {
                return Ok(Took::Payload(self.copy(place)));
            }
            let Some(length) = record_len(&self.bytes)?.filter(|length| *length <= self.bytes.len()) else {
                return Ok(Took::Nothing);
            };
            let opened = opener.open(&mut self.bytes[..length], place)?;
            if let Opened::InPlace(payload) = opened {
                self.bytes.advance(HEADER);
                (self.opened, self.rest) = (payload, length - HEADER - payload);
                continue;
            }
            self.bytes.advance(length);
            match opened {
                Opened::Payload(payload) if payload > 0 => return Ok(Took::Payload(payload)),
                Opened::Closed => return Ok(Took::End),
                _ => {}
            }
        }
    }

    /// Moves payload that was opened where it lay.
    fn copy(&mut self, place: &mut [u8]) -> usize {
        let length = self.opened.min(place.len());
        place[..length].copy_from_slice(&self.bytes[..length]);
        self.bytes.advance(length);
        self.opened -= length;
        if self.opened == 0 {
            self.bytes.advance(std::mem::take(&mut self.rest));
        }
        length
    }
}
