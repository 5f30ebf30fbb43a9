//! An item of the repository that is shared with the pool.

use std::{
    fs::File,
    io::{self, IoSliceMut},
    path::PathBuf,
    sync::Arc,
};

use peerpool_wire::{
    geometry::{Geometry, Piece},
    id::InfoHash,
    metainfo::Metainfo,
};

use crate::{
    beneath::{Directory, Stamps},
    error::{DiskError, Fault},
    local_names::LocalNames,
    open_files::{OpenFiles, Owner},
    problem::Problem,
    reading::{self, FileRun, Files},
    scan,
    stamp::Stamp,
    verify,
};

/// Why bytes of an item cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is not the one that was hashed: withdraw the item, then refresh it.
    #[error("`{path}` has changed since it was hashed: it is shared again once it is hashed again", path = path.display())]
    Changed {
        /// The file that changed, went away or was replaced.
        path: PathBuf,
    },
    /// The run of bytes does not lie in the item.
    #[error("bytes {offset} to {end} do not lie within `{item}`")]
    OutOfItem {
        /// The item's name.
        item: String,
        /// First byte asked for, in the piece space.
        offset: u64,
        /// End of what was asked for.
        end: u64,
    },
    /// The operating system refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// The stamp of each entry of a torrent's file list; `None` for pads and links.
pub(crate) type EntryStamps = Box<[Option<Stamp>]>;

/// A complete item, ready to be read from several threads at once.
#[derive(Debug)]
pub struct SharedItem {
    name: String,
    metainfo: Arc<Metainfo>,
    local_names: LocalNames,
    stamps: EntryStamps,
    root: Arc<Directory>,
    open: Arc<OpenFiles>,
    owner: Owner,
}

impl SharedItem {
    /// An item called `name` in the folder `root`, whose files have these local names and had these stamps when they
    /// were hashed.
    pub(crate) fn new(
        name: &str,
        metainfo: Arc<Metainfo>,
        local_names: LocalNames,
        stamps: EntryStamps,
        root: Arc<Directory>,
        open: Arc<OpenFiles>,
    ) -> Self {
        let owner = open.owner();
        Self { name: name.to_owned(), metainfo, local_names, stamps, root, open, owner }
    }

    /// The item's name in the repository, which may differ from the one in its info dictionary.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the item consists of, with its piece layers.
    pub fn metainfo(&self) -> &Arc<Metainfo> {
        &self.metainfo
    }

    /// The item's info-hash.
    pub fn info_hash(&self) -> InfoHash {
        self.metainfo.info.hash()
    }

    /// Its files that have a marked name, because the file system cannot hold their own.
    pub fn marked(&self) -> Vec<Problem> {
        self.local_names.problems(&self.name)
    }

    /// The local names of its files.
    pub(crate) fn local_names(&self) -> &LocalNames {
        &self.local_names
    }

    /// How its bytes divide into pieces and files.
    pub fn geometry(&self) -> &Geometry {
        self.metainfo.info.geometry()
    }

    /// Reads bytes of the piece space, from `offset` on, as many as `buffer` holds; pads are zeros. After reading it
    /// checks that each file is still the one that was hashed, so that no wrong byte leaves the peer.
    ///
    /// # Errors
    ///
    /// A file is not what was hashed any more ([`ReadError::Changed`]), or the disk fails.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
        reading::read_at(self.geometry(), self, offset, buffer)
    }

    /// Like [`SharedItem::read_at`], into several buffers one after the other.
    ///
    /// # Errors
    ///
    /// As for [`SharedItem::read_at`].
    pub fn read_vectored_at(&self, offset: u64, buffers: &mut [IoSliceMut<'_>]) -> Result<(), ReadError> {
        reading::read_vectored_at(self.geometry(), self, offset, buffers)
    }

    /// The same without waiting for the disk; false where not all of it is in memory, in one file that is open.
    ///
    /// # Errors
    ///
    /// As for [`SharedItem::read_at`].
    pub fn read_cached_vectored_at(
        &self,
        offset: u64,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Result<bool, ReadError> {
        reading::read_cached_vectored_at(self.geometry(), self, offset, buffers)
    }

    /// Has the system begin to read the bytes from `offset` on, which are wanted soon. May wait until their files are
    /// open, not for their content; [`SharedItem::read_at`] tells what fails.
    pub fn read_ahead(&self, offset: u64, length: u64) {
        reading::read_ahead(self.geometry(), self, offset, length);
    }

    /// The run of `length` bytes from `offset` in the piece space on, to send without reading it. `None` where sending
    /// might wait for the disk. Call [`SharedItem::check_run`] when it is sent: the file may change in between, and
    /// then the receiver finds out by its hash.
    ///
    /// # Errors
    ///
    /// As for [`SharedItem::read_at`].
    pub fn cached_run(&self, offset: u64, length: u64) -> Result<Option<FileRun>, ReadError> {
        reading::cached_run(self.geometry(), self, offset, length)
    }

    /// Checks that the file of a run is still the one that was hashed.
    ///
    /// # Errors
    ///
    /// [`ReadError::Changed`] if it is not, or the disk fails.
    pub fn check_run(&self, run: &FileRun) -> Result<(), ReadError> {
        reading::check_run(self, run)
    }

    /// Checks that every file is still the one that was hashed, without reading any.
    ///
    /// # Errors
    ///
    /// [`ReadError::Changed`] for the first that is not, or the disk fails.
    pub fn check(&self) -> Result<(), ReadError> {
        let paths: Vec<PathBuf> = (0..self.stamps.len()).map(|file| self.path(file)).collect();
        let mut stamps = Stamps::new(&self.root);
        for ((file, stamp), path) in self.stamps.iter().enumerate().zip(&paths) {
            let Some(stamp) = stamp else { continue };
            let found = stamps.of(path)?;
            if found != Some(*stamp) {
                return Err(self.changed(file));
            }
        }
        Ok(())
    }

    /// Reads a piece again, and returns whether it matches the torrent.
    ///
    /// # Errors
    ///
    /// As for [`SharedItem::read_at`].
    pub fn verify_piece(&self, piece: Piece) -> Result<bool, ReadError> {
        Ok(verify::examine(&self.metainfo, self, piece, false)?.good)
    }

    /// Whether every file under a piece has a stamp, and can be read.
    pub(crate) fn has_files_of(&self, piece: Piece) -> bool {
        let geometry = self.geometry();
        let mut spans = geometry.file_spans(geometry.offset_of(piece), u64::from(geometry.length_of(piece)));
        spans.all(|span| span.pad || matches!(self.stamps.get(span.file), Some(Some(_))))
    }

    /// The stamps that its files had when they were hashed, without pads and links.
    pub(crate) fn stamps(&self) -> impl Iterator<Item = &Stamp> {
        self.stamps.iter().flatten()
    }

    /// The path in the repository of an entry of the torrent's file list.
    fn path(&self, file: usize) -> PathBuf {
        let components = self.metainfo.info.files().get(file).map_or(&[][..], |file| &file.path);
        scan::path_in_item(&self.name, &self.local_names.local(components))
    }

    fn changed(&self, file: usize) -> ReadError {
        self.open.forget(self.owner, file);
        ReadError::Changed { path: self.root.path().join(self.path(file)) }
    }
}

impl Files for SharedItem {
    fn item(&self) -> &str {
        &self.name
    }

    fn open(&self, file: usize) -> Result<Arc<File>, ReadError> {
        let open = || self.root.open_file(&self.path(file));
        self.open.get(self.owner, file, open).map_err(|error| match error.fault() {
            Fault::Missing | Fault::Escapes => self.changed(file),
            _ => ReadError::Disk(error),
        })
    }

    fn opened(&self, file: usize) -> Option<Arc<File>> {
        self.open.opened(self.owner, file)
    }

    fn check(&self, file: usize, open: &File) -> Result<(), ReadError> {
        let now = Stamp::of_open(open).map_err(|error| self.failed(file, error))?;
        match self.stamps.get(file) {
            Some(Some(hashed)) if *hashed == now => Ok(()),
            _ => Err(self.changed(file)),
        }
    }

    fn failed(&self, file: usize, error: io::Error) -> ReadError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::IsADirectory => self.changed(file),
            _ => ReadError::Disk(DiskError::new("read", self.root.path().join(self.path(file)), error)),
        }
    }
}

impl Drop for SharedItem {
    fn drop(&mut self) {
        self.open.forget_all(self.owner);
    }
}
