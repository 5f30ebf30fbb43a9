//! Faults that the system itself makes: `strace` has system calls on one path fail, limits cut files short or refuse handles.
//! Each test runs itself again in a process to which that happens.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use peerpool_repository::{Cancel, Fault, PartialError, Repository, Scope, Wanted, refresh::Cause};
use peerpool_wire::metainfo::Metainfo;

use crate::support::{Fixture, blocks, bytes, fetch, fetch_piece};

/// In the inner process, the folder that both work in.
const INSIDE: &str = "PEERPOOL_TEST_FAULTS";

fn inside() -> Option<PathBuf> {
    std::env::var_os(INSIDE).map(PathBuf::from)
}

/// Runs a test of this file again, behind the words of a wrapper.
fn again(test: &str, folder: &Path, wrapper: &[&str]) -> std::io::Result<Output> {
    let words = wrapper.iter().map(std::ffi::OsString::from);
    let mut words = words.chain([std::env::current_exe().unwrap().into_os_string()]);
    Command::new(words.next().unwrap())
        .args(words)
        .args([
            "--exact",
            &format!("a_failing_disk_loses_nothing::{test}"),
            "--nocapture",
            "--test-threads=1",
        ])
        .env(INSIDE, folder)
        .output()
}

/// The inner test's outcome; false, said aloud, where the wrapper does not work.
fn happened(run: std::io::Result<Output>) -> bool {
    let Ok(output) = run else {
        eprintln!("skipped: no `strace` or `sh` here");
        return false;
    };
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    if !told.contains("running 1 test") {
        eprintln!("skipped: no process may be traced here: {told}");
        return false;
    }
    assert!(output.status.success(), "{told}");
    true
}

/// Has these system calls fail on one path.
fn with_failing(test: &str, folder: &Path, path: &Path, calls: &str, error: &str) -> bool {
    let inject = format!("inject={calls}:error={error}");
    let path = path.to_str().unwrap();
    happened(again(test, folder, &["strace", "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", &inject]))
}

/// Runs it with a limit of the shell.
fn with_limit(test: &str, folder: &Path, limit: &str) -> bool {
    let script = format!("trap '' XFSZ; ulimit {limit}; exec \"$@\"");
    happened(again(test, folder, &["sh", "-c", &script, "limited"]))
}

fn refresh(repository: &Repository) -> peerpool_repository::Refresh {
    repository.refresh(&Scope::Everything, &Cancel::default(), &|_| {}).unwrap()
}

#[test]
fn unsynced_data_is_neither_recorded_nor_complete() {
    let content = bytes(blocks(20), 1);
    let metainfo = Fixture::torrent_of("file", &content);
    let (whole, first) = (metainfo.info.piece_count(), metainfo.info.geometry().piece(0).unwrap());
    if let Some(folder) = inside() {
        let repository = Repository::open(&folder.join("repository")).unwrap();
        let item = repository.download(metainfo.clone(), Wanted::Whole).unwrap();
        fetch_piece(&item, &content, first);
        let refused = item.checkpoint().unwrap_err();
        assert!(matches!(refused, PartialError::Disk { .. }), "{refused}");
        fetch(&item, &content);
        assert!(repository.complete(&item, "file").is_err());
        assert!(!folder.join("repository/file").exists());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let synced = root.join(format!("repository/.peerpool/partial/{}/content", metainfo.info.hash()));
    let test = "unsynced_data_is_neither_recorded_nor_complete";
    if !with_failing(test, &root, &synced, "fdatasync,fsync", "EIO") {
        return;
    }
    let repository = Repository::open(&root.join("repository")).unwrap();
    assert!(repository.partials().unwrap()[0].verified.is_none(), "nothing was recorded");
    let item = repository.download(metainfo, Wanted::Whole).unwrap();
    assert_eq!(item.verified().count(), whole, "it was read again");
    repository.complete(&item, "file").unwrap();
}

#[test]
fn an_unreadable_file_is_named_and_shared_once_it_can_be_read() {
    if let Some(folder) = inside() {
        let repository = Repository::open(&folder.join("repository")).unwrap();
        let outcome = refresh(&repository);
        assert_eq!(outcome.shared, 1);
        let [problem] = &outcome.problems[..] else { panic!("{:?}", outcome.problems) };
        assert!(matches!(problem.cause, Cause::Unreadable(_)), "{problem}");
        assert!(problem.to_string().contains("set/broken"), "{problem}");
        return;
    }
    let fixture = Fixture::new();
    fixture.file("good", &bytes(100, 1));
    fixture.file("set/whole", &bytes(100, 2));
    let broken = fixture.file("set/broken", &bytes(100_000, 3)).canonicalize().unwrap();
    let Fixture { folder, repository } = fixture;
    drop(repository);
    let test = "an_unreadable_file_is_named_and_shared_once_it_can_be_read";
    let root = folder.path().canonicalize().unwrap();
    if with_failing(test, &root, &broken, "read,pread64,preadv,preadv2", "EIO") {
        assert_eq!(refresh(&Repository::open(&root.join("repository")).unwrap()).shared, 2);
    }
}

#[test]
fn a_disk_that_is_full_for_the_state_keeps_what_was_decided() {
    if let Some(folder) = inside() {
        let repository = Repository::open(&folder.join("repository")).unwrap();
        let refused = repository.unshare("two").unwrap_err().to_string();
        assert!(refused.contains("free some space"), "{refused}");
        return;
    }
    let fixture = Fixture::new();
    fixture.file("one", &bytes(10, 1));
    fixture.file("two", &bytes(10, 2));
    fixture.repository.unshare("one").unwrap();
    let Fixture { folder, repository } = fixture;
    drop(repository);
    let root = folder.path().canonicalize().unwrap();
    let full = root.join("repository/.peerpool/unshared.new");
    if with_failing(
        "a_disk_that_is_full_for_the_state_keeps_what_was_decided",
        &root,
        &full,
        "write",
        "ENOSPC",
    ) {
        let repository = Repository::open(&root.join("repository")).unwrap();
        refresh(&repository);
        let shared: Vec<_> = repository.shared().iter().map(|item| item.name().to_owned()).collect();
        assert_eq!(shared, ["two"]);
    }
}

#[test]
fn a_completion_that_failed_has_moved_nothing() {
    if let Some(folder) = inside() {
        let repository = Repository::open(&folder.join("repository")).unwrap();
        let refused = repository.share(&folder.join("source"), &Cancel::default()).unwrap_err().to_string();
        assert!(refused.contains("sync folder"), "{refused}");
        assert!(!folder.join("repository/source").exists());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::write(root.join("source"), bytes(1000, 1)).unwrap();
    drop(Repository::open(&root.join("repository")).unwrap());
    // The first sync is that of the start.
    let path = root.join("repository");
    if with_failing("a_completion_that_failed_has_moved_nothing", &root, &path, "fsync", "EIO:when=2+") {
        let repository = Repository::open(&path).unwrap();
        repository.share(&root.join("source"), &Cancel::default()).unwrap();
        assert_eq!(fs::read(path.join("source")).unwrap(), bytes(1000, 1));
    }
}

/// A write that crosses the limit is cut short, and the next one fails.
#[test]
fn a_write_that_was_cut_short_is_not_taken_for_whole() {
    let content = bytes(4 << 20, 1);
    if let Some(folder) = inside() {
        let metainfo = Metainfo::from_torrent(&fs::read(folder.join("torrent")).unwrap()).unwrap();
        let metainfo = Arc::new(metainfo);
        let repository = Repository::open(&folder.join("repository")).unwrap();
        // The file has its whole length at once, which is over the limit already.
        let item = repository.download(metainfo.clone(), Wanted::Whole).unwrap();
        let refused = item.piece(metainfo.info.geometry().piece(0).unwrap()).write(0, &content[..blocks(1)]);
        let Err(PartialError::Disk { source, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(source.fault(), Fault::Full);
        assert!(item.verified().is_none());
        let source = folder.join("source");
        fs::write(&source, &content[..1000]).unwrap();
        repository.share(&source, &Cancel::default()).unwrap();
        let long = folder.join("long");
        assert!(repository.share(&long, &Cancel::default()).is_err());
        assert!(!folder.join("repository/long").exists());
        assert_eq!(fs::read_dir(folder.join("repository/.peerpool/incoming")).unwrap().count(), 0);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let metainfo = Fixture::torrent_of("file", &content);
    fs::write(folder.path().join("torrent"), metainfo.to_torrent(&[])).unwrap();
    fs::write(folder.path().join("long"), &content).unwrap();
    if with_limit("a_write_that_was_cut_short_is_not_taken_for_whole", folder.path(), "-f 1024") {
        let repository = Repository::open(&folder.path().join("repository")).unwrap();
        let item = repository.download(metainfo, Wanted::Whole).unwrap();
        fetch(&item, &content);
        repository.complete(&item, "file").unwrap();
        assert_eq!(fs::read(folder.path().join("repository/file")).unwrap(), content);
    }
}

#[test]
fn running_out_of_file_handles_loses_nothing_and_names_the_limit() {
    if let Some(folder) = inside() {
        let metainfo = Fixture::torrent_of("fetched", &bytes(100, 5));
        let repository = Repository::open(&folder.join("repository")).unwrap();
        refresh(&repository);
        assert_eq!(repository.shared().len(), 2);
        let taken: Vec<_> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
        fs::write(folder.join("probe"), "").unwrap_err();
        let outcome = repository.refresh(&Scope::Everything, &Cancel::default(), &|_| {});
        let told = match outcome {
            Err(error) => error.to_string(),
            Ok(outcome) => outcome.problems.iter().map(ToString::to_string).collect(),
        };
        assert!(told.contains("ulimit -n"), "{told}");
        let refused = repository.download(metainfo.clone(), Wanted::Whole).unwrap_err();
        assert!(
            matches!(&refused, PartialError::Disk { source, .. } if source.fault() == Fault::NoFileHandles),
            "{refused}"
        );
        drop(taken);
        refresh(&repository);
        assert_eq!(repository.shared().len(), 2);
        repository.download(metainfo, Wanted::Whole).unwrap();
        return;
    }
    let fixture = Fixture::new();
    fixture.file("file", &bytes(10, 1));
    fixture.file("folder/inner/file", &bytes(10, 2));
    let Fixture { folder, repository } = fixture;
    drop(repository);
    with_limit("running_out_of_file_handles_loses_nothing_and_names_the_limit", folder.path(), "-n 40");
}

#[test]
fn a_disk_that_became_read_only_is_named_and_the_download_goes_on_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mount = |words: &[&str]| {
        let mounted = Command::new("mount").args(words).arg(folder.path()).output();
        mounted.is_ok_and(|output| output.status.success())
    };
    if !mount(&["-t", "tmpfs", "-o", "size=16m", "none"]) {
        eprintln!("skipped: only root may mount a file system");
        return;
    }
    let content = bytes(blocks(20), 1);
    let metainfo = Fixture::torrent_of("file", &content);
    let repository = Repository::open(folder.path()).unwrap();
    let item = repository.download(metainfo.clone(), Wanted::Whole).unwrap();
    fetch_piece(&item, &content, metainfo.info.geometry().piece(0).unwrap());
    item.checkpoint().unwrap();
    drop((item, repository));
    assert!(mount(&["-o", "remount,ro"]));
    let refused = Repository::open(folder.path()).unwrap_err().to_string();
    assert!(refused.contains("mounted writable"), "{refused}");
    assert!(mount(&["-o", "remount,rw"]));
    let repository = Repository::open(folder.path()).unwrap();
    let item = repository.download(metainfo, Wanted::Whole).unwrap();
    assert_eq!((item.verified().count(), item.resumed().rehashed), (1, 0));
    fetch(&item, &content);
    repository.complete(&item, "file").unwrap();
    drop((item, repository));
    let _ = Command::new("umount").arg("-l").arg(folder.path()).status();
}
