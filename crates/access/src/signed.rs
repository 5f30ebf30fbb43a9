//! Statements: a body, and who signed it.
//!
//! ```text
//! kind(1) ‖ key id(8) ‖ signature(64) ‖ body(≤ 4096)
//! ```
//!
//! The signature is over `"peerpool access 1\0" ‖ kind ‖ key id ‖ body`, the bytes as they came. A body is a MessagePack map
//! with named fields, and it is parsed only once the signature holds; so it need not be canonical, and a reader ignores
//! fields that it does not know.

use serde::{Serialize, de::DeserializeOwned};

use crate::key::{KeyId, PublicKey, SecretKey, Signature};

/// Longest body in bytes.
pub const MAX_BODY: usize = 4096;
/// Longest statement in bytes.
pub const MAX_STATEMENT: usize = HEAD + MAX_BODY;

const DOMAIN: &[u8] = b"peerpool access 1\0";
const HEAD: usize = 1 + KeyId::LEN + Signature::LEN;

/// What a statement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A [`Pass`](crate::Pass), by one of the pool's signing keys.
    Pass = 1,
    /// A [`Keyset`](crate::Keyset), by the pool's root key.
    Keyset = 2,
}

/// Bytes that are no statement of the kind that was expected, or not by who was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Shorter than its head, or longer than [`MAX_STATEMENT`].
    #[error("a statement of {0} bytes, where {HEAD} to {MAX_STATEMENT} are allowed")]
    Length(usize),
    /// Another kind of statement.
    #[error("a statement of kind {found}, where {expected:?} was expected")]
    Kind {
        /// The kind's byte.
        found: u8,
        /// What it should have been.
        expected: Kind,
    },
    /// Signed by a key that signs nothing here.
    #[error("signed by {0}, which is no key of this pool")]
    Stranger(KeyId),
    /// The signature is not over these bytes.
    #[error("the signature does not hold")]
    Signature,
    /// The signature holds, and the body says something else.
    #[error("the body cannot be read: {0}")]
    Body(String),
}

/// Signs `body` as a statement of this kind.
///
/// # Errors
///
/// The body is longer than [`MAX_BODY`], or cannot be written.
pub(crate) fn sign<T: Serialize>(kind: Kind, key: &SecretKey, body: &T) -> Result<Vec<u8>, StatementError> {
    let body = rmp_serde::to_vec_named(body).map_err(|error| StatementError::Body(error.to_string()))?;
    if body.len() > MAX_BODY {
        return Err(StatementError::Length(HEAD + body.len()));
    }
    let id = key.public().id();
    let signature = key.sign(&signed_bytes(kind, id, &body));
    Ok([&[kind as u8][..], &id.0, &signature.0, &body].concat())
}

/// Reads a statement by one of `signers`.
pub(crate) fn open<T: DeserializeOwned>(
    kind: Kind,
    signers: &[PublicKey],
    statement: &[u8],
) -> Result<T, StatementError> {
    if statement.len() > MAX_STATEMENT {
        return Err(StatementError::Length(statement.len()));
    }
    let parts = split(statement).ok_or(StatementError::Length(statement.len()))?;
    let (found, id, signature, body) = parts;
    if found != kind as u8 {
        return Err(StatementError::Kind { found, expected: kind });
    }
    let signer = signers.iter().find(|key| key.id() == id).ok_or(StatementError::Stranger(id))?;
    if !signer.verifies(&signed_bytes(kind, id, body), &signature) {
        return Err(StatementError::Signature);
    }
    rmp_serde::from_slice(body).map_err(|error| StatementError::Body(error.to_string()))
}

/// Which key a statement names as the one that has signed it. It proves nothing before the statement is read.
pub(crate) fn signer(statement: &[u8]) -> Option<KeyId> {
    split(statement).map(|(_, id, ..)| id)
}

fn split(statement: &[u8]) -> Option<(u8, KeyId, Signature, &[u8])> {
    let (&kind, rest) = statement.split_first()?;
    let (id, rest) = rest.split_first_chunk()?;
    let (signature, body) = rest.split_first_chunk()?;
    Some((kind, KeyId(*id), Signature(*signature), body))
}

fn signed_bytes(kind: Kind, id: KeyId, body: &[u8]) -> Vec<u8> {
    [DOMAIN, &[kind as u8], &id.0, body].concat()
}
