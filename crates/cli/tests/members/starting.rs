//! How a pool becomes one for members, and its first administrator gets in.

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, net::UnixDatagram},
};

use crate::world::{Device, Running, Tracker, each};

const TRACKER: [&str; 4] = ["tracker", "--listen", "127.0.0.1:0", "--no-discovery"];

#[test]
fn an_open_pool_becomes_one_for_members_by_a_clear_word_and_never_open_again() {
    let operator = Device::new();
    let starts = |args: &[&str]| Running::start(operator.command([&TRACKER, args].concat())).line("ready ");
    let refused = |args: &[&str]| operator.fails(&[&TRACKER, args].concat());
    starts(&[]);
    let (code, complaint) = refused(&["--members"]);
    assert_eq!(code, 2, "{complaint}");
    assert!(complaint.contains("--members --convert"), "{complaint}");
    // Nothing has changed by that.
    starts(&[]);
    starts(&["--members", "--convert"]);
    let (code, complaint) = refused(&[]);
    assert_eq!(code, 2, "{complaint}");
    assert!(complaint.contains("start it with --members"), "{complaint}");
    starts(&["--members"]);
    assert_eq!(refused(&["--convert"]).0, 2);
}

#[test]
fn a_daemon_leaves_the_first_invite_to_its_owner_and_not_to_the_journal() {
    let operator = Device::new();
    let data = operator.home.path().join("data");
    let path = data.join("first-invite");
    let mut command = operator.command(TRACKER);
    command.args(["--daemon", "--members", "--data"]).arg(&data);
    let mut daemon = Running::start_logging(command);
    let log = daemon.log_until("first administrator's invite is in");
    assert!(log.contains(path.to_str().unwrap()) && !log.contains("/join#"), "{log}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let admin = Device::new();
    admin.says(&["join", "--file", path.to_str().unwrap(), "--name", "An", "--device", "desk"]);
    assert_eq!(each(&admin.json(&["members"]), "name"), ["An"]);
    daemon.kill();
    assert_eq!(daemon.rest(), "", "a daemon says nothing on standard output");
    // A pool that somebody keeps has no such file.
    let mut command = operator.command(TRACKER);
    command.args(["--members", "--daemon", "--data"]).arg(&data);
    let manager = UnixDatagram::bind(operator.home.path().join("manager")).unwrap();
    command.env("NOTIFY_SOCKET", operator.home.path().join("manager"));
    let mut daemon = Running::start(command);
    let mut said = [0; 1024];
    let read = manager.recv(&mut said).unwrap();
    assert!(String::from_utf8_lossy(&said[..read]).contains("READY=1"));
    assert!(!path.exists());
    daemon.kill();
}

#[test]
fn a_daemon_s_peer_that_is_no_member_says_so_and_takes_part_once_its_device_has_joined() {
    let tracker = Tracker::start();
    let log =
        joins_meanwhile(&tracker, &["--tracker", &tracker.at("127.0.0.1")], "it goes on by itself then");
    assert!(log.contains("for members") && log.contains("`peerpool join`"), "{log}");
}

#[test]
fn a_daemon_s_peer_without_a_tracker_takes_part_in_the_only_pool_that_its_device_joins() {
    let tracker = Tracker::start();
    let log = joins_meanwhile(&tracker, &[], "this network");
    assert!(log.contains("say --tracker"), "{log}");
}

/// Starts a daemon's peer with these options, has its device join once the log has `text`, and waits until the peer is in
/// the pool; gives the log until then.
fn joins_meanwhile(tracker: &Tracker, options: &[&str], text: &str) -> String {
    let admin = Device::joined(&tracker.first, "An", "desk");
    let server = Device::new();
    let repository = server.home.path().join("repository");
    fs::create_dir_all(&repository).unwrap();
    let mut command = server.command(["peer", "--daemon", "--listen", "127.0.0.1:0", "--name", "server"]);
    command.args(options).arg("--repository").arg(&repository);
    let mut daemon = Running::start_logging(command);
    let log = daemon.log_until(text);
    assert_eq!(admin.json(&["peers"])["peers"].as_array().unwrap().len(), 0);

    let output = server.joins(&admin.says(&["invite"]), "Server", "server");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    daemon.log_until("the peer serves");
    let connected = (0..500).any(|_| each(&admin.json(&["peers"])["peers"], "name") == ["server"]);
    assert!(connected, "it is not in the pool");
    // It is the same process.
    daemon.kill();
    assert_eq!(daemon.rest(), "");
    log
}
