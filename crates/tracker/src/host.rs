//! Which requests come from a person who means this tracker, and which from a web page that found a way to it.
//!
//! A page can make its visitor's browser ask any address. Two things tell: the `Origin` (or `Sec-Fetch-Site`) of
//! the page, and, when the page's own name was rebound to our address, that name in `Host`.

use std::net::IpAddr;

use axum::{
    extract::Request,
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::rest::ApiError;

/// Lets through what names this machine, and what no foreign page asks for.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let host = host_of(request.headers(), request.uri());
    if let Some(host) = &host
        && !is_ours(host)
    {
        return ApiError::ForeignHost { host: host.clone() }.into_response();
    }
    if is_cross_site(request.headers(), host.as_deref()) {
        return ApiError::ForeignOrigin.into_response();
    }
    next.run(request).await
}

/// The host that a request names, without its port.
fn host_of(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let authority = match headers.get(header::HOST) {
        Some(host) => host.to_str().ok()?,
        None => uri.authority()?.as_str(),
    };
    Some(without_port(authority).to_ascii_lowercase())
}

fn without_port(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    }
}

/// An address, a name that only this machine or its network can have, or this machine's own name. An attacker's
/// domain is none of these.
fn is_ours(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
        || host == "localhost"
        || host.ends_with(".localhost")
        || host.ends_with(".local")
        || host == host_name().to_ascii_lowercase()
}

fn is_cross_site(headers: &HeaderMap, host: Option<&str>) -> bool {
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return true;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|origin| origin.parse::<Uri>().ok());
    origin.as_ref().and_then(Uri::host).map(without_port) != host
}

/// This machine's name.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn addresses_and_local_names_are_ours_and_other_domains_are_not() {
        for host in ["127.0.0.1", "::1", "10.0.0.7", "localhost", "nas.local"] {
            assert!(is_ours(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", ""] {
            assert!(!is_ours(host), "{host}");
        }
    }

    #[test]
    fn a_port_does_not_belong_to_the_host() {
        assert_eq!(without_port("[::1]:80"), "::1");
        assert_eq!(without_port("10.0.0.7:6969"), "10.0.0.7");
    }

    #[test]
    fn a_foreign_page_is_cross_site() {
        let own = headers(&[(header::ORIGIN, "http://127.0.0.1:6969")]);
        assert!(!is_cross_site(&own, Some("127.0.0.1")));
        let foreign = headers(&[(header::ORIGIN, "http://evil.example")]);
        assert!(is_cross_site(&foreign, Some("127.0.0.1")));
        let null = headers(&[(header::ORIGIN, "null")]);
        assert!(is_cross_site(&null, Some("127.0.0.1")));
        assert!(!is_cross_site(&HeaderMap::new(), Some("127.0.0.1")));
    }
}
