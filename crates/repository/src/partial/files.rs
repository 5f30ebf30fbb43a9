//! The files of a download in progress.

mod left;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};

use peerpool_wire::{geometry::Geometry, metainfo::Info};
use rustix::fs::FileType;

use super::holes;
use crate::{
    beneath::{self, Directory},
    error::{DiskError, Fault, Result},
    local_names::LocalNames,
    open_files::{OpenFiles, Owner},
    reading::Files,
    scan,
    shared::ReadError,
    stamp::Stamp,
};

/// The name of the file or folder being downloaded.
pub(crate) const CONTENT: &str = "content";

/// From this many files on, one sync of the whole file system costs less than one for each file.
const SYNC_ALL_FROM: usize = 32;

/// The file exists with its full length, or is about to be written whole.
const MADE: u8 = 1;
/// Written since the last sync.
const DIRTY: u8 = 2;
/// Its name may not be durable yet.
const NEW: u8 = 4;
/// Somebody else wrote to it, or it is not as it was left: its pieces must be verified again.
const MODIFIED: u8 = 8;

/// The item's files under `content`.
#[derive(Debug)]
pub(crate) struct DownloadFiles {
    item: String,
    folder: Directory,
    local_names: LocalNames,
    files: Box<[DownloadFile]>,
    open: Arc<OpenFiles>,
    owner: Owner,
}

#[derive(Debug)]
struct DownloadFile {
    path: PathBuf,
    length: u64,
    /// Neither a pad nor a link.
    real: bool,
    flags: AtomicU8,
    /// Held while writing: the system lets one thread at a time write to a file, and the others would spin.
    writing: Mutex<()>,
    /// The fingerprint of its stamp after our last write, or 0. Somebody else's write changes it.
    left: AtomicU64,
    /// The fingerprint of its stamp when it was delivered into the repository, or 0. From then on its owner may change
    /// it.
    delivered: AtomicU64,
}

/// The file that a writer wrote to last, kept open.
#[derive(Debug, Default)]
pub(crate) struct LastFile(Option<(usize, Arc<File>)>);

impl DownloadFiles {
    /// Opens the files of a download in `folder`, and finds those that are there already with their full length.
    pub(crate) fn open(folder: Directory, info: &Info, open: Arc<OpenFiles>) -> Result<Self> {
        let owner = open.owner();
        let local_names = LocalNames::of_download(&folder, info)?;
        let files = info.files().iter().map(|file| DownloadFile {
            path: scan::path_in_item(CONTENT, &local_names.local(&file.path)),
            length: file.length,
            real: file.is_stored(),
            flags: AtomicU8::new(0),
            writing: Mutex::new(()),
            left: AtomicU64::new(0),
            delivered: AtomicU64::new(0),
        });
        let files = Self {
            item: info.name().to_owned(),
            folder,
            files: files.collect(),
            local_names: local_names.clone(),
            open,
            owner,
        };
        if !files.folder.exists(CONTENT.as_ref())? {
            return Ok(files);
        }
        files.find_made()?;
        Ok(files)
    }

    /// Finds the files that are there with their full length.
    fn find_made(&self) -> Result<()> {
        let mut stamps = self.stamps();
        for file in self.files.iter().filter(|file| file.real) {
            match stamps.of(&file.path)? {
                Some(stamp) if stamp.size == file.length => {
                    file.flags.store(MADE | NEW | DIRTY, Ordering::Relaxed);
                }
                Some(_) => {}
                None => self.clear_way(&file.path)?,
            }
        }
        Ok(())
    }

    /// Removes whatever is in the way of a file, or of a folder that leads to it.
    fn clear_way(&self, path: &Path) -> Result<()> {
        let mut folder = self.folder.again()?;
        let mut names = path.iter().peekable();
        while let Some(name) = names.next() {
            let kind = match folder.look(name) {
                Ok((kind, _)) => kind,
                Err(error) if error.fault() == Fault::Missing => return Ok(()),
                Err(error) => return Err(error),
            };
            match kind {
                FileType::Directory if names.peek().is_some() => folder = folder.folder(Path::new(name))?,
                FileType::RegularFile if names.peek().is_none() => return Ok(()),
                _ => return folder.remove_whatever(Path::new(name)),
            }
        }
        Ok(())
    }

    /// The local names of the files, both in `content` and later in the repository.
    pub(crate) fn local_names(&self) -> &LocalNames {
        &self.local_names
    }

    /// The folder that holds `content`.
    pub(crate) fn folder(&self) -> &Directory {
        &self.folder
    }

    /// The indexes of all files that are stored.
    pub(crate) fn real_files(&self) -> impl Iterator<Item = usize> + '_ {
        self.files.iter().enumerate().filter(|(_, file)| file.real).map(|(nth, _)| nth)
    }

    /// The path of a file beneath [`DownloadFiles::folder`].
    pub(crate) fn path(&self, file: usize) -> &Path {
        self.files.get(file).map_or(Path::new(CONTENT), |file| &file.path)
    }

    /// Whether the file is there with its full length; pads and empty files always are.
    pub(crate) fn is_made(&self, file: usize) -> bool {
        self.files.get(file).is_some_and(|file| {
            !file.real || file.length == 0 || file.flags.load(Ordering::Relaxed) & MADE != 0
        })
    }

    /// Writes bytes at `offset` of the piece space; padding is not stored. `last` keeps the file that was written last,
    /// so that a writer asks for each file once.
    pub(crate) fn write_at(
        &self,
        geometry: &Geometry,
        offset: u64,
        data: &[u8],
        last: &mut LastFile,
    ) -> Result<()> {
        let mut rest = data;
        for span in geometry.file_spans(offset, data.len() as u64) {
            let length = usize::try_from(span.length).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at(length);
            if !span.pad {
                if last.0.as_ref().is_none_or(|(file, _)| *file != span.file) {
                    // A new file that will have holes gets its length first.
                    let coming = if holes::has_zeros(now) { 0 } else { now.len() };
                    last.0 = Some((span.file, self.open_or_make(span.file, coming)?));
                }
                if let Some((file, open)) = &last.0 {
                    self.write_file(*file, open, span.offset, now)?;
                }
            }
            rest = later;
        }
        Ok(())
    }

    fn write_file(&self, nth: usize, open: &File, offset: u64, data: &[u8]) -> Result<()> {
        let Some(file) = self.files.get(nth) else {
            return Ok(());
        };
        let written = self.change(nth, open, || holes::write_all_at(open, data, offset));
        // Marked after the write and before the piece is verified, so a checkpoint syncs whatever it records.
        file.flags.fetch_or(DIRTY, Ordering::Release);
        written.map_err(|error| DiskError::new("write", self.folder.path().join(&file.path), error))
    }

    /// Opens a file, creating it and its folders if needed. A new file is sparse, with its full length.
    pub(crate) fn make(&self, nth: usize) -> Result<Arc<File>> {
        self.open_or_make(nth, 0)
    }

    /// Opens or creates a file into which `coming` bytes will be written at once. If that is the whole file, the write
    /// sets its length.
    fn open_or_make(&self, nth: usize, coming: usize) -> Result<Arc<File>> {
        self.open.get(self.owner, nth, || {
            let Some(DownloadFile { path, length, flags, left, .. }) = self.files.get(nth) else {
                return Err(DiskError::new("open", self.folder.path(), io::ErrorKind::NotFound));
            };
            if flags.load(Ordering::Relaxed) & MADE != 0 {
                return self.folder.open_to_change(path);
            }
            let file =
                self.folder.open_for_writing(path).or_else(|error| match (error.fault(), path.parent()) {
                    (Fault::Missing, Some(parent)) => {
                        self.folder.create_folder(parent)?;
                        self.folder.open_for_writing(path)
                    }
                    _ => Err(error),
                })?;
            if *length != coming as u64 {
                file.set_len(*length)
                    .map_err(DiskError::on("set the length of", &self.folder.path().join(path)))?;
            }
            flags.fetch_or(MADE | NEW | DIRTY, Ordering::Relaxed);
            // Of one that is written whole now, the write says how it was left.
            if *length != coming as u64 || coming == 0 {
                let made = Stamp::of_open(&file);
                let made = made.map_err(DiskError::on("look at", &self.folder.path().join(path)))?;
                left.store(made.fingerprint(), Ordering::Relaxed);
            }
            Ok(file)
        })
    }

    /// Makes everything durable that was written before the call.
    pub(crate) fn sync(&self) -> Result<()> {
        let taken: Vec<(usize, u8)> = self.files.iter().enumerate().filter_map(take_dirty).collect();
        let synced = if taken.len() >= SYNC_ALL_FROM {
            self.folder.sync_file_system()
        } else {
            taken.iter().try_for_each(|(nth, flags)| self.sync_file(*nth, flags & NEW != 0))
        };
        if synced.is_err() {
            for (nth, flags) in taken {
                self.files[nth].flags.fetch_or(flags & (DIRTY | NEW), Ordering::Relaxed);
            }
        }
        synced
    }

    fn sync_file(&self, nth: usize, new: bool) -> Result<()> {
        let path = self.path(nth);
        self.make(nth)?.sync_data().map_err(DiskError::on("sync", &self.folder.path().join(path)))?;
        if new { self.folder.sync_names_of(path) } else { Ok(()) }
    }

    /// Records that the file was delivered into the repository, with the fingerprint of its stamp there.
    pub(crate) fn set_delivered(&self, nth: usize, stamp: u64) {
        if let Some(file) = self.files.get(nth) {
            file.delivered.store(stamp, Ordering::Relaxed);
        }
    }

    /// The fingerprint of the file's stamp when it was delivered into the repository.
    pub(crate) fn delivered_as(&self, nth: usize) -> Option<u64> {
        self.files.get(nth).map(|file| file.delivered.load(Ordering::Relaxed)).filter(|stamp| *stamp != 0)
    }

    /// The files delivered into the repository, with the fingerprints of their stamps then.
    pub(crate) fn delivered(&self) -> Vec<(usize, u64)> {
        (0..self.files.len()).filter_map(|nth| Some((nth, self.delivered_as(nth)?))).collect()
    }

    /// The stamp of a file, if it is as it was left.
    pub(crate) fn stamp_as_left(&self, nth: usize, stamp: Option<Stamp>) -> Option<Stamp> {
        let left = self.files.get(nth)?.left.load(Ordering::Relaxed);
        stamp.filter(|stamp| stamp.fingerprint() == left)
    }

    /// The stamp of a file that is there.
    pub(crate) fn stamp(&self, nth: usize) -> Result<Option<Stamp>> {
        self.folder.stamp(self.path(nth))
    }

    /// Stamps many files, by their [`DownloadFiles::path`].
    pub(crate) fn stamps(&self) -> beneath::Stamps<'_, '_> {
        beneath::Stamps::new(&self.folder)
    }

    /// Gives up a file that is no longer what was written. If its owner changed it in the repository, that one stays.
    pub(crate) fn give_up(&self, nth: usize) -> Result<()> {
        self.open.forget(self.owner, nth);
        if let Some(file) = self.files.get(nth) {
            file.flags.store(0, Ordering::Relaxed);
            file.left.store(0, Ordering::Relaxed);
            file.delivered.store(0, Ordering::Relaxed);
        }
        self.folder.remove_whatever(self.path(nth))
    }
}

fn take_dirty((nth, file): (usize, &DownloadFile)) -> Option<(usize, u8)> {
    let flags = file.flags.load(Ordering::Acquire);
    if flags & DIRTY == 0 {
        return None;
    }
    Some((nth, file.flags.fetch_and(!(DIRTY | NEW), Ordering::AcqRel)))
}

impl Files for DownloadFiles {
    fn item(&self) -> &str {
        &self.item
    }

    fn open(&self, file: usize) -> Result<Arc<File>, ReadError> {
        self.make(file).map_err(|error| match error.fault() {
            Fault::Missing | Fault::Escapes => {
                ReadError::Changed { path: self.folder.path().join(self.path(file)) }
            }
            _ => ReadError::Disk(error),
        })
    }

    fn opened(&self, file: usize) -> Option<Arc<File>> {
        self.open.opened(self.owner, file)
    }

    fn check(&self, nth: usize, open: &File) -> Result<(), ReadError> {
        let Some(file) = self.files.get(nth).filter(|file| file.delivered.load(Ordering::Relaxed) != 0)
        else {
            return Ok(());
        };
        let now = Stamp::of_open(open).map_err(|error| self.failed(nth, error))?;
        if now.fingerprint() == file.left.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(ReadError::Changed { path: self.folder.path().join(self.path(nth)) })
    }

    fn failed(&self, file: usize, error: io::Error) -> ReadError {
        let path = self.folder.path().join(self.path(file));
        match error.kind() {
            io::ErrorKind::UnexpectedEof => ReadError::Changed { path },
            _ => ReadError::Disk(DiskError::new("read", path, error)),
        }
    }
}

impl Drop for DownloadFiles {
    fn drop(&mut self) {
        self.open.forget_all(self.owner);
    }
}
