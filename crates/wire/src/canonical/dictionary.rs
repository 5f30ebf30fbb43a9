//! Writes the info dictionary straight away: as a tree of values, an item of 20,000 files would be hundreds of
//! thousands of them.

use super::{Entry, FileHashes};
use crate::{
    bencode::{write_bytes, write_integer},
    id::Sha1Hash,
};

/// What an info dictionary is made of.
pub(super) struct Dictionary<'a> {
    pub(super) name: &'a str,
    pub(super) piece_length: u32,
    /// By path, in the order of BEP 52: components compared as bytes.
    pub(super) entries: Vec<(&'a [String], Entry<'a>)>,
}

impl Dictionary<'_> {
    /// The bencoded bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![b'd'];
        match self.only_file() {
            Some(file) => {
                write_attributes(&file, &mut out);
                write_bytes(b"file tree", &mut out);
                write_tree(&[(&[self.name.to_owned()], file)], 0, &mut out);
                write_size("length", file.length(), &mut out);
            }
            None => {
                write_bytes(b"file tree", &mut out);
                write_tree(&self.entries, 0, &mut out);
                write_bytes(b"files", &mut out);
                self.write_v1_files(&mut out);
            }
        }
        write_size("meta version", 2, &mut out);
        write_bytes(b"name", &mut out);
        write_bytes(self.name.as_bytes(), &mut out);
        write_size("piece length", self.piece_length.into(), &mut out);
        write_bytes(b"pieces", &mut out);
        write_bytes(&self.v1_pieces(), &mut out);
        out.push(b'e');
        out
    }

    /// The file that is the item itself.
    fn only_file(&self) -> Option<Entry<'_>> {
        self.entries.first().filter(|(path, _)| path.is_empty()).map(|(_, entry)| *entry)
    }

    /// Whether files are followed by pads.
    fn is_padded(&self) -> bool {
        self.entries.len() > 1
    }

    fn write_v1_files(&self, out: &mut Vec<u8>) {
        let piece_length = u64::from(self.piece_length);
        out.push(b'l');
        for (path, entry) in &self.entries {
            let length = entry.length();
            out.push(b'd');
            write_attributes(entry, out);
            write_size("length", length, out);
            write_path("path", path.iter().map(String::as_str), out);
            write_target(entry, out);
            out.push(b'e');
            let gap = length.next_multiple_of(piece_length) - length;
            if self.is_padded() && gap > 0 {
                out.extend_from_slice(b"d4:attr1:p");
                write_size("length", gap, out);
                write_path("path", [".pad", gap.to_string().as_str()], out);
                out.push(b'e');
            }
        }
        out.push(b'e');
    }

    fn v1_pieces(&self) -> Vec<u8> {
        let mut pieces = Vec::new();
        for hashes in self.entries.iter().filter_map(|(_, entry)| entry.hashes()) {
            pieces.extend(hashes.v1.iter().flat_map(|hash| hash.0));
            if let Some(tail) = hashes.v1_tail.filter(|_| !self.is_padded()) {
                pieces.truncate(pieces.len().saturating_sub(Sha1Hash::LEN));
                pieces.extend(tail.0);
            }
        }
        pieces
    }
}

fn write_path<'p>(key: &str, path: impl IntoIterator<Item = &'p str>, out: &mut Vec<u8>) {
    write_bytes(key.as_bytes(), out);
    out.push(b'l');
    path.into_iter().for_each(|component| write_bytes(component.as_bytes(), out));
    out.push(b'e');
}

fn write_attributes(entry: &Entry<'_>, out: &mut Vec<u8>) {
    let letters: &[u8] = match entry {
        Entry::File { executable: false, .. } => return,
        Entry::File { executable: true, .. } => b"x",
        // Whoever looks at a link's own mode finds it executable, so libtorrent writes both.
        Entry::Link { .. } => b"xl",
    };
    write_bytes(b"attr", out);
    write_bytes(letters, out);
}

fn write_target(entry: &Entry<'_>, out: &mut Vec<u8>) {
    if let Entry::Link { target } = entry {
        write_path("symlink path", target.iter().map(String::as_str), out);
    }
}

/// A folder of the `file tree`: entries that have their first `depth` components in common. A file whose path is that
/// of a folder too is written beside what is in it; the reader refuses that.
fn write_tree(entries: &[(&[String], Entry<'_>)], depth: usize, out: &mut Vec<u8>) {
    out.push(b'd');
    for entries in entries.chunk_by(|(one, _), (next, _)| one.get(depth) == next.get(depth)) {
        match entries {
            [(path, entry), ..] if path.len() == depth => {
                write_bytes(b"", out);
                write_leaf(entry, out);
            }
            [(path, _), ..] => {
                write_bytes(path[depth].as_bytes(), out);
                write_tree(entries, depth + 1, out);
            }
            [] => {}
        }
    }
    out.push(b'e');
}

fn write_leaf(entry: &Entry<'_>, out: &mut Vec<u8>) {
    out.push(b'd');
    write_attributes(entry, out);
    if let Some(FileHashes { length, root, .. }) = entry.hashes() {
        write_size("length", *length, out);
        if let Some(root) = root {
            write_bytes(b"pieces root", out);
            write_bytes(&root.0, out);
        }
    }
    write_target(entry, out);
    out.push(b'e');
}

/// A size in bytes; none above 63 bits comes here.
fn write_size(key: &str, bytes: u64, out: &mut Vec<u8>) {
    write_bytes(key.as_bytes(), out);
    write_integer(i64::try_from(bytes).unwrap_or(i64::MAX), out);
}
