//! What a device keeps of the pools that it has joined.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up its world has failed")]

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    thread,
};

use peerpool_access::{Keyset, key::SecretKey};
use peerpool_api::TrackerUrl;
use peerpool_peer::membership::{Joined, MembershipError, Memberships};
use tempfile::TempDir;

/// A pool whose root's seed is this.
fn root(seed: u8) -> SecretKey {
    SecretKey::from_seed(&[seed; 32]).unwrap()
}

fn statement(root: &SecretKey, serial: u64) -> Vec<u8> {
    let name = format!("Phòng \"lab\" \u{7f} {}", root.public());
    let pool = root.public().pool();
    Keyset { pool, serial, name, signers: Vec::new(), trackers: vec![root.public()] }.sign(root).unwrap()
}

fn tracker(address: &str) -> TrackerUrl {
    address.parse().unwrap()
}

fn joined(root: &SecretKey, serial: u64, trackers: &[&str]) -> Joined {
    let trackers = trackers.iter().map(|address| tracker(address)).collect();
    Joined::new(root.public(), trackers, "An".to_owned(), statement(root, serial)).unwrap()
}

/// A device's folder that is not there yet.
fn device() -> (TempDir, Memberships) {
    let folder = tempfile::tempdir().unwrap();
    let memberships = Memberships::in_folder(folder.path().join("peerpool"));
    (folder, memberships)
}

/// The only pool's file.
fn file(memberships: &Memberships) -> PathBuf {
    let files = fs::read_dir(memberships.folder().join("pools")).unwrap().map(|entry| entry.unwrap().path());
    let mut pools = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let only = pools.next().unwrap();
    assert_eq!(pools.next(), None);
    only
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_device_that_has_joined_nothing_has_no_pools_and_makes_no_folder() {
    let (_folder, device) = device();
    assert_eq!(device.all().unwrap(), []);
    assert_eq!(device.at(&tracker("a.example")).unwrap(), None);
    assert!(!device.folder().exists());
}

#[test]
fn a_pool_is_read_as_it_was_kept_and_found_by_any_of_its_trackers() {
    let (_folder, device) = device();
    let (one, other) =
        (joined(&root(1), 1, &["a.example:7000", "[::1]:6969"]), joined(&root(2), 1, &["b.example"]));
    device.keep(one.clone()).unwrap();
    device.keep(other.clone()).unwrap();
    assert_eq!(device.at(&tracker("A.example:7000")).unwrap().as_ref(), Some(&one));
    assert_eq!(device.at(&tracker("http://[::1]:6969")).unwrap().as_ref(), Some(&one));
    assert_eq!(device.at(&tracker("b.example:6969")).unwrap().as_ref(), Some(&other));
    assert_eq!(device.at(&tracker("a.example")).unwrap(), None, "another port is another tracker");
    assert_eq!(device.all().unwrap().len(), 2);
}

#[test]
fn a_pool_s_file_and_folder_are_for_their_owner_alone() {
    let (_folder, device) = device();
    device.keep(joined(&root(1), 1, &["a.example"])).unwrap();
    assert_eq!(mode(&file(&device)), 0o600);
    assert_eq!(mode(&device.folder().join("pools")), 0o700);
    device.follow(root(1).public().pool(), &statement(&root(1), 2)).unwrap();
    assert_eq!(mode(&file(&device)), 0o600, "when it is replaced, too");
}

#[test]
fn a_keyset_is_followed_only_by_the_root_and_with_a_higher_serial() {
    let (_folder, device) = device();
    let pool = root(1).public().pool();
    device.keep(joined(&root(1), 5, &["a.example"])).unwrap();
    let serial = || device.all().unwrap()[0].keyset().serial;
    for old in [1, 4, 5] {
        assert!(!device.follow(pool, &statement(&root(1), old)).unwrap());
        assert_eq!(serial(), 5);
    }
    let foreign = device.follow(pool, &statement(&root(2), 9));
    assert!(matches!(foreign, Err(MembershipError::Keyset { .. })), "{foreign:?}");
    let mut forged = statement(&root(1), 9);
    *forged.last_mut().unwrap() ^= 1;
    assert!(device.follow(pool, &forged).is_err());
    assert_eq!(serial(), 5);
    assert!(device.follow(pool, &statement(&root(1), 6)).unwrap());
    assert_eq!(serial(), 6);
    assert!(
        device.follow(root(2).public().pool(), &statement(&root(2), 9)).is_err(),
        "it has not joined that"
    );
}

#[test]
fn of_keysets_that_come_at_once_the_newest_stays() {
    let (_folder, device) = device();
    let pool = root(1).public().pool();
    device.keep(joined(&root(1), 1, &["a.example"])).unwrap();
    thread::scope(|scope| {
        for first in 2..6 {
            let device = &device;
            scope.spawn(move || {
                for serial in (first..40).step_by(4) {
                    device.follow(pool, &statement(&root(1), serial)).unwrap();
                }
            });
        }
    });
    assert_eq!(device.all().unwrap()[0].keyset().serial, 39);
}

#[test]
fn who_joins_again_keeps_the_other_trackers_and_the_newer_keyset() {
    let (_folder, device) = device();
    device.keep(joined(&root(1), 3, &["a.example", "b.example"])).unwrap();
    device.keep(joined(&root(1), 2, &["c.example", "B.example"])).unwrap();
    let pool = device.all().unwrap().remove(0);
    assert_eq!(pool.keyset().serial, 3);
    assert_eq!(pool.trackers, [tracker("c.example"), tracker("B.example"), tracker("a.example")]);
}

#[test]
fn a_damaged_file_is_told_of_and_passed_over_by_nobody() {
    let (_folder, device) = device();
    device.keep(joined(&root(1), 1, &["a.example"])).unwrap();
    let path = file(&device);
    let whole = fs::read_to_string(&path).unwrap();
    for damaged in [&whole[..whole.len() / 2], "", &whole.replace("member", "who"), &"#".repeat(1 << 20)] {
        fs::write(&path, damaged).unwrap();
        for failed in [device.all().unwrap_err(), device.at(&tracker("z.example")).unwrap_err()] {
            assert!(failed.to_string().contains("join the pool again"), "{failed}");
        }
    }
    fs::write(&path, whole.replace("keyset = \"", "keyset = \"00")).unwrap();
    assert!(matches!(device.all(), Err(MembershipError::Format { .. })));
    fs::write(&path, whole).unwrap();
    assert_eq!(device.all().unwrap().len(), 1);
}

#[test]
fn a_file_under_another_pool_s_name_speaks_for_neither() {
    let (_folder, device) = device();
    device.keep(joined(&root(1), 1, &["a.example"])).unwrap();
    let mine = file(&device);
    fs::copy(&mine, mine.with_file_name(format!("{}.toml", "0".repeat(64)))).unwrap();
    assert!(matches!(device.all(), Err(MembershipError::Format { .. })));
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let (_folder, device) = device();
    device.keep(joined(&root(1), 1, &["a.example"])).unwrap();
    fs::set_permissions(file(&device), fs::Permissions::from_mode(0o620)).unwrap();
    let failed = device.all().unwrap_err().to_string();
    assert!(failed.contains("chmod 600"), "{failed}");
}

#[test]
fn a_peer_s_membership_keeps_the_keysets_that_it_is_told() {
    let (_folder, device) = device();
    device.keep(joined(&root(1), 1, &["a.example"])).unwrap();
    let membership = device.membership(&device.all().unwrap()[0]).unwrap();
    assert_eq!(membership.root, root(1).public());
    assert_eq!(membership.keyset, statement(&root(1), 1));
    assert_eq!(membership.identity.public(), device.identity().unwrap().public(), "the device has one key");
    membership.keep.unwrap()(&statement(&root(1), 2));
    assert_eq!(device.all().unwrap()[0].keyset().serial, 2);
}
