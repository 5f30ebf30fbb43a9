//! Folders of many small files whose bytes are known.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::Content;

/// How many files stand in one folder of the tree.
const IN_ONE: u64 = 100;

/// A folder of random files that peers may be given.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its name, and so the item's.
    pub name: String,
    /// Where the original lies.
    pub path: PathBuf,
    /// How long all its files are together.
    pub bytes: u64,
    files: Vec<(PathBuf, Content)>,
}

impl Folder {
    /// Writes so many files of 1 to `longest` bytes. The same seed gives the same bytes.
    pub(crate) fn random(originals: &Path, name: &str, files: u64, longest: u64, seed: u64) -> Self {
        let path = originals.join(format!("folder-{seed}")).join(name);
        let files: Vec<_> = (0..files)
            .map(|number| {
                let beneath = PathBuf::from(format!("part {:02}", number / IN_ONE));
                let folder = path.join(&beneath);
                fs::create_dir_all(&folder).unwrap();
                let length = 1 + number.wrapping_mul(0x9e37_79b9) % longest;
                let content = Content::random(&folder, "track", length, seed.wrapping_add(number));
                (beneath.join(content.path.file_name().unwrap()), content)
            })
            .collect();
        let bytes = files.iter().map(|(_, file)| file.bytes).sum();
        Self { name: name.to_owned(), path, bytes, files }
    }

    /// Puts a copy into a folder under its name.
    pub(crate) fn put(&self, folder: &Path) {
        let target = folder.join(&self.name);
        for (beneath, file) in &self.files {
            let path = target.join(beneath);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::copy(&file.path, path).unwrap();
        }
    }

    /// Panics unless the folder at `path` has exactly these files with these bytes.
    pub fn assert_equal(&self, path: &Path) {
        for (beneath, file) in &self.files {
            file.assert_equal(&path.join(beneath));
        }
        let found = count_files(path);
        assert_eq!(found, self.files.len(), "{} has files that {} does not have", path.display(), self.name);
    }
}

fn count_files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let entries = entries.map(|entry| entry.unwrap());
    entries
        .map(|entry| if entry.file_type().unwrap().is_dir() { count_files(&entry.path()) } else { 1 })
        .sum()
}
