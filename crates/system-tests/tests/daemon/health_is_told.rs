//! `/healthz` and `/readyz`.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::Path,
};

use peerpool_system_tests::{PATIENCE, Pool, until};

use super::{daemon, is_connected, until_status};

fn ask(mut stream: impl Read + Write, host: &str, path: &str) -> String {
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn ask_peer(repository: &Path, path: &str) -> String {
    ask(UnixStream::connect(repository.join(".peerpool/control.sock")).unwrap(), "peer", path)
}

#[test]
fn a_tracker_that_serves_is_alive_and_ready() {
    let pool = Pool::new();
    for path in ["/healthz", "/readyz"] {
        let answer = ask(TcpStream::connect(pool.tracker()).unwrap(), &pool.tracker().to_string(), path);
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("{\"ready\":true}"), "{answer}");
    }
}

#[test]
fn a_peer_without_its_tracker_is_alive_and_not_ready() {
    let pool = Pool::new();
    let peer = pool.peer("peer").start();
    let repository = peer.path("");
    assert!(ask_peer(&repository, "/readyz").starts_with("HTTP/1.1 200 "));
    pool.kill_tracker();
    until("no readiness", PATIENCE, || {
        let answer = ask_peer(&repository, "/readyz");
        let lacks = answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"lacks\":[\"");
        if lacks { Ok(()) } else { Err(answer) }
    });
    assert!(ask_peer(&repository, "/healthz").starts_with("HTTP/1.1 200 "));
    pool.restart_tracker();
    until("readiness", PATIENCE, || {
        let answer = ask_peer(&repository, "/readyz");
        if answer.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(answer) }
    });
}

#[test]
fn health_needs_no_key_at_the_door_and_everything_else_does() {
    let pool = Pool::new();
    let (repository, tracker) = (pool.path("peer"), pool.tracker().to_string());
    let place = repository.to_str().unwrap();
    let args = ["peer", "--daemon", "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0", "--repository", place];
    let (peer, _manager) = daemon(&pool, "peer", &[&args[..], &["--tracker", &tracker]].concat());
    let status = until_status(&pool, place, "connected", is_connected);
    let door = status["web"].as_str().unwrap();
    let asked = |path| ask(TcpStream::connect(door).unwrap(), door, path);
    for path in ["/healthz", "/readyz"] {
        assert!(asked(path).starts_with("HTTP/1.1 200 "), "{}", asked(path));
    }
    for path in ["/metrics", "/api/v1/status"] {
        assert!(asked(path).starts_with("HTTP/1.1 401 "), "{}", asked(path));
    }
    assert_eq!(peer.terminate().code, Some(0));
}
