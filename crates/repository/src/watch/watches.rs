//! Watching folders for changes, by inotify.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs, io,
    mem::MaybeUninit,
    os::{fd::OwnedFd, unix::ffi::OsStrExt},
    path::{Path, PathBuf},
    time::Duration,
};

use rustc_hash::FxHashMap;
use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll},
    fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags},
    io::Errno,
};

use super::item_of;

/// What happened beneath the root.
#[derive(Debug)]
pub(super) enum Report {
    /// Something changed at this path. For a file, `open` says whether it was written to (true) or closed after
    /// writing.
    Changed { path: PathBuf, open: Option<bool> },
    /// The kernel dropped events: anything may have changed.
    Anything,
}

/// Wakes whoever waits in [`Watches::wait`], for good.
#[derive(Debug)]
pub(super) struct Waker(OwnedFd);

impl Waker {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    pub(super) fn wake(&self) {
        // It fails when it was woken already.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }
}

/// The watched folders beneath a root.
#[derive(Debug)]
pub(super) struct Watches {
    root: PathBuf,
    inotify: Option<OwnedFd>,
    /// Watched folders, as paths beneath the root, by watch descriptor; `numbers` is the inverse.
    folders: FxHashMap<i32, PathBuf>,
    numbers: BTreeMap<PathBuf, i32>,
    /// Folders in which changes are not noticed, or not all of them, and why.
    unwatched: BTreeMap<PathBuf, String>,
    /// The system's limit of watches is reached.
    full: bool,
}

impl Watches {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            inotify: None,
            folders: FxHashMap::default(),
            numbers: BTreeMap::new(),
            unwatched: BTreeMap::new(),
            full: false,
        }
    }

    /// The folders in which changes are not noticed, or not all of them, and why.
    pub(super) fn unwatched(&self) -> &BTreeMap<PathBuf, String> {
        &self.unwatched
    }

    /// Watches everything that can be watched, from scratch.
    pub(super) fn open(&mut self) {
        self.folders.clear();
        self.numbers.clear();
        self.unwatched.clear();
        self.full = false;
        match inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK) {
            Ok(inotify) => {
                self.inotify = Some(inotify);
                self.watch(PathBuf::new());
            }
            Err(error) => {
                self.inotify = None;
                let advice = match error {
                    Errno::MFILE => "; raise `sysctl fs.inotify.max_user_instances` or `ulimit -n`",
                    _ => "",
                };
                self.unwatched
                    .insert(PathBuf::new(), format!("the system does not report changes: {error}{advice}"));
            }
        }
    }

    /// Tries again to watch what could not be watched.
    pub(super) fn retry(&mut self) {
        if self.inotify.is_none() {
            return self.open();
        }
        self.full = false;
        for path in self.unwatched.keys().cloned().collect::<Vec<_>>() {
            self.watch(path);
            if self.full {
                return;
            }
        }
    }

    /// Watches a folder and all folders in it, as far as that is possible.
    fn watch(&mut self, path: PathBuf) {
        let mut waiting = vec![path];
        while let Some(path) = waiting.pop() {
            self.unwatched.remove(&path);
            if let Err(error) = self.watch_one(&path) {
                self.refused(path, error);
                continue;
            }
            match self.folders_in(&path) {
                Ok(folders) => waiting.extend(folders),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => drop(self.unwatched.insert(path, error.to_string())),
            }
        }
    }

    fn watch_one(&mut self, path: &Path) -> rustix::io::Result<()> {
        let Some(inotify) = &self.inotify else { return Err(Errno::BADF) };
        if self.full {
            return Err(Errno::NOSPC);
        }
        let flags = WatchFlags::ATTRIB
            | WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MODIFY
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::ONLYDIR
            | WatchFlags::DONT_FOLLOW;
        let whole = self.root.join(path);
        // The root may be reached through a link; nothing beneath it is.
        let flags = if path.as_os_str().is_empty() { flags - WatchFlags::DONT_FOLLOW } else { flags };
        let number = inotify::add_watch(inotify, &whole, flags)?;
        if let Some(other) = self.folders.insert(number, path.to_owned()) {
            self.numbers.remove(&other);
        }
        self.numbers.insert(path.to_owned(), number);
        let far = |path: &Path| self.unwatched.contains_key(path);
        if !path.ancestors().skip(1).any(far)
            && let Some(kind) = remote(&whole)
        {
            let reason = format!(
                "it is on a network file system ({kind}), which does not report changes by other machines"
            );
            self.unwatched.insert(path.to_owned(), reason);
        }
        Ok(())
    }

    fn refused(&mut self, path: PathBuf, error: Errno) {
        let reason = match error {
            // It is gone, or no longer a folder.
            Errno::NOENT | Errno::NOTDIR | Errno::LOOP => return,
            Errno::NOSPC => {
                self.full = true;
                "the system's limit of watched folders is reached; raise `sysctl fs.inotify.max_user_watches`"
                    .to_owned()
            }
            error => error.to_string(),
        };
        self.unwatched.insert(path, reason);
    }

    fn folders_in(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(self.root.join(path))? {
            let entry = entry?;
            let inner = path.join(entry.file_name());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) && item_of(&inner).is_some() {
                folders.push(inner);
            }
        }
        Ok(folders)
    }

    /// Stops watching a folder and what is in it.
    fn forget(&mut self, path: &Path) {
        let inner = |other: &PathBuf| other.starts_with(path);
        let gone: Vec<PathBuf> = self.numbers.keys().filter(|other| inner(other)).cloned().collect();
        for path in gone {
            if let (Some(number), Some(inotify)) = (self.numbers.remove(&path), &self.inotify) {
                self.folders.remove(&number);
                // It fails when the folder is gone, since the watch went with it.
                let _ = inotify::remove_watch(inotify, number);
            }
        }
        self.unwatched.retain(|other, _| !inner(other));
    }

    /// Waits for events, at most for `patience`. Returns false when woken.
    pub(super) fn wait(&mut self, waker: &Waker, patience: Duration, reports: &mut Vec<Report>) -> bool {
        let timeout = Timespec::try_from(patience).ok();
        let mut handles = vec![PollFd::new(&waker.0, PollFlags::IN)];
        handles.extend(self.inotify.as_ref().map(|inotify| PollFd::new(inotify, PollFlags::IN)));
        match poll(&mut handles, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return false,
        }
        let woken = handles.first().is_some_and(|handle| !handle.revents().is_empty());
        let told = handles.get(1).is_some_and(|handle| !handle.revents().is_empty());
        drop(handles);
        if told && !woken {
            self.read(reports);
        }
        !woken
    }

    fn read(&mut self, reports: &mut Vec<Report>) {
        let Some(inotify) = &self.inotify else { return };
        let mut events = Vec::new();
        let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
        let mut reader = inotify::Reader::new(inotify, &mut buffer);
        // Reads one buffer at a time; the next call reads what is left.
        while let Ok(event) = reader.next() {
            let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()).to_owned());
            events.push((event.wd(), event.events(), name));
            if reader.is_buffer_empty() {
                break;
            }
        }
        for (number, what, name) in events {
            self.handle(number, what, name.as_deref(), reports);
        }
    }

    fn handle(&mut self, number: i32, what: ReadFlags, name: Option<&OsStr>, reports: &mut Vec<Report>) {
        if what.contains(ReadFlags::QUEUE_OVERFLOW) {
            // The dropped events may have been about new folders.
            self.open();
            return reports.push(Report::Anything);
        }
        let Some(folder) = self.folders.get(&number) else { return };
        let path = name.map_or_else(|| folder.clone(), |name| folder.join(name));
        if what.contains(ReadFlags::IGNORED) {
            self.folders.remove(&number);
            if self.numbers.get(&path) == Some(&number) {
                self.numbers.remove(&path);
            }
            return;
        }
        if what.contains(ReadFlags::ISDIR) {
            if what.intersects(ReadFlags::MOVED_FROM | ReadFlags::DELETE) {
                self.forget(&path);
            } else if item_of(&path).is_some()
                && (what.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO)
                    || self.unwatched.contains_key(&path))
            {
                self.watch(path.clone());
            }
        }
        let open = match what {
            what if what.contains(ReadFlags::CLOSE_WRITE) => Some(false),
            what if what.contains(ReadFlags::MODIFY) => Some(true),
            _ => None,
        };
        reports.push(Report::Changed { path, open });
    }
}

/// The network file system that the folder lies on, if any.
fn remote(path: &Path) -> Option<&'static str> {
    let kind = rustix::fs::statfs(path).ok()?.f_type as u64 & 0xFFFF_FFFF;
    Some(match kind {
        0x6969 => "nfs",
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => "smb",
        0x6573_5546 => "fuse",
        0x0102_1997 => "9p",
        0x00C3_6400 => "ceph",
        0x5346_414F => "afs",
        0x7375_7245 => "coda",
        0x564C => "ncp",
        0x786F_4256 => "vboxsf",
        0x0BD0_0BD0 => "lustre",
        0x0116_1970 => "gfs2",
        0x7461_636F => "ocfs2",
        _ => return None,
    })
}
