use axum::http::{HeaderValue, header};

use super::{
    asset::Asset,
    encoding::{Encoding, accepted},
    *,
};

const SCRIPT: Asset = Asset {
    path: "assets/page-B3.js",
    plain: b"let page = 1;",
    gzip: Some(b"gzip"),
    brotli: Some(b"br"),
    tag: "W/\"1\"",
};
const PAGE: Asset =
    Asset { path: "peer.html", plain: b"<!doctype html>", gzip: None, brotli: None, tag: "W/\"2\"" };

fn asking(name: header::HeaderName, value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
}

fn said(response: &Response, name: header::HeaderName) -> &str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

#[test]
fn a_browser_is_given_the_shortest_form_that_it_takes() {
    for (offered, given) in [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0", ""),
        ("", ""),
    ] {
        let response = answer::file(&SCRIPT, &asking(header::ACCEPT_ENCODING, offered));
        assert_eq!(said(&response, header::CONTENT_ENCODING), given, "{offered}");
        assert_eq!(said(&response, header::VARY), "accept-encoding");
    }
}

#[test]
fn a_file_without_a_shorter_form_is_given_as_it_is() {
    let response = answer::page(&PAGE, &asking(header::ACCEPT_ENCODING, "br, gzip"));
    assert_eq!(said(&response, header::CONTENT_ENCODING), "");
    assert_eq!(said(&response, header::CONTENT_TYPE), "text/html; charset=utf-8");
}

#[test]
fn hashed_names_are_kept_forever_and_the_page_is_asked_for_again() {
    let none = HeaderMap::new();
    assert!(said(&answer::file(&SCRIPT, &none), header::CACHE_CONTROL).contains("immutable"));
    assert_eq!(said(&answer::page(&PAGE, &none), header::CACHE_CONTROL), "no-cache");
}

#[test]
fn who_has_the_page_already_is_told_so() {
    for (held, status) in [
        ("W/\"2\"", StatusCode::NOT_MODIFIED),
        ("W/\"1\", W/\"2\"", StatusCode::NOT_MODIFIED),
        ("*", StatusCode::NOT_MODIFIED),
        ("W/\"1\"", StatusCode::OK),
    ] {
        let response = answer::page(&PAGE, &asking(header::IF_NONE_MATCH, held));
        assert_eq!(response.status(), status, "{held}");
        assert!(
            said(&response, header::CONTENT_SECURITY_POLICY).contains("require-trusted-types-for 'script'")
        );
    }
}

#[test]
fn encodings_come_in_one_order_whatever_was_asked_for_first() {
    let asked = asking(header::ACCEPT_ENCODING, "gzip, br");
    assert_eq!(accepted(&asked).collect::<Vec<_>>(), [Encoding::Brotli, Encoding::Gzip]);
}

#[test]
fn a_path_that_leads_elsewhere_is_no_file() {
    for path in ["assets/../peer.html", "assets/", "../Cargo.toml", ""] {
        assert_eq!(file(path, &HeaderMap::new()).status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn both_faces_are_embedded_or_neither_is() {
    for face in [Face::Tracker, Face::Peer] {
        assert_eq!(Asset::find(face.file()).is_some(), is_embedded());
        assert_eq!(index(face, &HeaderMap::new()).status(), StatusCode::OK);
    }
}

#[test]
fn every_file_that_a_page_names_is_embedded() {
    for face in [Face::Tracker, Face::Peer] {
        let Some(page) = Asset::find(face.file()) else { continue };
        let text = String::from_utf8(page.plain.to_vec()).unwrap();
        let names = text.split("=\"./").skip(1).map(|rest| rest.split('"').next().unwrap());
        let missing: Vec<_> = names.filter(|name| Asset::find(name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
