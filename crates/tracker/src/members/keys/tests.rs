use std::{fs, path::Path, time::Duration};

use peerpool_access::{LEEWAY, MAX_SIGNERS, members::PASS_LIFE};

use super::*;

const NOW: Moment = Moment(1_800_000_000);

fn load(folder: &Path) -> Result<TrackerKeys, KeysError> {
    TrackerKeys::load_or_create(folder, "home", NOW)
}

/// The data folder of a new pool.
fn pool() -> (tempfile::TempDir, KeysFolder, TrackerKeys) {
    let folder = tempfile::tempdir().unwrap();
    let keys = load(folder.path()).unwrap();
    let files = KeysFolder::new(folder.path());
    (folder, files, keys)
}

#[test]
fn keys_and_keyset_stay_the_same_over_restarts() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!TrackerKeys::are_in(folder.path()));
    let first = load(folder.path()).unwrap();
    // The name is that of the first start: another one needs another serial.
    let second = TrackerKeys::load_or_create(folder.path(), "elsewhere", NOW).unwrap();
    assert!(TrackerKeys::are_in(folder.path()));
    assert_eq!(first.statement(), second.statement());
    let expected = Keyset {
        pool: first.root().pool(),
        serial: 1,
        name: "home".to_owned(),
        signers: vec![second.signer.public()],
        trackers: vec![second.identity.public()],
    };
    assert_eq!(Keyset::open(second.statement(), first.root(), None).unwrap(), expected);
}

#[test]
fn every_lost_key_and_every_strange_keyset_is_noticed() {
    for lost in ["signing.key", "tls.key"] {
        let (folder, ..) = pool();
        fs::remove_file(folder.path().join(lost)).unwrap();
        let refused = load(folder.path()).unwrap_err();
        assert!(matches!(refused, KeysError::Others { .. }), "{lost}: {refused}");
    }
    let (folder, ..) = pool();
    fs::write(folder.path().join("keyset"), "no statement").unwrap();
    assert!(matches!(load(folder.path()), Err(KeysError::Keyset { .. })));
    let (folder, ..) = pool();
    fs::remove_file(folder.path().join("root.key")).unwrap();
    let refused = load(folder.path()).unwrap_err();
    assert!(
        matches!(refused, KeysError::File { .. }) && refused.to_string().contains("root.key"),
        "{refused}"
    );
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(KeysFolder::new(empty.path()).overview(), Err(KeysError::Nothing { .. })));
    // Nothing but the keyset is lost: the keys make the same one.
    let (folder, _, keys) = pool();
    fs::remove_file(folder.path().join("keyset")).unwrap();
    assert_eq!(load(folder.path()).unwrap().statement(), keys.statement());
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let (folder, files, _) = pool();
    let elsewhere = folder.path().join("elsewhere");
    files.rotate(None, NOW).unwrap();
    files.renew(None, NOW).unwrap();
    files.export_root(&elsewhere).unwrap();
    files.import_root(&elsewhere).unwrap();
    for file in ["root.key", "signing.key", "tls.key", "elsewhere"] {
        let mode = fs::metadata(folder.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_rotation_signs_with_the_new_key_and_lets_the_old_one_go_when_its_passes_are_over() {
    let (folder, files, first) = pool();
    let before = files.rotate(None, NOW).unwrap();
    let second = load(folder.path()).unwrap();
    assert_eq!(before.keyset, second.keyset);
    assert_eq!(second.keyset.signers, [second.signer.public(), first.signer.public()]);
    assert_ne!(second.signer.public(), first.signer.public());
    assert_eq!(second.keyset.trackers, first.keyset.trackers);
    assert!(second.keyset.serial > first.keyset.serial);
    let over = NOW + PASS_LIFE + LEEWAY;
    assert_eq!((second.next_timeout(), before.old_leave), (Some(over), Some(over)));

    let at = |now| TrackerKeys::load_or_create(folder.path(), "home", now).unwrap();
    assert_eq!(at(over - Duration::from_secs(1)).statement(), second.statement());
    let third = at(over);
    assert_eq!(third.keyset.signers, [second.signer.public()]);
    assert_eq!((third.keyset.serial, third.next_timeout()), (second.keyset.serial + 1, None));
    assert_eq!(at(over).statement(), third.statement());
}

#[test]
fn no_more_keys_are_in_force_than_a_keyset_holds() {
    let (folder, files, _) = pool();
    let mut serials = Vec::new();
    for rotations in 1..MAX_SIGNERS {
        let after = files.rotate(None, NOW).unwrap();
        assert_eq!(after.keyset.signers.len(), rotations + 1);
        serials.push(after.keyset.serial);
    }
    assert!(serials.is_sorted_by(|earlier, later| earlier < later), "{serials:?}");
    let refused = files.rotate(None, NOW).unwrap_err();
    assert!(matches!(refused, KeysError::Rotating { hours: 13, .. }), "{refused}");
    let after = files.rotate(None, NOW + PASS_LIFE + LEEWAY).unwrap();
    assert_eq!(after.keyset.signers.len(), 2);
    assert!(load(folder.path()).is_ok());
}

#[test]
fn a_rotation_that_was_cut_off_is_done_or_has_not_happened() {
    let (folder, files, first) = pool();
    let path = |file: &str| folder.path().join(file);
    let before = fs::read(path("keyset")).unwrap();
    let old_key = fs::read(path("signing.key")).unwrap();
    let after = files.rotate(None, NOW).unwrap();
    // Everything but the last step: the new key has not taken its place.
    fs::rename(path("signing.key"), path("signing.new")).unwrap();
    fs::write(path("signing.key"), &old_key).unwrap();
    make_private(&path("signing.key"));
    let done = load(folder.path()).unwrap();
    assert_eq!((&done.keyset, done.signer.public()), (&after.keyset, after.keyset.signers[0]));
    // Everything before the keyset is replaced.
    fs::rename(path("signing.key"), path("signing.new")).unwrap();
    fs::write(path("signing.key"), &old_key).unwrap();
    make_private(&path("signing.key"));
    fs::write(path("keyset"), &before).unwrap();
    let not_happened = load(folder.path()).unwrap();
    assert_eq!(not_happened.statement(), first.statement());
    assert_eq!(not_happened.next_timeout(), None);
    files.rotate(None, NOW).unwrap();
    assert!(load(folder.path()).is_ok());
}

#[cfg(unix)]
fn make_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;

    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[cfg(not(unix))]
fn make_private(_: &Path) {}

#[test]
fn a_tracker_goes_on_without_its_root_key_and_changes_keys_with_it_alone() {
    let (folder, files, first) = pool();
    let elsewhere = tempfile::tempdir().unwrap();
    let root = elsewhere.path().join("root.key");
    assert!(!files.export_root(&root).unwrap().root_is_here);
    assert!(!folder.path().join("root.key").exists() && TrackerKeys::are_in(folder.path()));
    let again = load(folder.path()).unwrap();
    assert_eq!((again.root(), again.statement()), (first.root(), first.statement()));

    assert!(matches!(files.rotate(None, NOW), Err(KeysError::NoRoot { .. })));
    assert!(matches!(files.renew(None, NOW), Err(KeysError::NoRoot { .. })));
    assert!(matches!(files.export_root(&root), Err(KeysError::NoRoot { .. })));
    let other = elsewhere.path().join("other.key");
    Identity::load_or_create(&other).unwrap();
    assert!(matches!(files.rotate(Some(&other), NOW), Err(KeysError::OtherRoot { .. })));
    assert!(matches!(files.import_root(&other), Err(KeysError::OtherRoot { .. })));
    assert_eq!(load(folder.path()).unwrap().statement(), first.statement());

    files.rotate(Some(&root), NOW).unwrap();
    assert!(!folder.path().join("root.key").exists(), "it was read for the command alone");
    assert!(files.import_root(&root).unwrap().root_is_here);
    files.rotate(None, NOW).unwrap();
    let refused = files.export_root(&root);
    assert!(matches!(refused, Err(KeysError::Exists { .. })), "{refused:?}");
    assert!(folder.path().join("root.key").exists(), "it goes only when it is elsewhere");
}

#[test]
fn another_node_takes_up_the_keys_of_this_one_but_not_the_root_key() {
    let (folder, files, first) = pool();
    files.rotate(None, NOW).unwrap();
    fs::write(folder.path().join("https.crt"), "a certificate").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let bundle = elsewhere.path().join("keys");
    files.export(&bundle).unwrap();
    assert!(matches!(files.export(&bundle), Err(KeysError::Exists { .. })));
    let node = elsewhere.path().join("node");
    let taken = KeysFolder::new(&node).import(&bundle, NOW).unwrap();
    let (here, there) = (load(folder.path()).unwrap(), load(&node).unwrap());
    assert_eq!((there.root(), there.statement()), (first.root(), here.statement()));
    assert_eq!(there.identity.public(), here.identity.public());
    assert_eq!(there.next_timeout(), here.next_timeout());
    assert!(!taken.root_is_here && !node.join("root.key").exists());
    assert_eq!(fs::read(node.join("https.crt")).unwrap(), b"a certificate");

    // What was copied before the keys were replaced is of no use after it.
    files.rotate(None, NOW).unwrap();
    let newer = elsewhere.path().join("newer keys");
    files.export(&newer).unwrap();
    KeysFolder::new(&node).import(&newer, NOW).unwrap();
    assert_eq!(load(&node).unwrap().statement(), load(folder.path()).unwrap().statement());
    assert!(matches!(KeysFolder::new(&node).import(&bundle, NOW), Err(KeysError::Older { .. })));
}

#[test]
fn keys_of_another_pool_are_not_taken_up() {
    let ((_folder, files, _), (other, others, _)) = (pool(), pool());
    let elsewhere = tempfile::tempdir().unwrap();
    let bundle = elsewhere.path().join("keys");
    files.export(&bundle).unwrap();
    let before = load(other.path()).unwrap();
    assert!(matches!(others.import(&bundle, NOW), Err(KeysError::OtherPool { .. })));
    for text in ["", "{}", r#"{"kind":"keys of a Peerpool pool","files":{}}"#] {
        let strange = elsewhere.path().join("strange");
        fs::write(&strange, text).unwrap();
        let refused = others.import(&strange, NOW);
        assert!(matches!(refused, Err(KeysError::NoBundle { .. })), "{text}: {refused:?}");
    }
    assert_eq!(load(other.path()).unwrap().statement(), before.statement());
}

#[test]
fn a_renewal_leaves_nothing_of_the_old_keys_and_is_newer_than_a_backup_can_know() {
    let (folder, files, first) = pool();
    // Rotated after the backup was made, of which a thief has both keysets.
    let backup = fs::read(folder.path().join("keyset")).unwrap();
    let rotated = files.rotate(None, NOW - Duration::from_secs(60)).unwrap();
    fs::write(folder.path().join("keyset"), backup).unwrap();
    fs::write(folder.path().join("https.crt"), "a certificate").unwrap();
    for file in ["signing.key", "tls.key"] {
        // The backup may be without them.
        fs::remove_file(folder.path().join(file)).unwrap();
    }
    let renewed = files.renew(None, NOW).unwrap();
    assert!(renewed.keyset.serial > rotated.keyset.serial + 1, "{renewed:?} and {rotated:?}");
    let keys = load(folder.path()).unwrap();
    assert_eq!(keys.keyset, renewed.keyset);
    assert_eq!(keys.next_timeout(), None);
    assert_eq!((keys.keyset.signers.len(), keys.keyset.trackers.len()), (1, 1));
    for old in [&first.signer.public(), &rotated.keyset.signers[0]] {
        assert!(!keys.keyset.signers.contains(old));
    }
    assert!(!keys.keyset.trackers.contains(&first.identity.public()));
    assert!(!folder.path().join("https.crt").exists());
}
