//! Makes records.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::BytesMut;

use super::{
    Direction, KeyError,
    header::{HEADER, MAX_PAYLOAD, OVERHEAD, TAG, TYPE, content, header},
};

/// Most records that are sealed with one key: half of 2^24, where AES-GCM's margin of safety begins to shrink (RFC
/// 8446, section 5.5).
pub const RECORDS_PER_KEY: u64 = 1 << 23;

/// A fatal alert would have level 2; `close_notify` has none that matters (RFC 8446, section 6.1).
const CLOSE_NOTIFY: [u8; 2] = [1, 0];
/// `key_update` of one byte: whether the other end is to take a new key, too (RFC 8446, section 4.6.3).
const KEY_UPDATE: [u8; 4] = [24, 0, 0, 1];

/// Why nothing was sealed. The connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The direction was closed before.
    #[error("this end has closed the connection")]
    Closed,
    /// There is no key for what follows.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The cipher does not seal.
    #[error("the cipher does not seal a record of {0} bytes")]
    Cipher(usize),
}

/// Makes records of what this end sends.
#[derive(Debug)]
pub struct Sealer {
    direction: Direction,
    /// Whether the other end has asked for a new key.
    asked: Arc<AtomicBool>,
    closed: bool,
}

impl Sealer {
    pub(super) fn new(direction: Direction, asked: Arc<AtomicBool>) -> Self {
        Self { direction, asked, closed: false }
    }

    /// Bytes that so much payload takes at most. There may be one `key_update` before each record.
    pub fn sealed_len(payload: usize) -> usize {
        let records = payload.div_ceil(MAX_PAYLOAD);
        payload + records * OVERHEAD + OVERHEAD + KEY_UPDATE.len() + 1
    }

    /// Appends records with this payload to `out`, and takes a new key before where it must.
    ///
    /// # Errors
    ///
    /// This end was closed, or there is no next key.
    pub fn seal(&mut self, payload: &[u8], out: &mut BytesMut) -> Result<(), SealError> {
        out.reserve(Self::sealed_len(payload.len()));
        for chunk in payload.chunks(MAX_PAYLOAD) {
            self.renew_key(out)?;
            self.record(content::APPLICATION, chunk, out)?;
        }
        Ok(())
    }

    /// Like [`seal`](Self::seal), for up to `length` bytes that `read` puts where they are sealed. It is told how many
    /// came before, and puts less than there is place for only where the payload ends. How many there were.
    ///
    /// # Errors
    ///
    /// As [`seal`](Self::seal), or `read` fails: records before that one were appended.
    pub fn seal_read(
        &mut self,
        length: usize,
        out: &mut BytesMut,
        mut read: impl FnMut(usize, &mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        out.reserve(Self::sealed_len(length));
        let mut sealed = 0;
        while sealed < length {
            self.renew_key(out)?;
            let place = MAX_PAYLOAD.min(length - sealed);
            let taken = self.record_read(place, out, |place| read(sealed, place))?;
            sealed += taken;
            if taken < place {
                break;
            }
        }
        Ok(sealed)
    }

    /// Takes a new key where the next record needs one.
    fn renew_key(&mut self, out: &mut BytesMut) -> Result<(), SealError> {
        let asked = self.asked.swap(false, Ordering::AcqRel);
        match asked || self.direction.key.sequence() >= RECORDS_PER_KEY {
            true => self.update_key(false, out),
            false => Ok(()),
        }
    }

    /// Takes a new key for what follows, and may ask the other end to do the same.
    ///
    /// # Errors
    ///
    /// This end was closed, or there is no next key.
    pub fn update_key(&mut self, ask: bool, out: &mut BytesMut) -> Result<(), SealError> {
        let [kind, a, b, c] = KEY_UPDATE;
        self.record(content::HANDSHAKE, &[kind, a, b, c, u8::from(ask)], out)?;
        self.direction.key = (self.direction.next)()?;
        Ok(())
    }

    /// Tells the other end that nothing follows. A second time nothing happens.
    ///
    /// # Errors
    ///
    /// The cipher does not seal.
    pub fn close(&mut self, out: &mut BytesMut) -> Result<(), SealError> {
        if !self.closed {
            self.record(content::ALERT, &CLOSE_NOTIFY, out)?;
            self.closed = true;
        }
        Ok(())
    }

    fn record(&mut self, kind: u8, payload: &[u8], out: &mut BytesMut) -> Result<(), SealError> {
        if self.closed {
            return Err(SealError::Closed);
        }
        let failed = SealError::Cipher(payload.len());
        let Ok(sealed) = u16::try_from(payload.len() + TYPE + TAG) else { return Err(failed) };
        let (header, begin) = (header(sealed), out.len());
        out.extend_from_slice(&header);
        out.resize(begin + HEADER + usize::from(sealed), 0);
        self.direction.key.seal(header, payload, kind, &mut out[begin + HEADER..]).map_err(|_| {
            // Nothing of a record that failed may leave.
            out.truncate(begin);
            failed
        })
    }

    /// Appends one record of payload that `read` puts in its place; how much it was. Nothing is appended for none.
    fn record_read(
        &mut self,
        place: usize,
        out: &mut BytesMut,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        if self.closed {
            return Err(SealError::Closed.into());
        }
        let begin = out.len();
        out.resize(begin + HEADER + place + TYPE + TAG, 0);
        let sealed = read(&mut out[begin + HEADER..begin + HEADER + place]).and_then(|payload| {
            let payload = payload.min(place);
            if payload > 0 {
                self.seal_in_place(&mut out[begin..], payload)?;
            }
            Ok(payload)
        });
        // Nothing of a record that failed may leave.
        let kept = sealed.as_ref().ok().filter(|payload| **payload > 0);
        out.truncate(begin + kept.map_or(0, |payload| HEADER + payload + TYPE + TAG));
        sealed
    }

    /// Makes a record of the payload that lies in its place.
    fn seal_in_place(&mut self, record: &mut [u8], payload: usize) -> Result<(), SealError> {
        let failed = || SealError::Cipher(payload);
        let header = header(u16::try_from(payload + TYPE + TAG).map_err(|_| failed())?);
        record[..HEADER].copy_from_slice(&header);
        record[HEADER + payload] = content::APPLICATION;
        let sealed = &mut record[HEADER..HEADER + payload + TYPE + TAG];
        self.direction.key.seal_in_place(header, sealed).map_err(|_| failed())
    }
}
