//! A zip archive whose length is known before its first byte (PKWARE's APPNOTE 6.3.10): files are stored as they are,
//! each followed by a data descriptor, since its CRC is known only when its last byte has been read.
//!
//! ZIP64 is used for what needs it and nothing else, as old programs refuse it: a file, or a place in the archive, from
//! 4 GiB on, and 65,535 files or more.

mod record;

#[cfg(test)]
mod tests;

use self::record::Record;

/// From here on a length, or a place, stands in a ZIP64 field.
const LONG: u64 = 0xffff_ffff;
/// The same for the number of entries.
const MANY: u64 = 0xffff;
/// A data descriptor follows (bit 3); the name is UTF-8 (bit 11).
const FLAGS: u16 = 1 << 3 | 1 << 11;
/// What a reader must know: folders and data descriptors, or ZIP64.
const VERSION: u16 = 20;
const VERSION_64: u16 = 45;
/// Attributes are those of Unix.
const BY_UNIX: u16 = 3 << 8;
/// 1 January 1980, the first day there is: the same files make the same archive.
const FIRST_DAY: u16 = 1 << 5 | 1;
/// The id of a ZIP64 extra field.
const EXTRA_64: u16 = 1;

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its path, with `/` between its parts; at most 65,535 bytes.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) length: u64,
    /// Whether it may be run.
    pub(crate) executable: bool,
}

impl Entry {
    fn is_long(&self) -> bool {
        self.length >= LONG
    }

    fn name_length(&self) -> u16 {
        u16::try_from(self.name.len()).unwrap_or(u16::MAX)
    }

    fn mode(&self) -> u32 {
        if self.executable { 0o100_755 } else { 0o100_644 }
    }
}

/// The plan of an archive: what stands between the bytes of its files, and where.
#[derive(Debug)]
pub(crate) struct Archive {
    entries: Vec<Entry>,
    /// Where the header of each stands.
    places: Vec<u64>,
    /// Where the directory begins.
    directory_at: u64,
    length: u64,
}

impl Archive {
    /// An archive of these files, in this order.
    pub(crate) fn new(entries: Vec<Entry>) -> Self {
        let mut at = 0_u64;
        let place = |entry: &Entry| {
            let place = at;
            let around = local_header(entry).len() + descriptor(entry, 0).len();
            at = at.saturating_add(entry.length).saturating_add(around as u64);
            place
        };
        let places = entries.iter().map(place).collect();
        let mut archive = Self { entries, places, directory_at: at, length: 0 };
        archive.length = at.saturating_add(archive.directory(&[]).len() as u64);
        archive
    }

    /// Its files.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Its length in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// What stands before the bytes of a file.
    pub(crate) fn header(&self, file: usize) -> Vec<u8> {
        self.entries.get(file).map(local_header).unwrap_or_default()
    }

    /// What stands behind them.
    pub(crate) fn descriptor(&self, file: usize, crc: u32) -> Vec<u8> {
        self.entries.get(file).map(|entry| descriptor(entry, crc)).unwrap_or_default()
    }

    /// What stands behind all of them: the directory, with the CRC of each file.
    pub(crate) fn directory(&self, crcs: &[u32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let crcs = crcs.iter().copied().chain(std::iter::repeat(0));
        for ((entry, place), crc) in self.entries.iter().zip(&self.places).zip(crcs) {
            bytes.extend(directory_entry(entry, *place, crc));
        }
        let size = bytes.len() as u64;
        bytes.extend(end(self.entries.len() as u64, size, self.directory_at));
        bytes
    }
}

/// 4.3.7: CRC and sizes are zero, as they follow. A ZIP64 field tells that they follow in eight bytes each.
fn local_header(entry: &Entry) -> Vec<u8> {
    let (version, extra) = if entry.is_long() { (VERSION_64, 20) } else { (VERSION, 0) };
    let size = if entry.is_long() { u32::MAX } else { 0 };
    let record = Record::new(0x0403_4b50).u16(version).u16(FLAGS).u16(0).u16(0).u16(FIRST_DAY).u32(0);
    let record = record.u32(size).u32(size).u16(entry.name_length()).u16(extra).bytes(entry.name.as_bytes());
    match entry.is_long() {
        true => record.u16(EXTRA_64).u16(16).u64(0).u64(0).end(),
        false => record.end(),
    }
}

/// 4.3.9.
fn descriptor(entry: &Entry, crc: u32) -> Vec<u8> {
    let record = Record::new(0x0807_4b50).u32(crc);
    match entry.is_long() {
        true => record.u64(entry.length).u64(entry.length).end(),
        false => record.u32(low(entry.length)).u32(low(entry.length)).end(),
    }
}

/// 4.3.12: of sizes and place, those that do not fit stand in the ZIP64 field, in this order.
fn directory_entry(entry: &Entry, place: u64, crc: u32) -> Vec<u8> {
    let sizes = [entry.length; 2].into_iter().filter(|_| entry.is_long());
    let long: Vec<u64> = sizes.chain(Some(place).filter(|place| *place >= LONG)).collect();
    let version = if long.is_empty() { VERSION } else { VERSION_64 };
    let extra = if long.is_empty() { 0 } else { 4 + 8 * long.len() as u16 };
    let size = low(entry.length);
    let record = Record::new(0x0201_4b50).u16(BY_UNIX | version).u16(version).u16(FLAGS).u16(0).u16(0);
    let record = record.u16(FIRST_DAY).u32(crc).u32(size).u32(size).u16(entry.name_length()).u16(extra);
    let record = record.u16(0).u16(0).u16(0).u32(entry.mode() << 16).u32(low(place));
    let record = record.bytes(entry.name.as_bytes());
    match long.is_empty() {
        true => record.end(),
        false => {
            long.iter().fold(record.u16(EXTRA_64).u16(extra - 4), |record, long| record.u64(*long)).end()
        }
    }
}

/// 4.3.14 to 4.3.16.
fn end(count: u64, size: u64, at: u64) -> Vec<u8> {
    let is_long = count >= MANY || size >= LONG || at >= LONG;
    let few = u16::try_from(count).unwrap_or(u16::MAX);
    let short = Record::new(0x0605_4b50).u16(0).u16(0).u16(few).u16(few).u32(low(size)).u32(low(at)).u16(0);
    if !is_long {
        return short.end();
    }
    let version = Record::new(0x0606_4b50).u64(44).u16(BY_UNIX | VERSION_64).u16(VERSION_64);
    let long = version.u32(0).u32(0).u64(count).u64(count).u64(size).u64(at);
    let locator = Record::new(0x0706_4b50).u32(0).u64(at + size).u32(1);
    [long.end(), locator.end(), short.end()].concat()
}

/// A number in a field of four bytes; all of its bits are set where it does not fit.
fn low(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
