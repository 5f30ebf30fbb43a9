//! The HTTP request that becomes a WebSocket (RFC 6455).

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A request for a WebSocket that asks for none.
#[derive(Debug, Clone, Copy)]
pub struct NotAWebSocket;

impl IntoResponse for NotAWebSocket {
    fn into_response(self) -> Response {
        let headers = [(header::UPGRADE, "websocket")];
        (StatusCode::UPGRADE_REQUIRED, headers, "a WebSocket is spoken here").into_response()
    }
}

/// The answer to a request for a WebSocket, and what becomes of its connection. No extension is agreed on: nothing that a
/// client sends is inflated.
pub fn upgrade(mut request: Request) -> Result<(Response, OnUpgrade), NotAWebSocket> {
    let accept = accept(request.headers()).ok_or(NotAWebSocket)?;
    let upgrading = hyper::upgrade::on(&mut request);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok((response, upgrading))
}

fn accept(headers: &HeaderMap) -> Option<HeaderValue> {
    let has = |name: header::HeaderName, word: &str| {
        let values = headers.get_all(name);
        values.iter().any(|value| {
            let words = value.to_str().unwrap_or_default().split(',');
            words.map(str::trim).any(|found| found.eq_ignore_ascii_case(word))
        })
    };
    if !has(header::CONNECTION, "upgrade") || !has(header::UPGRADE, "websocket") {
        return None;
    }
    let version = headers.get(header::SEC_WEBSOCKET_VERSION)?;
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| version == "13")?;
    derive_accept_key(key.as_bytes()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_standard_is_answered_as_there() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive, Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("WebSocket"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        headers.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_static("dGhlIHNhbXBsZSBub25jZQ=="));
        assert_eq!(accept(&headers).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("8"));
        assert_eq!(accept(&headers), None);
    }
}
