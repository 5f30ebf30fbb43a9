//! The demand for a key, as a layer of a router.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::Response,
};
use peerpool_api::{ApiError, Code, paths};
use tokio_util::sync::CancellationToken;

use super::{KEY_HEADER, SessionId, Sessions, Token};
use crate::{body::until, guard::LocalAddress};

/// The session that a request belongs to; in the extensions of each request that was let through.
#[derive(Debug, Clone)]
pub struct SessionOf {
    /// Which one.
    pub id: SessionId,
    /// Cancelled when it has ended.
    pub ended: CancellationToken,
}

impl SessionOf {
    pub(super) fn new(id: SessionId, ended: &CancellationToken) -> Self {
        Self { id, ended: ended.clone() }
    }
}

/// In the extensions of a request for a WebSocket that was let through without a key: the first message must bear one
/// that [`Sessions::of_key`] knows. Where it is missing, no key is needed.
#[derive(Debug, Clone)]
pub struct KeyToCome(pub Sessions);

/// Lets through what bears a key; and what only reads, with a cookie.
pub async fn demand_key(State(sessions): State<Sessions>, mut request: Request, next: Next) -> Response {
    if request.uri().path() == paths::LIVE {
        // A browser cannot put a header on it.
        request.extensions_mut().insert(KeyToCome(sessions));
        return next.run(request).await;
    }
    let Some(session) = session(&sessions, &request) else {
        let message = "a key of this peer is needed: `peerpool web` opens a page that has one";
        return ApiError::new(Code::NoKey, message).into_response().map(Body::from);
    };
    request.extensions_mut().insert(session.clone());
    until(session.ended, next.run(request).await)
}

fn session(sessions: &Sessions, request: &Request) -> Option<SessionOf> {
    if let Some(key) = request.headers().get(KEY_HEADER) {
        return sessions.of_key(key.to_str().ok()?);
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let LocalAddress(local) = request.extensions().get::<LocalAddress>().filter(|_| reads)?;
    sessions.of_cookie(cookie_of(request.headers(), local.port())?)
}

/// The header `Set-Cookie` of a new session at the door with this port (RFC 6265, 4.1).
pub fn session_cookie(cookie: &Token, port: u16) -> String {
    format!("{}={cookie}; Path=/; HttpOnly; SameSite=Strict", cookie_name(port))
}

/// The same over HTTPS, for as long as the session lasts.
pub fn secure_cookie(cookie: &str, port: u16, lasts: Duration) -> String {
    over_https(&cookie_name(port), cookie, lasts)
}

/// The `Set-Cookie` of a browser that goes to sign in elsewhere, or asks for a passkey, and comes back to the server at this port. No other host can
/// set one of this name (RFC 6265bis, 4.1.3.2), and the page alone sends it, once the browser was sent back.
pub fn flow_cookie(cookie: &str, port: u16, lasts: Duration) -> String {
    over_https(&flow_cookie_name(port), cookie, lasts)
}

fn over_https(name: &str, cookie: &str, lasts: Duration) -> String {
    format!("{name}={cookie}; Path=/; Max-Age={}; HttpOnly; Secure; SameSite=Strict", lasts.as_secs())
}

/// That cookie, if the browser has sent it.
pub fn flow_cookie_of(headers: &HeaderMap, port: u16) -> Option<&str> {
    cookie(headers, &flow_cookie_name(port))
}

fn flow_cookie_name(port: u16) -> String {
    format!("__Host-peerpool-flow-{port}")
}

/// The cookie of the server at this port, if the browser has sent one.
pub fn cookie_of(headers: &HeaderMap, port: u16) -> Option<&str> {
    cookie(headers, &cookie_name(port))
}

/// What the cookie of the door at this port is called.
fn cookie_name(port: u16) -> String {
    format!("peerpool-{port}")
}

/// RFC 6265, 4.2.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_those_of_other_ports() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "peerpool-1=one; theme=dark".parse().unwrap());
        headers.append(header::COOKIE, "peerpool-2=two".parse().unwrap());
        assert_eq!(cookie(&headers, "peerpool-1"), Some("one"));
        assert_eq!(cookie(&headers, "peerpool-2"), Some("two"));
        assert_eq!(cookie(&headers, "peerpool-3"), None);
    }
}
