//! The key of one direction, and how many records it has been used for.

use aws_lc_rs::{
    aead::{AES_128_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    error::Unspecified,
};
use rustls::ConnectionTrafficSecrets;

use super::header::{HEADER, TAG};

/// What seals records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// `TLS_AES_128_GCM_SHA256`.
    Aes128Gcm,
    /// `TLS_CHACHA20_POLY1305_SHA256`.
    ChaCha20Poly1305,
}

/// Gives the key that follows the last one (RFC 8446, section 7.2).
pub type NextKey = Box<dyn FnMut() -> Result<TrafficKey, KeyError> + Send>;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key does not have the length that its suite needs.
    #[error("a key of {0} bytes, which is not what its suite takes")]
    Length(usize),
    /// A suite that was never offered.
    #[error("keys of a cipher suite that is never offered")]
    Suite,
    /// The handshake's library does not derive it.
    #[error("the next key cannot be derived: {0}")]
    Derive(#[from] rustls::Error),
}

/// A key of one direction, with the number of the record that it is used for next. A number is never used twice.
pub struct TrafficKey {
    key: LessSafeKey,
    iv: [u8; 12],
    sequence: u64,
}

impl TrafficKey {
    /// The key whose next record has this number, from 0 on.
    ///
    /// # Errors
    ///
    /// The key is not as long as its suite needs.
    pub fn new(suite: Suite, key: &[u8], iv: [u8; 12], sequence: u64) -> Result<Self, KeyError> {
        let algorithm = match suite {
            Suite::Aes128Gcm => &AES_128_GCM,
            Suite::ChaCha20Poly1305 => &CHACHA20_POLY1305,
        };
        let unbound = UnboundKey::new(algorithm, key).map_err(|_| KeyError::Length(key.len()))?;
        Ok(Self { key: LessSafeKey::new(unbound), iv, sequence })
    }

    /// The key as rustls hands it over.
    pub(crate) fn from_secrets(sequence: u64, secrets: &ConnectionTrafficSecrets) -> Result<Self, KeyError> {
        let (suite, key, iv) = match secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (Suite::Aes128Gcm, key, iv),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (Suite::ChaCha20Poly1305, key, iv),
            _ => return Err(KeyError::Suite),
        };
        let nonce = iv.as_ref().try_into().map_err(|_| KeyError::Suite)?;
        Self::new(suite, key.as_ref(), nonce, sequence)
    }

    /// How many records it has been used for.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Seals `payload` and `kind` into `sealed`, which has room for both and the tag.
    pub(super) fn seal(
        &mut self,
        header: [u8; HEADER],
        payload: &[u8],
        kind: u8,
        sealed: &mut [u8],
    ) -> Result<(), Unspecified> {
        let (ciphertext, rest) = sealed.split_at_mut_checked(payload.len()).ok_or(Unspecified)?;
        let nonce = self.take_nonce()?;
        self.key.seal_out_of_place_scatter(nonce, Aad::from(header), payload, ciphertext, &[kind], rest)
    }

    /// Seals content, its kind included, where it lies before the room for its tag.
    pub(super) fn seal_in_place(
        &mut self,
        header: [u8; HEADER],
        sealed: &mut [u8],
    ) -> Result<(), Unspecified> {
        let content = sealed.len().wrapping_sub(TAG);
        let (content, room) = sealed.split_at_mut_checked(content).ok_or(Unspecified)?;
        let nonce = self.take_nonce()?;
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(header), content)?;
        room.copy_from_slice(tag.as_ref());
        Ok(())
    }

    /// Opens `sealed` into `content`, which is as long as it without the tag. When that fails, `content` is worth
    /// nothing.
    pub(super) fn open_into(
        &mut self,
        header: [u8; HEADER],
        sealed: &[u8],
        content: &mut [u8],
    ) -> Result<(), Unspecified> {
        let (ciphertext, tag) = sealed.split_at_checked(sealed.len().wrapping_sub(TAG)).ok_or(Unspecified)?;
        let nonce = self.take_nonce()?;
        self.key.open_separate_gather(nonce, Aad::from(header), ciphertext, tag, content)
    }

    /// Opens `sealed` where it lies; gives the length of its content.
    pub(super) fn open_in_place(
        &mut self,
        header: [u8; HEADER],
        sealed: &mut [u8],
    ) -> Result<usize, Unspecified> {
        let nonce = self.take_nonce()?;
        self.key.open_in_place(nonce, Aad::from(header), sealed).map(|content| content.len())
    }

    /// The number of the record, exclusive-or the initialization vector (RFC 8446, section 5.3).
    fn take_nonce(&mut self) -> Result<Nonce, Unspecified> {
        let mut nonce = self.iv;
        for (byte, number) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= number;
        }
        self.sequence = self.sequence.checked_add(1).ok_or(Unspecified)?;
        Ok(Nonce::assume_unique_for_key(nonce))
    }
}

impl std::fmt::Debug for TrafficKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrafficKey").field("sequence", &self.sequence).finish_non_exhaustive()
    }
}
