//! Ed25519 keys, and what is derived from them.

use std::fmt;

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};

use crate::bytes::fixed_bytes;

fixed_bytes! {
    /// An Ed25519 public key (RFC 8032): of a device, of a pool's root, or of a tracker that signs passes.
    PublicKey, 32
}

fixed_bytes! {
    /// The first eight bytes of a key's SHA-256: which key to try. It proves nothing.
    KeyId, 8
}

fixed_bytes! {
    /// The SHA-256 of a pool's root key, which names the pool.
    PoolId, 32
}

fixed_bytes! {
    /// An Ed25519 signature (RFC 8032).
    Signature, 64
}

impl PublicKey {
    /// Which key it is, in short.
    pub fn id(&self) -> KeyId {
        let mut id = [0; KeyId::LEN];
        id.copy_from_slice(&sha256(&self.0)[..KeyId::LEN]);
        KeyId(id)
    }

    /// The pool whose root key it is.
    pub fn pool(&self) -> PoolId {
        PoolId(sha256(&self.0))
    }

    /// Whether this key has signed these bytes.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, &signature.0).is_ok()
    }
}

/// A seed that is no private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these 32 bytes are no seed of an Ed25519 key")]
pub struct SeedError;

/// A private key. Nothing shows it.
pub struct SecretKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SecretKey {
    /// The key of a seed, which the caller has drawn at random (RFC 8032, 5.1.5).
    ///
    /// # Errors
    ///
    /// The library does not take the seed.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, SeedError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| SeedError)?;
        let public = PublicKey::from_slice(pair.public_key().as_ref()).ok_or(SeedError)?;
        Ok(Self { pair, public })
    }

    /// The key that everybody may know.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs these bytes.
    pub(crate) fn sign(&self, message: &[u8]) -> Signature {
        let mut signature = [0; Signature::LEN];
        signature.copy_from_slice(self.pair.sign(message).as_ref());
        Signature(signature)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public)
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
