//! `peerpool torrent verify`.

use std::path::{Path, PathBuf};

use peerpool_wire::{
    canonical::FileHasher,
    id::Sha1Hash,
    metainfo::{File, Info, Metainfo},
};
use serde::Serialize;
use sha1::{Digest as _, Sha1};

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

/// Compares a file or folder with a .torrent file: by the v2 root of each file, by v1 pieces, or by both.
pub(super) fn run(out: Output, torrent: &Path, path: &Path) -> Result<(), Failure> {
    let torrent = super::read(torrent)?;
    let mut faults = Vec::new();
    let mut pieces = V1Pieces::new(&torrent.info);
    for file in torrent.info.files() {
        check(&torrent, file, path, &mut pieces, &mut faults);
    }
    faults.extend(pieces.finish());
    let verdict = Verdict { ok: faults.is_empty(), name: torrent.info.name().to_owned(), faults };
    out.show(&verdict, Verdict::human);
    match verdict.ok {
        true => Ok(()),
        false => Err(Failure::told(Exit::Failed, format!("{} is not what the torrent says", path.display()))),
    }
}

/// Reads one file, once, for both kinds of hashes. What is missing counts as zeros for the pieces after it.
fn check(torrent: &Metainfo, file: &File, root: &Path, pieces: &mut V1Pieces<'_>, faults: &mut Vec<Fault>) {
    if file.pad {
        return pieces.zeros(file.length);
    }
    if file.symlink.is_some() {
        return;
    }
    let path: PathBuf = std::iter::once(root).chain(file.path.iter().map(Path::new)).collect();
    let mut fault = |reason: String| faults.push(Fault { path: path.display().to_string(), reason });
    match path.metadata() {
        Ok(found) if found.len() != file.length => {
            fault(format!("has {} bytes instead of {}", found.len(), file.length));
            return pieces.zeros(file.length);
        }
        Ok(_) => {}
        Err(error) => {
            fault(error.to_string());
            return pieces.zeros(file.length);
        }
    }
    let mut hasher = FileHasher::new(torrent.info.piece_length());
    let mut read = 0;
    let result = files::read(&path, |bytes| {
        if file.root.is_some() {
            hasher.update(bytes);
        }
        pieces.bytes(bytes);
        read += bytes.len() as u64;
    });
    match result {
        Err(error) => fault(error.to_string()),
        Ok(()) if read != file.length => fault("changed while it was read".to_owned()),
        Ok(()) if file.root.is_some() && hasher.finish().root != file.root => {
            fault("has other content (v2 root)".to_owned());
        }
        Ok(()) => {}
    }
}

/// SHA-1 of the pieces as they run across files (BEP 3). Does nothing for an item without v1 hashes.
struct V1Pieces<'a> {
    expected: &'a [Sha1Hash],
    piece_length: u64,
    room: u64,
    piece: Sha1,
    done: usize,
    wrong: Vec<usize>,
}

impl<'a> V1Pieces<'a> {
    fn new(info: &'a Info) -> Self {
        let piece_length = u64::from(info.piece_length());
        let expected = info.v1_pieces();
        Self { expected, piece_length, room: piece_length, piece: Sha1::new(), done: 0, wrong: Vec::new() }
    }

    fn bytes(&mut self, mut bytes: &[u8]) {
        while !self.expected.is_empty() && !bytes.is_empty() {
            let now = usize::try_from(self.room).unwrap_or(bytes.len()).min(bytes.len());
            let (piece, later) = bytes.split_at(now);
            self.piece.update(piece);
            self.room -= now as u64;
            bytes = later;
            if self.room == 0 {
                self.end_piece();
            }
        }
    }

    fn zeros(&mut self, mut count: u64) {
        const ZEROS: [u8; 1 << 14] = [0; 1 << 14];
        while !self.expected.is_empty() && count > 0 {
            let now = count.min(ZEROS.len() as u64);
            self.bytes(&ZEROS[..now as usize]);
            count -= now;
        }
    }

    fn end_piece(&mut self) {
        let hash = Sha1Hash(self.piece.finalize_reset().into());
        if self.expected.get(self.done) != Some(&hash) {
            self.wrong.push(self.done);
        }
        self.done += 1;
        self.room = self.piece_length;
    }

    fn finish(mut self) -> Option<Fault> {
        if self.room < self.piece_length {
            self.end_piece();
        }
        let first = self.wrong.first()?;
        let number = count(self.wrong.len() as u64, "piece is", "pieces are");
        Some(Fault { path: String::new(), reason: format!("{number} wrong (SHA-1), the first is {first}") })
    }
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
