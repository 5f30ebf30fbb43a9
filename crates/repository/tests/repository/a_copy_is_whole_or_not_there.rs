use std::{collections::BTreeSet, fs, os::unix::fs::symlink, path::Path, thread};

use peerpool_repository::{Cancel, RepositoryError};

use crate::support::{Fixture, bytes};

/// A folder outside the repository with so many small files.
fn outside(fixture: &Fixture, name: &str, files: usize) -> std::path::PathBuf {
    let folder = fixture.folder.path().join(name);
    fs::create_dir_all(folder.join("inner")).unwrap();
    for nth in 0..files {
        fs::write(folder.join(format!("inner/{nth}")), bytes(100, nth as u8)).unwrap();
    }
    folder
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

fn staged(fixture: &Fixture) -> usize {
    count(&fixture.path(".peerpool/incoming"))
}

#[test]
fn copies_made_at_the_same_time_do_not_meet() {
    let fixture = &Fixture::new();
    let sources: Vec<_> = (0..6).map(|nth| outside(fixture, &format!("set{nth}"), 300)).collect();
    thread::scope(|scope| {
        let shares: Vec<_> =
            sources.iter().map(|source| scope.spawn(move || fixture.share(source))).collect();
        shares.into_iter().for_each(|share| drop(share.join().unwrap().unwrap()));
    });
    for source in &sources {
        let name = source.file_name().unwrap().to_str().unwrap();
        assert_eq!(count(&fixture.path(name).join("inner")), 300, "{name}");
    }
    assert_eq!(staged(fixture), 0);
}

#[test]
fn one_of_several_copies_of_a_name_wins_and_the_others_are_told() {
    let fixture = &Fixture::new();
    let sources: Vec<_> = (0..4).map(|nth| outside(fixture, &format!("from{nth}/set"), 50 + nth)).collect();
    let results: Vec<_> = thread::scope(|scope| {
        let shares: Vec<_> =
            sources.iter().map(|source| scope.spawn(move || fixture.share(source))).collect();
        shares.into_iter().map(|share| share.join().unwrap()).collect()
    });
    let winners: Vec<usize> = (0..4).filter(|nth| results[*nth].is_ok()).collect();
    assert_eq!(winners.len(), 1, "{results:?}");
    let told = results.iter().filter(|result| matches!(result, Err(RepositoryError::NameTaken { .. })));
    assert_eq!(told.count(), 3, "{results:?}");
    assert_eq!(count(&fixture.path("set/inner")), 50 + winners[0]);
    assert_eq!(staged(fixture), 0);
}

#[test]
fn a_share_that_cannot_be_recorded_leaves_no_copy() {
    let fixture = Fixture::new();
    let source = outside(&fixture, "set", 3);
    fs::create_dir(fixture.path("set")).unwrap();
    fixture.repository.unshare("set").unwrap();
    fs::remove_dir(fixture.path("set")).unwrap();
    let in_the_way = fixture.path(".peerpool/unshared.new/file");
    fs::create_dir(in_the_way.parent().unwrap()).unwrap();
    fs::write(&in_the_way, b"").unwrap();
    for _ in 0..2 {
        fixture.share(&source).unwrap_err();
        assert!(!fixture.path("set").exists());
        assert_eq!(staged(&fixture), 0);
    }
    fs::remove_dir_all(in_the_way.parent().unwrap()).unwrap();
    fixture.share(&source).unwrap();
    assert_eq!(count(&fixture.path("set/inner")), 3);
}

#[test]
fn a_killed_share_leaves_no_copy() {
    let fixture = Fixture::new();
    fs::create_dir_all(fixture.path(".peerpool/incoming/123-0/set")).unwrap();
    fs::write(fixture.path(".peerpool/incoming/123-0/set/half"), bytes(100, 1)).unwrap();
    let fixture = fixture.reopened();
    assert_eq!(staged(&fixture), 0);
}

#[test]
fn a_share_that_nobody_waits_for_any_more_leaves_nothing() {
    let fixture = Fixture::new();
    let source = outside(&fixture, "set", 10);
    let cancel = Cancel::default();
    cancel.cancel();
    assert!(matches!(fixture.repository.share(&source, &cancel), Err(RepositoryError::Cancelled)));
    assert!(!fixture.path("set").exists());
    assert_eq!(staged(&fixture), 0);
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_nothing_is_shared() {
    let fixture = Fixture::new();
    let source = outside(&fixture, "set", 3);
    let closed = source.join("inner/1");
    fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    if fs::File::open(&closed).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let refused = fixture.share(&source).unwrap_err().to_string();
    assert!(refused.contains("inner/1"), "{refused}");
    assert!(!fixture.path("set").exists());
    assert_eq!(staged(&fixture), 0);
}

/// What cannot be opened for another reason than permissions: as root there is no other.
#[test]
fn a_source_that_goes_away_meanwhile_is_told() {
    let fixture = Fixture::new();
    let missing = fixture.folder.path().join("nothing");
    assert!(matches!(fixture.share(missing), Err(RepositoryError::Disk(_))));
}

#[test]
fn a_copy_has_the_times_permissions_gaps_and_links_of_its_source() {
    use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
    let fixture = Fixture::new();
    let source = outside(&fixture, "set", 1);
    let sparse = fs::File::create(source.join("sparse")).unwrap();
    sparse.set_len(64 << 20).unwrap();
    sparse.write_all_at(&bytes(5000, 1), 32 << 20).unwrap();
    let run = source.join("run");
    fs::write(&run, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&run, fs::Permissions::from_mode(0o755)).unwrap();
    symlink("run", source.join("link")).unwrap();
    crate::support::age(&run, 7200);
    fixture.share(&source).unwrap();
    let (here, there) = (fs::metadata(&run).unwrap(), fs::metadata(fixture.path("set/run")).unwrap());
    assert_eq!((here.mtime(), here.mode()), (there.mtime(), there.mode()));
    assert_eq!(fs::read_link(fixture.path("set/link")).unwrap(), Path::new("run"));
    let copy = fs::metadata(fixture.path("set/sparse")).unwrap();
    assert_eq!(copy.len(), 64 << 20);
    assert!(copy.blocks() * 512 < 1 << 20, "{} blocks", copy.blocks());
    let mut read = vec![0; 5000];
    fs::File::open(fixture.path("set/sparse")).unwrap().read_exact_at(&mut read, 32 << 20).unwrap();
    assert_eq!(read, bytes(5000, 1));
}

#[test]
fn a_socket_is_not_copied_and_named() {
    let fixture = Fixture::new();
    let source = outside(&fixture, "set", 1);
    let _socket = std::os::unix::net::UnixListener::bind(source.join("socket")).unwrap();
    let brought = fixture.repository.share(&source, &Cancel::default()).unwrap();
    let left_out: BTreeSet<_> = brought.left_out.iter().map(|path| path.file_name().unwrap()).collect();
    assert_eq!(left_out, BTreeSet::from(["socket".as_ref()]));
}

#[test]
fn the_same_words_find_an_item_to_share_and_to_unshare() {
    let fixture = Fixture::new();
    let path = fixture.file("file", &bytes(10, 1));
    let whole = path.canonicalize().unwrap();
    for word in ["file", "./file", "././file", whole.to_str().unwrap(), path.to_str().unwrap()] {
        assert_eq!(fixture.repository.name_of(Path::new(word)).as_deref(), Some("file"), "{word}");
        assert_eq!(fixture.share(word).unwrap(), "file", "{word}");
    }
    for word in ["", ".", "..", "../file", "folder/file", "/etc/hostname", "/"] {
        assert_eq!(fixture.repository.name_of(Path::new(word)), None, "{word}");
    }
}
