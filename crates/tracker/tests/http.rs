//! Stock clients, browsers and scripts, over real sockets.

mod support;

use std::net::SocketAddr;

use peerpool_tracker::{Config, Tracker};
use peerpool_wire::{id::WireHash, metainfo::Metainfo};
use support::{Peer, config, get, http, item, listed, raw, tracker};

const ANNOUNCE: &str = "/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&compact=1";

#[tokio::test]
async fn stock_clients_find_each_other() {
    let tracker = tracker().await;
    let seed = "&peer_id=-lt0000-000000000001&port=6881&left=0&event=started";
    let (status, body) = get(tracker.addr(), &format!("{ANNOUNCE}{seed}"), "").await;
    assert_eq!(status, 200);
    assert_eq!(
        body,
        b"d8:completei1e11:external ip4:\x7f\0\0\x0110:incompletei0e8:intervali300e12:min intervali30e5:peers0:e"
    );
    let leecher = "&peer_id=-lt0000-000000000002&port=6882&left=9";
    let (_, body) = get(tracker.addr(), &format!("{ANNOUNCE}{leecher}"), "").await;
    assert!(body.ends_with(b"5:peers6:\x7f\0\0\x01\x1a\xe1e"));
    let (_, body) = get(tracker.addr(), "/scrape?info_hash=aaaaaaaaaaaaaaaaaaaa", "").await;
    assert_eq!(body, b"d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei1e10:downloadedi0e10:incompletei1eeee");
    tracker.shutdown().await;
}

/// What a stock client that still lacks something is answered.
async fn announce(tracker: SocketAddr, hash: WireHash) -> Vec<u8> {
    let hash: String = hash.as_bytes().iter().map(|byte| format!("%{byte:02x}")).collect();
    let query = format!("/announce?info_hash={hash}&peer_id=-lt0000-000000000001&port=6881&left=9");
    get(tracker, &query, "").await.1
}

#[tokio::test]
async fn a_stock_client_gets_the_pools_peers_by_either_hash() {
    let tracker = tracker().await;
    let song = item("song", &[7; 50_000]);
    let mut holder = Peer::join(tracker.addr(), 1).await;
    holder.introduce(&song).await;
    listed(&mut holder, "song", 1).await;
    for hash in song.info.hash().wire_hashes() {
        let body = announce(tracker.addr(), hash).await;
        assert!(body.ends_with(b"5:peers6:\x7f\0\0\x01\x9c\x41e"), "{}", String::from_utf8_lossy(&body));
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_wrong_announce_is_answered_with_the_reason() {
    let tracker = tracker().await;
    let (status, body) = get(tracker.addr(), "/announce?info_hash=abc", "").await;
    assert_eq!(status, 200);
    assert_eq!(body, b"d14:failure reason37:`info_hash` has 3 bytes instead of 208:retry in5:nevere");
    let (_, body) = get(tracker.addr(), "/scrape", "").await;
    assert!(body.starts_with(b"d14:failure reason"));
    tracker.shutdown().await;
}

#[tokio::test]
async fn an_items_torrent_and_magnet_name_this_tracker() {
    let tracker = tracker().await;
    let song = item("một bài hát", &[7; 50_000]);
    let mut holder = Peer::join(tracker.addr(), 1).await;
    holder.introduce(&song).await;
    listed(&mut holder, "một bài hát", 1).await;
    let hash = song.info.hash();
    let announce = format!("http://{}/announce", tracker.addr());
    let (status, body) = get(tracker.addr(), &format!("/items/{hash}.torrent"), "").await;
    assert_eq!(status, 200);
    let torrent = Metainfo::from_torrent(&body).unwrap();
    assert_eq!(torrent.info.hash(), hash);
    assert_eq!(torrent.trackers, [[announce]]);
    let (_, magnet) = get(tracker.addr(), &format!("/items/{}/magnet", hash.v1().unwrap()), "").await;
    let magnet = String::from_utf8(magnet).unwrap();
    assert!(magnet.starts_with(&format!("magnet:?xt=urn:btih:{}&xt=urn:btmh:1220", hash.v1().unwrap())));
    assert!(magnet.contains("&dn=m%E1%BB%99t%20b%C3%A0i%20h%C3%A1t&tr=http%3A%2F%2F127.0.0.1"), "{magnet}");
    tracker.shutdown().await;
}

#[tokio::test]
async fn an_items_v1_form_is_given_to_those_who_ask_for_it() {
    let tracker = tracker().await;
    let song = item("song", &[7; 50_000]);
    let mut holder = Peer::join(tracker.addr(), 1).await;
    holder.introduce(&song).await;
    listed(&mut holder, "song", 1).await;
    let (hash, form) = (song.info.hash(), song.v1_form().unwrap().info.hash());
    let (status, body) = get(tracker.addr(), &format!("/items/{hash}.torrent?form=v1"), "").await;
    assert_eq!(status, 200);
    let torrent = Metainfo::from_torrent(&body).unwrap();
    assert_eq!(torrent.info.hash(), form);
    assert_eq!(torrent.trackers, [[format!("http://{}/announce", tracker.addr())]]);
    let (_, magnet) = get(tracker.addr(), &format!("/items/{hash}/magnet?form=v1"), "").await;
    let magnet = String::from_utf8(magnet).unwrap();
    assert!(magnet.starts_with(&format!("magnet:?xt=urn:btih:{}&dn=song", form.v1().unwrap())), "{magnet}");
    let body = announce(tracker.addr(), form.v1_wire().unwrap()).await;
    assert!(body.ends_with(b"5:peers6:\x7f\0\0\x01\x9c\x41e"), "{}", String::from_utf8_lossy(&body));
    let (status, _) = get(tracker.addr(), &format!("/items/{hash}.torrent?form=v3"), "").await;
    assert_eq!(status, 400);
    tracker.shutdown().await;
}

#[tokio::test]
async fn the_api_lists_items_peers_and_itself() {
    let tracker = tracker().await;
    let mut holder = Peer::join(tracker.addr(), 1).await;
    let song = item("Song 1", &[7; 50_000]);
    holder.introduce(&song).await;
    listed(&mut holder, "Song 1", 1).await;
    for (path, part) in [
        ("/api/v1/items?search=SONG", "\"name\":\"Song 1\""),
        (&format!("/api/v1/items/{}", song.info.hash()), "\"addresses\":[\"127.0.0.1:40001\"]"),
        ("/api/v1/peers", "\"name\":\"peer 1\""),
        ("/api/v1/health", "\"peers\":1"),
        ("/api/v1/openapi.json", "/api/v1/items/{hash}"),
    ] {
        let (status, body) = get(tracker.addr(), path, "").await;
        let body = String::from_utf8(body).unwrap();
        assert_eq!(status, 200, "{path}: {body}");
        assert!(body.contains(part), "{path}: {body}");
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_wrong_request_is_answered_in_json() {
    let tracker = tracker().await;
    for (path, headers, status, code) in [
        ("/api/v1/nothing", "", 404, "not_found"),
        ("/nothing", "", 404, "not_found"),
        ("/api/v1/items/xyz", "", 400, "bad_request"),
        ("/api/v1/items?limit=many", "", 400, "bad_request"),
        ("/api/v1/items/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", 404, "not_found"),
        ("/api/v1/items", "Host: evil.example\r\n", 403, "forbidden"),
        ("/api/v1/items", "Origin: http://evil.example\r\n", 403, "forbidden"),
        ("/channel", "Sec-Fetch-Site: cross-site\r\n", 403, "forbidden"),
        ("/api/v1/items", "Host: [::1].evil.example\r\n", 403, "forbidden"),
        ("/api/v1/items", "Host: pool.example.com\r\n", 403, "forbidden"),
        ("/api/v1/items", "Host: 127.0.0.1:1\r\n", 403, "forbidden"),
        ("/api/v1/items", "Origin: http://127.0.0.1:1\r\n", 403, "forbidden"),
    ] {
        let (found, body) = get(tracker.addr(), path, headers).await;
        let body = String::from_utf8(body).unwrap();
        assert_eq!(found, status, "{path} {headers}: {body}");
        assert!(body.contains(&format!("\"code\":\"{code}\"")), "{path}: {body}");
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn the_log_is_told_on_this_machine_and_through_no_proxy() {
    let tracker = tracker().await;
    peerpool_web::log::recent().push(peerpool_api::LogLevel::Warn, "test", "the disk is nearly full");
    for (path, headers, status, part) in [
        ("/api/v1/log?level=WARN&search=NEARLY", "", 200, "\"message\":\"the disk is nearly full\""),
        ("/api/v1/log?level=ERROR&search=nearly", "", 200, "\"lines\":[]"),
        ("/api/v1/log", "X-Forwarded-For: 203.0.113.5\r\n", 403, "\"code\":\"forbidden\""),
        ("/api/v1/log?level=LOUD", "", 400, "\"code\":\"bad_request\""),
    ] {
        let (found, body) = get(tracker.addr(), path, headers).await;
        let body = String::from_utf8(body).unwrap();
        assert_eq!(found, status, "{path}: {body}");
        assert!(body.contains(part), "{path}: {body}");
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_kept_connection_serves_announces_and_whatever_comes_after_them() {
    let tracker = tracker().await;
    let announce =
        format!("GET {ANNOUNCE}&peer_id=-lt0000-000000000001&port=6881&left=0 HTTP/1.1\r\nHost: x\r\n\r\n");
    let health =
        format!("GET /api/v1/health HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", tracker.addr());
    let answers = raw(tracker.addr(), &format!("{announce}{announce}{health}")).await;
    let answers = String::from_utf8_lossy(&answers).into_owned();
    assert_eq!(answers.matches("8:completei1e").count(), 2, "{answers}");
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3, "{answers}");
    assert!(answers.contains("\"uptime_seconds\""), "{answers}");
    tracker.shutdown().await;
}

#[tokio::test]
async fn endless_headers_are_refused() {
    let tracker = tracker().await;
    let headers = format!("X-Long: {}\r\n", "x".repeat(100_000));
    let answer = http(tracker.addr(), "/api/v1/health", &headers).await;
    assert!(answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_name_of_the_tracker_by_configuration_is_its_own() {
    let config = Config { hosts: vec!["pool.example.com".into()], ..config() };
    let tracker = Tracker::start_in_memory(config).await.unwrap();
    let own = format!("pool.example.com:{}", tracker.addr().port());
    for (host, expected) in
        [(own.as_str(), 200), ("POOL.example.com.", 200), ("pool.example.com:1", 403), ("example.com", 403)]
    {
        let (status, _) = get(tracker.addr(), "/api/v1/items", &format!("Host: {host}\r\n")).await;
        assert_eq!(status, expected, "{host}");
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_web_page_cannot_announce_for_its_visitor() {
    let tracker = tracker().await;
    let path = format!("{ANNOUNCE}&peer_id=-lt0000-000000000001&port=6881&left=0");
    for header in [
        "Origin: http://evil.example",
        "Sec-Fetch-Site: cross-site",
        "Referer: http://evil.example/",
        "Accept-Language: vi",
        "Accept: text/html,application/xhtml+xml",
        "Accept: image/avif,image/webp",
    ] {
        let (status, body) = get(tracker.addr(), &path, &format!("{header}\r\n")).await;
        assert_eq!((status, body.starts_with(b"d14:failure reason")), (403, true), "{header}");
    }
    let (_, body) = get(tracker.addr(), "/scrape?info_hash=aaaaaaaaaaaaaaaaaaaa", "").await;
    assert!(body.starts_with(b"d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei0e"), "nothing came of them");
    tracker.shutdown().await;
}

#[tokio::test]
async fn answers_are_neither_pages_nor_framed() {
    let tracker = tracker().await;
    for path in
        ["/api/v1/health", "/nothing", &format!("{ANNOUNCE}&peer_id=-lt0000-000000000001&port=1&left=0")]
    {
        let answer = http(tracker.addr(), path, "").await;
        let answer = String::from_utf8_lossy(&answer).to_lowercase();
        assert!(
            answer.contains("content-security-policy: default-src 'none'; frame-ancestors 'none'\r\n"),
            "{path}"
        );
        assert!(answer.contains("x-content-type-options: nosniff\r\n"), "{path}");
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn metrics_tell_announces_by_outcome_and_levels_beside_their_bounds() {
    let tracker = tracker().await;
    let _peer = Peer::join(tracker.addr(), 1).await;
    let good = format!("{ANNOUNCE}&peer_id=-lt0000-000000000001&port=6881&left=0");
    get(tracker.addr(), &good, "").await;
    get(tracker.addr(), "/announce?info_hash=short", "").await;

    let (status, body) = get(tracker.addr(), "/metrics", "").await;
    let body = String::from_utf8(body).unwrap();

    assert_eq!(status, 200);
    for line in [
        "peerpool_tracker_announces_total{outcome=\"answered\"} 1",
        "peerpool_tracker_announces_total{outcome=\"malformed\"} 1",
        "peerpool_tracker_announces_total{outcome=\"refused\"} 0",
        "peerpool_tracker_connections{state=\"session\"} 1",
        "peerpool_tracker_queue_bound{queue=\"catalogue\"} 4096",
        "# TYPE peerpool_tracker_catalogue_batch_seconds histogram",
    ] {
        assert!(body.lines().any(|found| found == line), "{line} is missing in\n{body}");
    }
    tracker.shutdown().await;
}

#[tokio::test]
async fn a_tls_client_is_hung_up_on() {
    let tracker = tracker().await;
    for hello in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], b"\x16"] {
        let mut stream = tokio::net::TcpStream::connect(tracker.addr()).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, hello).await.unwrap();
        let mut answer = Vec::new();
        // What was not read when it hung up comes back as a reset.
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
        assert_eq!(answer, b"");
    }
    tracker.shutdown().await;
}
