//! Which files other processes have open for writing.

use rustc_hash::FxHashSet;

use crate::stamp::Stamp;

/// How long to wait, after its last change, for a file that somebody holds open. Disk images and databases stay open.
const PATIENCE_NS: u64 = 300_000_000_000;

/// The files that other processes have open for writing, as far as this user may see their handles.
#[derive(Debug, Default)]
pub(crate) struct Writers(FxHashSet<(u64, u64)>);

impl Writers {
    /// Lists the open handles of all processes.
    #[cfg(target_os = "linux")]
    pub(crate) fn look() -> Self {
        use std::{ffi::OsStr, fs, path::Path};

        use rustix::fs::{AtFlags, CWD, FileType};

        let mut writers = FxHashSet::default();
        let myself = std::process::id().to_string();
        let is_other =
            |name: &OsStr| name != OsStr::new(&myself) && name.as_encoded_bytes()[0].is_ascii_digit();
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        for process in processes.filter(|entry| is_other(&entry.file_name())) {
            // Processes end meanwhile, and those of other users show nothing.
            let handles = fs::read_dir(process.path().join("fd")).into_iter().flatten().flatten();
            for handle in handles {
                let path = handle.path();
                // The mode of the link tells how the handle was opened.
                let writes = |path: &Path| {
                    let link = rustix::fs::statat(CWD, path, AtFlags::SYMLINK_NOFOLLOW);
                    link.is_ok_and(|link| link.st_mode & 0o200 != 0)
                };
                if writes(&path)
                    && let Ok((FileType::RegularFile, stamp)) = Stamp::follow(&path)
                {
                    writers.insert((stamp.device, stamp.inode));
                }
            }
        }
        Self(writers)
    }

    /// Other systems cannot tell.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn look() -> Self {
        Self::default()
    }

    /// Whether to wait for a file with this stamp.
    pub(crate) fn hold(&self, stamp: &Stamp, now_ns: i64) -> bool {
        now_ns.abs_diff(stamp.changed_ns) < PATIENCE_NS && self.0.contains(&(stamp.device, stamp.inode))
    }
}
