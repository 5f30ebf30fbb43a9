//! Ed25519 keys as TLS and files show them (RFC 8410): a few fixed bytes, and then the key.

use peerpool_access::key::PublicKey;
use zeroize::Zeroizing;

/// `SubjectPublicKeyInfo` of an Ed25519 key, up to the key (RFC 8410, section 4).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// `PrivateKeyInfo` of an Ed25519 key, up to the seed (RFC 8410, section 7).
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The key as a raw public key (RFC 7250).
pub(crate) fn to_spki(key: &PublicKey) -> Vec<u8> {
    [&SPKI[..], &key.0].concat()
}

/// Reads a raw public key; `None` when it is of another kind, or followed by anything.
pub(crate) fn from_spki(spki: &[u8]) -> Option<PublicKey> {
    PublicKey::from_slice(spki.strip_prefix(&SPKI)?)
}

/// The private key of a seed.
pub(crate) fn to_pkcs8(seed: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([&PKCS8[..], seed].concat())
}

/// Reads a private key in the form that [`to_pkcs8`] and OpenSSL write.
pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    Some(Zeroizing::new(der.strip_prefix(&PKCS8)?.try_into().ok()?))
}
