//! A disk that fills up.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use peerpool_api::{ApiError, Code, DownloadState, Error, Get, LimitRates, Limits, What};
use peerpool_system_tests::Pool;

const MIB: u64 = 1 << 20;

/// A small file system in memory; gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf, bytes: u64) -> Self {
        fs::create_dir(&at).unwrap();
        let size = format!("size={bytes}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&at).status().unwrap();
        assert!(mounted.success());
        Self(at)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("--lazy").arg(&self.0).status().ok();
    }
}

#[test]
fn a_full_disk_stops_one_item_and_space_resumes_it() {
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED: mounting a small file system needs root");
        return;
    }
    let pool = Pool::new();
    let disk = SmallDisk::mount(pool.path("small"), 160 * MIB);
    let film = pool.random_file("film.mkv", 128 * MIB, 1);
    let song = pool.random_file("song.mp3", MIB, 2);
    let _holder = pool.peer("holder").with(&film).start();
    fs::write(disk.path().join("filler"), vec![1; (80 * MIB) as usize]).unwrap();
    let repository = disk.path().join("repository");
    fs::create_dir(&repository).unwrap();
    fs::copy(&song.path, repository.join("song.mp3")).unwrap();
    let reader = pool.peer("reader").at(&repository).start();
    reader.item("song.mp3", |item| item.seeds == 1);

    let get = Get { what: What::Item("film.mkv".to_owned()), files: Vec::new(), save_as: None };
    reader.item("film.mkv", |item| item.seeds > 0);
    let refused = reader.control(async |client| client.get(&get).await);
    let Err(Error::Refused(ApiError { code, detail, .. })) = &refused else { panic!("{refused:?}") };
    assert_eq!(*code, Code::DiskFull, "{detail}");
    assert!(detail.contains(&film.bytes.to_string()) && detail.contains("free some"), "{detail}");
    assert!(!reader.path("film.mkv").exists());

    // There is room when it begins, and somebody else takes it.
    fs::remove_file(disk.path().join("filler")).unwrap();
    let slow = LimitRates { down: Some(16 * MIB), ..LimitRates::default() };
    reader
        .control(async |client| client.set_limits(&Limits { rates: slow, ..Limits::default() }).await)
        .unwrap();
    let download = reader.begin("film.mkv");
    fs::write(disk.path().join("filler"), vec![1; (80 * MIB) as usize]).unwrap();
    let failed = reader
        .until(&download, "the end of the space", |now| matches!(now.state, DownloadState::Failed { .. }));
    let DownloadState::Failed { code, cause } = &failed.state else { unreachable!() };
    assert_eq!(*code, Code::DiskFull, "{cause}");
    assert!(cause.contains("resume"), "it says what to do: {cause}");

    let other = pool.peer("other").start();
    other.fetch(&song);
    song.assert_equal(&other.path("song.mp3"));

    fs::remove_file(disk.path().join("filler")).unwrap();
    reader.control(async |client| client.set_limits(&Limits::default()).await).unwrap();
    reader.resume(&failed);
    let done = reader.until_complete(&failed);
    film.assert_equal(&reader.path("film.mkv"));
    assert_eq!(done.bytes_done, film.bytes);
    drop(reader);
}
