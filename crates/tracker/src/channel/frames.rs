//! WebSocket frames of a peer (RFC 6455), as they come.
//!
//! A reader of its own, for what it does not do: it takes no memory for a length that was only claimed, its limit changes
//! with what the peer was asked for, and nothing is ever inflated.

use bytes::{Buf, BytesMut};

/// Longest header: 2 bytes, 8 of length, 4 of mask.
const MAX_HEADER: usize = 14;
/// Room that is made at first for a frame whose header says how long it is; then as much again as has come.
const FIRST_ROOM: usize = 4 << 10;
/// Longest content of a ping, pong or close (RFC 6455, 5.5).
const MAX_CONTROL: usize = 125;

/// What a peer sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A whole binary message.
    Message(Vec<u8>),
    /// To be answered by a pong with the same content.
    Ping(Vec<u8>),
    Pong,
    Close,
}

/// What is no frame of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FramingError {
    #[error("a frame without a mask")]
    Unmasked,
    #[error("a frame with reserved bits: no extension was agreed on")]
    Reserved,
    #[error("a frame of kind {0:#x}, where only binary messages are spoken")]
    Kind(u8),
    #[error("a part of a message that fits nothing before it")]
    Fragment,
    #[error("a message of {bytes} bytes, where {limit} are allowed")]
    TooLong { bytes: u64, limit: usize },
}

/// What came and was not taken yet.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: BytesMut,
    /// The parts so far of a message in several frames.
    message: Vec<u8>,
    is_fragmented: bool,
}

struct Header {
    is_last: bool,
    kind: u8,
    mask: [u8; 4],
    header: usize,
    payload: u64,
}

const CONTINUATION: u8 = 0;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

impl Frames {
    /// Where bytes are read into.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// Makes room for what the frame that has begun still lacks, as far as what has come warrants it.
    pub(super) fn make_room(&mut self) {
        if let Ok(Some(head)) = header(&self.buffer) {
            let whole = usize::try_from(head.payload).unwrap_or(usize::MAX).saturating_add(head.header);
            let missing = whole.saturating_sub(self.buffer.len());
            self.buffer.reserve(missing.min(self.buffer.len().max(FIRST_ROOM)));
        }
    }

    /// Bytes that it holds.
    pub(super) fn held(&self) -> usize {
        self.buffer.capacity() + self.message.capacity()
    }

    /// Whether a message has begun and is not whole.
    pub(super) fn is_in_message(&self) -> bool {
        self.is_fragmented || !self.buffer.is_empty()
    }

    /// Takes the next frame; a message has at most `limit` bytes.
    pub(super) fn next(&mut self, limit: usize) -> Result<Option<Frame>, FramingError> {
        loop {
            let Some(head) = header(&self.buffer)? else { return Ok(None) };
            let is_control = head.kind >= CLOSE;
            let before = if is_control { 0 } else { self.message.len() };
            let allowed = if is_control { MAX_CONTROL } else { limit };
            let bytes = head.payload.saturating_add(before as u64);
            if bytes > allowed as u64 {
                return Err(FramingError::TooLong { bytes, limit: allowed });
            }
            let end = head.header + head.payload as usize;
            if self.buffer.len() < end {
                return Ok(None);
            }
            self.buffer.advance(head.header);
            let mut payload = self.buffer.split_to(head.payload as usize).to_vec();
            unmask(&mut payload, head.mask);
            if self.buffer.is_empty() {
                // What a long message took is given back.
                self.buffer = BytesMut::new();
            }
            match (head.kind, head.is_last) {
                (PING, true) => return Ok(Some(Frame::Ping(payload))),
                (PONG, true) => return Ok(Some(Frame::Pong)),
                (CLOSE, true) => return Ok(Some(Frame::Close)),
                (BINARY, true) if !self.is_fragmented => return Ok(Some(Frame::Message(payload))),
                (BINARY, false) if !self.is_fragmented => {
                    self.is_fragmented = true;
                    self.message = payload;
                }
                (CONTINUATION, is_last) if self.is_fragmented => {
                    self.message.extend_from_slice(&payload);
                    if is_last {
                        self.is_fragmented = false;
                        return Ok(Some(Frame::Message(std::mem::take(&mut self.message))));
                    }
                }
                (BINARY | CONTINUATION | PING | PONG | CLOSE, _) => return Err(FramingError::Fragment),
                (kind, _) => return Err(FramingError::Kind(kind)),
            }
        }
    }
}

/// The header at the beginning of `bytes`, once it is whole.
fn header(bytes: &[u8]) -> Result<Option<Header>, FramingError> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    let kind = first & 0x0f;
    if first & 0x70 != 0 {
        return Err(FramingError::Reserved);
    }
    if !matches!(kind, CONTINUATION | BINARY | CLOSE | PING | PONG) {
        return Err(FramingError::Kind(kind));
    }
    if second & 0x80 == 0 {
        return Err(FramingError::Unmasked);
    }
    let (length, payload) = match (second & 0x7f, rest) {
        (126, [a, b, ..]) => (2, u64::from(u16::from_be_bytes([*a, *b]))),
        (127, [a, b, c, d, e, f, g, h, ..]) => (8, u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h])),
        (126 | 127, _) => return Ok(None),
        (short, _) => (0, u64::from(short)),
    };
    let Some(&[a, b, c, d]) = rest.get(length..length + 4) else { return Ok(None) };
    let header = 2 + length + 4;
    debug_assert!(header <= MAX_HEADER, "no header is longer");
    Ok(Some(Header { is_last: first & 0x80 != 0, kind, mask: [a, b, c, d], header, payload }))
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let xor = |bytes: &mut [u8]| bytes.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    let (words, rest) = payload.as_chunks_mut::<4>();
    words.iter_mut().for_each(|word| xor(word));
    xor(rest);
}

/// The header of an unmasked frame of this kind, as a server sends it.
fn head(kind: u8, length: usize) -> Vec<u8> {
    let mut head = vec![0x80 | kind];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => head.push(short),
        (_, Ok(medium)) => {
            head.push(126);
            head.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            head.push(127);
            head.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    head
}

/// The header of a message of so many bytes.
pub(super) fn message_head(length: usize) -> Vec<u8> {
    head(BINARY, length)
}

/// A ping without content.
pub(super) fn ping() -> Vec<u8> {
    head(PING, 0)
}

/// The answer to a ping.
pub(super) fn pong(content: &[u8]) -> Vec<u8> {
    let mut frame = head(PONG, content.len());
    frame.extend_from_slice(content);
    frame
}

/// The end.
pub(super) fn close() -> Vec<u8> {
    head(CLOSE, 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MASK: [u8; 4] = [1, 2, 3, 4];

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = head(first & 0x0f, payload.len());
        frame[0] = first;
        frame[1] |= 0x80;
        frame.extend_from_slice(&MASK);
        let mut masked = payload.to_vec();
        unmask(&mut masked, MASK);
        frame.extend(masked);
        frame
    }

    fn all(bytes: &[u8], limit: usize) -> Result<Vec<Frame>, FramingError> {
        let mut frames = Frames::default();
        let mut all = Vec::new();
        for byte in bytes {
            frames.buffer().extend_from_slice(&[*byte]);
            while let Some(frame) = frames.next(limit)? {
                all.push(frame);
            }
        }
        Ok(all)
    }

    #[test]
    fn messages_come_whole_whatever_their_length_and_however_they_are_cut() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload: Vec<u8> = (0..length).map(|n| n as u8).collect();
            assert_eq!(all(&masked(0x82, &payload), 70_000), Ok(vec![Frame::Message(payload)]));
        }
        let parts =
            [masked(0x02, b"ab"), masked(0x89, b"?"), masked(0x00, b"c"), masked(0x80, b"d")].concat();
        let expected = vec![Frame::Ping(b"?".to_vec()), Frame::Message(b"abcd".to_vec())];
        assert_eq!(all(&parts, 10), Ok(expected));
    }

    #[test]
    fn a_message_over_the_limit_is_refused_at_its_header() {
        let mut frames = Frames::default();
        frames.buffer().extend_from_slice(&[0x82, 0xff, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0]);
        assert_eq!(frames.next(1000), Err(FramingError::TooLong { bytes: 8 << 20, limit: 1000 }));
        frames.make_room();
        assert!(frames.held() < 2 * FIRST_ROOM, "a length that is only claimed takes little");
        let parts = [masked(0x02, &[0; 600]), masked(0x80, &[0; 600])].concat();
        assert_eq!(all(&parts, 1000), Err(FramingError::TooLong { bytes: 1200, limit: 1000 }));
    }

    #[test]
    fn frames_that_no_peer_sends_are_refused() {
        for (frame, error) in [
            (vec![0x82, 0x01, 7], FramingError::Unmasked),
            (masked(0xc2, b"deflated"), FramingError::Reserved),
            (masked(0x81, b"text"), FramingError::Kind(1)),
            (masked(0x80, b"the end of nothing"), FramingError::Fragment),
            (masked(0x09, b"half a ping"), FramingError::Fragment),
            (masked(0x89, &[0; 126]), FramingError::TooLong { bytes: 126, limit: 125 }),
            ([masked(0x02, b"a"), masked(0x82, b"b")].concat(), FramingError::Fragment),
        ] {
            assert_eq!(all(&frame, 1000), Err(error));
        }
    }

    proptest! {
        #[test]
        fn frames_neither_panic_nor_hold_more_than_came(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut frames = Frames::default();
            frames.buffer().extend_from_slice(&bytes);
            while let Ok(Some(_)) = frames.next(1 << 20) {}
            prop_assert!(frames.held() <= 2 * bytes.len() + 64);
        }
    }
}
