//! Writes the info dictionary straight away: as a tree of values, an item of 20,000 files would be hundreds of thousands of
//! them.

use super::FileHashes;
use crate::{
    bencode::{write_bytes, write_integer},
    id::Sha1Hash,
};

/// What an info dictionary is made of.
pub(super) struct Dictionary<'a> {
    pub(super) name: &'a str,
    pub(super) piece_length: u32,
    /// By path, in the order of BEP 52: components compared as bytes.
    pub(super) files: Vec<(&'a [String], &'a FileHashes)>,
}

impl Dictionary<'_> {
    /// The bencoded bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![b'd'];
        write_bytes(b"file tree", &mut out);
        match self.only_file() {
            Some(hashes) => write_tree(&[(&[self.name.to_owned()], hashes)], 0, &mut out),
            None => write_tree(&self.files, 0, &mut out),
        }
        match self.only_file() {
            Some(hashes) => write_size("length", hashes.length, &mut out),
            None => {
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
    fn only_file(&self) -> Option<&FileHashes> {
        self.files.first().filter(|(path, _)| path.is_empty()).map(|(_, hashes)| *hashes)
    }

    /// Whether files are followed by pads.
    fn is_padded(&self) -> bool {
        self.files.len() > 1
    }

    fn write_v1_files(&self, out: &mut Vec<u8>) {
        let piece_length = u64::from(self.piece_length);
        out.push(b'l');
        for (path, FileHashes { length, .. }) in &self.files {
            write_v1_file(None, *length, path.iter().map(String::as_str), out);
            let gap = length.next_multiple_of(piece_length) - length;
            if self.is_padded() && gap > 0 {
                write_v1_file(Some("p"), gap, [".pad", gap.to_string().as_str()], out);
            }
        }
        out.push(b'e');
    }

    fn v1_pieces(&self) -> Vec<u8> {
        let mut pieces = Vec::new();
        for (_, hashes) in &self.files {
            pieces.extend(hashes.v1.iter().flat_map(|hash| hash.0));
            if let Some(tail) = hashes.v1_tail.filter(|_| !self.is_padded()) {
                pieces.truncate(pieces.len().saturating_sub(Sha1Hash::LEN));
                pieces.extend(tail.0);
            }
        }
        pieces
    }
}

fn write_v1_file<'p>(
    attr: Option<&str>,
    length: u64,
    path: impl IntoIterator<Item = &'p str>,
    out: &mut Vec<u8>,
) {
    out.push(b'd');
    if let Some(attr) = attr {
        write_bytes(b"attr", out);
        write_bytes(attr.as_bytes(), out);
    }
    write_size("length", length, out);
    write_bytes(b"path", out);
    out.push(b'l');
    path.into_iter().for_each(|component| write_bytes(component.as_bytes(), out));
    out.extend_from_slice(b"ee");
}

/// A folder of the `file tree`: entries that have their first `depth` components in common. A file whose path is that of a
/// folder too is written beside what is in it; the reader refuses that.
fn write_tree(entries: &[(&[String], &FileHashes)], depth: usize, out: &mut Vec<u8>) {
    out.push(b'd');
    for entries in entries.chunk_by(|(one, _), (next, _)| one.get(depth) == next.get(depth)) {
        match entries {
            [(path, hashes), ..] if path.len() == depth => {
                write_bytes(b"", out);
                write_leaf(hashes, out);
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

fn write_leaf(hashes: &FileHashes, out: &mut Vec<u8>) {
    out.push(b'd');
    write_size("length", hashes.length, out);
    if let Some(root) = hashes.root {
        write_bytes(b"pieces root", out);
        write_bytes(&root.0, out);
    }
    out.push(b'e');
}

/// A size in bytes; none above 63 bits comes here.
fn write_size(key: &str, bytes: u64, out: &mut Vec<u8>) {
    write_bytes(key.as_bytes(), out);
    write_integer(i64::try_from(bytes).unwrap_or(i64::MAX), out);
}
