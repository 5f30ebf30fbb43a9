//! A piece that has been begun.

use std::ops::Range;

use peerpool_wire::geometry::BLOCK;

use crate::ConnId;

/// Where one block of an open piece stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Block {
    /// Nobody was asked for it.
    Free,
    /// So many connections were asked for it.
    Asked(u8),
    /// It was stored, and came from this connection, or was on disk before.
    Here(Option<ConnId>),
    /// It is padding: never fetched.
    Pad,
}

/// A piece of which something was asked for or stored, and which is not verified yet.
#[derive(Debug)]
pub(crate) struct OpenPiece {
    blocks: Vec<Block>,
    payload_end: u32,
    free: u32,
    missing: u32,
    /// Who fetches it; `None` when that connection went away, and anybody may go on.
    pub(crate) owner: Option<ConnId>,
    /// Only one connection may fetch it, so that it is known who lied if it does not verify.
    pub(crate) single: bool,
}

impl OpenPiece {
    /// A piece of `blocks` blocks whose payload ends at `payload_end` bytes.
    pub(crate) fn new(blocks: u32, payload_end: u32) -> Self {
        let real = payload_end.div_ceil(BLOCK);
        let mut list = vec![Block::Free; real as usize];
        list.resize(blocks as usize, Block::Pad);
        Self { blocks: list, payload_end, free: real, missing: real, owner: None, single: false }
    }

    /// Number of blocks nobody was asked for.
    pub(crate) fn free(&self) -> u32 {
        self.free
    }

    /// Number of blocks not stored.
    pub(crate) fn missing(&self) -> u32 {
        self.missing
    }

    /// Whether nothing was asked for and nothing is stored.
    pub(crate) fn is_untouched(&self) -> bool {
        self.blocks.iter().all(|block| matches!(block, Block::Free | Block::Pad))
    }

    /// The connections that blocks came from, in order of the blocks; padding and what was on disk has none.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Option<ConnId>> + '_ {
        self.blocks.iter().map(|block| match block {
            Block::Here(source) => *source,
            _ => None,
        })
    }

    /// The first run of free blocks, at most `most` bytes long, as bytes of the piece; marked as asked for.
    pub(crate) fn ask(&mut self, most: u32) -> Option<Range<u32>> {
        let first = self.blocks.iter().position(|block| *block == Block::Free)?;
        let most = (most / BLOCK).max(1) as usize;
        let run = self.blocks[first..].iter().take(most).take_while(|block| **block == Block::Free).count();
        self.blocks[first..first + run].fill(Block::Asked(1));
        self.free -= run as u32;
        Some(self.bytes(first..first + run))
    }

    /// The missing blocks that were asked for so many times at most, one by one.
    pub(crate) fn asked(&self, times: u8) -> impl Iterator<Item = usize> + '_ {
        self.blocks
            .iter()
            .enumerate()
            .filter(move |(_, block)| matches!(block, Block::Asked(copies) if *copies <= times))
            .map(|(nth, _)| nth)
    }

    /// Asks for one block once more.
    pub(crate) fn ask_again(&mut self, nth: usize) -> Range<u32> {
        if let Some(Block::Asked(copies)) = self.blocks.get_mut(nth) {
            *copies = copies.saturating_add(1);
        }
        self.bytes(nth..nth + 1)
    }

    /// One connection more is asked for these bytes.
    pub(crate) fn ask_also(&mut self, bytes: Range<u32>) {
        for block in &mut self.blocks[span_blocks(bytes)] {
            match block {
                Block::Free => {
                    *block = Block::Asked(1);
                    self.free -= 1;
                }
                Block::Asked(copies) => *copies = copies.saturating_add(1),
                Block::Here(_) | Block::Pad => {}
            }
        }
    }

    /// Takes back one request for these bytes; blocks that nobody else was asked for are free again.
    pub(crate) fn release(&mut self, bytes: Range<u32>) {
        for block in &mut self.blocks[span_blocks(bytes)] {
            match block {
                Block::Asked(1) => {
                    *block = Block::Free;
                    self.free += 1;
                }
                Block::Asked(copies) => *copies -= 1,
                Block::Free | Block::Here(_) | Block::Pad => {}
            }
        }
    }

    /// Stores what arrived: how many bytes of it were missing. With none, it is not to be stored.
    ///
    /// What was there already is overwritten with the rest, so the whole run counts as this connection's.
    pub(crate) fn store(&mut self, bytes: Range<u32>, from: Option<ConnId>) -> u32 {
        let run = span_blocks(bytes);
        let missing = |block: &Block| matches!(block, Block::Free | Block::Asked(_));
        if !self.blocks[run.clone()].iter().any(missing) {
            return 0;
        }
        let mut useful = 0;
        for nth in run {
            let length = self.bytes(nth..nth + 1).len() as u32;
            let block = &mut self.blocks[nth];
            match block {
                Block::Pad => continue,
                Block::Free => self.free -= 1,
                Block::Asked(_) => {}
                Block::Here(_) => {
                    *block = Block::Here(from);
                    continue;
                }
            }
            *block = Block::Here(from);
            self.missing -= 1;
            useful += length;
        }
        useful
    }

    /// Whether everything of these bytes is stored.
    pub(crate) fn is_here(&self, bytes: Range<u32>) -> bool {
        self.blocks[span_blocks(bytes)].iter().all(|block| matches!(block, Block::Here(_) | Block::Pad))
    }

    fn bytes(&self, blocks: Range<usize>) -> Range<u32> {
        let end = (blocks.end as u32).saturating_mul(BLOCK);
        blocks.start as u32 * BLOCK..end.min(self.payload_end)
    }

    #[cfg(test)]
    pub(crate) fn picture(&self) -> String {
        self.blocks
            .iter()
            .map(|block| match block {
                Block::Free => '.',
                Block::Asked(1) => '?',
                Block::Asked(_) => '!',
                Block::Here(_) => '#',
                Block::Pad => '0',
            })
            .collect()
    }
}

fn span_blocks(bytes: Range<u32>) -> Range<usize> {
    (bytes.start / BLOCK) as usize..bytes.end.div_ceil(BLOCK) as usize
}
