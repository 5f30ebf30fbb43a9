//! One upload on disk.

use std::{
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{Begun, Plan, UploadError, UploadId};
use crate::{
    beneath::Directory,
    envelope::StateFile,
    error::{DiskError, Result},
};

/// What it is to bring.
const PLAN: &str = "plan";
/// What is there of it: a file, or a folder.
const CONTENT: &str = "content";
/// Longest plan that is read: the longest request.
const MAX_PLAN: u64 = 64 << 20;

/// An upload and its folder. How much of a file is there is the file's length: file systems lengthen a file when they
/// have its bytes.
#[derive(Debug)]
pub(super) struct Session {
    id: UploadId,
    plan: Plan,
    folder: Directory,
    /// How many bytes of each file are there.
    offsets: Vec<u64>,
    /// When somebody went on with it last.
    touched: SystemTime,
}

impl Session {
    /// A new one, in a folder that is empty.
    pub(super) fn begin(id: UploadId, plan: Plan, folder: Directory, now: SystemTime) -> Result<Self> {
        let failed = |error| DiskError::new("write", folder.path().join(PLAN), std::io::Error::from(error));
        let body = serde_json::to_vec(&plan).map_err(failed)?;
        folder.replace_durably(PLAN, &StateFile::Upload.seal(&body))?;
        let offsets = vec![0; plan.files().len()];
        Ok(Self { id, plan, folder, offsets, touched: now })
    }

    /// One that an earlier run left; `None` when it cannot be understood.
    pub(super) fn found(id: UploadId, folder: Directory) -> Result<Option<Self>> {
        let Some(bytes) = folder.read_small(Path::new(PLAN), MAX_PLAN)? else { return Ok(None) };
        let plan = StateFile::Upload.unseal(&bytes).and_then(|body| serde_json::from_slice(body).ok());
        let Some(plan) = plan.and_then(|plan: Plan| plan.checked().ok()) else { return Ok(None) };
        let there = |path: &[String]| Ok(folder.stamp(&within(path))?.map_or(0, |stamp| stamp.size));
        let offsets = plan.files().iter().map(|file| Ok(there(&file.path)?.min(file.length)));
        let offsets = offsets.collect::<Result<_>>()?;
        let touched = folder.open_file(Path::new(PLAN))?.metadata().and_then(|found| found.modified());
        let touched = touched.map_err(DiskError::on("look at", &folder.path().join(PLAN)))?;
        Ok(Some(Self { id, plan, folder, offsets, touched }))
    }

    pub(super) fn progress(&self) -> Begun {
        Begun { id: self.id, plan: self.plan.clone(), offsets: self.offsets.clone() }
    }

    pub(super) fn touched(&self) -> SystemTime {
        self.touched
    }

    /// Takes the next bytes of a file, and has them on disk. Returns how many are there.
    pub(super) fn write(
        &mut self,
        file: usize,
        offset: u64,
        bytes: &[u8],
        now: SystemTime,
    ) -> Result<u64, UploadError> {
        let no_file = UploadError::NoFile { id: self.id, file };
        let (Some(planned), Some(there)) = (self.plan.files().get(file), self.offsets.get_mut(file)) else {
            return Err(no_file);
        };
        if offset != *there {
            return Err(UploadError::Offset { offset: *there });
        }
        let end = offset.saturating_add(bytes.len() as u64);
        if end > planned.length {
            return Err(UploadError::TooLong { length: planned.length, end });
        }
        let path = within(&planned.path);
        if let Some(parent) = path.parent().filter(|parent| *parent != Path::new("")) {
            self.folder.create_folder(parent)?;
        }
        let open = self.folder.open_for_writing(&path)?;
        let written = open.write_all_at(bytes, offset).and_then(|()| open.sync_data());
        if let Err(error) = written {
            // What is there must be what was told.
            let _ = open.set_len(offset);
            return Err(DiskError::new("write", self.folder.path().join(&path), error).into());
        }
        *there = end;
        self.touch(now);
        Ok(end)
    }

    /// How long it rests is seen after a restart, too.
    fn touch(&mut self, now: SystemTime) {
        self.touched = now;
        let plan = self.folder.open_to_change(Path::new(PLAN));
        // The worst of a failure is that it expires earlier.
        let _ = plan.map(|plan| plan.set_modified(now));
    }

    pub(super) fn is_whole(&self) -> bool {
        self.plan.files().iter().zip(&self.offsets).all(|(file, offset)| file.length == *offset)
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Moves what is whole to a name in `root`, durably; false when something has that name.
    pub(super) fn move_to(&self, root: &Directory, name: &str) -> Result<bool> {
        for file in self.plan.files().iter().filter(|file| file.length == 0) {
            let path = within(&file.path);
            if let Some(parent) = path.parent() {
                self.folder.create_folder(parent)?;
            }
            drop(self.folder.open_for_writing(&path)?);
        }
        self.folder.sync_file_system()?;
        match self.folder.move_new(Path::new(CONTENT), root, Path::new(name)) {
            Ok(()) => Ok(true),
            Err(error) if error.io().kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Where a file of an upload stands in its folder.
fn within(path: &[String]) -> PathBuf {
    std::iter::once(CONTENT).chain(path.iter().map(String::as_str)).collect()
}
