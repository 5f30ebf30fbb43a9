//! System calls that fail, in a reader, a holder, a `share` and a tracker.

use std::{fs, path::PathBuf};

use peerpool_api::{DownloadState, Share, Unshare};
use peerpool_system_tests::{Chance, PATIENCE, Peer, until};

use super::{
    Series,
    scene::{ALBUM, FILM, Scene, asked, assert_ended_well, assert_told, refusal},
    strace::{self, Fault, Injection},
};
use crate::leftovers;

const WRITES: &str = "pwrite64,pwritev,pwritev2";
const READS: &str = "pread64,preadv,preadv2";
const RENAMES: &str = "rename,renameat,renameat2";
const OPENS: &str = "openat,openat2";
const LOOKS: &str = "statx,newfstatat,fstat";
/// Calls that make names.
const NAMES: &str = "mkdir,mkdirat,link,linkat";
const REMOVALS: &str = "unlink,unlinkat,rmdir";
/// `write` also wakes threads, so it fails for the files alone that are written by it: those that replace others.
const WRITES_OF_STATE: &str = "write";

/// Who has the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Reader,
    /// With nothing hashed yet.
    NewHolder,
    Holder,
    Share,
    Tracker,
}

const READER: &[(&str, &[&str])] = &[
    (WRITES, &["EIO", "ENOSPC"]),
    (WRITES_OF_STATE, &["EIO", "ENOSPC"]),
    ("fsync", &["EIO"]),
    ("fdatasync", &["EIO"]),
    ("syncfs", &["EIO"]),
    ("sync_file_range", &["EIO"]),
    ("ftruncate", &["EIO", "ENOSPC"]),
    ("fallocate", &["EIO", "ENOSPC"]),
    (RENAMES, &["EIO", "ENOSPC"]),
    (OPENS, &["EIO", "EMFILE"]),
    (NAMES, &["EIO", "ENOSPC"]),
    (REMOVALS, &["EIO"]),
    (LOOKS, &["EIO"]),
    (READS, &["EIO"]),
    ("getdents64", &["EIO"]),
];
const HOLDER: &[(&str, &[&str])] = &[
    (READS, &["EIO"]),
    ("sendfile", &["EIO"]),
    (OPENS, &["EIO", "EMFILE"]),
    (LOOKS, &["EIO"]),
    ("getdents64", &["EIO"]),
    ("fsync", &["EIO"]),
    (RENAMES, &["EIO"]),
    (WRITES_OF_STATE, &["ENOSPC"]),
];
const SHARE: &[(&str, &[&str])] = &[
    ("copy_file_range,sendfile", &["EIO", "ENOSPC"]),
    (OPENS, &["EIO", "EMFILE"]),
    (NAMES, &["EIO", "ENOSPC"]),
    (RENAMES, &["EIO"]),
    (LOOKS, &["EIO"]),
    ("fsync", &["EIO"]),
    ("syncfs", &["EIO"]),
    ("getdents64", &["EIO"]),
];
const TRACKER: &[(&str, &[&str])] = &[
    (WRITES, &["EIO", "ENOSPC"]),
    (READS, &["EIO"]),
    ("fdatasync", &["EIO"]),
    ("fsync", &["EIO"]),
    ("ftruncate", &["EIO"]),
    (OPENS, &["EIO", "EMFILE"]),
    (REMOVALS, &["EIO"]),
];

/// Every kind of fault, with n up to `most`.
pub(crate) fn all(most: u32) -> Vec<Box<dyn Series>> {
    if !strace::is_there() {
        println!("SKIPPED: faults of system calls need `strace` with --seccomp-bpf, and leave to trace");
        return Vec::new();
    }
    let roles = [
        (Role::Reader, READER),
        (Role::NewHolder, HOLDER),
        (Role::Holder, HOLDER),
        (Role::Share, SHARE),
        (Role::Tracker, TRACKER),
    ];
    let mut series: Vec<Box<dyn Series>> = Vec::new();
    for (role, faults) in roles {
        for (calls, errors) in faults {
            for error in *errors {
                series.push(Box::new(Faults { role, fault: Fault { calls, error }, n: 1, most }));
            }
        }
    }
    series
}

/// One kind of fault at the next n.
struct Faults {
    role: Role,
    fault: Fault,
    n: u32,
    most: u32,
}

impl Series for Faults {
    fn describe(&self) -> String {
        format!("{:?} {} fails with {} at call {}", self.role, self.fault.calls, self.fault.error, self.n)
    }

    fn step(&mut self, scene: &Scene, _: &mut Chance) -> bool {
        let paths = if self.fault.calls == WRITES_OF_STATE { state_files(scene) } else { Vec::new() };
        let injection = Injection::new(self.fault, self.n, &paths, &scene.pool.path("strace.log"));
        // Every n at first, then fewer and fewer: a download writes hundreds of times, and alike.
        self.n += 1 + self.n / 8;
        match self.role {
            Role::Reader => self.read(scene, &injection),
            Role::NewHolder => {
                fs::remove_dir_all(scene.pool.path("holder/.peerpool")).unwrap();
                self.hold(scene, &injection);
            }
            Role::Holder => self.hold(scene, &injection),
            Role::Share => self.share(scene, &injection),
            Role::Tracker => self.track(scene, &injection),
        }
        injection.hit() && self.n <= self.most
    }
}

impl Faults {
    fn read(&self, scene: &Scene, injection: &Injection) {
        scene.forget_reader();
        let holder = scene.sound_holder();
        match scene.reader(injection.command()) {
            Err(ended) => assert_ended_well(&ended, self.fault.reasons()),
            Ok(reader) => {
                let asked = [FILM, ALBUM].map(|item| self.fetch(&reader, item));
                if asked.contains(&Outcome::Lost) {
                    assert_ended_well(&reader.end(PATIENCE), self.fault.reasons());
                } else {
                    let log = reader.terminate().stderr;
                    assert!(!log.contains("panicked"), "{log}");
                }
            }
        }
        let reader = scene.sound_reader();
        scene.examine(&reader, &holder);
        scene.complete(&reader);
        scene.end(reader);
        scene.forget_reader();
    }

    /// Fetches something with the fault: completely, or with a message.
    fn fetch(&self, reader: &Peer<'_>, item: &str) -> Outcome {
        let get = reader.control(async |client| client.get(&asked(item)).await);
        let download = match refusal(get) {
            Ok(download) => download,
            Err(None) => return Outcome::Lost,
            Err(Some(message)) => {
                assert_told(&message, self.fault.reasons());
                return Outcome::Told;
            }
        };
        until(&format!("{item} comes or fails"), PATIENCE, || {
            match refusal(reader.control(async |client| client.download(&download.hash).await)) {
                Err(None) => Ok(Outcome::Lost),
                Err(Some(message)) => panic!("the download is gone: {message}"),
                Ok(now) => match &now.state {
                    DownloadState::Complete => Ok(Outcome::Complete),
                    DownloadState::Failed { cause, .. } => {
                        assert_told(cause, self.fault.reasons());
                        Ok(Outcome::Told)
                    }
                    _ => Err(now),
                },
            }
        })
    }

    /// Others fetch from a holder with the fault what they can, and the rest when it has none.
    fn hold(&self, scene: &Scene, injection: &Injection) {
        scene.forget_reader();
        let reader = scene.sound_reader();
        match scene.holder(injection.command()) {
            Err(ended) => assert_ended_well(&ended, self.fault.reasons()),
            Ok(holder) => {
                until("the end of hashing", PATIENCE, || match holder.status().hashing {
                    None => Ok(()),
                    hashing => Err(hashing),
                });
                for item in [FILM, ALBUM] {
                    // Not to be had, or slower than a moment: what comes is looked at in the end.
                    reader.control(async |client| client.get(&asked(item)).await).ok();
                }
                std::thread::sleep(std::time::Duration::from_millis(300));
                let log = holder.terminate().stderr;
                assert!(!log.contains("panicked"), "{log}");
            }
        }
        let holder = scene.sound_holder();
        scene.complete(&reader);
        scene.end(reader);
        drop(holder);
    }

    fn share(&self, scene: &Scene, injection: &Injection) {
        let share = Share { path: Some(scene.extra.path.to_str().unwrap().to_owned()), torrent: None };
        let repository = scene.pool.path("holder");
        let copy = repository.join(&scene.extra.name);
        match scene.holder(injection.command()) {
            Err(ended) => assert_ended_well(&ended, self.fault.reasons()),
            Ok(holder) => {
                match refusal(holder.control(async |client| client.share(&share).await)) {
                    Ok(_) => scene.extra.assert_equal(&copy),
                    Err(None) => panic!("the holder does not answer"),
                    Err(Some(message)) => {
                        assert_told(&message, self.fault.reasons());
                        let told = message.contains("was copied into the repository");
                        assert_eq!(copy.exists(), told, "whether there is a copy is not told: {message}");
                    }
                }
                drop(holder.terminate());
            }
        }
        let holder = scene.holder(&[]).unwrap_or_else(|ended| panic!("the holder does not start: {ended:?}"));
        // What is there already is shared by its own path.
        let again = if copy.exists() { &copy } else { &scene.extra.path };
        let again = Share { path: again.to_str().map(str::to_owned), torrent: None };
        holder
            .control(async |client| client.share(&again).await)
            .unwrap_or_else(|error| panic!("`share` fails without a fault: {error}"));
        scene.extra.assert_equal(&copy);
        holder.shares(3);
        holder
            .control(async |client| client.unshare(&Unshare { name: scene.extra.name.clone() }).await)
            .unwrap();
        drop(holder.terminate());
        leftovers::assert_none(&repository, &[FILM, ALBUM, &scene.extra.name]);
        fs::remove_dir_all(copy).unwrap();
    }

    /// An item is registered, so that the tracker must write. Whatever becomes of that, others get it in the end.
    fn track(&self, scene: &Scene, injection: &Injection) {
        scene.forget_reader();
        drop(scene.pool.end_tracker());
        fs::remove_dir_all(scene.pool.path("tracker")).unwrap();
        let command: Vec<_> = injection.command().iter().map(String::as_str).collect();
        let holder = match scene.pool.try_tracker(&command) {
            Err(ended) => {
                // SQLite has words of its own for what failed.
                let reasons = [self.fault.reasons(), &["database"]].concat();
                assert_ended_well(&ended, &reasons);
                scene.pool.try_tracker(&[]).unwrap_or_else(|ended| panic!("it does not start: {ended:?}"));
                scene.sound_holder()
            }
            Ok(()) => {
                let holder = scene.sound_holder();
                std::thread::sleep(std::time::Duration::from_millis(300));
                let log = scene.pool.end_tracker().stderr;
                assert!(!log.contains("panicked"), "{log}");
                scene.pool.try_tracker(&[]).unwrap_or_else(|ended| panic!("it does not start: {ended:?}"));
                holder
            }
        };
        let reader = scene.sound_reader();
        scene.complete(&reader);
        scene.end(reader);
        drop(holder);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Complete,
    /// It failed, with a message.
    Told,
    /// The process is gone.
    Lost,
}

/// The files that replace others in the reader's and the holder's repository.
fn state_files(scene: &Scene) -> Vec<PathBuf> {
    let hashes: Vec<_> = [FILM, ALBUM].map(|item| hash_of(scene, item)).into_iter().flatten().collect();
    let mut files = Vec::new();
    for repository in ["reader", "holder"] {
        let state = scene.pool.path(repository).join(".peerpool");
        files.extend(["index", "downloads.json"].map(|name| state.join(format!("{name}.new"))));
        for hash in &hashes {
            let partial = state.join("partial").join(hash);
            files.extend(["torrent", "info", "state"].map(|name| partial.join(format!("{name}.new"))));
        }
    }
    files
}

/// The name of a download's folder, as a holder that is running for a moment tells it.
fn hash_of(scene: &Scene, item: &str) -> Option<String> {
    let holder = scene.sound_holder();
    let shared = holder.control(async |client| client.shared().await).unwrap();
    shared.items.iter().find(|shared| shared.name == item)?.hash.map(|hash| hash.to_string())
}
