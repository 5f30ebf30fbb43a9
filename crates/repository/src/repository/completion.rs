//! Turning a finished download into an item of the repository.
//!
//! Completion verifies again what somebody else wrote to, makes the data durable, records the item's own torrent if it
//! has one, moves the content to its place by one rename that replaces nothing, records its hashes, and removes the
//! download's folder. In this order, a crash at any point loses nothing.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use peerpool_wire::{
    canonical::{self, Entry, FileHashes},
    geometry::Piece,
    id::{Sha1Hash, Sha256Hash},
    metainfo::{File, Info, Kind, Metainfo},
};

use super::Repository;
use crate::{
    attributes,
    beneath::{self, Stamps},
    error::DiskError,
    index::{Compared, Known, Tail},
    links,
    local_names::LocalNames,
    partial::{CONTENT, PartialError, PartialItem},
    scan,
    shared::{EntryStamps, SharedItem},
    stamp::Stamp,
};

/// One completion.
pub(crate) struct Completion<'a> {
    pub(crate) repository: &'a Repository,
    pub(crate) item: &'a PartialItem,
    /// The item's name in the repository.
    pub(crate) name: &'a str,
}

impl Completion<'_> {
    /// Moves the whole item to its place and shares it.
    pub(crate) fn run(&self) -> Result<Arc<SharedItem>, PartialError> {
        self.ensure_name()?;
        self.ensure_verified(self.item.geometry().pieces())?;
        let metainfo = self.item.metainfo();
        let attributes_kept = self.finish_content(&metainfo.info)?;
        let (synced, stamps) = self.sync_and_look(&metainfo.info);
        synced?;
        if let Some(same) = self.identical_item(&metainfo)? {
            self.remove_download();
            return Ok(same);
        }
        let stamps = stamps?;
        let canonical =
            self.known_files(&metainfo).filter(|_| attributes_kept && self.local_names().is_plain());
        self.decide(&metainfo, canonical.is_some())?;
        let stamps = self.move_in(&metainfo.info, stamps)?;
        self.record(&metainfo, &stamps, canonical)?;
        let local_names = self.local_names().clone();
        let shared = self.repository.share_with(self.name, metainfo, local_names, stamps);
        self.remove_download();
        Ok(shared)
    }

    /// Puts one finished file of a folder into the repository.
    pub(crate) fn deliver(&self, file: usize) -> Result<PathBuf, PartialError> {
        self.ensure_name()?;
        let metainfo = self.item.metainfo();
        let entry = metainfo.info.files().get(file).filter(|entry| !entry.pad && !entry.path.is_empty());
        let entry = entry.ok_or_else(|| self.unfit(format!("it has no file {file}")))?;
        let pieces = self.item.geometry().pieces_of_file(file);
        self.ensure_verified(pieces.filter_map(|index| self.item.geometry().piece(index)))?;
        self.ensure_folder_is_ours()?;
        if let Some(link) = &entry.symlink {
            self.item.set_delivered_to(self.name);
            self.item.checkpoint()?;
            self.put_link(entry, link)?;
            return Ok(self.repository.root().join(self.target(&entry.path)));
        }
        self.finish_file(file, entry)?;
        self.item.files().sync().map_err(self.disk())?;
        // Recorded before it happens, so that after a crash in between the folder still counts as the download's.
        self.item.set_delivered_to(self.name);
        self.item.checkpoint()?;
        let target = self.target(&entry.path);
        let stamp = self.link_in(file, &target)?;
        self.repository.directory().sync_names_of(&target).map_err(self.disk())?;
        self.item.files().set_delivered(file, stamp.fingerprint());
        self.item.checkpoint()?;
        Ok(self.repository.root().join(target))
    }

    /// Makes sure that everything is verified and that nobody else has written to it since.
    fn ensure_verified(&self, pieces: impl Iterator<Item = Piece>) -> Result<(), PartialError> {
        let owned = self.item.verify_modified()?;
        if let Some(file) = owned.first() {
            self.item.checkpoint()?;
            let metainfo = self.item.metainfo();
            let path = metainfo.info.files().get(*file).map_or(&[][..], |entry| &entry.path);
            return Err(self.taken(&self.target(path)));
        }
        let verified = self.item.verified();
        let missing = pieces.filter(|piece| !verified.has(*piece)).count() as u32;
        if missing > 0 {
            self.item.checkpoint()?;
            return Err(PartialError::Incomplete { item: self.item.name().to_owned(), missing });
        }
        Ok(())
    }

    /// Makes everything durable, and stamps the files while it waits for the disk.
    fn sync_and_look(&self, info: &Info) -> (Result<(), PartialError>, Result<EntryStamps, PartialError>) {
        std::thread::scope(|scope| {
            let looking = std::thread::Builder::new().spawn_scoped(scope, || self.stamps(info));
            let synced = self.item.files().sync().map_err(self.disk()).and_then(|()| self.item.checkpoint());
            let stamps = match looking {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                // No thread was available.
                Err(_) => self.stamps(info),
            };
            (synced, stamps)
        })
    }

    fn ensure_name(&self) -> Result<(), PartialError> {
        let one_name = Path::new(self.name).components().count() == 1 && !self.name.contains(['/', '\0']);
        if !one_name || scan::is_hidden(self.name) {
            return Err(self.unfit(format!("`{}` cannot be its name here", self.name)));
        }
        Ok(())
    }

    /// Creates empty files and links, and sets attributes. Returns whether the file system keeps all of them; where it
    /// does not, scanning the item gives another one than the torrent describes.
    fn finish_content(&self, info: &Info) -> Result<bool, PartialError> {
        let mut kept = true;
        let mut plain = None;
        for (file, entry) in real_files(info) {
            if entry.length == 0 || entry.executable || entry.modified.is_some() {
                kept &= self.finish_file(file, entry)?;
            }
            if !entry.executable {
                plain = Some(file);
            }
        }
        if let Some(file) = plain {
            // Without permissions, a file system may show every file as executable.
            kept &= !self.item.files().make(file).is_ok_and(|open| attributes::is_executable(&open));
        }
        let files = self.item.files().folder();
        for (entry, target) in info.files().iter().filter_map(|entry| Some((entry, entry.symlink.as_ref()?)))
        {
            let path = scan::path_in_item(CONTENT, &self.local_names().local(&entry.path));
            let made = files.make_link(&path, &self.link_text(entry, target));
            kept &= attributes::is_kept(made).map_err(self.disk())?;
        }
        Ok(kept)
    }

    /// Creates a file that may be empty, with its attributes. Returns whether the file system keeps them.
    fn finish_file(&self, file: usize, entry: &File) -> Result<bool, PartialError> {
        let files = self.item.files();
        let open = files.make(file).map_err(self.disk())?;
        let path = files.folder().path().join(files.path(file));
        let failed = |doing| DiskError::on::<std::io::Error>(doing, &path);
        let mut kept = true;
        if entry.executable {
            let made = files.change(file, &open, || attributes::make_executable(&open));
            kept = attributes::is_kept(made.map_err(failed("make executable"))).map_err(self.disk())?
                && attributes::is_executable(&open);
        }
        if let Some(modified) = entry.modified {
            let set = files.change(file, &open, || attributes::set_modified(&open, modified));
            // Nobody compares the time again, so the system may round it.
            attributes::is_kept(set.map_err(failed("set the time of"))).map_err(self.disk())?;
        }
        Ok(kept)
    }

    /// Puts a link into the folder of the repository, where the file system has links.
    fn put_link(&self, entry: &File, target: &[String]) -> Result<(), PartialError> {
        let path = self.target(&entry.path);
        let made = self.repository.directory().make_link(&path, &self.link_text(entry, target));
        attributes::is_kept(made).map(drop).map_err(self.moved(&path))
    }

    /// The stamps of all files, each as the download left it.
    fn stamps(&self, info: &Info) -> Result<EntryStamps, PartialError> {
        let mut stamps = vec![None; info.files().len()].into_boxed_slice();
        let files = self.item.files();
        let mut found = files.stamps();
        for (file, entry) in real_files(info) {
            let stamp = found.of(files.path(file)).map_err(self.disk())?;
            let changed = || self.changed(&entry.path.join("/"));
            stamps[file] = Some(files.stamp_as_left(file, stamp).ok_or_else(changed)?);
        }
        Ok(stamps)
    }

    /// Somebody else wrote to the file during completion. The next attempt verifies its pieces again.
    fn changed(&self, path: &str) -> PartialError {
        PartialError::Touched { item: self.item.name().to_owned(), path: path.to_owned() }
    }

    /// Records the torrent by which the item will be shared, if hashing it here would give another one.
    fn decide(&self, metainfo: &Metainfo, canonical: bool) -> Result<(), PartialError> {
        let own = !(canonical && self.name == metainfo.info.name());
        let mut torrents = self.repository.torrents();
        if own {
            torrents.save(metainfo, self.local_names()).map_err(self.disk())?;
        }
        torrents.adopt(self.name, own.then(|| metainfo.info.hash())).map_err(self.disk())?;
        drop(torrents);
        self.repository.index().set_placed(self.name);
        Ok(())
    }

    /// Records what the download knows about its files, so that they are not hashed again.
    fn record(
        &self,
        metainfo: &Metainfo,
        stamps: &EntryStamps,
        canonical: Option<Vec<FileHashes>>,
    ) -> Result<(), PartialError> {
        let mut index = self.repository.index();
        let entries = metainfo.info.files().iter().filter(|file| !file.pad).count();
        let only = if entries > 1 { Tail::Filled } else { Tail::Short };
        for ((file, entry), hashes) in real_files(&metainfo.info).zip(canonical.into_iter().flatten()) {
            // The file was ours alone until now, so its stamp is trustworthy however recently it was written.
            let known = Known { hashes, seen_ns: i64::MAX, only: Some(only) };
            if let Some(stamp) = &stamps[file] {
                let path = self.target(&entry.path);
                index.insert(&path, stamp, metainfo.info.piece_length(), known);
            }
        }
        let (info_hash, stamps) = (metainfo.info.hash(), stamps.iter().flatten().copied().collect());
        index.set_compared(self.name, Compared { info_hash, stamps, agrees: true });
        index.save(self.repository.state()).map_err(self.disk())
    }

    /// The hashes of each file, if hashing them here would give this item.
    fn known_files(&self, metainfo: &Metainfo) -> Option<Vec<FileHashes>> {
        let info = &metainfo.info;
        let real: Vec<usize> = real_files(info).map(|(file, _)| file).collect();
        let expected = canonical::piece_length(info.length(), real.len() as u64);
        if info.kind() != Kind::Hybrid || info.piece_length() != expected {
            return None;
        }
        let hashes: Vec<FileHashes> =
            real.iter().map(|file| hashes_of(metainfo, *file)).collect::<Option<_>>()?;
        let mut of_files = hashes.iter();
        let entries = info.files().iter().filter(|file| !file.pad).filter_map(|file| {
            let entry = match &file.symlink {
                Some(target) => Entry::Link { target },
                None => Entry::File { hashes: of_files.next()?, executable: file.executable },
            };
            Some((file.path.as_slice(), entry))
        });
        canonical::describes(info, entries).then_some(hashes)
    }

    /// The item that already has the name, if it is the same one.
    fn identical_item(&self, metainfo: &Metainfo) -> Result<Option<Arc<SharedItem>>, PartialError> {
        if !self.repository.directory().exists(Path::new(self.name)).map_err(self.disk())? {
            return Ok(None);
        }
        if self.item.delivered_to().as_deref() == Some(self.name) {
            return Ok(None);
        }
        let shared = self.repository.shared_item(self.name);
        let same =
            shared.filter(|shared| shared.info_hash() == metainfo.info.hash() && shared.check().is_ok());
        same.map(Some).ok_or_else(|| self.taken(Path::new(self.name)))
    }

    /// Moves the content to its place. Returns the stamps that its files have there.
    fn move_in(&self, info: &Info, stamps: EntryStamps) -> Result<EntryStamps, PartialError> {
        let files = self.item.files().folder();
        let root = self.repository.directory();
        if self.item.delivered_to().as_deref() != Some(self.name) {
            files
                .move_new(Path::new(CONTENT), root, Path::new(self.name))
                .map_err(self.moved(Path::new(self.name)))?;
            return match info.is_single_file() {
                true => self.stamps_now(info, stamps),
                false => Ok(stamps),
            };
        }
        // Some of its files are there already; link the others beside them.
        for entry in info.files() {
            if let Some(target) = &entry.symlink {
                self.put_link(entry, target)?;
            }
        }
        let mut placed = stamps;
        for (file, entry) in real_files(info) {
            let stamp = self.link_in(file, &self.target(&entry.path))?;
            placed[file] = Some(stamp);
        }
        root.sync_file_system().map_err(self.disk())?;
        // From here on each file has one name only.
        files.remove_whatever(Path::new(CONTENT)).map_err(self.disk())?;
        self.stamps_now(info, placed)
    }

    /// Moving the files changed their times of change. If anything else differs, somebody has found a file at its new
    /// place: then the old stamp stays, and the file counts as changed.
    fn stamps_now(&self, info: &Info, mut stamps: EntryStamps) -> Result<EntryStamps, PartialError> {
        let files: Vec<_> = real_files(info).collect();
        let paths: Vec<_> =
            files.iter().map(|(_, entry)| scan::path_in_item(self.name, &entry.path)).collect();
        let mut now = Stamps::new(self.repository.directory());
        for ((file, _), path) in files.iter().zip(&paths) {
            let there = now.of(path).map_err(self.disk())?;
            if let Some(stamp) = &mut stamps[*file] {
                *stamp = there.filter(|there| stamp.is_but_for_our_change(there)).unwrap_or(*stamp);
            }
        }
        Ok(stamps)
    }

    /// Links a finished file under its name in the repository, and returns the stamp of what is there. It is no error
    /// when the same file, or one with the same bytes, is there already.
    fn link_in(&self, file: usize, target: &Path) -> Result<Stamp, PartialError> {
        let root = self.repository.directory();
        let files = self.item.files();
        if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            root.create_folder(parent).map_err(self.disk())?;
        }
        let there = root.stamp(target).map_err(self.disk())?;
        if let Some(there) = there {
            let ours = files.stamp(file).map_err(self.disk())?;
            let same = ours.is_some_and(|ours| (ours.device, ours.inode) == (there.device, there.inode))
                || files.delivered_as(file) == Some(there.fingerprint())
                || self.is_same_content(file, target).map_err(self.disk())?;
            return if same { Ok(there) } else { Err(self.taken(target)) };
        }
        let open = files.make(file).map_err(self.disk())?;
        let path = files.folder().path().join(files.path(file));
        let mut refused = None;
        files
            .change(file, &open, || {
                refused = files.folder().link(files.path(file), root, target).err();
                Ok(())
            })
            .map_err(DiskError::on("look at", &path))
            .map_err(self.disk())?;
        match refused {
            None => {}
            Some(error) if beneath::cannot_link(&error) => {
                root.copy_new(&open, target).map_err(self.moved(target))?;
            }
            Some(error) => return Err(self.moved(target)(error)),
        }
        let placed = root.stamp(target).map_err(self.disk())?;
        placed.ok_or_else(|| self.changed(&target.to_string_lossy()))
    }

    /// Whether the file at `target` has the same bytes as a finished one.
    fn is_same_content(&self, file: usize, target: &Path) -> Result<bool, DiskError> {
        let ours = self.item.files().make(file)?;
        let theirs = self.repository.directory().open_file(target)?;
        beneath::have_same_bytes(&ours, &theirs).map_err(DiskError::on("read", target))
    }

    /// A folder that receives single files must be this download's, or not exist.
    fn ensure_folder_is_ours(&self) -> Result<(), PartialError> {
        if self.item.delivered_to().as_deref() == Some(self.name) {
            return Ok(());
        }
        let path = Path::new(self.name);
        if self.repository.directory().exists(path).map_err(self.disk())? {
            return Err(self.taken(path));
        }
        self.repository.keep_out(self.name);
        Ok(())
    }

    /// The item is complete and shared, so a folder that stays behind is no error.
    fn remove_download(&self) {
        if let Err(error) = self.repository.forget_download(self.item.info_hash(), self.name) {
            tracing::warn!(%error, item = self.item.name(), "the folder of a finished download stays on disk");
        }
    }

    /// Distinguishes a taken name from other failures of a move.
    fn moved<'p>(&'p self, target: &'p Path) -> impl Fn(DiskError) -> PartialError + 'p {
        move |error| match error.io().kind() {
            std::io::ErrorKind::AlreadyExists => self.taken(target),
            _ => self.disk()(error),
        }
    }

    fn taken(&self, path: &Path) -> PartialError {
        PartialError::NameTaken { item: self.item.name().to_owned(), path: self.repository.root().join(path) }
    }

    fn local_names(&self) -> &LocalNames {
        self.item.files().local_names()
    }

    /// The path of an entry of the item in the repository.
    fn target(&self, path: &[String]) -> PathBuf {
        scan::path_in_item(self.name, &self.local_names().local(path))
    }

    fn link_text(&self, link: &File, target: &[String]) -> PathBuf {
        links::text(&self.local_names().local(&link.path), &self.local_names().local(target))
    }

    fn unfit(&self, reason: String) -> PartialError {
        PartialError::Unfit { item: self.item.name().to_owned(), reason }
    }

    fn disk(&self) -> impl Fn(DiskError) -> PartialError + use<> {
        PartialError::disk(self.item.name())
    }
}

/// The entries of a torrent that are stored, with their indexes.
pub(crate) fn real_files(info: &Info) -> impl Iterator<Item = (usize, &File)> {
    info.files().iter().enumerate().filter(|(_, file)| file.is_stored())
}

/// The hashes that a hybrid torrent has of one of its files. The last piece's SHA-1 is known in one form only.
fn hashes_of(metainfo: &Metainfo, file: usize) -> Option<FileHashes> {
    let info = &metainfo.info;
    let entry = info.files().get(file)?;
    if entry.length == 0 {
        return Some(FileHashes::default());
    }
    let root: Sha256Hash = entry.root?;
    let pieces = info.geometry().pieces_of_file(file);
    let v1: Vec<Sha1Hash> = info.v1_pieces().get(pieces.start as usize..pieces.end as usize)?.to_vec();
    let layer = if v1.len() > 1 { metainfo.piece_layers.layer(root)?.to_vec() } else { Vec::new() };
    Some(FileHashes { length: entry.length, root: Some(root), layer, v1_tail: v1.last().copied(), v1 })
}
