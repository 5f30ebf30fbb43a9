//! What can be seen of a record from outside.

use super::OpenError;

/// Bytes before a record's content.
pub const HEADER: usize = 5;
/// Most payload of a record.
pub const MAX_PAYLOAD: usize = 1 << 14;
/// Bytes that a record takes beyond its payload.
pub const OVERHEAD: usize = HEADER + TYPE + TAG;
/// Longest record. What is sealed may be 256 bytes longer than its payload (RFC 8446, section 5.2).
pub const MAX_RECORD: usize = HEADER + MAX_SEALED;

/// The byte that says what a record's content is.
pub(super) const TYPE: usize = 1;
/// The authentication tag of every suite.
pub(super) const TAG: usize = 16;

const MAX_SEALED: usize = MAX_PAYLOAD + 256;

/// What records contain.
pub(super) mod content {
    pub(in super::super) const ALERT: u8 = 0x15;
    pub(in super::super) const HANDSHAKE: u8 = 0x16;
    pub(in super::super) const APPLICATION: u8 = 0x17;
}

/// The header of a record whose sealed part has this length. All records after the handshake pretend to be application
/// data of TLS 1.2.
pub(super) fn header(sealed: u16) -> [u8; HEADER] {
    let [high, low] = sealed.to_be_bytes();
    [content::APPLICATION, 0x03, 0x03, high, low]
}

/// The length of the record that begins these bytes, its header included; `None` while the header is not whole.
pub(super) fn record_len(bytes: &[u8]) -> Result<Option<usize>, OpenError> {
    let Some(&[kind, major, minor, high, low]) = bytes.first_chunk::<HEADER>() else { return Ok(None) };
    let sealed = usize::from(u16::from_be_bytes([high, low]));
    if (kind, major, minor) != (content::APPLICATION, 0x03, 0x03) {
        return Err(OpenError::Header([kind, major, minor]));
    }
    if !(TYPE + TAG..=MAX_SEALED).contains(&sealed) {
        return Err(OpenError::Length(sealed));
    }
    Ok(Some(HEADER + sealed))
}
