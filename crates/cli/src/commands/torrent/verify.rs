//! `peerpool torrent verify`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use peerpool_repository::{
    Cancel,
    verify::{Verification, VerifyError, verify},
};
use peerpool_wire::metainfo::Info;
use serde::Serialize;

use crate::{
    exit::{Exit, Failure},
    output::{
        Output,
        text::{count, safe},
    },
};

/// How the data compares.
#[derive(Debug, Serialize)]
struct Verdict {
    ok: bool,
    name: String,
    faults: Vec<Fault>,
}

/// A file that is not as it should be.
#[derive(Debug, Serialize)]
struct Fault {
    path: String,
    reason: String,
}

/// Compares a file or folder with a .torrent file, by every hash that it has. Files that the torrent does not know are
/// no fault.
pub(super) fn run(out: Output, torrent: &Path, path: &Path) -> Result<(), Failure> {
    let torrent = Arc::new(super::read(torrent)?);
    let found = verify(&torrent, path, &Cancel::default(), &|_, _| {}).map_err(|error| match error {
        VerifyError::Cancelled => Failure::Interrupted,
        VerifyError::Problem(_) => Failure::told(Exit::Failed, error.to_string()),
        VerifyError::Missing(_) | VerifyError::Read(_) => Failure::told(Exit::Disk, error.to_string()),
    })?;
    let faults = faults(&torrent.info, path, &found);
    let verdict = Verdict { ok: faults.is_empty(), name: torrent.info.name().to_owned(), faults };
    out.show(&verdict, Verdict::human)?;
    match verdict.ok {
        true => Ok(()),
        false => Err(Failure::told(Exit::Failed, format!("{} is not what the torrent says", path.display()))),
    }
}

/// The files that are missing or have another length, then those that wrong pieces lie in. A piece of a v1 torrent may
/// lie in several files.
fn faults(info: &Info, root: &Path, found: &Verification) -> Vec<Fault> {
    let fault = |inside: &Path, reason: String| {
        let path = if inside.as_os_str().is_empty() { root.to_owned() } else { root.join(inside) };
        Fault { path: path.display().to_string(), reason }
    };
    let geometry = info.geometry();
    let mut wrong: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for piece in geometry.pieces().filter(|piece| !found.good.has(*piece)) {
        let spans = geometry.file_spans(geometry.offset_of(piece), u64::from(geometry.length_of(piece)));
        for span in spans.filter(|span| !span.pad) {
            wrong.entry(span.file).or_default().push(piece.index());
        }
    }
    let wrong_files: BTreeSet<&Path> = found.wrong_files.iter().map(PathBuf::as_path).collect();
    let files = info.files().iter().filter_map(|file| {
        let inside: PathBuf = file.path.iter().collect();
        let reason = format!("is missing, or is not {} bytes long", file.length);
        wrong_files.contains(inside.as_path()).then(|| fault(&inside, reason))
    });
    let pieces = wrong.into_iter().filter_map(|(file, pieces)| {
        let inside: PathBuf = info.files().get(file)?.path.iter().collect();
        if wrong_files.contains(inside.as_path()) {
            return None;
        }
        let number = count(pieces.len() as u64, "piece", "pieces");
        let reason = format!("{number} wrong, the first is piece {}", pieces.first()?);
        Some(fault(&inside, reason))
    });
    files.chain(pieces).collect()
}

impl Verdict {
    fn human(&self) -> String {
        if self.ok {
            return format!("{} is what the torrent says", safe(&self.name));
        }
        let line = |fault: &Fault| format!("{} {}", safe(&fault.path), safe(&fault.reason));
        self.faults.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
