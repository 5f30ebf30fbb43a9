//! A pool for members on the command line, from end to end: a tracker, and devices that join it, ask it and change it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

fn peerpool(home: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_peerpool"));
    command.env_clear().stdin(Stdio::null());
    command.env("HOME", home.path()).env("XDG_DATA_HOME", home.path()).env("XDG_CONFIG_HOME", home.path());
    command
}

/// A tracker that runs as long as this.
struct Tracker {
    process: Child,
    _home: TempDir,
    /// The invite of the first administrator.
    first: String,
}

impl Tracker {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = peerpool(&home);
        command.args(["tracker", "--members", "--listen", "127.0.0.1:0", "--no-discovery"]);
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.map(Result::unwrap).find(|line| line.contains("/join#")).unwrap();
        Self { process, _home: home, first }
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A user on a machine.
struct Device {
    home: TempDir,
}

impl Device {
    fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    fn run(&self, args: &[&str]) -> Output {
        peerpool(&self.home).args(args).output().unwrap()
    }

    /// What a command says that does what it was told.
    fn says(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// The same in JSON.
    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[args, &["--json"]].concat())).unwrap()
    }

    /// How a command fails: its exit code, and what it says.
    fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args);
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn joins(&self, invite: &str, name: &str, device: &str) -> Output {
        let mut command = peerpool(&self.home);
        command.env("PEERPOOL_INVITE", invite).args(["join", "--name", name, "--device", device]);
        command.output().unwrap()
    }

    /// A device that has joined.
    fn joined(invite: &str, name: &str, device: &str) -> Self {
        let new = Self::new();
        let output = new.joins(invite, name, device);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        new
    }
}

/// One field of each.
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    list.as_array().expect("a list").iter().map(|entry| &entry[field]).collect()
}

#[test]
fn an_administrator_invites_a_member_who_invites_nobody() {
    let tracker = Tracker::start();
    let admin = Device::new();
    let joined = admin.joins(&tracker.first, "An", "desk");
    let said = String::from_utf8(joined.stdout).unwrap();
    assert!(said.contains("as An (admin)"), "{said}");

    let link = admin.says(&["invite", "--for", "1h"]);
    assert_eq!(link.lines().count(), 1, "{link}");
    let member = Device::joined(&link, "Bình", "laptop");
    let members = member.json(&["members"]);
    assert_eq!(each(&members, "name"), ["An", "Bình"]);
    assert_eq!(each(&members, "role"), ["admin", "member"]);

    let (code, complaint) = member.fails(&["invite"]);
    assert_eq!(code, 1, "{complaint}");
}

#[test]
fn an_invite_lets_in_once_and_not_at_all_once_it_is_withdrawn() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let once = admin.says(&["invite"]);
    Device::joined(&once, "Bình", "laptop");
    assert_eq!(Device::new().joins(&once, "Chi", "laptop").status.code(), Some(1));

    let made = admin.json(&["invite", "--role", "reader"]);
    let id = made["id"].as_str().unwrap();
    assert_eq!(each(&admin.json(&["invite", "--list"]), "id"), [id]);
    admin.says(&["invite", "--withdraw", id]);
    assert_eq!(admin.says(&["invite", "--list"]), "no invite can be used");
    assert_eq!(Device::new().joins(made["link"].as_str().unwrap(), "Chi", "x").status.code(), Some(1));
}

#[test]
fn a_further_device_is_its_member_s_until_it_is_revoked() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let phone = Device::joined(&admin.says(&["invite", "--device"]), "passed over", "phone");
    let devices = phone.json(&["devices"]);
    assert_eq!(each(&devices, "member"), ["An", "An"]);
    let lost = devices.as_array().unwrap().iter().find(|device| device["name"] == "phone").unwrap();
    admin.says(&["devices", "revoke", &lost["key"].as_str().unwrap()[..12]]);
    let (code, complaint) = phone.fails(&["members"]);
    assert_eq!(code, 1, "{complaint}");
    assert_eq!(admin.fails(&["devices", "revoke", "no key"]).0, 4);
}

#[test]
fn a_suspended_member_is_nobody_until_it_is_activated() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let member = Device::joined(&admin.says(&["invite"]), "Bình / Hà", "laptop");
    admin.says(&["members", "suspend", "Bình / Hà"]);
    assert_eq!(member.fails(&["members"]).0, 1);
    admin.says(&["members", "activate", "Bình / Hà"]);
    admin.says(&["members", "role", "Bình / Hà", "reader"]);
    admin.says(&["members", "rename", "Bình / Hà", "Bình"]);
    let table = member.says(&["members"]);
    assert!(table.lines().any(|line| line.starts_with("Bình ") && line.contains("reader")), "{table}");
    admin.says(&["members", "remove", "Bình"]);
    assert_eq!(member.fails(&["members"]).0, 1);
}

#[test]
fn the_last_administrator_stays() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    assert_eq!(admin.fails(&["members", "remove", "An"]).0, 1);
    assert_eq!(admin.fails(&["members", "role", "An", "member"]).0, 1);
    admin.says(&["members"]);
}

#[test]
fn whoever_has_joined_nothing_is_told_to() {
    let (code, complaint) = Device::new().fails(&["members"]);
    assert_eq!(code, 2);
    assert!(complaint.contains("peerpool join"), "{complaint}");
    let (code, complaint) = Device::new().fails(&["members", "--tracker", "127.0.0.1:9"]);
    assert_eq!(code, 2);
    assert!(complaint.contains("127.0.0.1:9"), "{complaint}");
}
