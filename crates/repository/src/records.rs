//! Records of what happened, one after the other, in a file that grows at its end.
//!
//! A record is a line: 16 hexadecimal digits of the SHA-256 of its body, a blank, and the body, which has no line feed.
//! A line that a crash cut off is taken away when the file is opened; one that is damaged is passed over, and the
//! others count.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
    path::Path,
};

use crate::{
    beneath::Directory,
    digest,
    error::{DiskError, Result},
};

/// Digits of the checksum.
const DIGITS: usize = 16;
/// A longer file is put aside.
const LIMIT: u64 = 64 << 20;

/// A file of records, open to be added to.
#[derive(Debug)]
pub struct Records {
    folder: Directory,
    name: String,
    file: File,
    count: usize,
}

impl Records {
    /// Opens the file, creating it if need be, and gives the bodies of what stands in it.
    pub(crate) fn open(folder: Directory, name: &str) -> Result<(Self, Vec<Vec<u8>>)> {
        let path = Path::new(name);
        let mut bytes = match folder.read_small(path, LIMIT) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) if error.io().kind() == std::io::ErrorKind::InvalidData => {
                folder.put_aside(name)?;
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        bytes.truncate(whole);
        let mut file = folder.open_private(path)?;
        let ready = file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0)));
        ready.map_err(DiskError::on("cut off a torn line of", path))?;
        let bodies: Vec<Vec<u8>> = bytes.split(|byte| *byte == b'\n').filter_map(body_of).collect();
        let count = bodies.len();
        Ok((Self { folder, name: name.to_owned(), file, count }, bodies))
    }

    /// How many records the file has.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Adds a record, durably.
    ///
    /// # Errors
    ///
    /// The disk fails or is full. What was written of the record then counts for nothing.
    pub fn append(&mut self, body: &[u8]) -> Result<()> {
        let path = self.folder.path().join(&self.name);
        let before = self.file.stream_position().map_err(DiskError::on("look at", &path))?;
        let written = self.file.write_all(&line(body)).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // A torn line would swallow the next one.
            let _ = self.file.set_len(before).and_then(|()| self.file.seek(SeekFrom::Start(before)));
            return Err(DiskError::new("write", path, error));
        }
        self.count += 1;
        Ok(())
    }

    /// Replaces all records by these. After a crash either the old or the new ones stand there.
    ///
    /// # Errors
    ///
    /// The disk fails or is full; the old records are still there then.
    pub fn replace(&mut self, bodies: impl Iterator<Item = Vec<u8>>) -> Result<()> {
        let lines: Vec<Vec<u8>> = bodies.map(|body| line(&body)).collect();
        self.folder.replace_durably(&self.name, &lines.concat())?;
        let path = Path::new(&self.name);
        let mut file = self.folder.open_private(path)?;
        file.seek(SeekFrom::End(0)).map_err(DiskError::on("look at", path))?;
        (self.file, self.count) = (file, lines.len());
        Ok(())
    }
}

fn checksum(body: &[u8]) -> String {
    let mut digits = digest::sha256(body).to_string();
    digits.truncate(DIGITS);
    digits
}

fn line(body: &[u8]) -> Vec<u8> {
    [checksum(body).as_bytes(), b" ", body, b"\n"].concat()
}

/// The body of a line that is intact.
fn body_of(line: &[u8]) -> Option<Vec<u8>> {
    let (digits, rest) = line.split_at_checked(DIGITS)?;
    let body = rest.strip_prefix(b" ")?;
    (checksum(body).as_bytes() == digits).then(|| body.to_vec())
}
