//! `peerpool torrent verify`.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use peerpool_wire::{
    check::{Check, Checked},
    metainfo::{File, Metainfo},
};
use serde::Serialize;

use super::files;
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

/// A file that is not as it should be, or pieces that are not.
#[derive(Debug, Serialize)]
struct Fault {
    path: String,
    reason: String,
}

/// Compares a file or folder with a .torrent file, by every hash that it has.
pub(super) fn run(out: Output, torrent: &Path, path: &Path) -> Result<(), Failure> {
    let torrent = super::read(torrent)?;
    let mut faults = Vec::new();
    let mut check = Check::new(&torrent);
    for file in torrent.info.files().iter().filter(|file| !file.pad) {
        faults.extend(take(file, &on_disk(path, file), &mut check));
    }
    faults.extend(wrong_pieces(&torrent, path, &check.finish()));
    let verdict = Verdict { ok: faults.is_empty(), name: torrent.info.name().to_owned(), faults };
    out.show(&verdict, Verdict::human);
    match verdict.ok {
        true => Ok(()),
        false => Err(Failure::told(Exit::Failed, format!("{} is not what the torrent says", path.display()))),
    }
}

fn on_disk(root: &Path, file: &File) -> PathBuf {
    std::iter::once(root).chain(file.path.iter().map(Path::new)).collect()
}

/// Reads one file into the check, and says what is wrong with it as a file. What is missing is skipped.
fn take(file: &File, path: &Path, check: &mut Check<'_>) -> Option<Fault> {
    if file.symlink.is_some() {
        return None;
    }
    let mut left = file.length;
    let result = length_of(path).and_then(|found| {
        files::read(path, |bytes| {
            let now = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            check.update(&bytes[..now]);
            left -= now as u64;
        })?;
        Ok(found)
    });
    check.skip(left);
    let reason = match result {
        Ok(found) if found == file.length => return None,
        Ok(found) => format!("has {found} bytes instead of {}", file.length),
        Err(error) => error.to_string(),
    };
    Some(Fault { path: path.display().to_string(), reason })
}

fn length_of(path: &Path) -> io::Result<u64> {
    Ok(path.metadata()?.len())
}

/// The files that wrong pieces lie in; a piece of a v1 torrent may lie in several.
fn wrong_pieces(torrent: &Metainfo, root: &Path, checked: &Checked) -> Vec<Fault> {
    let geometry = torrent.info.geometry();
    let mut wrong: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for piece in checked.wrong.iter().filter_map(|piece| geometry.piece(*piece)) {
        let spans = geometry.file_spans(geometry.offset_of(piece), u64::from(geometry.length_of(piece)));
        for span in spans.filter(|span| !span.pad) {
            wrong.entry(span.file).or_default().push(piece.index());
        }
    }
    let said = |pieces: &[u32], what: &str| {
        let number = count(pieces.len() as u64, "piece", "pieces");
        Some(format!("{number} {what}, the first is piece {}", pieces.first()?))
    };
    let files = wrong.into_iter().filter_map(|(file, pieces)| {
        let path = on_disk(root, torrent.info.files().get(file)?).display().to_string();
        Some(Fault { path, reason: said(&pieces, "wrong or missing")? })
    });
    let torrent =
        said(&checked.contradictory, "with hashes that contradict each other: the torrent is wrong");
    files.chain(torrent.map(|reason| Fault { path: String::new(), reason })).collect()
}

impl Verdict {
    fn human(&self) -> String {
        if self.ok {
            return format!("{} is what the torrent says", safe(&self.name));
        }
        let line = |fault: &Fault| format!("{} {}", safe(&fault.path), safe(&fault.reason)).trim().to_owned();
        self.faults.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
