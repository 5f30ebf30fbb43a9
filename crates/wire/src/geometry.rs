//! From an item to its pieces, blocks and files.
//!
//! An item's bytes lie in one *piece space*: the files one after the other, with pad files between them
//! where the torrent has them (BEP 47). Pieces cut that space into equal lengths, blocks cut a piece into
//! [`BLOCK`] bytes. An index or a span that exists here has been checked against the item, so that one that
//! does not exist cannot be written.

use std::{fmt, ops::Range};

/// Length of a block in bytes: what is requested at once (BEP 3), and a leaf of the merkle trees (BEP 52).
pub const BLOCK: u32 = 16 * 1024;

/// Maximum number of pieces an item may have.
pub const MAX_PIECES: u32 = 2_000_000;

/// Longest piece in bytes.
pub const MAX_PIECE_LENGTH: u32 = 512 * 1024 * 1024;

/// Searching this many files is as fast as looking them up in a table.
const FEW: usize = 8;

/// A piece that exists in the item whose [`Geometry`] made it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece(u32);

impl Piece {
    /// The piece's number, as on the wire.
    pub const fn index(self) -> u32 {
        self.0
    }

    /// The piece's number, to index a list of all pieces.
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "piece {}", self.0)
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A run of bytes inside one piece: never empty, never past the piece's end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    piece: Piece,
    begin: u32,
    length: u32,
}

impl Span {
    /// The piece it lies in.
    pub const fn piece(self) -> Piece {
        self.piece
    }

    /// Where it begins, in bytes from the start of the piece.
    pub const fn begin(self) -> u32 {
        self.begin
    }

    /// Its length in bytes.
    pub const fn length(self) -> u32 {
        self.length
    }

    /// Where it ends, in bytes from the start of the piece.
    pub const fn end(self) -> u32 {
        self.begin + self.length
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "piece {} [{}..{}]", self.piece.0, self.begin, self.end())
    }
}

/// Part of one file, or of one pad, that a run of the piece space covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileSpan {
    /// Index of the entry in the order given to [`Geometry::new`].
    pub file: usize,
    /// Where the part begins in that file, in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
    /// Whether it is padding: zeros that are served and never stored.
    pub pad: bool,
}

/// Why an item cannot be divided into pieces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GeometryError {
    /// Zero, or more than [`MAX_PIECE_LENGTH`].
    #[error("the piece length {0} is not between 1 and {MAX_PIECE_LENGTH} bytes")]
    PieceLength(u32),
    /// More pieces than [`MAX_PIECES`].
    #[error("the item would have {0} pieces, more than {MAX_PIECES}")]
    TooManyPieces(u64),
    /// The files' lengths do not fit 63 bits together.
    #[error("the files' lengths overflow")]
    Overflow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    offset: u64,
    length: u64,
    pad: bool,
}

/// How an item divides into pieces, blocks and files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geometry {
    piece_length: u32,
    pieces: u32,
    total: u64,
    payload: u64,
    entries: Vec<Entry>,
    /// For each piece the first entry that ends behind its start, so that nothing is searched for in 20,000 files;
    /// empty where there are few.
    first: Box<[u32]>,
}

impl Geometry {
    /// Cuts the files, given as (length in bytes, is a pad) in the order of the piece space.
    ///
    /// ```
    /// use peerpool_wire::geometry::Geometry;
    ///
    /// let geometry = Geometry::new(16 * 1024, [(40_000, false)])?;
    /// assert_eq!(geometry.piece_count(), 3);
    /// let last = geometry.piece(2).expect("the third piece");
    /// assert_eq!(geometry.length_of(last), 40_000 - 2 * 16 * 1024);
    /// assert_eq!(geometry.piece(3), None);
    /// # Ok::<(), peerpool_wire::geometry::GeometryError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The piece length is out of range, there would be more than [`MAX_PIECES`] pieces, or the lengths overflow.
    pub fn new(
        piece_length: u32,
        files: impl IntoIterator<Item = (u64, bool)>,
    ) -> Result<Self, GeometryError> {
        if piece_length == 0 || piece_length > MAX_PIECE_LENGTH {
            return Err(GeometryError::PieceLength(piece_length));
        }
        let mut entries = Vec::new();
        let (mut total, mut payload) = (0u64, 0u64);
        for (length, pad) in files {
            entries.push(Entry { offset: total, length, pad });
            total = total
                .checked_add(length)
                .filter(|sum| *sum <= i64::MAX as u64)
                .ok_or(GeometryError::Overflow)?;
            payload += if pad { 0 } else { length };
        }
        let pieces = total.div_ceil(u64::from(piece_length));
        let pieces = u32::try_from(pieces)
            .ok()
            .filter(|count| *count <= MAX_PIECES)
            .ok_or(GeometryError::TooManyPieces(pieces))?;
        let first = first_entries(piece_length, pieces, &entries)?;
        Ok(Self { piece_length, pieces, total, payload, entries, first })
    }

    /// Length in bytes of every piece but the last.
    pub fn piece_length(&self) -> u32 {
        self.piece_length
    }

    /// Number of pieces.
    pub fn piece_count(&self) -> u32 {
        self.pieces
    }

    /// Length of the piece space in bytes, pads included.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Bytes of the files themselves, without pads.
    pub fn payload(&self) -> u64 {
        self.payload
    }

    /// The piece of that number, if the item has it.
    pub fn piece(&self, index: u32) -> Option<Piece> {
        (index < self.pieces).then_some(Piece(index))
    }

    /// All pieces in order.
    pub fn pieces(&self) -> impl DoubleEndedIterator<Item = Piece> + use<> {
        (0..self.pieces).map(Piece)
    }

    /// Length of a piece in bytes, pads included.
    pub fn length_of(&self, piece: Piece) -> u32 {
        let left = self.total.saturating_sub(self.offset_of(piece));
        u32::try_from(left).unwrap_or(u32::MAX).min(self.piece_length)
    }

    /// Where a piece begins in the piece space.
    pub fn offset_of(&self, piece: Piece) -> u64 {
        u64::from(piece.0) * u64::from(self.piece_length)
    }

    /// Number of blocks of a piece, pads included.
    pub fn blocks_of(&self, piece: Piece) -> u32 {
        self.length_of(piece).div_ceil(BLOCK)
    }

    /// Where the last byte that is not padding ends, in bytes from the start of the piece; what lies behind
    /// it need not be fetched.
    pub fn payload_end(&self, piece: Piece) -> u32 {
        let start = self.offset_of(piece);
        let end = start + u64::from(self.length_of(piece));
        self.entries[self.around(piece.as_usize())]
            .iter()
            .rev()
            .find(|entry| entry.offset < end && !entry.pad && entry.length > 0)
            .map_or(0, |entry| (entry.offset + entry.length).min(end).saturating_sub(start) as u32)
    }

    /// Bytes of files in a piece, without pads.
    pub fn payload_of(&self, piece: Piece) -> u64 {
        let length = self.length_of(piece);
        self.file_spans(self.offset_of(piece), u64::from(length))
            .filter(|span| !span.pad)
            .map(|span| span.length)
            .sum()
    }

    /// The run of bytes that a request names, if it is not empty and lies within one piece of the item.
    pub fn span(&self, index: u32, begin: u32, length: u32) -> Option<Span> {
        let piece = self.piece(index)?;
        let end = begin.checked_add(length)?;
        (length > 0 && end <= self.length_of(piece)).then_some(Span { piece, begin, length })
    }

    /// The whole of a piece.
    pub fn whole(&self, piece: Piece) -> Span {
        Span { piece, begin: 0, length: self.length_of(piece) }
    }

    /// Where a span begins in the piece space.
    pub fn offset_of_span(&self, span: Span) -> u64 {
        self.offset_of(span.piece) + u64::from(span.begin)
    }

    /// The pieces that hold bytes of a file (its index in the order given to [`Geometry::new`]).
    pub fn pieces_of_file(&self, file: usize) -> Range<u32> {
        match self.entries.get(file) {
            Some(entry) if entry.length > 0 => {
                let length = u64::from(self.piece_length);
                let first = entry.offset / length;
                let last = (entry.offset + entry.length - 1) / length;
                first as u32..last as u32 + 1
            }
            _ => 0..0,
        }
    }

    /// The indexes of all entries with bytes in a piece, and perhaps of some before and behind them.
    fn around(&self, piece: usize) -> Range<usize> {
        let count = self.entries.len();
        if self.first.is_empty() {
            return 0..count;
        }
        let first = |piece| self.first.get(piece).map_or(count, |first| *first as usize);
        first(piece)..(first(piece + 1) + 1).min(count)
    }

    /// The first entry that ends behind `offset`.
    fn first_behind(&self, offset: u64) -> usize {
        let piece = offset / u64::from(self.piece_length);
        let around = self.around(piece.min(u64::from(self.pieces)) as usize);
        let within = &self.entries[around.clone()];
        around.start + within.partition_point(|entry| entry.offset + entry.length <= offset)
    }

    /// The files and pads under a run of the piece space, in order; cut at the end of the item.
    pub fn file_spans(&self, offset: u64, length: u64) -> impl Iterator<Item = FileSpan> + '_ {
        let end = offset.saturating_add(length).min(self.total);
        let first = self.first_behind(offset);
        self.entries[first..]
            .iter()
            .enumerate()
            .take_while(move |(_, entry)| entry.offset < end)
            .filter(|(_, entry)| entry.length > 0)
            .map(move |(nth, entry)| {
                let start = entry.offset.max(offset);
                FileSpan {
                    file: first + nth,
                    offset: start - entry.offset,
                    length: (entry.offset + entry.length).min(end) - start,
                    pad: entry.pad,
                }
            })
    }
}

fn first_entries(piece_length: u32, pieces: u32, entries: &[Entry]) -> Result<Box<[u32]>, GeometryError> {
    if entries.len() <= FEW {
        return Ok(Box::default());
    }
    let mut at = 0;
    let first = (0..pieces).map(|piece| {
        let start = u64::from(piece) * u64::from(piece_length);
        while entries.get(at).is_some_and(|entry| entry.offset + entry.length <= start) {
            at += 1;
        }
        u32::try_from(at).map_err(|_| GeometryError::Overflow)
    });
    first.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two files with a pad between, pieces of 32 KiB.
    fn padded() -> Geometry {
        Geometry::new(32768, [(40_000, false), (25_536, true), (0, false), (10, false)]).unwrap()
    }

    #[test]
    fn spans_outside_the_item_cannot_be_made() {
        let geometry = padded();
        assert_eq!(geometry.piece_count(), 3);
        assert!(geometry.span(3, 0, 1).is_none());
        assert!(geometry.span(2, 0, 11).is_none());
        assert!(geometry.span(0, u32::MAX, 2).is_none());
        assert!(geometry.span(0, 0, 0).is_none());
        assert_eq!(geometry.span(2, 0, 10).unwrap().end(), 10);
    }

    #[test]
    fn padding_at_the_tail_of_a_piece_is_not_fetched() {
        let geometry = padded();
        let ends: Vec<u32> = geometry.pieces().map(|piece| geometry.payload_end(piece)).collect();
        assert_eq!(ends, [32768, 7232, 10]);
        assert_eq!(geometry.payload(), 40_010);
        let payload: u64 = geometry.pieces().map(|piece| geometry.payload_of(piece)).sum();
        assert_eq!(payload, geometry.payload());
    }

    #[test]
    fn a_piece_of_padding_alone_has_no_payload() {
        let geometry = Geometry::new(16384, [(1, false), (49_151, true), (1, false)]).unwrap();
        let ends: Vec<u32> = geometry.pieces().map(|piece| geometry.payload_end(piece)).collect();
        assert_eq!(ends, [1, 0, 0, 1]);
    }

    #[test]
    fn file_spans_cover_a_run_in_order() {
        let geometry = padded();
        let spans: Vec<_> = geometry.file_spans(39_990, 30_000).collect();
        assert_eq!(
            spans,
            [
                FileSpan { file: 0, offset: 39_990, length: 10, pad: false },
                FileSpan { file: 1, offset: 0, length: 25_536, pad: true },
                FileSpan { file: 3, offset: 0, length: 10, pad: false },
            ]
        );
        assert_eq!(geometry.pieces_of_file(0), 0..2);
        assert_eq!(geometry.pieces_of_file(2), 0..0);
        assert_eq!(geometry.pieces_of_file(3), 2..3);
    }

    proptest! {
        /// Whatever the files, a look-up finds what going through the item byte by byte finds.
        #[test]
        fn look_ups_agree_with_a_walk_over_all_bytes(
            files in prop::collection::vec((0u64..9, any::<bool>()), 0..20),
            piece_length in 1u32..9,
        ) {
            let geometry = Geometry::new(piece_length, files.clone()).unwrap();
            let bytes: Vec<(usize, u64, bool)> = files
                .iter()
                .enumerate()
                .flat_map(|(file, (length, pad))| (0..*length).map(move |offset| (file, offset, *pad)))
                .collect();
            for start in 0..bytes.len() {
                let first = geometry.file_spans(start as u64, 1).next().unwrap();
                prop_assert_eq!((first.file, first.offset, first.pad), bytes[start]);
                let covered = geometry.file_spans(start as u64, u64::MAX).map(|span| span.length).sum::<u64>();
                prop_assert_eq!(covered, (bytes.len() - start) as u64);
            }
            prop_assert!(geometry.file_spans(bytes.len() as u64, 1).next().is_none());
            for (piece, of_piece) in geometry.pieces().zip(bytes.chunks(piece_length as usize)) {
                let end = of_piece.iter().rposition(|(.., pad)| !pad).map_or(0, |last| last + 1);
                prop_assert_eq!(geometry.payload_end(piece) as usize, end);
                let payload = of_piece.iter().filter(|(.., pad)| !pad).count();
                prop_assert_eq!(geometry.payload_of(piece) as usize, payload);
            }
        }
    }

    #[test]
    fn an_absurd_item_is_refused() {
        assert_eq!(Geometry::new(0, []), Err(GeometryError::PieceLength(0)));
        assert!(matches!(
            Geometry::new(1, [(3_000_000, false)]),
            Err(GeometryError::TooManyPieces(3_000_000))
        ));
        assert_eq!(
            Geometry::new(16384, [(i64::MAX as u64, false), (1, false)]),
            Err(GeometryError::Overflow)
        );
    }
}
