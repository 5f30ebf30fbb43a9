//! A file system that the kernel makes read-only in the middle, as it does after an error.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use peerpool_api::{Code, DownloadState};
use peerpool_system_tests::Pool;

const MIB: u64 = 1 << 20;

/// An ext4 file system in a file; unmounted when dropped.
struct Disk {
    image: PathBuf,
    at: PathBuf,
}

impl Disk {
    /// `None` where it cannot be made.
    fn mount(pool: &Pool) -> Option<Self> {
        let disk = Self { image: pool.path("disk.img"), at: pool.path("disk") };
        fs::create_dir(&disk.at).unwrap();
        fs::File::create(&disk.image).unwrap().set_len(768 * MIB).unwrap();
        let made = run("mkfs.ext4", &["-q", "-F", disk.image.to_str().unwrap()]);
        (made && disk.mount_again()).then_some(disk)
    }

    fn mount_again(&self) -> bool {
        let [image, at] = [&self.image, &self.at].map(|path| path.to_str().unwrap());
        run("mount", &["-o", "loop,errors=remount-ro", image, at])
    }

    /// Tells the file system that it found an error; false where this kernel cannot.
    fn break_down(&self) -> bool {
        let mounts = fs::read_to_string("/proc/mounts").unwrap();
        let device = mounts
            .lines()
            .find_map(|line| {
                line.split_once(' ').filter(|(_, rest)| rest.starts_with(self.at.to_str().unwrap()))
            })
            .and_then(|(device, _)| Path::new(device).file_name())
            .unwrap();
        fs::write(Path::new("/sys/fs/ext4").join(device).join("trigger_fs_error"), "1").is_ok()
    }

    /// Repairs it and mounts it for writing.
    fn repair(&self) {
        assert!(run("umount", &[self.at.to_str().unwrap()]));
        // Exit code 1: errors were corrected.
        Command::new("fsck.ext4").args(["-f", "-y"]).arg(&self.image).output().unwrap();
        assert!(self.mount_again());
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &["--lazy", self.at.to_str().unwrap()]);
    }
}

fn run(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).status().is_ok_and(|status| status.success())
}

#[test]
fn a_disk_that_becomes_read_only_stops_a_download_and_says_so() {
    let pool = Pool::new();
    let disk = rustix::process::geteuid().is_root().then(|| Disk::mount(&pool)).flatten();
    let Some(disk) = disk else {
        println!("SKIPPED: a file system of its own needs root, mkfs.ext4 and a loop device");
        return;
    };
    let film = pool.random_file("film.mkv", 512 * MIB, 1);
    let song = pool.random_file("song.mp3", MIB, 2);
    let _holder = pool.peer("holder").with(&film).start();
    let repository = disk.at.join("repository");
    fs::create_dir(&repository).unwrap();
    fs::copy(&song.path, repository.join("song.mp3")).unwrap();
    let reader = pool.peer("reader").at(&repository).start();
    reader.item("song.mp3", |item| item.seeds == 1);

    let download = reader.begin("film.mkv");
    reader.until(&download, "a beginning", |now| now.bytes_done > 0);
    if !disk.break_down() {
        println!("SKIPPED: this kernel does not make a file system read-only when asked to");
        return;
    }
    let failed =
        reader.until(&download, "the failure", |now| matches!(now.state, DownloadState::Failed { .. }));
    let DownloadState::Failed { code, cause } = &failed.state else { unreachable!() };
    assert_eq!(*code, Code::Disk, "{cause}");
    // What was written before cannot be synced any more, or nothing can be written: whichever comes first.
    let why = ["Read-only file system", "Input/output error"].iter().any(|reason| cause.contains(reason));
    assert!(why && cause.contains(".peerpool"), "why and where: {cause}");

    let other = pool.peer("other").start();
    other.fetch(&song);
    song.assert_equal(&other.path("song.mp3"));

    assert_eq!(reader.terminate().code, Some(0), "it ends as ever");
    disk.repair();
    let reader = pool.peer("reader").at(&repository).start();
    let done = reader.control(async |client| client.resume(&failed.hash).await);
    let done = reader.until_complete(&done.unwrap_or(failed));
    film.assert_equal(&reader.path("film.mkv"));
    assert_eq!(done.bytes_done, film.bytes);
    drop(reader);
}
