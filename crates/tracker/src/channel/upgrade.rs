//! The HTTP request that becomes a channel.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64;
use hyper::upgrade::OnUpgrade;
use sha1::{Digest, Sha1};

/// What a server appends to a client's key to show that it speaks WebSocket (RFC 6455, 1.3).
const SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A request for a channel that asks for no WebSocket.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NotAWebSocket;

impl IntoResponse for NotAWebSocket {
    fn into_response(self) -> Response {
        let headers = [(header::UPGRADE, "websocket")];
        (StatusCode::UPGRADE_REQUIRED, headers, "a WebSocket is spoken here").into_response()
    }
}

/// The answer to a request for a WebSocket, and what becomes of its connection. No extension is agreed on: nothing that a
/// peer sends is inflated.
pub(crate) fn upgrade(mut request: Request) -> Result<(Response, OnUpgrade), NotAWebSocket> {
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
    let digest = Sha1::new().chain_update(key.as_bytes()).chain_update(SUFFIX).finalize();
    BASE64.encode(&digest).parse().ok()
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
