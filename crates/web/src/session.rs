//! Who may use a door for browsers: a one-time secret is traded for a session with a key.
//!
//! Somebody who may command the peer already asks for a secret and opens a link with it in the fragment, which no
//! browser sends anywhere. The page trades it for a session ([`Sessions::open`]), which has two tokens:
//!
//! - the *key*, which the page keeps for its origin and sends in the header [`KEY_HEADER`]. It may do everything.
//! - the *cookie*, which the browser sends by itself with what the page cannot put a header on: links, pictures, films.
//!   It may only read. Browsers share cookies between all ports of a host (RFC 6265, 8.5), so whatever else listens
//!   on this machine may see it; and it bears the port in its name, lest two doors take each other's away.
//!
//! When a session ends, every answer that is still on its way to it ends at once.

mod keyring;
mod layer;
mod token;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use self::keyring::Keyring;
pub use self::{
    keyring::SessionId,
    layer::{
        KeyToCome, SessionOf, cookie_of, demand_key, flow_cookie, flow_cookie_of, secure_cookie,
        session_cookie,
    },
    token::Token,
};

/// The header that bears the key.
pub const KEY_HEADER: &str = "x-peerpool-key";
/// How long a secret may wait to be traded.
pub const SECRET_LIFETIME: Duration = Duration::from_secs(300);

/// The sessions of a door. Cheap to clone. When the last clone is dropped, all sessions end.
#[derive(Debug, Clone, Default)]
pub struct Sessions(Arc<Mutex<Keyring<Ends>>>);

/// What a new session is given.
#[derive(Debug)]
pub struct Opened {
    /// May do everything.
    pub key: Token,
    /// May read.
    pub cookie: Token,
}

/// Ends what a session left running, once the session is gone.
#[derive(Debug)]
struct Ends(CancellationToken);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Sessions {
    /// A secret that may be traded once, within [`SECRET_LIFETIME`].
    pub fn offer(&self) -> Token {
        let secret = Token::random();
        self.with(|keys| keys.offer(Instant::now(), secret.clone()));
        secret
    }

    /// Trades a secret for a session; `None` if there is no such secret, or none any more.
    pub fn open(&self, secret: &str) -> Option<Opened> {
        let opened = Opened { key: Token::random(), cookie: Token::random() };
        let (key, cookie) = (opened.key.clone(), opened.cookie.clone());
        let ends = Ends(CancellationToken::new());
        self.with(|keys| keys.trade(Instant::now(), secret, key, cookie, ends)).then_some(opened)
    }

    /// The session that a key belongs to.
    pub fn of_key(&self, key: &str) -> Option<SessionOf> {
        self.with(|keys| keys.of_key(Instant::now(), key).map(|(id, Ends(ended))| SessionOf::new(id, ended)))
    }

    /// The session that a cookie belongs to.
    fn of_cookie(&self, cookie: &str) -> Option<SessionOf> {
        self.with(|keys| {
            keys.of_cookie(Instant::now(), cookie).map(|(id, Ends(ended))| SessionOf::new(id, ended))
        })
    }

    /// Ends a session and whatever runs for it.
    pub fn end(&self, session: SessionId) {
        self.with(|keys| keys.end(session));
    }

    /// A panic while the lock is held leaves nothing half done.
    fn with<T>(&self, call: impl FnOnce(&mut Keyring<Ends>) -> T) -> T {
        call(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
