//! What an item consists of, a folder at a time: somebody who opens one of a million files looks at a few folders.

use std::collections::BTreeMap;

use peerpool_wire::{
    channel::{FileEntry, FileKind},
    metainfo::{File, Metainfo},
};

use crate::fold::fold;

/// The entries of a folder within an item: folders first, then by name. `under` is its path, with `/` between the parts,
/// and empty for the item's own folder; an item of one file has that one entry. `None` when the item has no such folder.
pub fn folder(metainfo: &Metainfo, under: &str) -> Option<Vec<FileEntry>> {
    let parts: Vec<&str> = under.split('/').filter(|part| !part.is_empty()).collect();
    let mut entries: BTreeMap<&str, FileEntry> = BTreeMap::new();
    let mut exists = parts.is_empty();
    for file in metainfo.info.files().iter().filter(|file| !file.pad) {
        let Some((name, is_below)) = child(file, &parts, metainfo.info.name()) else { continue };
        exists = true;
        let kind = match (is_below, &file.symlink) {
            (true, _) => FileKind::Folder,
            (false, Some(_)) => FileKind::Link,
            (false, None) => FileKind::File,
        };
        let entry = entries.entry(name).or_insert_with(|| FileEntry {
            name: name.to_owned(),
            kind,
            length: 0,
            files: 0,
        });
        entry.length = entry.length.saturating_add(file.length);
        entry.files = entry.files.saturating_add(1);
    }
    let mut entries: Vec<FileEntry> = entries.into_values().collect();
    entries.sort_by_cached_key(|entry| (entry.kind != FileKind::Folder, fold(&entry.name)));
    exists.then_some(entries)
}

/// The entry of the folder `parts` to which a file belongs, and whether the file lies below that.
fn child<'a>(file: &'a File, parts: &[&str], item: &'a str) -> Option<(&'a str, bool)> {
    if file.path.is_empty() {
        return parts.is_empty().then_some((item, false));
    }
    let (above, below) = file.path.split_at_checked(parts.len())?;
    let [name, rest @ ..] = below else { return None };
    above.iter().eq(parts).then_some((name, !rest.is_empty()))
}

#[cfg(test)]
mod tests {
    use peerpool_wire::canonical::{Builder, FileHasher, piece_length};

    use super::*;

    fn item(name: &str, files: &[&str]) -> Metainfo {
        let length = piece_length(1 << 20, 1);
        let mut builder = Builder::new(length);
        for path in files {
            let mut hasher = FileHasher::new(length);
            hasher.update(if path.is_empty() { b"it" } else { path.as_bytes() });
            let path = path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
            builder = builder.file(path, hasher.finish());
        }
        builder.finish(name).unwrap()
    }

    fn list(item: &Metainfo, under: &str) -> Option<Vec<(String, FileKind, u64, u32)>> {
        let entries = folder(item, under)?.into_iter();
        Some(entries.map(|entry| (entry.name, entry.kind, entry.length, entry.files)).collect())
    }

    #[test]
    fn a_folder_shows_its_own_entries_folders_first() {
        let item = item("course", &["b/1", "b/deep/22", "B.txt", "a.txt", "Á.md"]);
        let file = |name: &str, length| (name.to_owned(), FileKind::File, length, 1);
        let top =
            [("b".to_owned(), FileKind::Folder, 12, 2), file("Á.md", 5), file("a.txt", 5), file("B.txt", 5)];
        assert_eq!(list(&item, "").unwrap(), top);
        assert_eq!(list(&item, "b").unwrap(), [("deep".to_owned(), FileKind::Folder, 9, 1), file("1", 3)]);
        assert_eq!(list(&item, "b/deep/").unwrap(), [file("22", 9)]);
        for nothing in ["c", "b/1", "b/deep/22", "a.txt", "../b"] {
            assert_eq!(list(&item, nothing), None, "{nothing}");
        }
    }

    #[test]
    fn an_item_of_one_file_is_its_own_entry() {
        let item = item("song.mp3", &[""]);
        assert_eq!(list(&item, "").unwrap(), [("song.mp3".to_owned(), FileKind::File, 2, 1)]);
        assert_eq!(list(&item, "song.mp3"), None);
    }
}
