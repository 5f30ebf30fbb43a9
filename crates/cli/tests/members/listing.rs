//! What a pool for members shows to whom that asks its tracker, without a peer.

use std::{fs, io::Read as _, net::TcpListener, thread};

use crate::world::{Device, Running, Tracker, each};

/// A peer of this user that shares one file, through the tracker at this address.
pub(crate) fn peer(device: &Device, name: &str, item: &str, tracker: &str) -> Running {
    let repository = device.home.path().join("repository");
    fs::create_dir_all(&repository).unwrap();
    fs::write(repository.join(item), item).unwrap();
    let repository = repository.to_str().unwrap();
    let args = ["peer", "--no-shell", "--listen", "127.0.0.1:0", "--name", name];
    let mut command = device.command(args);
    command.args(["--repository", repository, "--tracker", tracker]);
    let mut running = Running::start(command);
    running.line("ready peer ");
    running
}

#[test]
fn a_member_lists_over_an_encrypted_connection_under_any_name_of_the_tracker() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let _peer = peer(&admin, "an", "film.mkv", &tracker.at("127.0.0.1"));
    let repository = admin.home.path().join("repository");
    admin.says(&["update", "--repository", repository.to_str().unwrap()]);
    // There is no other pool that it could mean.
    assert_eq!(each(&admin.json(&["ls"])["items"], "name"), ["film.mkv"]);
    // It has joined at the address, and the name is new to it.
    for host in ["127.0.0.1", "localhost"] {
        let at = tracker.at(host);
        let items = admin.json(&["ls", "--tracker", &at]);
        assert_eq!(each(&items["items"], "name"), ["film.mkv"], "{host}");
        let items = admin.json(&["search", "film", "mkv", "--sort", "size", "--tracker", &at]);
        assert_eq!(each(&items["items"], "name"), ["film.mkv"], "{host}");
        assert_eq!(each(&admin.json(&["peers", "--tracker", &at])["peers"], "name"), ["an"], "{host}");
        assert_eq!(admin.json(&["status", "--tracker", &at])["members"], true, "{host}");
        let log = admin.says(&["log", "the tracker listens", "--tracker", &at]);
        assert_eq!(log.lines().count(), 1, "{host}: {log}");
        assert_eq!(each(&admin.json(&["members", "--tracker", &at]), "name"), ["An"], "{host}");
    }
}

#[test]
fn a_stranger_is_told_how_to_get_in() {
    let tracker = Tracker::start();
    let at = tracker.at("127.0.0.1");
    let (stranger, elsewhere) = (Device::new(), Tracker::start());
    let foreigner = Device::joined(&elsewhere.first, "Chi", "desk");
    for device in [&stranger, &foreigner] {
        let repository = device.home.path().join("repository");
        let repository = repository.to_str().unwrap();
        for args in [
            &["ls"][..],
            &["search", "film"],
            &["peers"],
            &["log"],
            &["status"],
            &["members"],
            &["invite"],
            &["peer", "--no-shell", "--repository", repository],
            &["get", "film.mkv", "--repository", repository],
        ] {
            let (code, complaint) = device.fails(&[args, &["--tracker", &at]].concat());
            assert_eq!(code, 6, "{args:?}: {complaint}");
            assert!(complaint.contains("`peerpool join`"), "{args:?}: {complaint}");
        }
    }
}

#[test]
fn a_peer_finds_its_pool_under_a_name_that_is_new_and_then_knows_it() {
    let mut tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let _peer = peer(&admin, "an", "film.mkv", &tracker.at("localhost"));
    let at = tracker.at("localhost");
    assert_eq!(each(&admin.json(&["peers", "--tracker", &at])["peers"], "name"), ["an"]);
    tracker.process.kill();
    let impostor = TcpListener::bind(("127.0.0.1", tracker.port)).unwrap();
    let listening = thread::spawn(move || {
        let mut first = [0];
        impostor.accept().unwrap().0.read_exact(&mut first).unwrap();
        first[0]
    });
    let (code, complaint) = admin.fails(&["ls", "--tracker", &at]);
    assert_eq!(code, 6, "{complaint}");
    assert_eq!(listening.join().unwrap(), 0x16, "whoever answers there now is told nothing in the clear");
}
