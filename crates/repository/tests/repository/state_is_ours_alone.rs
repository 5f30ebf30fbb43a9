use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use peerpool_repository::{Repository, RepositoryError, StateFile, Wanted};

use crate::support::{Fixture, blocks, bytes, fetch, fetch_piece, piece_space};

/// A file system of its own at this folder, until it is dropped.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    /// `None` where this user may not mount.
    fn at(folder: &'a Path) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "none"]).arg(folder).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: only root may mount a file system");
            return None;
        }
        Some(Self(folder))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_folder_of_state_that_others_may_write_to_is_made_private() {
    let fixture = Fixture::new();
    let state = fixture.repository.state_folder();
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
    let _place = fixture.reopened();
    assert_eq!(fs::metadata(state).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_folder_of_state_that_another_user_made_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join(".peerpool");
    fs::create_dir(&state).unwrap();
    if std::os::unix::fs::chown(&state, Some(65_534), None).is_err() {
        eprintln!("skipped: only root may give a folder away");
        return;
    }
    let refused = Repository::open(folder.path());
    assert!(matches!(refused, Err(RepositoryError::ForeignState { owner: 65_534, .. })), "{refused:?}");
}

#[test]
fn no_state_file_is_read_or_written_through_a_link() {
    let fixture = Fixture::new();
    let state = fixture.repository.state_folder();
    let outside = fixture.folder.path().join("outside");
    for (name, link) in [("thing", "thing"), ("thing", "thing.new")] {
        fs::write(&outside, "precious").unwrap();
        let _ = fs::remove_file(state.join(link));
        symlink(&outside, state.join(link)).unwrap();
        let read = fixture.repository.read_state(name, StateFile::Downloads);
        assert!(read.is_err() || matches!(read, Ok(None)), "{link}");
        fixture.repository.write_state(name, StateFile::Downloads, b"body").unwrap();
        assert_eq!(fs::read_to_string(&outside).unwrap(), "precious", "{link}");
        let again = fixture.repository.read_state(name, StateFile::Downloads).unwrap();
        assert_eq!(again.as_deref(), Some(&b"body"[..]), "{link}");
        fs::remove_file(state.join("thing")).unwrap();
    }
    // Nor through a second name.
    fs::write(&outside, "precious").unwrap();
    fs::hard_link(&outside, state.join("thing.new")).unwrap();
    fixture.repository.write_state("thing", StateFile::Downloads, b"body").unwrap();
    assert_eq!(fs::read_to_string(&outside).unwrap(), "precious");
}

#[test]
fn a_damaged_state_file_of_the_peer_is_put_aside_and_told() {
    let fixture = Fixture::new();
    fixture.repository.write_state("thing", StateFile::Downloads, b"body").unwrap();
    let path = fixture.repository.state_folder().join("thing");
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 4;
        fs::write(&path, flipped).unwrap();
        assert!(fixture.repository.read_state("thing", StateFile::Downloads).is_err(), "byte {at}");
        assert!(fixture.repository.read_state("thing", StateFile::Downloads).unwrap().is_none(), "byte {at}");
        assert!(path.with_extension("damaged").exists());
    }
}

#[test]
fn a_download_is_completed_where_the_state_lies_on_another_file_system() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repository");
    let state = root.join(".peerpool");
    let Some(_mount) = Mount::at(&state) else { return };
    let repository = Repository::open(&root).unwrap();
    let content = bytes(blocks(10), 1);
    let metainfo = Fixture::torrent_of("file", &content);
    let item = repository.download(metainfo.clone(), Wanted::Whole).unwrap();
    fetch(&item, &content);
    repository.complete(&item, "file").unwrap();
    assert_eq!(fs::read(root.join("file")).unwrap(), content);
    let source = folder.path().join("source");
    fs::write(&source, b"bytes").unwrap();
    repository.share(&source, &peerpool_repository::Cancel::default()).unwrap();
    assert_eq!(fs::read(root.join("source")).unwrap(), b"bytes");
    drop((item, repository));
}

#[test]
fn files_are_delivered_into_a_folder_on_another_file_system() {
    let fixture = Fixture::new();
    let (a, b) = (bytes(blocks(2), 1), bytes(blocks(3), 2));
    let metainfo = Fixture::torrent_of_folder("item", &[("in/a", &a), ("out/b", &b)]);
    let space = piece_space(&metainfo, |path| if path == "in/a" { a.clone() } else { b.clone() });
    let file = metainfo.info.files().iter().position(|file| file.path == ["in", "a"]).unwrap();
    let item = fixture.repository.download(metainfo.clone(), Wanted::Files(BTreeSet::from([file]))).unwrap();
    for piece in item.wanted_pieces().iter().filter_map(|index| item.geometry().piece(index)) {
        fetch_piece(&item, &space, piece);
    }
    fixture.repository.deliver(&item, file, "item").unwrap();
    // From now on a part of the folder is elsewhere.
    let elsewhere = fixture.path("item/out");
    let Some(_mount) = Mount::at(&elsewhere) else { return };
    let item = fixture.download(&metainfo);
    fetch(&item, &space);
    let shared = fixture.repository.complete(&item, "item").unwrap();
    assert_eq!(fs::read(elsewhere.join("b")).unwrap(), b);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 1, "nothing else is left there");
    shared.check().unwrap();
    assert_eq!(fixture.refresh().outcome.hashed_bytes, 0);
}

#[test]
fn nothing_is_fetched_into_a_repository_that_cannot_be_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repository");
    fs::create_dir(&root).unwrap();
    let Some(_mount) = Mount::at(&root) else { return };
    drop(Repository::open(&root).unwrap());
    let state = root.join(".peerpool");
    let _state = Mount::at(&state).unwrap();
    let read_only = Command::new("mount").args(["-o", "remount,ro"]).arg(&root).status().unwrap();
    assert!(read_only.success());
    let repository = Repository::open(&root).unwrap();
    let metainfo = Fixture::torrent_of("file", &bytes(blocks(1), 1));
    let refused = repository.download(metainfo, Wanted::Whole).unwrap_err().to_string();
    assert!(refused.contains("Read-only") && refused.contains("mounted writable"), "{refused}");
}
