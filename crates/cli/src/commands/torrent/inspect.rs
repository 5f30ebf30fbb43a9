//! `peerpool torrent inspect`.

use std::path::Path;

use peerpool_wire::{
    id::{Sha1Hash, Sha256Hash},
    magnet::Magnet,
    metainfo::{File, Kind, Metainfo},
};
use serde::Serialize;

use crate::{
    exit::{Exit, Failure},
    output::{Output, size, text::safe},
};

pub(super) fn run(out: Output, what: &str) -> Result<(), Failure> {
    if what.starts_with("magnet:") {
        let magnet: Magnet = what.parse().map_err(|error| {
            Failure::told(Exit::RefusedTorrent, format!("the magnet link is refused: {error}"))
        })?;
        out.show(&Link::of(&magnet), Link::human)
    } else {
        out.show(&Contents::of(&super::read(Path::new(what))?), Contents::human)
    }
}

/// What a magnet link says.
#[derive(Debug, Serialize)]
struct Link {
    name: Option<String>,
    v1: Option<Sha1Hash>,
    v2: Option<Sha256Hash>,
    trackers: Vec<String>,
    peers: Vec<String>,
}

impl Link {
    fn of(magnet: &Magnet) -> Self {
        Self {
            name: magnet.name.clone(),
            v1: magnet.hash.v1(),
            v2: magnet.hash.v2(),
            trackers: magnet.trackers.clone(),
            peers: magnet.peers.clone(),
        }
    }

    fn human(&self) -> String {
        let mut lines = vec![format!("name      {}", safe(self.name.as_deref().unwrap_or("not said")))];
        lines.extend(hashes(self.v1, self.v2));
        lines.extend(self.trackers.iter().map(|tracker| format!("tracker   {}", safe(tracker))));
        lines.extend(self.peers.iter().map(|peer| format!("peer      {}", safe(peer))));
        lines.join("\n")
    }
}

/// What a .torrent file says.
#[derive(Debug, Serialize)]
struct Contents {
    name: String,
    v1: Option<Sha1Hash>,
    v2: Option<Sha256Hash>,
    kind: &'static str,
    private: bool,
    piece_length: u32,
    pieces: u32,
    size: u64,
    files: Vec<FileEntry>,
    trackers: Vec<Vec<String>>,
}

/// A file of it. Pads are left out.
#[derive(Debug, Serialize)]
struct FileEntry {
    path: String,
    size: u64,
    root: Option<Sha256Hash>,
    executable: bool,
    hidden: bool,
    symlink: Option<String>,
}

impl Contents {
    fn of(torrent: &Metainfo) -> Self {
        let info = &torrent.info;
        Self {
            name: info.name().to_owned(),
            v1: info.hash().v1(),
            v2: info.hash().v2(),
            kind: match info.kind() {
                Kind::V1 => "v1",
                Kind::V2 => "v2",
                Kind::Hybrid => "hybrid",
            },
            private: info.private(),
            piece_length: info.piece_length(),
            pieces: info.piece_count(),
            size: info.length(),
            files: info
                .files()
                .iter()
                .filter(|file| !file.pad)
                .map(|file| FileEntry::of(info.name(), file))
                .collect(),
            trackers: torrent.trackers.clone(),
        }
    }

    fn human(&self) -> String {
        let private = if self.private { ", private" } else { "" };
        let mut lines = vec![format!("name      {}", safe(&self.name))];
        lines.extend(hashes(self.v1, self.v2));
        lines.push(format!("kind      {}{private}", self.kind));
        lines.push(format!("size      {} ({} bytes)", size::bytes(self.size), self.size));
        lines.push(format!("pieces    {} of {}", self.pieces, size::bytes(u64::from(self.piece_length))));
        lines.extend(self.trackers.iter().flatten().map(|tracker| format!("tracker   {}", safe(tracker))));
        lines.extend(self.files.iter().map(FileEntry::human));
        lines.join("\n")
    }
}

impl FileEntry {
    fn of(item: &str, file: &File) -> Self {
        Self {
            path: if file.path.is_empty() { item.to_owned() } else { file.path.join("/") },
            size: file.length,
            root: file.root,
            executable: file.executable,
            hidden: file.hidden,
            symlink: file.symlink.as_ref().map(|target| target.join("/")),
        }
    }

    fn human(&self) -> String {
        let link = self.symlink.as_ref().map(|target| format!(" -> {}", safe(target))).unwrap_or_default();
        format!("file      {:>10}  {}{link}", size::bytes(self.size), safe(&self.path))
    }
}

fn hashes(v1: Option<Sha1Hash>, v2: Option<Sha256Hash>) -> impl Iterator<Item = String> {
    let v1 = v1.map(|hash| format!("v1 hash   {hash}"));
    let v2 = v2.map(|hash| format!("v2 hash   {hash}"));
    v1.into_iter().chain(v2)
}
