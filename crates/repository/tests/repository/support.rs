//! The words of these tests.

use std::{
    collections::BTreeSet,
    fs::{self, File, FileTimes},
    path::{Path, PathBuf},
    process,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant, SystemTime},
};

use peerpool_repository::{
    Cancel, Event, PartialItem, Refresh, Repository, RepositoryError, Scope, SharedItem, Verdict, Wanted,
};
use peerpool_wire::{
    bencode::Node,
    geometry::{BLOCK, Piece},
    metainfo::Metainfo,
};
use sha2::Digest;
use tempfile::TempDir;

/// A repository in a folder that goes away with it.
pub struct Fixture {
    pub folder: TempDir,
    pub repository: Repository,
}

/// What a refresh said and did.
pub struct Told {
    pub outcome: Refresh,
    pub shared: Vec<Arc<SharedItem>>,
    pub withdrawn: Vec<String>,
}

impl Fixture {
    pub fn new() -> Self {
        Self::in_folder(TempDir::new().unwrap())
    }

    fn in_folder(folder: TempDir) -> Self {
        let repository = open(&folder.path().join("repository"));
        Self { folder, repository }
    }

    /// The same folder, opened by a later process.
    pub fn reopened(self) -> Self {
        drop(self.repository);
        Self::in_folder(self.folder)
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.repository.root().join(path)
    }

    /// Writes a file that was last modified an hour ago, so that its stamp is trusted.
    pub fn file(&self, path: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        age(&path, 3600);
        path
    }

    pub fn refresh(&self) -> Told {
        self.refresh_scope(&Scope::Everything)
    }

    pub fn refresh_name(&self, name: &str) -> Told {
        self.refresh_scope(&Scope::Names(BTreeSet::from([name.to_owned()])))
    }

    pub fn refresh_scope(&self, scope: &Scope) -> Told {
        let (shared, withdrawn) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        let report = |event| match event {
            Event::Shared(item) => shared.lock().unwrap().push(item),
            Event::Withdrawn(name) => withdrawn.lock().unwrap().push(name),
            Event::Hashing { .. } | Event::Problem(_) | Event::Altered(_) => {}
        };
        let outcome = self.repository.refresh(scope, &Cancel::default(), &report).unwrap();
        Told { outcome, shared: shared.into_inner().unwrap(), withdrawn: withdrawn.into_inner().unwrap() }
    }

    /// Shares what lies at the path, under the name that is given.
    pub fn share(&self, path: impl AsRef<Path>) -> Result<String, RepositoryError> {
        self.repository.share(path.as_ref(), &Cancel::default()).map(|brought| brought.name)
    }

    /// The item of this name, after a refresh that shares it.
    pub fn item(&self, name: &str) -> Arc<SharedItem> {
        self.refresh();
        self.repository.shared_item(name).unwrap()
    }

    pub fn download(&self, metainfo: &Arc<Metainfo>) -> Arc<PartialItem> {
        self.repository.download(metainfo.clone(), Wanted::Whole).unwrap()
    }

    /// The torrent that this repository makes of one file.
    pub fn torrent_of(name: &str, bytes: &[u8]) -> Arc<Metainfo> {
        let fixture = Self::new();
        fixture.file(name, bytes);
        fixture.item(name).metainfo().clone()
    }

    /// The torrent that this repository makes of a folder with these files.
    pub fn torrent_of_folder(name: &str, files: &[(&str, &[u8])]) -> Arc<Metainfo> {
        let fixture = Self::new();
        for (path, bytes) in files {
            fixture.file(&format!("{name}/{path}"), bytes);
        }
        fixture.item(name).metainfo().clone()
    }
}

/// Opens a repository that this process has just dropped. A program that another test starts has a copy of the lock
/// until it runs.
fn open(root: &Path) -> Repository {
    let begun = Instant::now();
    loop {
        match Repository::open(root) {
            Err(RepositoryError::InUse { holder, .. })
                if holder == Some(process::id()) && begun.elapsed() < Duration::from_secs(10) =>
            {
                thread::yield_now();
            }
            opened => return opened.unwrap(),
        }
    }
}

/// Sets a file's time of modification to so many seconds ago.
pub fn age(path: &Path, seconds: u64) {
    let then = SystemTime::now() - Duration::from_secs(seconds);
    File::options().write(true).open(path).unwrap().set_times(FileTimes::new().set_modified(then)).unwrap();
}

/// Bytes that differ everywhere, the same ones for the same seed; no block and no page of them is all zeros.
pub fn bytes(length: usize, seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed).wrapping_mul(2_654_435_761) + 1;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8 | 1
    };
    (0..length).map(next).collect()
}

/// The piece space of an item whose files have these contents: pads are zeros.
pub fn piece_space(metainfo: &Metainfo, content: impl Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let files = metainfo.info.files().iter();
    files
        .flat_map(|file| if file.pad { vec![0; file.length as usize] } else { content(&file.path.join("/")) })
        .collect()
}

/// The payload of a piece, as it is cut out of the piece space.
pub fn payload<'a>(metainfo: &Metainfo, space: &'a [u8], piece: Piece) -> &'a [u8] {
    let geometry = metainfo.info.geometry();
    let start = geometry.offset_of(piece) as usize;
    &space[start..start + geometry.payload_end(piece) as usize]
}

/// Writes and verifies a whole piece.
pub fn fetch_piece(item: &Arc<PartialItem>, space: &[u8], piece: Piece) {
    let metainfo = item.metainfo();
    let mut writer = item.piece(piece);
    writer.write(0, payload(&metainfo, space, piece)).unwrap();
    assert_eq!(writer.verify().unwrap(), Verdict::Good, "{piece}");
}

/// Writes and verifies everything.
pub fn fetch(item: &Arc<PartialItem>, space: &[u8]) {
    for piece in item.geometry().pieces() {
        fetch_piece(item, space, piece);
    }
}

/// A torrent for BEP 3 alone, its pieces running across the files.
pub fn v1_torrent(name: &str, files: &[(&str, &[u8])], piece_length: usize) -> Arc<Metainfo> {
    let all: Vec<u8> = files.iter().flat_map(|(_, bytes)| bytes.iter().copied()).collect();
    let pieces: Vec<u8> = all.chunks(piece_length).flat_map(sha1).collect();
    let list = files.iter().map(|(path, bytes)| {
        Node::dict([("length", Node::from(bytes.len() as i64)), ("path", Node::list(path.split('/')))])
    });
    let info = Node::dict([
        ("files", Node::List(list.collect())),
        ("name", Node::from(name)),
        ("piece length", Node::from(piece_length as i64)),
        ("pieces", Node::from(pieces)),
    ]);
    Arc::new(Metainfo::from_torrent(&Node::dict([("info", info)]).encode()).unwrap())
}

pub fn sha1(bytes: &[u8]) -> Vec<u8> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, bytes);
    digest.as_ref().to_vec()
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}

pub const fn blocks(count: usize) -> usize {
    count * BLOCK as usize
}
