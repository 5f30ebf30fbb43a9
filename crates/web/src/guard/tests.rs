//! What a browser can be made to send, and what becomes of it.

use super::*;

const LOCAL: &str = "127.0.0.1:6969";
const OWN: &str = "http://127.0.0.1:6969";

fn request(method: Method, headers: &[(HeaderName, &str)]) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method;
    for (name, value) in headers {
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

fn check(guard: &Guard, method: Method, headers: &[(HeaderName, &str)]) -> Result<(), Refused> {
    let host = (header::HOST, LOCAL);
    let headers: Vec<_> = [host].into_iter().chain(headers.iter().cloned()).collect();
    guard.check(&request(method, &headers), LOCAL.parse().unwrap())
}

fn lenient() -> Guard {
    Guard::new(Hosts::by_address())
}

fn demanding() -> Guard {
    Guard::demanding_origin(Hosts::by_address())
}

#[test]
fn a_foreign_page_is_refused_whatever_it_asks() {
    for origin in [
        "http://evil.example",
        "http://evil.example:6969",
        "http://127.0.0.1:3000",
        "http://127.0.0.1",
        "http://localhost:6969",
        "ftp://127.0.0.1:6969",
        "null",
        "",
    ] {
        for method in [Method::GET, Method::POST] {
            let checked = check(&lenient(), method, &[(header::ORIGIN, origin)]);
            assert_eq!(checked, Err(Refused::ForeignOrigin), "{origin}");
        }
    }
    for own in [OWN, "https://127.0.0.1:6969"] {
        assert_eq!(check(&lenient(), Method::POST, &[(header::ORIGIN, own)]), Ok(()), "{own}");
    }
    let two = [(header::ORIGIN, OWN), (header::ORIGIN, "http://evil.example")];
    assert_eq!(check(&lenient(), Method::GET, &two), Err(Refused::ForeignOrigin));
}

#[test]
fn a_program_needs_no_origin_where_none_is_demanded() {
    for method in [Method::GET, Method::POST] {
        assert_eq!(check(&lenient(), method, &[]), Ok(()));
    }
    assert_eq!(check(&demanding(), Method::GET, &[]), Ok(()));
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        assert_eq!(check(&demanding(), method.clone(), &[]), Err(Refused::NoOrigin), "{method}");
        assert_eq!(check(&demanding(), method.clone(), &[(header::ORIGIN, OWN)]), Ok(()), "{method}");
    }
    let socket = [(header::UPGRADE, "websocket")];
    assert_eq!(check(&demanding(), Method::GET, &socket), Err(Refused::NoOrigin));
    assert_eq!(check(&lenient(), Method::GET, &socket), Ok(()));
}

#[test]
fn what_fetch_metadata_says_refuses_and_never_admits() {
    for site in ["same-site", "cross-site"] {
        let headers = [(SEC_FETCH_SITE, site), (header::ORIGIN, OWN)];
        assert_eq!(check(&lenient(), Method::GET, &headers), Err(Refused::ForeignOrigin), "{site}");
    }
    let claims = [(SEC_FETCH_SITE, "same-origin"), (header::ORIGIN, "http://evil.example")];
    assert_eq!(check(&lenient(), Method::GET, &claims), Err(Refused::ForeignOrigin));
    assert_eq!(check(&demanding(), Method::POST, &[(SEC_FETCH_SITE, "same-origin")]), Err(Refused::NoOrigin));
}

#[test]
fn a_link_on_another_site_leads_to_a_page_and_does_nothing() {
    let link = |dest| [(SEC_FETCH_SITE, "cross-site"), (SEC_FETCH_MODE, "navigate"), (SEC_FETCH_DEST, dest)];
    assert_eq!(check(&demanding(), Method::GET, &link("document")), Ok(()));
    assert_eq!(check(&demanding(), Method::GET, &link("iframe")), Err(Refused::ForeignOrigin));
    assert_eq!(check(&lenient(), Method::POST, &link("document")), Err(Refused::ForeignOrigin));
}

#[test]
fn a_rebound_name_is_refused_however_it_is_named() {
    let judge = |request: &Request<()>| lenient().check(request, LOCAL.parse().unwrap());
    let foreign = |host: &str| Err(Refused::ForeignHost { host: host.to_owned() });
    let rebound = request(Method::GET, &[(header::HOST, "evil.example:6969")]);
    assert_eq!(judge(&rebound), foreign("evil.example:6969"));
    let two = request(Method::GET, &[(header::HOST, LOCAL), (header::HOST, "evil.example")]);
    assert_eq!(judge(&two), foreign("evil.example"));
    let other_port = request(Method::GET, &[(header::HOST, "127.0.0.1:3000")]);
    assert_eq!(judge(&other_port), foreign("127.0.0.1:3000"));
    let mut target = request(Method::GET, &[(header::HOST, LOCAL)]);
    *target.uri_mut() = "http://evil.example/api/v1/items".parse().unwrap();
    assert_eq!(judge(&target), foreign("evil.example"));
    assert_eq!(judge(&request(Method::GET, &[])), Err(Refused::NoHost));
}

#[test]
fn the_schemes_own_port_may_be_left_out() {
    let behind_a_proxy = Guard::new(Hosts::by_address().and_configured(["pool.example.com"]).unwrap());
    let judge = |origin| {
        let headers = [(header::HOST, "pool.example.com"), (header::ORIGIN, origin)];
        behind_a_proxy.check(&request(Method::POST, &headers), LOCAL.parse().unwrap())
    };
    for own in ["https://pool.example.com", "https://pool.example.com:443", "http://pool.example.com:80"] {
        assert_eq!(judge(own), Ok(()), "{own}");
    }
    assert_eq!(judge("https://pool.example.com:8443"), Err(Refused::ForeignOrigin));
}

#[test]
fn a_program_opens_its_channel_under_any_name_and_a_page_does_not() {
    let judge =
        |headers: &[_]| lenient().check_program(&request(Method::GET, headers), LOCAL.parse().unwrap());
    assert_eq!(judge(&[(header::HOST, "nat.example:7000")]), Ok(()));
    assert!(judge(&[(header::HOST, "evil.example"), (header::ORIGIN, "http://evil.example")]).is_err());
    assert!(judge(&[(header::HOST, LOCAL), (SEC_FETCH_SITE, "cross-site")]).is_err());
}

#[test]
fn a_browser_is_known_by_what_it_cannot_leave_out() {
    for (name, value) in [
        (header::ACCEPT_LANGUAGE, "vi"),
        (header::REFERER, "http://evil.example/"),
        (header::ACCEPT, "image/avif,image/webp,*/*"),
        (SEC_FETCH_SITE, "cross-site"),
    ] {
        assert!(is_browser(request(Method::GET, &[(name.clone(), value)]).headers()), "{name}");
    }
    let client =
        [(header::USER_AGENT, "aria2/1.36.0"), (header::ACCEPT, "*/*"), (header::ACCEPT_ENCODING, "gzip")];
    assert!(!is_browser(request(Method::GET, &client).headers()));
}
