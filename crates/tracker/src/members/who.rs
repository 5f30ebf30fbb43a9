//! Who asks: by the key of the connection, or by a secret in the request.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use data_encoding::BASE64URL_NOPAD;
use peerpool_access::{
    MemberId, Members, Moment, SecretHash,
    key::PublicKey,
    members::{Admitted, CommandError},
};
use peerpool_web::session::{KEY_HEADER, cookie_of};

use super::error::MembersError;

/// Who sends a request. It is an extension of every request of a pool for members that was let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// The other end of the connection has proved to have this key. Whose it is, members say.
    Device(PublicKey),
    /// The request bears the secret of a session or its cookie, or a token, with this hash.
    Person(SecretHash),
}

impl Caller {
    /// Whoever has the secret in these headers: a key, a token, or the cookie of the page at this port.
    pub(crate) fn in_headers(headers: &HeaderMap, port: u16) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|value: &axum::http::HeaderValue| value.to_str().ok());
        let bearer = || text(AUTHORIZATION.as_str())?.strip_prefix("Bearer ");
        let secret = text(KEY_HEADER).or_else(bearer).or_else(|| cookie_of(headers, port))?;
        Secret::hash_of(secret).map(Self::Person)
    }
}

/// A secret that was drawn now.
pub(crate) struct Secret {
    /// What whoever holds it shows.
    pub(crate) text: String,
    pub(crate) hash: SecretHash,
}

impl Secret {
    pub(crate) fn random() -> Self {
        let secret: [u8; 32] = rand::random();
        Self { text: BASE64URL_NOPAD.encode(&secret), hash: SecretHash::of(&secret) }
    }

    /// The hash of a secret that somebody wrote.
    pub(crate) fn hash_of(text: &str) -> Option<SecretHash> {
        let secret = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        Some(SecretHash::of(&secret.try_into().ok()?))
    }
}

/// Who a caller is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who {
    pub(crate) member: MemberId,
    /// Whether it may change anything.
    pub(crate) writes: bool,
    /// By what it was let in; a device by its key alone.
    pub(crate) ticket: Option<SecretHash>,
    is_session: bool,
}

impl Who {
    /// The active member that this caller comes as.
    pub(crate) fn of(members: &Members, caller: Caller, now: Moment) -> Result<Self, MembersError> {
        match caller {
            Caller::Device(key) => {
                let (member, _) = members.active(key).ok_or(MembersError::NotAMember)?;
                Ok(Self { member, writes: true, ticket: None, is_session: false })
            }
            Caller::Person(secret) => {
                let admitted = members.admit(&secret, now).ok_or(MembersError::SignIn)?;
                let Admitted { member, ticket, writes, is_session } = admitted;
                Ok(Self { member, writes, ticket: Some(ticket), is_session })
            }
        }
    }

    /// The session in which it asks.
    pub(crate) fn session(&self) -> Result<SecretHash, MembersError> {
        self.ticket.filter(|_| self.is_session).ok_or(MembersError::Command(CommandError::NoTicket))
    }

    /// Whether it may change how its member gets in, which a token may not.
    pub(crate) fn may_let_in(&self) -> Result<(), MembersError> {
        match self.ticket.is_none() || self.is_session {
            true => Ok(()),
            false => Err(CommandError::NotAllowed.into()),
        }
    }
}
