//! Columns of text.

use std::io;

use super::{
    columns,
    text::{fit, safe, width},
};

/// What stands between columns.
const GAP: &str = "  ";
/// A column of words gets no narrower than this for want of room.
const NARROWEST: usize = 8;
/// The widest that a cell gets.
const WIDEST: usize = 60;

/// A table that lines its columns up.
#[derive(Debug)]
pub struct Table {
    right: Vec<bool>,
    /// Columns that may be cut for want of room.
    words: Vec<bool>,
    rows: Vec<Vec<String>>,
    /// Nothing is cut, however wide it gets.
    whole: bool,
}

impl Table {
    /// A table with these headings; those that begin with `>` head columns of numbers, set to the right, those that begin with
    /// `=` what is of no use when it is cut.
    pub fn new(headings: &[&str]) -> Self {
        let right = headings.iter().map(|heading| heading.starts_with('>')).collect();
        let words = headings.iter().map(|heading| !heading.starts_with(['>', '='])).collect();
        let first =
            headings.iter().map(|heading| heading.trim_start_matches(['>', '=']).to_owned()).collect();
        Self { right, words, rows: vec![first], whole: false }
    }

    /// One that cuts nothing.
    pub fn whole(headings: &[&str]) -> Self {
        Self { whole: true, ..Self::new(headings) }
    }

    /// Adds a row. Cells are made safe for a terminal here.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let widest = if self.whole { usize::MAX } else { WIDEST };
        self.rows.push(cells.into_iter().map(|cell| fit(&safe(&cell), widest)).collect());
    }

    /// The lines, without a line end after the last. On a terminal no line is wider than it is.
    pub fn render(&self) -> String {
        self.render_within(columns(io::stdout()))
    }

    /// The lines for a terminal of so many columns. The widest columns of words give way first, down to `NARROWEST`.
    pub fn render_within(&self, columns: Option<usize>) -> String {
        let mut widths: Vec<usize> = (0..self.right.len())
            .map(|column| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max())
            .map(Option::unwrap_or_default)
            .collect();
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        while let Some(room) = columns.filter(|_| !self.whole)
            && widths.iter().sum::<usize>() + gaps > room
            && let Some(widest) = self.widest_of_words(&mut widths)
        {
            *widest -= 1;
        }
        let lines = self.rows.iter().map(|row| self.line(row, &widths));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn widest_of_words<'a>(&self, widths: &'a mut [usize]) -> Option<&'a mut usize> {
        let words =
            widths.iter_mut().zip(&self.words).filter(|(width, words)| **words && **width > NARROWEST);
        words.map(|(width, _)| width).max_by_key(|width| **width)
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells = row.iter().zip(widths).zip(&self.right).map(|((cell, &column), &right)| {
            let cell = fit(cell, column);
            let gap = " ".repeat(column.saturating_sub(width(&cell)));
            if right { format!("{gap}{cell}") } else { format!("{cell}{gap}") }
        });
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    }
}
