//! A file as an answer.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use peerpool_api::paths;

use super::{
    asset::Asset,
    encoding::{Encoding, accepted},
};

/// What the page may do: nothing but run its own files and talk to its own server. Trusted Types leave no way from a text
/// to a script; the one policy is the framework's, for the templates that it was built with.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; media-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types svelte-trusted-html",
);
const FOREVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// The document itself.
pub(super) fn page(page: &'static Asset, asked: &HeaderMap) -> Response {
    let mut response = file(page, asked);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// A file, in the shortest form that the browser takes, or 304 when it has that already.
pub(super) fn file(asset: &'static Asset, asked: &HeaderMap) -> Response {
    let lasts = if asset.is_hashed() { FOREVER } else { ASK_AGAIN };
    let common: [(HeaderName, &'static str); 3] =
        [(header::ETAG, asset.tag), (header::CACHE_CONTROL, lasts), (header::VARY, "accept-encoding")];
    if has_already(asset, asked) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let form = accepted(asked).find_map(|encoding| {
        let bytes = match encoding {
            Encoding::Brotli => asset.brotli,
            Encoding::Gzip => asset.gzip,
        };
        bytes.map(|bytes| (encoding, bytes))
    });
    let content_type = [(header::CONTENT_TYPE, asset.content_type())];
    match form {
        Some((encoding, bytes)) => {
            (common, content_type, [(header::CONTENT_ENCODING, encoding.name())], bytes).into_response()
        }
        None => (common, content_type, asset.plain).into_response(),
    }
}

/// What stands in the page's place in a program that was built without.
pub(super) fn no_page() -> Response {
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Peerpool</title>\
         <h1>This program was built without its web page</h1>\
         <p>Build it again where Node.js 20.19 or newer is installed. Meanwhile there is the \
         <a href=\"{}\">description of the API</a>.</p></html>\n",
        paths::DOCS
    ))
    .into_response()
}

/// Whether the browser holds this version (RFC 9110, "If-None-Match").
fn has_already(asset: &Asset, asked: &HeaderMap) -> bool {
    let tags = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(',')).any(|tag| tag.trim() == asset.tag || tag.trim() == "*")
}
