//! A file system that is full, at another byte each time: the last write is short, the next one fails.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use peerpool_api::{Code, DownloadState};
use peerpool_system_tests::{Chance, Peer, TRANSFER, until};

use super::{
    Series,
    scene::{ALBUM, FILM, Scene, asked, assert_told},
};

const KIB: u64 = 1 << 10;
/// Room for both items and everything of ours.
const ENOUGH: u64 = 128 << 20;
const SIZES: u32 = 24;

/// Sizes from hardly anything to nearly enough.
pub(crate) fn all() -> Vec<Box<dyn Series>> {
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED: mounting a small file system needs root");
        return Vec::new();
    }
    vec![Box::new(Full { done: 0 })]
}

struct Full {
    done: u32,
}

impl Full {
    /// Each a page more or less than a round number.
    fn bytes(&self) -> u64 {
        let done = u64::from(self.done);
        (256 + done * done * 83) * KIB + (done % 3) * 4 * KIB
    }
}

impl Series for Full {
    fn describe(&self) -> String {
        format!("full after {} KiB", self.bytes() / KIB)
    }

    fn step(&mut self, scene: &Scene, _: &mut Chance) -> bool {
        let disk = SmallDisk::mount(scene.pool.path("small"), self.bytes());
        self.done += 1;
        let holder = scene.sound_holder();
        let begin = || scene.pool.peer("small-reader").at(&disk.path().join("repository")).try_start();
        match begin() {
            Err(ended) => super::scene::assert_ended_well(&ended, &["no space left", "full"]),
            Ok(reader) => {
                [FILM, ALBUM].iter().for_each(|item| fill(&reader, item));
                drop(reader.terminate());
            }
        }
        disk.resize(ENOUGH);
        let reader = begin().unwrap_or_else(|ended| panic!("it does not start with room: {ended:?}"));
        scene.complete(&reader);
        drop((reader, holder));
        self.done < SIZES
    }
}

/// Fetches until it is complete or told that the disk is full.
fn fill(reader: &Peer<'_>, item: &str) {
    let get = reader.control(async |client| client.get(&asked(item)).await);
    let download = match get {
        Ok(download) => download,
        Err(error) => return assert_told(&error.to_string(), &["no space left", "full"]),
    };
    until(&format!("{item} comes or fails"), TRANSFER, || {
        let now = reader.download(&download);
        match &now.state {
            DownloadState::Complete => Ok(()),
            DownloadState::Failed { code, cause } => {
                assert_eq!(*code, Code::DiskFull, "{cause}");
                assert_told(cause, &["no space left", "full"]);
                Ok(())
            }
            _ => Err(now),
        }
    });
}

/// A file system in memory; gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf, bytes: u64) -> Self {
        fs::create_dir_all(&at).unwrap();
        let disk = Self(at);
        disk.run("mount", &["-t", "tmpfs", "-o", &format!("size={bytes}"), "tmpfs"]);
        disk
    }

    fn resize(&self, bytes: u64) {
        self.run("mount", &["-o", &format!("remount,size={bytes}")]);
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn run(&self, program: &str, args: &[&str]) {
        let status = Command::new(program).args(args).arg(&self.0).status().unwrap();
        assert!(status.success(), "{program} {args:?}: {status}");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("--lazy").arg(&self.0).status().ok();
    }
}
