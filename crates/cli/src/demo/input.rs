//! The files that the demo moves.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use crate::exit::Failure;

/// What is written at once.
const CHUNK: usize = 1 << 20;

/// Writes a file of `bytes` that cannot be compressed; other seeds give other bytes.
pub(super) fn file(path: &Path, bytes: u64, seed: u64) -> Result<(), Failure> {
    let write = || -> io::Result<()> {
        let mut out = File::create(path)?;
        let mut noise = Noise(seed);
        let mut chunk = vec![0; CHUNK];
        let mut left = bytes;
        while left > 0 {
            noise.fill(&mut chunk);
            let part = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            out.write_all(&chunk[..part])?;
            left -= part as u64;
        }
        Ok(())
    };
    write().map_err(Failure::file("write", path))
}

/// Makes a folder of odd files: an empty one, a deep one, names in other scripts.
pub(super) fn folder(root: &Path, bytes: u64) -> Result<(), Failure> {
    let parts = [
        ("read me.txt", 1_234, 1),
        ("empty", 0, 2),
        ("ảnh/hà nội.raw", bytes / 2, 3),
        ("ảnh/deep/er/🐟.bin", bytes / 4, 4),
        ("one byte", 1, 5),
    ];
    for (name, bytes, seed) in parts {
        let path = root.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Failure::file("make", parent))?;
        }
        file(&path, bytes, seed)?;
    }
    Ok(())
}

/// Copies a file, or a folder with all that is in it.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop).map_err(Failure::file("copy", from));
    }
    fs::create_dir_all(to).map_err(Failure::file("make", to))?;
    for entry in fs::read_dir(from).map_err(Failure::file("read", from))? {
        let entry = entry.map_err(Failure::file("read", from))?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Noise that is the same for the same seed (SplitMix64, Steele, Lea and Flood 2014).
struct Noise(u64);

impl Noise {
    fn fill(&mut self, bytes: &mut [u8]) {
        for word in bytes.chunks_exact_mut(8) {
            word.copy_from_slice(&self.next().to_le_bytes());
        }
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
