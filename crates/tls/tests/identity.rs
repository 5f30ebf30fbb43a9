//! The key of a device, and its file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail so")]

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Barrier, thread};

use peerpool_tls::{Identity, IdentityError};

/// The example of RFC 8410, section 10.3, and its public key.
const PEM: &str = include_str!("vectors/identity.pem");
const PUBLIC: &str = include_str!("vectors/identity.pub");

fn write(folder: &tempfile::TempDir, text: &str, mode: u32) -> PathBuf {
    let path = folder.path().join("identity");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_new_key_is_the_same_the_next_time_and_for_its_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/peerpool/identity");
    let new = Identity::load_or_create(&path).unwrap();
    assert_eq!(Identity::load_or_create(&path).unwrap().public(), new.public());
    assert_eq!(Identity::load(&path).unwrap().public(), new.public());
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left there");
}

#[test]
fn programs_that_make_a_key_at_once_get_the_same_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity");
    let ready = Barrier::new(8);
    let make = || {
        ready.wait();
        Identity::load_or_create(&path).unwrap().public()
    };
    let keys = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn two_new_keys_differ() {
    assert_ne!(Identity::generate().unwrap().public(), Identity::generate().unwrap().public());
}

#[test]
fn a_key_in_the_common_format_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let read = Identity::load(&write(&folder, PEM, 0o600)).unwrap();
    assert_eq!(read.public().to_string(), PUBLIC.trim());
    let bare = Identity::load(&write(&folder, PEM.trim(), 0o400)).unwrap();
    assert_eq!(bare.public(), read.public());
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601] {
        let path = write(&folder, PEM, mode);
        let error = Identity::load_or_create(&path).unwrap_err();
        assert!(matches!(error, IdentityError::Exposed { mode: found, .. } if found == mode), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_file_that_holds_no_key_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let cut = &PEM[..PEM.len() - 40];
    let two = [PEM, PEM].concat();
    let long = [PEM, &" ".repeat(2000)].concat();
    for text in ["", "a secret", cut, &two, &PEM.replace("MC4C", "MC4D"), &long.replace("KEY", "KEE")] {
        let path = write(&folder, text, 0o600);
        let error = Identity::load_or_create(&path).unwrap_err();
        assert!(matches!(error, IdentityError::Format { .. }), "{text:?}: {error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn a_folder_that_takes_no_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(&folder, "a file", 0o600).join("identity");
    let error = Identity::load_or_create(&path).unwrap_err();
    assert!(error.to_string().contains(&path.display().to_string()), "{error}");
}

#[test]
fn the_secret_is_not_shown() {
    let identity = Identity::from_seed([7; 32]).unwrap();
    assert_eq!(format!("{identity:?}"), format!("Identity({})", identity.public()));
}

#[cfg(target_os = "linux")]
#[test]
fn the_key_lies_where_programs_keep_their_data() {
    let among = |set: &'static [(&str, &str)]| {
        Identity::default_path(move |name| {
            set.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.into())
        })
    };
    let home = Some(PathBuf::from("/home/a/.local/share/peerpool/identity"));
    assert_eq!(among(&[("XDG_DATA_HOME", "/d"), ("HOME", "/home/a")]), Some("/d/peerpool/identity".into()));
    assert_eq!(among(&[("XDG_DATA_HOME", "relative"), ("HOME", "/home/a")]), home);
    assert_eq!(among(&[("HOME", "/home/a")]), home);
    assert_eq!(among(&[]), None);
}
