//! Invites: the link by which somebody joins a pool.
//!
//! ```text
//! https://HOST:PORT/join#1.ROOTKEY.CODE
//! ```
//!
//! `ROOTKEY` are 32 and `CODE` 16 bytes, base64url without padding. They stand in the fragment, which a browser sends to no
//! server and no proxy sees. Who joins checks the pool's keyset by the root key first, and the tracker's key by the keyset;
//! only then it sends the code.

use std::{fmt, str::FromStr};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

use crate::key::{PublicKey, sha256};

/// The secret of an invite. It is shown by [`Invite`] alone, so that it reaches no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(pub [u8; 16]);

impl Code {
    /// What is kept of it: 128 random bits need no salt and no slow hash.
    pub fn hash(&self) -> CodeHash {
        CodeHash(sha256(&self.0))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

crate::bytes::fixed_bytes! {
    /// The SHA-256 of a [`Code`].
    CodeHash, 32
}

impl CodeHash {
    /// Which invite it is, for people: the first 16 hexadecimal digits.
    pub fn id(&self) -> String {
        HEXLOWER.encode(&self.0[..8])
    }
}

/// Where a pool is, who speaks for it, and the secret that lets somebody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// `HOST:PORT` of a tracker.
    pub tracker: String,
    /// The pool's root key.
    pub root: PublicKey,
    /// The secret.
    pub code: Code,
}

/// A text that is no invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseInviteError {
    /// Not `https://HOST:PORT/join#…`.
    #[error("an invite looks like https://HOST:PORT/join#1.…: copy the whole link, with what follows the #")]
    Link,
    /// Of a later version.
    #[error("this invite is of a later version: install a newer release of this program")]
    Version,
    /// Something was cut off or changed.
    #[error("this invite is damaged: copy the whole link again")]
    Damaged,
}

const VERSION: &str = "1";
const PATH: &str = "/join";

impl fmt::Display for Invite {
    /// The link, with its secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = BASE64URL_NOPAD.encode(&self.code.0);
        write!(f, "https://{}{PATH}#{VERSION}.{}.{code}", self.tracker, self.root)
    }
}

impl FromStr for Invite {
    type Err = ParseInviteError;

    fn from_str(text: &str) -> Result<Self, ParseInviteError> {
        let link = text.trim().strip_prefix("https://").ok_or(ParseInviteError::Link)?;
        let (place, fragment) = link.split_once('#').ok_or(ParseInviteError::Link)?;
        let tracker = place.strip_suffix(PATH).filter(|host| !host.is_empty() && !host.contains('/'));
        let tracker = tracker.ok_or(ParseInviteError::Link)?.to_owned();
        let (version, rest) = fragment.split_once('.').ok_or(ParseInviteError::Damaged)?;
        if version != VERSION {
            return Err(ParseInviteError::Version);
        }
        let (root, code) = rest.split_once('.').ok_or(ParseInviteError::Damaged)?;
        let root = PublicKey::from_text(root).ok_or(ParseInviteError::Damaged)?;
        let code = BASE64URL_NOPAD.decode(code.as_bytes()).map_err(|_| ParseInviteError::Damaged)?;
        let code = code.try_into().map_err(|_| ParseInviteError::Damaged)?;
        Ok(Self { tracker, root, code: Code(code) })
    }
}
