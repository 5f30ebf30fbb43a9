//! Which requests come from somebody who means this server, and which from a web page that found a way to it.
//!
//! A page can make its visitor's browser send requests to any address. Two headers tell, and a page can forge neither:
//! `Origin` names the page, and `Host` names what the browser believes it asks, which is the page's own name when that
//! was rebound to our address (CVE-2018-5702). So:
//!
//! - `Host` must be in the exact list of [`Hosts`], its port included.
//! - `Origin`, where there is one, must be that host, its port included: what another program on the same machine serves
//!   is a foreign page, too. Every browser states it on whatever changes something and on every WebSocket, so a server
//!   that programs have another way to can demand it there ([`Guard::demanding_origin`]).
//! - `Sec-Fetch-Site` refuses further requests where it is sent, and admits none: browsers leave it out on plain HTTP.
//!
//! docs/security.md has the table of attacks and the test of each.

mod authority;
mod headers;
mod hosts;
mod layer;
mod refused;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use std::net::SocketAddr;

pub use self::{
    authority::{Authority, ParseAuthorityError},
    headers::harden,
    hosts::Hosts,
    layer::{LocalAddress, guard, guard_programs},
    refused::Refused,
};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Decides which requests are let through.
#[derive(Debug, Clone)]
pub struct Guard {
    hosts: Hosts,
    demands_origin: bool,
}

impl Guard {
    /// Lets through what names one of these hosts, and what no foreign page asks for. A request without `Origin` counts
    /// as a program's.
    pub fn new(hosts: Hosts) -> Self {
        Self { hosts, demands_origin: false }
    }

    /// The same, and an `Origin` is demanded of whatever changes something and of every WebSocket.
    pub fn demanding_origin(hosts: Hosts) -> Self {
        Self { hosts, demands_origin: true }
    }

    /// Judges a request that came in at `local`, our own end of its connection.
    pub fn check<B>(&self, request: &Request<B>, local: SocketAddr) -> Result<(), Refused> {
        let named = self.named(request, local)?;
        let headers = request.headers();
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (Some(origin), None) if is_origin_of(origin, &named) => {}
            (None, _) if self.demands_origin && acts(request) => return Err(Refused::NoOrigin),
            (None, _) => {}
            _ => return Err(Refused::ForeignOrigin),
        }
        // A link on another site may lead to a page here. That page is a document of its own, which the other site can
        // neither read nor frame.
        if is_another_site(headers) && !is_navigation(request) {
            return Err(Refused::ForeignOrigin);
        }
        Ok(())
    }

    /// Judges a request for what only programs open, such as a peer's channel. A program may use any name; a browser
    /// shows itself and is judged like everywhere else.
    pub fn check_program<B>(&self, request: &Request<B>, local: SocketAddr) -> Result<(), Refused> {
        let headers = request.headers();
        let by_a_page = headers.contains_key(header::ORIGIN) || headers.contains_key(SEC_FETCH_SITE);
        if by_a_page { self.check(request, local) } else { Ok(()) }
    }

    /// The host that the request names. Where it names two, in its target and in `Host`, both must be ours.
    fn named<B>(&self, request: &Request<B>, local: SocketAddr) -> Result<Authority, Refused> {
        let target = request.uri().authority().map(|authority| authority.as_str());
        let headers = request.headers().get_all(header::HOST);
        let said = headers.iter().map(|host| host.to_str().unwrap_or("?")).chain(target);
        let mut named: Option<Authority> = None;
        for text in said {
            let foreign = || Refused::ForeignHost { host: text.to_owned() };
            let host: Authority = text.parse().map_err(|_| foreign())?;
            if !self.hosts.has(&host, local) || named.as_ref().is_some_and(|first| *first != host) {
                return Err(foreign());
            }
            named = Some(host);
        }
        named.ok_or(Refused::NoHost)
    }
}

/// Whether a request comes from a browser, by what no browser can leave out, whatever a page does, and what no BitTorrent
/// client sends.
pub fn is_browser(headers: &HeaderMap) -> bool {
    let telling = [header::ORIGIN, header::REFERER, header::ACCEPT_LANGUAGE, header::COOKIE, SEC_FETCH_SITE];
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    telling.iter().any(|name| headers.contains_key(name))
        || accepts.contains("text/html")
        || accepts.contains("image/")
}

/// Whether a request may change something, or opens a WebSocket, on which anything may be said.
fn acts<B>(request: &Request<B>) -> bool {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    !reads || request.headers().contains_key(header::UPGRADE)
}

/// Whether an `Origin` is the host that was asked (RFC 6454, 7.1).
fn is_origin_of(origin: &HeaderValue, named: &Authority) -> bool {
    let Some((scheme, authority)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let default = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    let own = |origin: Authority| origin.with_port(default) == named.with_port(default);
    authority.parse().is_ok_and(own)
}

fn is_another_site(headers: &HeaderMap) -> bool {
    let ours = |site: &HeaderValue| site == "same-origin" || site == "none";
    headers.get_all(SEC_FETCH_SITE).iter().any(|site| !ours(site))
}

/// Whether a browser goes to a page, as somebody follows a link (Fetch Metadata, "navigate").
fn is_navigation<B>(request: &Request<B>) -> bool {
    let says = |name, value| request.headers().get(name).is_some_and(|found| found == value);
    matches!(*request.method(), Method::GET | Method::HEAD)
        && says(SEC_FETCH_MODE, "navigate")
        && says(SEC_FETCH_DEST, "document")
}

#[cfg(test)]
mod tests;
