//! What tells that a file is still the one that was hashed.

use std::{fs::File, io};

use rustix::fs::Stat;

/// A file's identity and age, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The device that holds the file.
    pub device: u64,
    /// The file's number on its device; a rename keeps it.
    pub inode: u64,
    /// Length in bytes.
    pub size: u64,
    /// Last change of the content, in nanoseconds since 1970; negative before.
    pub modified_ns: i64,
    /// Last change of content, name or attributes, in nanoseconds since 1970.
    pub changed_ns: i64,
}

impl Stamp {
    /// The stamp in what the system tells about a file.
    #[allow(clippy::unnecessary_cast, reason = "the widths differ by platform")]
    pub(crate) fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified_ns: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
            changed_ns: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
        }
    }

    /// The stamp of an open file.
    pub(crate) fn of_open(file: &File) -> io::Result<Self> {
        Ok(Self::of(&rustix::fs::fstat(file)?))
    }

    /// Whether the content is as it was: the same file, size and time of modification. A rename or a change of
    /// permissions does not count.
    pub fn same_content(&self, other: &Self) -> bool {
        (self.device, self.inode, self.size, self.modified_ns)
            == (other.device, other.inode, other.size, other.modified_ns)
    }

    /// Whether the file was modified so shortly before `now_ns` that a further write could leave the time of
    /// modification as it is. How shortly depends on the file system's clock: where times are whole hundredths of a
    /// second, it may tick as rarely as every other second. A time that lies in the future says nothing.
    pub(crate) fn is_fresh(&self, now_ns: i64) -> bool {
        const COARSE_NS: i64 = 10_000_000;
        let unsettled_ns = if self.modified_ns % COARSE_NS == 0 { 2_000_000_000 } else { 100_000_000 };
        now_ns.saturating_sub(self.modified_ns).saturating_abs() < unsettled_ns
    }
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
