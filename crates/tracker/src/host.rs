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
        host.parse::<IpAddr>().is_ok_and(|address| !address.is_unspecified())
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
    let named = match named_authority(headers, uri) {
        Some(text) => {
            let foreign = || RequestError::ForeignHost { host: text.to_owned() };
            Some(Authority::parse(text).filter(|own| names.has(&own.host)).ok_or_else(foreign)?)
        }
        None => None,
    };
    if is_cross_site(headers, named.as_ref()) {
        return Err(RequestError::ForeignOrigin);
    }
    Ok(())
}

/// What a request names as its host, with a port.
fn named_authority<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    match headers.get(header::HOST) {
        // What is no text is no name of ours.
        Some(host) => Some(host.to_str().unwrap_or("?")),
        None => Some(uri.authority()?.as_str()),
    }
}

/// `HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Authority {
    /// In lower case, without brackets.
    host: String,
    /// `None` where it is the scheme's own.
    port: Option<u16>,
}

impl Authority {
    /// `None` when it is anything else.
    fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<std::net::Ipv6Addr>().ok()?;
                (host, port)
            }
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let port = match port.strip_prefix(':') {
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => Some(digits.parse().ok()?),
            None if port.is_empty() => None,
            _ => return None,
        };
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        (!host.is_empty()).then_some(Self { host, port })
    }

    fn with_port(&self, default: u16) -> (&str, u16) {
        (&self.host, self.port.unwrap_or(default))
    }
}

/// Whether it comes from a page of somebody else: another program's page on the same machine has another port.
fn is_cross_site(headers: &HeaderMap, named: Option<&Authority>) -> bool {
    let same = |site: &HeaderValue| site == "same-origin" || site == "none";
    if headers.get(SEC_FETCH_SITE).is_some_and(|site| !same(site)) {
        return true;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let Some((scheme, authority)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return true;
    };
    let default = if scheme == "https" { 443 } else { 80 };
    let (Some(origin), Some(named)) = (Authority::parse(authority), named) else { return true };
    origin.with_port(default) != named.with_port(default)
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
        for host in [
            "0.0.0.0",
            "::",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "example.com",
            "",
        ] {
            assert!(!names.has(host), "{host}");
        }
    }

    #[test]
    fn a_host_is_read_strictly() {
        for (authority, host, port) in [
            ("[::1]:80", "::1", Some(80)),
            ("[::1]", "::1", None),
            ("10.0.0.7:6969", "10.0.0.7", Some(6969)),
            ("Nas.Local.", "nas.local", None),
        ] {
            assert_eq!(
                Authority::parse(authority),
                Some(Authority { host: host.to_owned(), port }),
                "{authority}"
            );
        }
        for authority in [
            "[::1].evil.example",
            "[::1]evil.example:80",
            "[::1",
            "[evil.example]",
            "localhost:80:evil.example",
            "localhost:evil.example",
            "localhost:",
            "localhost:65536",
            "localhost:+80",
            ":80",
            "",
        ] {
            assert_eq!(Authority::parse(authority), None, "{authority}");
        }
    }

    #[test]
    fn a_foreign_page_is_cross_site() {
        let tracker = Authority::parse("127.0.0.1:6969");
        for own in ["http://127.0.0.1:6969", "https://127.0.0.1:6969"] {
            assert!(!is_cross_site(&headers(&[(header::ORIGIN, own)]), tracker.as_ref()), "{own}");
        }
        for foreign in [
            "http://evil.example",
            "http://evil.example:6969",
            "http://127.0.0.1:3000",
            "http://127.0.0.1",
            "null",
            "",
        ] {
            assert!(is_cross_site(&headers(&[(header::ORIGIN, foreign)]), tracker.as_ref()), "{foreign}");
        }
        let same_site = headers(&[(SEC_FETCH_SITE, "same-site")]);
        assert!(is_cross_site(&same_site, tracker.as_ref()));
        assert!(!is_cross_site(&HeaderMap::new(), tracker.as_ref()));
        assert!(is_cross_site(&headers(&[(header::ORIGIN, "http://127.0.0.1:6969")]), None));
    }

    #[test]
    fn the_schemes_own_port_may_be_left_out() {
        let behind_a_proxy = Authority::parse("pool.example.com");
        for own in ["https://pool.example.com", "https://pool.example.com:443", "http://pool.example.com:80"]
        {
            assert!(!is_cross_site(&headers(&[(header::ORIGIN, own)]), behind_a_proxy.as_ref()), "{own}");
        }
        let other = headers(&[(header::ORIGIN, "https://pool.example.com:8443")]);
        assert!(is_cross_site(&other, behind_a_proxy.as_ref()));
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
