//! Members, devices and invites.

use std::{fs, path::Path};

use crate::world::{Device, Tracker, each};

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
    assert_eq!(code, 6);
    assert!(complaint.contains("127.0.0.1:9"), "{complaint}");
}

#[test]
fn a_device_takes_a_new_key_and_the_old_one_is_worth_nothing() {
    let tracker = Tracker::start();
    let admin = Device::joined(&tracker.first, "An", "desk");
    let member = Device::joined(&admin.says(&["invite"]), "Bình", "laptop");
    let thief = Device::new();
    for file in ["identity", "pools"] {
        let (from, to) =
            [&member, &thief].map(|device| device.home.path().join("peerpool").join(file)).into();
        copy(&from, &to);
    }
    thief.says(&["members"]);
    let said = member.says(&["devices", "rekey"]);
    assert!(said.contains("new key in "), "{said}");
    assert_eq!(each(&member.json(&["members"]), "name"), ["An", "Bình"]);
    let (code, complaint) = thief.fails(&["members"]);
    assert_eq!(code, 1, "{complaint}");
    // A tracker that does not answer leaves everything as it was.
    drop(tracker);
    let (code, complaint) = member.fails(&["devices", "rekey"]);
    assert_eq!(code, 6, "{complaint}");
    assert!(complaint.contains("try again when its tracker answers"), "{complaint}");
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
