//! Copies a file or a folder from elsewhere into the repository.
//!
//! Each copy is made in its own folder under `incoming`, compared with its source, and moved when it is complete. So no
//! half copy is shared, and simultaneous copies do not meet. The next start removes what a killed peer left there.
//! Where the file system can do that, a copy shares the original's blocks.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt, symlink},
    path::{Component, Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use rustix::fs::OFlags;

use crate::{
    beneath::Directory, error::DiskError, refresh::Cancel, repository::RepositoryError, runs, scan,
    stamp::Stamp,
};

/// Where copies are made, in the folder for unfinished data.
pub(crate) const INCOMING: &str = "incoming";

/// Bytes that are copied at once.
const STEP: usize = 1 << 20;

/// The result of sharing a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brought {
    /// The name of the item.
    pub name: String,
    /// Devices, sockets and named pipes that were not copied, by their paths at the source.
    pub left_out: Vec<PathBuf>,
    /// Whether it was copied; otherwise it lay in the repository already.
    pub copied: bool,
}

/// The item's name that a user's argument means: a name, with or without `./`, or a path to it. `None` when it means
/// nothing that can be an item here.
pub(crate) fn name_of(root: &Path, word: &Path) -> Option<String> {
    let plain: PathBuf = word.components().filter(|part| *part != Component::CurDir).collect();
    let within = if plain.is_absolute() {
        let (parent, name) = (plain.parent()?, plain.file_name()?);
        let same = parent.canonicalize().ok()? == root.canonicalize().ok()?;
        PathBuf::from(Some(name).filter(|_| same)?)
    } else {
        plain
    };
    let mut parts = within.components();
    match (parts.next(), parts.next()) {
        (Some(Component::Normal(name)), None) => name.to_str().map(str::to_owned),
        _ => None,
    }
}

/// Makes `path` an item, copying it unless it is in the repository already. A relative path is one in the repository.
/// `admit` decides before anything arrives under a name, so that a refusal leaves nothing behind.
pub(crate) fn bring_in(
    root: &Directory,
    work: &Directory,
    path: &Path,
    cancel: &Cancel,
    admit: impl FnOnce(&str) -> Result<(), RepositoryError>,
) -> Result<Brought, RepositoryError> {
    let refused = |reason| RepositoryError::Name { name: path.display().to_string(), reason };
    if let Some(name) = name_of(root.path(), path)
        && root.exists(Path::new(&name))?
    {
        if scan::is_hidden(&name) {
            return Err(refused("names that begin with a dot are hidden"));
        }
        admit(&name)?;
        return Ok(Brought { name, left_out: Vec::new(), copied: false });
    }
    let source = root.path().join(path);
    let source = source.canonicalize().map_err(|error| DiskError::new("find", source, error))?;
    let name = source.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| refused("its name is not UTF-8"))?;
    if scan::is_hidden(name) {
        return Err(refused("names that begin with a dot are hidden"));
    }
    let home = root.path().canonicalize().map_err(|error| DiskError::new("find", root.path(), error))?;
    if source.parent() == Some(&home) {
        admit(name)?;
        return Ok(Brought { name: name.to_owned(), left_out: Vec::new(), copied: false });
    }
    if source.starts_with(&home) || home.starts_with(&source) {
        return Err(refused(
            "it lies inside the repository, or around it: share the top-level file or folder",
        ));
    }
    let taken = || RepositoryError::NameTaken { name: name.to_owned() };
    if root.exists(Path::new(name))? {
        return Err(taken());
    }
    let staging = Staging::new(work)?;
    let mut copy = Copy { cancel, seen: Vec::new(), left_out: Vec::new() };
    copy.entry(&source, &staging.folder.path().join(name))?;
    staging.folder.sync_file_system()?;
    copy.ensure_unchanged()?;
    admit(name)?;
    // Of several copies of one name, the first to finish takes it, and the others find it taken.
    let moved = staging.folder.move_new(Path::new(name), root, Path::new(name));
    moved.map_err(|error| match error.io().kind() {
        io::ErrorKind::AlreadyExists => taken(),
        _ => error.into(),
    })?;
    Ok(Brought { name: name.to_owned(), left_out: copy.left_out, copied: true })
}

/// A temporary folder for one copy.
struct Staging {
    incoming: Directory,
    name: String,
    folder: Directory,
}

impl Staging {
    fn new(work: &Directory) -> Result<Self, DiskError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let incoming = work.create_private_folder(Path::new(INCOMING))?;
        incoming.remove_tree(Path::new(&name))?;
        let folder = incoming.create_private_folder(Path::new(&name))?;
        Ok(Self { incoming, name, folder })
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(error) = self.incoming.remove_tree(Path::new(&self.name)) {
            tracing::warn!(%error, "the rest of an unfinished copy stays on disk until the next start");
        }
    }
}

/// A copy being made.
struct Copy<'a> {
    cancel: &'a Cancel,
    /// Files and folders of the source as they were when they were copied.
    seen: Vec<(PathBuf, Stamp)>,
    left_out: Vec<PathBuf>,
}

impl Copy<'_> {
    fn entry(&mut self, from: &Path, to: &Path) -> Result<(), RepositoryError> {
        self.ensure_wanted()?;
        let found = fs::symlink_metadata(from).map_err(DiskError::on("look at", from))?;
        let kind = found.file_type();
        if kind.is_file() {
            self.file(from, to)
        } else if kind.is_dir() {
            self.folder(from, to)
        } else if kind.is_symlink() {
            // Scanning the item reports whether it can be shared.
            let target = fs::read_link(from).map_err(DiskError::on("read link", from))?;
            Ok(symlink(target, to).map_err(DiskError::on("make link", to))?)
        } else {
            self.left_out.push(from.to_owned());
            Ok(())
        }
    }

    fn folder(&mut self, from: &Path, to: &Path) -> Result<(), RepositoryError> {
        let open = File::open(from).map_err(DiskError::on("open folder", from))?;
        self.saw(from, Stamp::of_open(&open))?;
        fs::create_dir(to).map_err(DiskError::on("create folder", to))?;
        for entry in fs::read_dir(from).map_err(DiskError::on("list", from))? {
            let entry = entry.map_err(DiskError::on("list", from))?;
            self.entry(&entry.path(), &to.join(entry.file_name()))?;
        }
        Ok(())
    }

    fn file(&mut self, from: &Path, to: &Path) -> Result<(), RepositoryError> {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        #[allow(clippy::cast_possible_wrap, reason = "flags are bits")]
        let source = OpenOptions::new().read(true).custom_flags(flags as i32).open(from);
        let source = source.map_err(DiskError::on("open", from))?;
        let stamp = Stamp::of_open(&source);
        let size = stamp.as_ref().map_or(0, |stamp| stamp.size);
        self.saw(from, stamp)?;
        let copy = OpenOptions::new().write(true).create_new(true).open(to);
        let copy = copy.map_err(DiskError::on("create", to))?;
        if rustix::fs::ioctl_ficlone(&copy, &source).is_err() {
            self.content(&source, from, &copy, to, size)?;
        }
        let kept = source.metadata().and_then(|found| {
            copy.set_permissions(fs::Permissions::from_mode(found.permissions().mode() & 0o777))?;
            copy.set_modified(found.modified()?)?;
            copy.metadata()
        });
        match kept.map_err(DiskError::on("finish the copy", to))?.len() == size {
            true => Ok(()),
            false => Err(RepositoryError::SourceChanged { path: from.to_owned() }),
        }
    }

    /// Copies the data of a file; holes stay holes.
    fn content(
        &self,
        source: &File,
        from: &Path,
        copy: &File,
        to: &Path,
        size: u64,
    ) -> Result<(), RepositoryError> {
        copy.set_len(size).map_err(DiskError::on("set the length of", to))?;
        let mut buffer = vec![0; STEP];
        for run in runs::data_in(source) {
            let mut at = run.start;
            while at < run.end.min(size) {
                self.ensure_wanted()?;
                let step = usize::try_from(run.end.min(size) - at).unwrap_or(STEP).min(STEP);
                let read = source.read_at(&mut buffer[..step], at).map_err(DiskError::on("read", from))?;
                if read == 0 {
                    return Err(RepositoryError::SourceChanged { path: from.to_owned() });
                }
                copy.write_all_at(&buffer[..read], at).map_err(DiskError::on("write", to))?;
                at += read as u64;
            }
        }
        Ok(())
    }

    fn saw(&mut self, path: &Path, stamp: io::Result<Stamp>) -> Result<(), DiskError> {
        self.seen.push((path.to_owned(), stamp.map_err(DiskError::on("look at", path))?));
        Ok(())
    }

    /// Compares the stamps: writing a file, or adding or removing a name in a folder, changes them.
    fn ensure_unchanged(&self) -> Result<(), RepositoryError> {
        for (path, before) in &self.seen {
            let now = Stamp::look(rustix::fs::CWD, path.as_os_str());
            if !now.is_ok_and(|(_, now)| now == *before) {
                return Err(RepositoryError::SourceChanged { path: path.clone() });
            }
        }
        Ok(())
    }

    fn ensure_wanted(&self) -> Result<(), RepositoryError> {
        if self.cancel.is_cancelled() { Err(RepositoryError::Cancelled) } else { Ok(()) }
    }
}
