//! A hybrid's two parts must describe the same files in the same layout (BEP 52, "upgrade path").

use super::{File, MetainfoError, names::shown};

/// Gives the entries of v1 the roots of v2, once both are found to agree.
pub(super) fn merge(v1: Vec<File>, v2: Vec<File>, piece_length: u32) -> Result<Vec<File>, MetainfoError> {
    let mut twins = v2.into_iter();
    let mut merged = Vec::with_capacity(v1.len());
    for entry in v1 {
        let starts_well = entry.length == 0 || entry.offset.is_multiple_of(u64::from(piece_length));
        if entry.pad {
            check_pad(&entry, piece_length)?;
            merged.push(entry);
            continue;
        }
        match twins.next() {
            Some(twin) if !is_same(&entry, &twin) => return Err(disagree(Some(&entry), Some(&twin))),
            None => return Err(disagree(Some(&entry), None)),
            Some(_) if !starts_well => {
                return Err(MetainfoError::Pads { path: shown(&entry.path) });
            }
            Some(twin) => {
                let modified = twin.modified.or(entry.modified);
                merged.push(File { offset: entry.offset, modified, ..twin });
            }
        }
    }
    match twins.next() {
        Some(extra) => Err(disagree(None, Some(&extra))),
        None => Ok(merged),
    }
}

fn is_same(entry: &File, twin: &File) -> bool {
    (&entry.path, entry.length, &entry.symlink) == (&twin.path, twin.length, &twin.symlink)
}

/// A pad fills a piece up, and no more than that. The last file may go without (libtorrent writes a pad behind
/// it, others do not).
fn check_pad(pad: &File, piece_length: u32) -> Result<(), MetainfoError> {
    let length = u64::from(piece_length);
    let fills_up = pad.offset.checked_add(pad.length).is_some_and(|end| end.is_multiple_of(length));
    if fills_up && pad.length < length {
        Ok(())
    } else {
        Err(MetainfoError::Pads { path: format!("pad of {} bytes at byte {}", pad.length, pad.offset) })
    }
}

fn disagree(v1: Option<&File>, v2: Option<&File>) -> MetainfoError {
    let describe = |file: Option<&File>| match file {
        Some(file) => format!("`{}` of {} bytes", shown(&file.path), file.length),
        None => "no file".to_owned(),
    };
    MetainfoError::Disagree { v1: describe(v1), v2: describe(v2) }
}
