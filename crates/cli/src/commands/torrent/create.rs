//! `peerpool torrent create`.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use peerpool_repository::loose::{DescribeError, describe};
use serde::Serialize;

use crate::{
    exit::{Exit, Failure},
    output::{Output, remark, text::safe},
};

#[derive(Debug, Serialize)]
struct Created {
    file: String,
    name: String,
    hash: peerpool_wire::id::InfoHash,
}

/// Writes the .torrent file of what every peer would share under this name: the same info-hash everywhere.
pub(super) fn run(out: Output, path: &Path, output: Option<PathBuf>) -> Result<(), Failure> {
    let (torrent, left_out) = describe(path).map_err(|error| match error {
        DescribeError::Missing(_) => Failure::told(Exit::Disk, error.to_string()),
        _ => Failure::told(Exit::Failed, error.to_string()),
    })?;
    for problem in left_out {
        remark(&format!("left out: {}", safe(&problem.to_string())));
    }
    let name = torrent.info.name().to_owned();
    let output = output.unwrap_or_else(|| PathBuf::from(format!("{name}.torrent")));
    write(&output, &torrent.to_torrent(&[]))?;
    let created = Created { file: output.display().to_string(), name, hash: torrent.info.hash() };
    out.show(&created, |created| format!("{} {}", created.hash, safe(&created.file)))
}

/// Writes the file to its last byte, or leaves none that is cut off.
fn write(output: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = fs::File::create(output).and_then(|mut file| {
        file.write_all(bytes)?;
        // Some file systems say only now that the disk is full; what is no file cannot be synced.
        if file.metadata()?.is_file() { file.sync_all() } else { Ok(()) }
    });
    written.map_err(|error| {
        if output.is_file() {
            let _ = fs::remove_file(output);
        }
        Failure::file("write", output)(error)
    })
}
