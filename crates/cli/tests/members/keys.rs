//! What an administrator does with the pool's keys, as docs/security.md has it in steps.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::Value;

use crate::world::{Device, Running};

/// The user whom a tracker runs as.
struct Operator {
    device: Device,
    data: String,
}

impl Operator {
    fn new() -> Self {
        let device = Device::new();
        let data = device.home.path().join("data").to_str().unwrap().to_owned();
        Self { device, data }
    }

    fn file(&self, name: &str) -> String {
        self.device.home.path().join(name).to_str().unwrap().to_owned()
    }

    /// Starts the tracker at a port, or any; which it is.
    fn starts(&self, port: u16) -> (Running, u16) {
        let listen = format!("127.0.0.1:{port}");
        let mut command =
            self.device.command(["tracker", "--members", "--no-discovery", "--listen", &listen]);
        command.args(["--data", &self.data]);
        let mut tracker = Running::start(command);
        let port = tracker.line("ready ").rsplit(' ').next().unwrap().parse().unwrap();
        (tracker, port)
    }

    fn keys(&self, args: &[&str]) -> Value {
        self.device.json(&[&["tracker", "keys"], args, &["--data", &self.data]].concat())
    }

    fn fails(&self, args: &[&str]) -> (i32, String) {
        self.device.fails(&[&["tracker", "keys"], args, &["--data", &self.data]].concat())
    }
}

#[test]
fn the_signing_key_of_a_running_tracker_is_rotated_and_its_peers_are_told() {
    let operator = Operator::new();
    let (mut tracker, port) = operator.starts(0);
    let admin = Device::joined(&tracker.line("/join#"), "An", "desk");
    let repository = tempfile::tempdir().unwrap();
    let at = format!("127.0.0.1:{port}");
    let repository = repository.path().to_str().unwrap();
    let mut peer =
        Running::start(admin.command(["peer", "--no-shell", "--repository", repository, "--tracker", &at]));
    peer.line("ready ");

    let before = operator.keys(&["show"]);
    let after = operator.keys(&["rotate"]);
    assert_eq!(after["told"], 1);
    assert_eq!(after["signers"][1], before["signers"][0]);
    assert_ne!(after["signers"][0], before["signers"][0]);
    assert_eq!(after["trackers"], before["trackers"]);
    assert!(after["serial"].as_u64() > before["serial"].as_u64());
    assert!(after["old_leave"].as_u64().is_some());
    let shown = operator.device.says(&["tracker", "keys", "show", "--data", &operator.data]);
    assert!(shown.contains("(until 20") && shown.contains("(in the data folder)"), "{shown}");
    // It needs no other command, and no other start.
    assert_eq!(admin.json(&["members"])[0]["name"], "An");
}

#[test]
fn the_root_key_is_kept_elsewhere_and_brought_for_a_command_alone() {
    let operator = Operator::new();
    let (mut tracker, port) = operator.starts(0);
    let root = operator.file("usb/root.key");
    assert_eq!(operator.keys(&["export-root", &root])["root_is_here"], false);
    assert_eq!(fs::metadata(&root).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&root).unwrap().starts_with("-----BEGIN PRIVATE KEY-----"));
    assert!(!Path::new(&operator.data).join("root.key").exists());

    tracker.kill();
    let (mut tracker, _) = operator.starts(port);
    let (code, complaint) = operator.fails(&["rotate"]);
    assert_eq!(code, 2, "{complaint}");
    assert!(complaint.contains("--root FILE"), "{complaint}");
    assert_eq!(operator.keys(&["rotate", "--root", &root])["root_is_here"], false);
    // Invites need it not.
    let admin = Device::joined(&tracker.line("/join#"), "An", "desk");
    assert!(admin.says(&["invite"]).contains("/join#"));

    let (code, complaint) = operator.fails(&["export-root", &root]);
    assert_eq!(code, 2, "{complaint}");
    assert_eq!(operator.keys(&["import-root", &root])["root_is_here"], true);
    let (code, complaint) = operator.fails(&["export-root", &root]);
    assert_eq!(code, 9, "it replaces no file: {complaint}");
}

#[test]
fn after_a_theft_new_keys_speak_for_the_pool_and_the_old_ones_for_nothing() {
    let operator = Operator::new();
    let (mut tracker, port) = operator.starts(0);
    let admin = Device::joined(&tracker.line("/join#"), "An", "desk");
    let root = operator.file("root.key");
    operator.keys(&["export-root", &root]);
    let (code, complaint) = operator.fails(&["renew", "--root", &root]);
    assert_eq!(code, 7, "{complaint}");
    assert!(complaint.contains("stop it"), "{complaint}");
    tracker.kill();
    let before = operator.keys(&["show"]);
    let thief = Operator::new();
    copy(&operator.data, &thief.data);

    let renewed = operator.keys(&["renew", "--root", &root]);
    assert_eq!(renewed["root"], before["root"]);
    assert_eq!(renewed["signers"].as_array().unwrap().len(), 1);
    assert_ne!(renewed["signers"], before["signers"]);
    assert_ne!(renewed["trackers"], before["trackers"]);
    let (mut tracker, _) = operator.starts(port);
    assert_eq!(admin.json(&["members"])[0]["name"], "An", "a device finds the new keys by itself");
    tracker.kill();

    let (_thiefs, _) = thief.starts(port);
    let (code, complaint) = admin.fails(&["members"]);
    assert_eq!(code, 6, "{complaint}");
}

fn copy(from: &str, to: &str) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), Path::new(to).join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn a_lost_device_gets_nothing_and_another_takes_its_place() {
    let operator = Operator::new();
    let (mut tracker, port) = operator.starts(0);
    let admin = Device::joined(&tracker.line("/join#"), "An", "desk");
    let lost = Device::joined(&admin.says(&["invite"]), "Bình", "laptop");
    let at = format!("127.0.0.1:{port}");
    let shared = tempfile::tempdir().unwrap();
    fs::write(shared.path().join("film"), vec![7; 1 << 20]).unwrap();
    let folder = shared.path().to_str().unwrap();
    let mut peer =
        Running::start(admin.command(["peer", "--no-shell", "--repository", folder, "--tracker", &at]));
    peer.line("ready ");
    admin.says(&["update", "--repository", folder]);

    let devices = admin.json(&["devices"]);
    let laptop = devices.as_array().unwrap().iter().find(|device| device["name"] == "laptop").unwrap();
    let changed = admin.json(&["devices", "revoke", laptop["key"].as_str().unwrap()]);
    assert_eq!(changed["confirmed"], serde_json::json!(["An (desk)"]));
    let invite = admin.says(&["invite", "--device-of", "Bình"]);
    let new = Device::joined(&invite, "Bình", "other laptop");

    let get = |device: &Device| {
        let repository = tempfile::tempdir().unwrap();
        let got = device.run(&[
            "get",
            "film",
            "--repository",
            repository.path().to_str().unwrap(),
            "--tracker",
            &at,
        ]);
        (got.status.success(), fs::read(repository.path().join("film")).unwrap_or_default().len())
    };
    assert_eq!(get(&lost), (false, 0));
    assert_eq!(get(&new), (true, 1 << 20));
}
