//! The file of a pool, in TOML.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use data_encoding::HEXLOWER;
use peerpool_access::key::{PoolId, PublicKey};
use peerpool_api::TrackerUrl;
use peerpool_tls::private_file;
use serde::{Deserialize, Serialize};

use super::{Joined, MembershipError};

const ENDING: &str = ".toml";
/// Longest file in bytes: a keyset in hex takes less than 9 KiB, and the rest are a few lines.
const LONGEST: u64 = 64 << 10;

/// What the file says.
#[derive(Debug, Serialize, Deserialize)]
struct Pool {
    /// What people call the pool, for whoever looks: what counts is in the keyset.
    #[serde(default)]
    name: String,
    member: String,
    trackers: Vec<TrackerUrl>,
    /// base64url, as in an invite.
    root: String,
    /// The statement in hex.
    keyset: String,
}

/// The name of a pool's file.
pub(super) fn name(pool: PoolId) -> String {
    HEXLOWER.encode(&pool.0) + ENDING
}

/// Whether a file is a pool's, by its name. Others are what a write left behind, and the lock.
pub(super) fn is_one(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(ENDING));
    name.is_some_and(|name| HEXLOWER.decode(name.as_bytes()).is_ok_and(|pool| pool.len() == PoolId::LEN))
}

/// Reads a pool's file, if it is there.
pub(super) fn find(path: &Path) -> Result<Option<Joined>, MembershipError> {
    match read(path) {
        Err(MembershipError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Reads a pool's file.
pub(super) fn read(path: &Path) -> Result<Joined, MembershipError> {
    let file = File::open(path).map_err(MembershipError::disk("read", path))?;
    check_access(path, &file.metadata().map_err(MembershipError::disk("read", path))?)?;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(MembershipError::disk("read", path))?;
    let pool: Pool = toml::from_str(&text).map_err(|error| MembershipError::format(path, error.message()))?;
    let wrong = |what| MembershipError::format(path, what);
    let root = PublicKey::from_text(&pool.root).ok_or_else(|| wrong("`root` is no key"))?;
    // A file that was copied over another's would speak for the wrong pool.
    if path.file_name().is_none_or(|found| found != name(root.pool()).as_str()) {
        return Err(wrong("its name is another pool's"));
    }
    let statement = HEXLOWER.decode(pool.keyset.as_bytes()).map_err(|_| wrong("`keyset` is not in hex"))?;
    let joined = Joined::new(root, pool.trackers, pool.member, statement);
    joined.map_err(|error| MembershipError::format(path, format!("`keyset`: {error}")))
}

/// Writes a pool's file, in place of the one that is there. It is for its owner alone from the beginning.
pub(super) fn write(path: &Path, joined: &Joined) -> Result<(), MembershipError> {
    let pool = Pool {
        name: joined.keyset.name.clone(),
        member: joined.member.clone(),
        trackers: joined.trackers.clone(),
        root: joined.root.to_string(),
        keyset: HEXLOWER.encode(&joined.statement),
    };
    let text = toml::to_string(&pool).map_err(|error| MembershipError::format(path, error))?;
    private_file::replace(path, text.as_bytes()).map_err(MembershipError::disk("write", path))
}

#[cfg(unix)]
fn check_access(path: &Path, metadata: &fs::Metadata) -> Result<(), MembershipError> {
    use std::os::unix::fs::MetadataExt as _;

    let mode = metadata.mode() & 0o777;
    match mode & 0o022 {
        0 => Ok(()),
        _ => Err(MembershipError::Exposed { path: path.to_owned(), mode }),
    }
}

/// Elsewhere a user's own folder of data keeps others out.
#[cfg(not(unix))]
fn check_access(_: &Path, _: &fs::Metadata) -> Result<(), MembershipError> {
    Ok(())
}
