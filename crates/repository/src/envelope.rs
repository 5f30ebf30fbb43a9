//! Small state files that tell whether they are whole: a magic number with the version, a checksum, the body.

use crate::digest;

const CHECKSUM: usize = 32;

/// The file's bytes.
pub(crate) fn seal(magic: &[u8; 8], body: &[u8]) -> Vec<u8> {
    [magic.as_slice(), &digest::sha256(body).0, body].concat()
}

/// The body, if the file is whole and of this version.
pub(crate) fn unseal<'a>(magic: &[u8; 8], bytes: &'a [u8]) -> Option<&'a [u8]> {
    let (found, rest) = bytes.split_at_checked(magic.len())?;
    let (checksum, body) = rest.split_at_checked(CHECKSUM)?;
    (found == magic && digest::sha256(body).0 == *checksum).then_some(body)
}
