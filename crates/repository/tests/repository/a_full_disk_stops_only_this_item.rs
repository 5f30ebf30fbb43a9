use std::{fs, path::Path, process::Command};

use peerpool_repository::{Fault, PartialError, Repository, Wanted};

use crate::support::{Fixture, blocks, bytes, fetch, fetch_piece, payload};

/// A small file system of its own; `None` where this user may not mount one.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount(bytes: usize) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={bytes}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: only root may mount a small file system");
            return None;
        }
        Some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

#[test]
fn a_full_disk_stops_this_item_and_it_is_resumed_when_there_is_space() {
    let Some(disk) = SmallDisk::mount(4 << 20) else { return };
    let repository = Repository::open(disk.path()).unwrap();
    let content = bytes(3 << 20, 2);
    let (big, small) =
        (Fixture::torrent_of("big", &content), Fixture::torrent_of("small", &bytes(blocks(1), 3)));
    let other = repository.download(small.clone(), Wanted::Whole).unwrap();
    let item = repository.download(big.clone(), Wanted::Whole).unwrap();
    // Somebody else fills the disk meanwhile.
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, bytes(2 << 20, 1)).unwrap();
    let geometry = big.info.geometry();
    let refused = geometry.pieces().find_map(|piece| {
        let mut writer = item.piece(piece);
        let written = writer.write(0, payload(&big, &content, piece)).and_then(|()| writer.verify());
        written.err()
    });
    let Some(PartialError::Disk { item: name, source }) = refused else { panic!("{refused:?}") };
    assert_eq!((name.as_str(), source.fault()), ("big", Fault::Full));
    let verified = item.verified().count();
    assert!(verified > 0 && verified < geometry.piece_count());

    // Space comes back; the other item and this one go on.
    fs::remove_file(&ballast).unwrap();
    fetch(&other, &bytes(blocks(1), 3));
    repository.complete(&other, "small").unwrap();
    item.checkpoint().unwrap();
    drop((item, other));
    let item = repository.download(big.clone(), Wanted::Whole).unwrap();
    assert!(item.verified().count() >= verified);
    fetch(&item, &content);
    repository.complete(&item, "big").unwrap();
    assert_eq!(fs::read(disk.path().join("big")).unwrap(), content);
}

#[test]
fn what_cannot_fit_is_refused_before_it_begins() {
    let Some(disk) = SmallDisk::mount(4 << 20) else { return };
    let repository = Repository::open(disk.path()).unwrap();
    let big = Fixture::torrent_of("big", &bytes(5 << 20, 1));
    let refused = repository.download(big, Wanted::Whole).unwrap_err();
    let PartialError::NoRoom { item, missing, free, .. } = &refused else { panic!("{refused}") };
    assert_eq!((item.as_str(), *missing), ("big", 5 << 20));
    assert!(*free < 4 << 20);
    assert!(refused.to_string().contains("free some"), "{refused}");
    assert!(repository.partials().unwrap().is_empty(), "nothing is left of it");
}

#[test]
fn only_what_is_missing_has_to_fit() {
    let Some(disk) = SmallDisk::mount(5 << 20) else { return };
    let repository = Repository::open(disk.path()).unwrap();
    let content = bytes(3 << 20, 1);
    let metainfo = Fixture::torrent_of("film", &content);
    let item = repository.download(metainfo.clone(), Wanted::Whole).unwrap();
    let half = metainfo.info.piece_count() / 2;
    let geometry = metainfo.info.geometry();
    for piece in geometry.pieces().take(half as usize) {
        fetch_piece(&item, &content, piece);
    }
    item.checkpoint().unwrap();
    drop(item);
    fs::write(disk.path().join("ballast"), bytes(1 << 20, 2)).unwrap();
    let item = repository.download(metainfo.clone(), Wanted::Whole).unwrap();
    assert_eq!(item.verified().count(), half);
    drop(item);
    // Half of it is here, and the other half fits no more.
    fs::write(disk.path().join("more"), bytes(3 << 19, 3)).unwrap();
    let refused = repository.download(metainfo, Wanted::Whole).unwrap_err();
    let PartialError::NoRoom { missing, .. } = refused else { panic!("{refused}") };
    assert_eq!(missing, 3 << 19);
    assert_eq!(repository.partials().unwrap()[0].verified.count(), half, "what is here stays");
}

#[test]
fn what_reads_as_zeros_needs_no_room() {
    let Some(disk) = SmallDisk::mount(4 << 20) else { return };
    let repository = Repository::open(disk.path()).unwrap();
    let content = vec![0; 16 << 20];
    let item = repository.download(Fixture::torrent_of("zeros", &content), Wanted::Whole).unwrap();
    fetch(&item, &content);
    repository.complete(&item, "zeros").unwrap();
}

#[test]
fn of_two_downloads_that_fit_alone_and_not_together_the_second_is_refused() {
    let Some(disk) = SmallDisk::mount(5 << 20) else { return };
    let repository = Repository::open(disk.path()).unwrap();
    let content = bytes(3 << 20, 1);
    let (first, second) =
        (Fixture::torrent_of("first", &content), Fixture::torrent_of("second", &bytes(3 << 20, 2)));
    let item = repository.download(first, Wanted::Whole).unwrap();
    let refused = repository.download(second.clone(), Wanted::Whole).unwrap_err();
    let PartialError::NoRoom { missing, promised, .. } = &refused else { panic!("{refused}") };
    assert_eq!((*missing, *promised), (3 << 20, 3 << 20));
    assert!(refused.to_string().contains("stop another download"), "{refused}");

    // What was promised and is there counts once, as bytes that are not free.
    fetch(&item, &content);
    let PartialError::NoRoom { promised, .. } =
        repository.download(second.clone(), Wanted::Whole).unwrap_err()
    else {
        panic!("it cannot fit")
    };
    assert_eq!(promised, 0);
    // A download that was stopped is promised nothing.
    drop(item);
    repository.remove_partial(Fixture::torrent_of("first", &content).info.hash()).unwrap();
    repository.download(second, Wanted::Whole).unwrap();
}
