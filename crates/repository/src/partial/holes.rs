//! Keeping files sparse: zeros are not written into holes.

use std::{fs::File, io, os::unix::fs::FileExt};

use rustix::{fs::SeekFrom, io::Errno};

use crate::digest::LEAF;

/// Writes all of `data` at `offset`, except whole blocks of zeros where the file has a hole, which reads as zeros
/// anyway.
pub(super) fn write_all_at(file: &File, data: &[u8], offset: u64) -> io::Result<()> {
    let (mut at, mut rest) = (offset, data);
    while !rest.is_empty() {
        let zeros = leading(rest, true);
        let length = if zeros > 0 { zeros } else { leading(rest, false) };
        let (run, later) = rest.split_at(length);
        if zeros == 0 || !is_gap(file, at, length as u64) {
            file.write_all_at(run, at)?;
        }
        at += length as u64;
        rest = later;
    }
    Ok(())
}

/// Whether some of it would stay a hole in a new file.
pub(super) fn has_zeros(data: &[u8]) -> bool {
    data.chunks(LEAF).any(is_zeros)
}

/// Length in bytes of the leading blocks of `data` that are all zeros, or that are not.
fn leading(data: &[u8], zeros: bool) -> usize {
    data.chunks(LEAF).take_while(|block| is_zeros(block) == zeros).map(<[u8]>::len).sum()
}

fn is_zeros(block: &[u8]) -> bool {
    block.chunks(64).all(|line| line.iter().fold(0, |seen, byte| seen | byte) == 0)
}

/// Whether the file has a hole there. File systems that cannot tell count as having data everywhere.
fn is_gap(file: &File, at: u64, length: u64) -> bool {
    let Some(end) = at.checked_add(length) else { return false };
    match rustix::fs::seek(file, SeekFrom::Data(at)) {
        Ok(data) => data >= end,
        Err(Errno::NXIO) => file.metadata().is_ok_and(|found| found.len() >= end),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn zeros_leave_a_gap_and_overwrite_data() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 20).unwrap();
        let mut data = vec![0; 1 << 20];
        write_all_at(&file, &data, 0).unwrap();
        let blocks = file.metadata().unwrap().blocks();
        data[500_000] = 1;
        write_all_at(&file, &data, 0).unwrap();
        let mut read = vec![9; data.len()];
        file.read_exact_at(&mut read, 0).unwrap();
        assert!(read == data);
        if blocks == 0 {
            assert!(file.metadata().unwrap().blocks() <= 64, "the gaps were filled");
        }
        write_all_at(&file, &vec![0; 1 << 20], 0).unwrap();
        file.read_exact_at(&mut read, 0).unwrap();
        assert!(read.iter().all(|byte| *byte == 0), "old data shows through");
    }

    #[test]
    fn zeros_behind_the_end_make_the_file_longer() {
        let file = tempfile::tempfile().unwrap();
        write_all_at(&file, &[0; 3 * LEAF], 5).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 3 * LEAF as u64 + 5);
    }
}
