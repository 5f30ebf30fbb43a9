//! Stamps, which show whether a file is still the one that was hashed.

use std::{ffi::OsStr, fs::File, hash::Hasher, io, os::fd::AsFd};

use rustc_hash::FxHasher;
use rustix::fs::{AtFlags, FileType, Stat};
use serde::{Deserialize, Serialize};

/// A file's identity and age, without reading it.
///
/// Equal stamps mean that the file was not written, renamed, linked or replaced in between. Size and time of
/// modification alone do not show that: tools put the time back, and a new file may get a removed one's inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The device that holds the file.
    pub device: u64,
    /// The file's inode; a rename keeps it.
    pub inode: u64,
    /// Length in bytes.
    pub size: u64,
    /// Last change of the content, in nanoseconds since 1970; negative before.
    pub modified_ns: i64,
    /// Last change of content, name or attributes, in nanoseconds since 1970. Nobody can put it back.
    pub changed_ns: i64,
    /// Time of birth, in nanoseconds since 1970; 0 where the file system does not record it.
    pub born_ns: i64,
}

impl Stamp {
    /// What kind of thing stands under a name of the folder, and its stamp; symbolic links are not followed.
    pub(crate) fn look(folder: impl AsFd, name: &OsStr) -> rustix::io::Result<(FileType, Self)> {
        at(folder, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// What kind of thing stands at a path, and its stamp; symbolic links are followed.
    pub(crate) fn follow(path: &std::path::Path) -> rustix::io::Result<(FileType, Self)> {
        at(rustix::fs::CWD, path.as_os_str(), AtFlags::empty())
    }

    /// The stamp of an open file.
    pub(crate) fn of_open(file: &File) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        return Ok(at(file, OsStr::new(""), AtFlags::EMPTY_PATH)?.1);
        #[cfg(not(target_os = "linux"))]
        return Ok(Self::of(&rustix::fs::fstat(file)?));
    }

    /// The stamp from `stat`, which has no time of birth.
    #[allow(clippy::unnecessary_cast, reason = "the widths differ by platform")]
    fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified_ns: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
            changed_ns: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
            born_ns: 0,
        }
    }

    /// Whether it is the same file with the same content, provided that nobody but the caller touched it in between:
    /// renaming, linking or changing permissions affects only the time of change.
    pub(crate) fn is_but_for_our_change(&self, other: &Self) -> bool {
        Self { changed_ns: other.changed_ns, ..*self } == *other
    }

    /// A number that differs, for all practical purposes, when the stamp does; never 0.
    pub(crate) fn fingerprint(&self) -> u64 {
        let mut hasher = FxHasher::default();
        for word in [self.device, self.inode, self.size] {
            hasher.write_u64(word);
        }
        for word in [self.modified_ns, self.changed_ns, self.born_ns] {
            hasher.write_i64(word);
        }
        hasher.finish().max(1)
    }

    /// Whether the file changed so shortly before `now_ns` that another write could leave its times as they are. How
    /// shortly depends on the file system's clock: where times are whole hundredths of a second, it may tick only every
    /// other second. A time in the future is no problem: the next write cannot repeat it.
    pub(crate) fn is_fresh(&self, now_ns: i64) -> bool {
        const COARSE_NS: i64 = 10_000_000;
        let unsettled_ns = if self.modified_ns % COARSE_NS == 0 { 2_000_000_000 } else { 100_000_000 };
        now_ns.saturating_sub(self.modified_ns).saturating_abs() < unsettled_ns
    }
}

#[cfg(target_os = "linux")]
fn at(folder: impl AsFd, name: &OsStr, flags: AtFlags) -> rustix::io::Result<(FileType, Stamp)> {
    use rustix::{
        fs::{StatxFlags, makedev},
        io::Errno,
    };
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    let told = match rustix::fs::statx(folder.as_fd(), name, flags, wanted) {
        Ok(told) => told,
        // A kernel before 4.11, or a sandbox that does not know the call.
        Err(Errno::NOSYS) => {
            let stat = rustix::fs::statat(folder, name, flags)?;
            return Ok((FileType::from_raw_mode(stat.st_mode), Stamp::of(&stat)));
        }
        Err(error) => return Err(error),
    };
    let time = |time: rustix::fs::StatxTimestamp| nanoseconds(time.tv_sec, time.tv_nsec);
    let born = StatxFlags::from_bits_retain(told.stx_mask).contains(StatxFlags::BTIME);
    let stamp = Stamp {
        device: makedev(told.stx_dev_major, told.stx_dev_minor),
        inode: told.stx_ino,
        size: told.stx_size,
        modified_ns: time(told.stx_mtime),
        changed_ns: time(told.stx_ctime),
        born_ns: if born { time(told.stx_btime) } else { 0 },
    };
    Ok((FileType::from_raw_mode(told.stx_mode.into()), stamp))
}

#[cfg(not(target_os = "linux"))]
fn at(folder: impl AsFd, name: &OsStr, flags: AtFlags) -> rustix::io::Result<(FileType, Stamp)> {
    let stat = rustix::fs::statat(folder, name, flags)?;
    Ok((FileType::from_raw_mode(stat.st_mode), Stamp::of(&stat)))
}

#[allow(
    clippy::useless_conversion,
    clippy::unnecessary_fallible_conversions,
    reason = "widths differ by platform"
)]
fn nanoseconds(seconds: impl TryInto<i64>, fraction: impl TryInto<i64>) -> i64 {
    let seconds: i64 = seconds.try_into().unwrap_or(0);
    let fraction: i64 = fraction.try_into().unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(fraction)
}

/// The wall clock, in nanoseconds since 1970. Used only to judge how fresh a stamp is.
pub(crate) fn now_ns() -> i64 {
    match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}
