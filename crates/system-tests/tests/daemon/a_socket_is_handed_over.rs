//! Socket activation: a daemon serves at a socket that listened before it started.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

use peerpool_system_tests::Pool;

use super::{Manager, is_connected, until_status};

#[test]
fn a_tracker_answers_whoever_connected_before_it_started() {
    let pool = Pool::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut early = TcpStream::connect(address).unwrap();
    write!(early, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();

    let manager = Manager::listen(&pool.path("logs"), "tracker.notify");
    let data = pool.path("data");
    let mut command =
        pool.command(["tracker", "--daemon", "--no-discovery", "--data", data.to_str().unwrap()]);
    manager.manage(&mut command, None);
    let tracker = pool.spawn_listening("tracker", &command, socket);
    manager.hear("READY=1");
    let mut answer = String::new();
    early.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(tracker.terminate().code, Some(0));
}

#[test]
fn a_peer_takes_the_socket_at_its_address() {
    let pool = Pool::new();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let manager = Manager::listen(&pool.path("logs"), "peer.notify");
    let (repository, tracker) = (pool.path("films"), pool.tracker().to_string());
    let repository = repository.to_str().unwrap();
    // Were it not for the socket, the address would be taken.
    let args = ["peer", "--daemon", "--listen", &address, "--repository", repository, "--tracker", &tracker];
    let mut command = pool.command(args);
    manager.manage(&mut command, None);
    let held = socket.try_clone().unwrap();
    let peer = pool.spawn_listening("peer", &command, socket);
    manager.hear("READY=1");
    let status = until_status(&pool, repository, "connected", is_connected);
    assert_eq!(status["listen"], address);
    drop(held);
    assert_eq!(peer.terminate().code, Some(0));
}
