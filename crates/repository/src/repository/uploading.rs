//! Uploads become items.

use std::time::SystemTime;

use super::Repository;
use crate::{
    free_name::{free_name, is_taken},
    uploads::{Begun, Plan, Upload, UploadError, UploadId, Whole, Written},
};

impl Repository {
    /// Begins an upload, of which nothing is there yet. `id` is a new one.
    ///
    /// # Errors
    ///
    /// There are too many already, the disk has no room for it, or fails.
    pub fn begin_upload(&self, id: UploadId, plan: Plan, now: SystemTime) -> Result<Begun, UploadError> {
        self.uploads.begin(id, plan, now)
    }

    /// How far an upload is.
    ///
    /// # Errors
    ///
    /// There is none of that id.
    pub fn upload(&self, id: UploadId) -> Result<Upload, UploadError> {
        self.uploads.find(id)
    }

    /// All uploads that are not complete.
    pub fn uploads(&self) -> Vec<Begun> {
        self.uploads.all()
    }

    /// Takes the next bytes of a file; they are on disk then. With the last of all bytes the upload is moved into the
    /// repository, under its name or a free one like it. Refresh that name next.
    ///
    /// # Errors
    ///
    /// There is no such upload or file, the bytes are not the next ones, or the disk fails. What was there before is there
    /// still.
    pub fn write_upload(
        &self,
        id: UploadId,
        file: usize,
        offset: u64,
        bytes: &[u8],
        now: SystemTime,
    ) -> Result<Written, UploadError> {
        self.uploads.write((id, file, offset), bytes, now, |whole| self.place(whole))
    }

    /// Forgets an upload and removes what is there of it.
    ///
    /// # Errors
    ///
    /// There is none of that id, or the disk fails.
    pub fn abandon_upload(&self, id: UploadId) -> Result<(), UploadError> {
        self.uploads.abandon(id)
    }

    /// Removes uploads that nobody went on with for days.
    pub fn expire_uploads(&self, now: SystemTime) {
        self.uploads.expire(now);
    }

    /// Moves what is complete to its name, or to a free one like it. Of several that are complete at once each gets its own.
    fn place(&self, whole: &Whole<'_>) -> Result<String, UploadError> {
        let wished = self.name_for(whole.name())?;
        let mut name = wished.clone();
        loop {
            if is_taken(self.root(), &name) {
                let taken = || UploadError::name(&wished, "very many items have that name");
                name = free_name(self.root(), &wished).ok_or_else(taken)?;
            }
            self.keep_unshared(&name, false)?;
            if whole.move_to(&self.root, &name)? {
                return Ok(name);
            }
        }
    }
}
