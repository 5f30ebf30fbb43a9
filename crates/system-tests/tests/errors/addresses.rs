//! Addresses that are wrong or taken.

use std::net::TcpListener;

use peerpool_system_tests::Pool;

use crate::{assert_failed, exit};

#[test]
fn a_tracker_address_where_nobody_listens_is_named() {
    let pool = Pool::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let reader = pool.peer("reader");
    let got = pool.run(["get", "film.mkv", "--repository", reader.repository(), "--tracker", &nobody]);
    assert_failed(&got, exit::UNREACHABLE, &[&nobody]);
    let listed = pool.run(["ls", "--tracker", &nobody]);
    assert_failed(&listed, exit::UNREACHABLE, &[&nobody]);
}

#[test]
fn a_malformed_address_is_refused_with_an_example() {
    let pool = Pool::new();
    let refused = pool.run(["ls", "--tracker", "127.0.0.1:not-a-port"]);
    assert_failed(&refused, exit::USAGE, &["127.0.0.1:not-a-port", "HOST:PORT"]);
    let refused = pool.run(["tracker", "--listen", "here"]);
    assert_failed(&refused, exit::USAGE, &["here", "ADDR:PORT"]);
}

#[test]
fn a_taken_port_is_named_by_tracker_and_peer() {
    let pool = Pool::new();
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let tracker = pool.run(["tracker", "--no-discovery", "--listen", &taken]);
    assert_failed(&tracker, exit::FAILED, &[&taken, "choose another"]);
    let (peer, address) = (pool.peer("peer"), pool.tracker().to_string());
    let place = ["--repository", peer.repository(), "--tracker", &address, "--listen", &taken];
    let peer = pool.run(["peer", "--no-shell"].into_iter().chain(place));
    assert_failed(&peer, exit::FAILED, &[&taken, "choose another"]);
}
