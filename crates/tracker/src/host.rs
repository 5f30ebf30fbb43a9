//! Which requests come from a person who means this tracker, and which from a web page that found a way to it.
//!
//! A page can make its visitor's browser ask any address. Two things tell: the `Origin` (or `Sec-Fetch-Site`) of
//! the page, and, when the page's own name was rebound to our address, that name in `Host`. A channel is opened by
//! programs: a browser says its `Origin` there, always, and without one `Host` may be any name. Announces come from programs
//! alone, and a browser shows itself by what it cannot leave out.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use peerpool_wire::announce::{RetryIn, encode_failure};

use crate::request_error::RequestError;

/// Names under which this tracker is reached, beside those of its machine.
#[derive(Debug, Clone)]
pub(crate) struct Names(Arc<[String]>);

impl Names {
    pub(crate) fn new(names: &[String]) -> Self {
        let plain = |name: &String| name.trim_end_matches('.').to_ascii_lowercase();
        Self(names.iter().map(plain).chain([host_name().to_ascii_lowercase()]).collect())
    }

    /// An address, a name that only this machine or its network can have, or a name of its own. An attacker's domain is
    /// none of these.
    fn has(&self, host: &str) -> bool {
        host.parse::<IpAddr>().is_ok()
            || host == "localhost"
            || host.ends_with(".localhost")
            || host.ends_with(".local")
            || self.0.iter().any(|name| name == host)
    }
}

/// Lets through what names this machine, and what no foreign page asks for.
pub(crate) async fn guard(State(names): State<Names>, request: Request, next: Next) -> Response {
    if let Err(refused) = check(&names, request.headers(), request.uri()) {
        return refused.into_response();
    }
    next.run(request).await
}

/// The same for what only programs open.
pub(crate) async fn guard_channel(State(names): State<Names>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let by_a_page = headers.contains_key(header::ORIGIN) || headers.contains_key(SEC_FETCH_SITE);
    if by_a_page && let Err(refused) = check(&names, headers, request.uri()) {
        return refused.into_response();
    }
    next.run(request).await
}

/// Lets no web page announce or scrape: what its visitor's address has is not the page's to say.
pub(crate) async fn guard_announce(request: Request, next: Next) -> Response {
    if is_browser(request.headers()) {
        let refusal = encode_failure("web pages may not announce", RetryIn::Never);
        return (axum::http::StatusCode::FORBIDDEN, refusal).into_response();
    }
    next.run(request).await
}

/// Says what no browser may make of an answer: there is no page here.
pub(crate) async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

fn check(names: &Names, headers: &HeaderMap, uri: &Uri) -> Result<(), RequestError> {
    let host = match authority(headers, uri) {
        Some(authority) => {
            let host =
                host_of(authority).ok_or_else(|| RequestError::ForeignHost { host: authority.to_owned() })?;
            Some(host)
        }
        None => None,
    };
    if let Some(host) = &host
        && !names.has(host)
    {
        return Err(RequestError::ForeignHost { host: host.clone() });
    }
    if is_cross_site(headers, host.as_deref()) {
        return Err(RequestError::ForeignOrigin);
    }
    Ok(())
}

/// What a request names as its host, with a port.
fn authority<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    match headers.get(header::HOST) {
        // What is no text is no name of ours.
        Some(host) => Some(host.to_str().unwrap_or("?")),
        None => Some(uri.authority()?.as_str()),
    }
}

/// The host of `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`, in lower case; `None` when it is anything else.
fn host_of(authority: &str) -> Option<String> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, port)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            authority.split_at(end)
        }
    };
    let is_port = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if host.is_empty() || !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
        return None;
    }
    Some(host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase())
}

fn is_cross_site(headers: &HeaderMap, host: Option<&str>) -> bool {
    let same = |site: &HeaderValue| site == "same-origin" || site == "none";
    if headers.get(SEC_FETCH_SITE).is_some_and(|site| !same(site)) {
        return true;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    origin.and_then(|(_, authority)| host_of(authority)).as_deref() != host
}

/// What every browser says of itself, whatever a page does, and no BitTorrent client.
fn is_browser(headers: &HeaderMap) -> bool {
    let telling = [header::ORIGIN, header::REFERER, header::ACCEPT_LANGUAGE, header::COOKIE, SEC_FETCH_SITE];
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    telling.iter().any(|name| headers.contains_key(name))
        || accepts.contains("text/html")
        || accepts.contains("image/")
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
        let names = Names::new(&["Pool.example.com.".to_owned()]);
        for host in ["127.0.0.1", "::1", "10.0.0.7", "localhost", "nas.local", "pool.example.com"] {
            assert!(names.has(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "example.com", ""] {
            assert!(!names.has(host), "{host}");
        }
    }

    #[test]
    fn a_host_is_read_strictly() {
        for (authority, host) in [
            ("[::1]:80", Some("::1")),
            ("[::1]", Some("::1")),
            ("10.0.0.7:6969", Some("10.0.0.7")),
            ("Nas.Local.", Some("nas.local")),
            ("[::1].evil.example", None),
            ("[::1]evil.example:80", None),
            ("[::1", None),
            ("[evil.example]", None),
            ("localhost:80:evil.example", None),
            ("localhost:evil.example", None),
            ("localhost:", None),
            (":80", None),
            ("", None),
        ] {
            assert_eq!(host_of(authority).as_deref(), host, "{authority}");
        }
    }

    #[test]
    fn a_foreign_page_is_cross_site() {
        let own = headers(&[(header::ORIGIN, "http://127.0.0.1:6969")]);
        assert!(!is_cross_site(&own, Some("127.0.0.1")));
        let foreign = headers(&[(header::ORIGIN, "http://evil.example")]);
        assert!(is_cross_site(&foreign, Some("127.0.0.1")));
        let null = headers(&[(header::ORIGIN, "null")]);
        assert!(is_cross_site(&null, Some("127.0.0.1")));
        let same_site = headers(&[(SEC_FETCH_SITE, "same-site")]);
        assert!(is_cross_site(&same_site, Some("127.0.0.1")));
        assert!(!is_cross_site(&HeaderMap::new(), Some("127.0.0.1")));
    }

    #[test]
    fn a_browser_is_known_by_what_it_cannot_leave_out() {
        for (name, value) in [
            (header::ACCEPT_LANGUAGE, "vi"),
            (header::REFERER, "http://evil.example/"),
            (header::ACCEPT, "image/avif,image/webp,*/*"),
            (SEC_FETCH_SITE, "cross-site"),
        ] {
            assert!(is_browser(&headers(&[(name.clone(), value)])), "{name}");
        }
        let client = [
            (header::USER_AGENT, "aria2/1.36.0"),
            (header::ACCEPT, "*/*"),
            (header::ACCEPT_ENCODING, "gzip"),
        ];
        assert!(!is_browser(&headers(&client)));
    }
}
