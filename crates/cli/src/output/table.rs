//! Columns of text.

use super::text::{fit, safe, width};

/// The widest that a cell gets.
const WIDEST: usize = 60;

/// A table that lines its columns up.
#[derive(Debug)]
pub struct Table {
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings; those that begin with `>` head columns of numbers, set to the right.
    pub fn new(headings: &[&str]) -> Self {
        let right = headings.iter().map(|heading| heading.starts_with('>')).collect();
        let first = headings.iter().map(|heading| heading.trim_start_matches('>').to_owned()).collect();
        Self { right, rows: vec![first] }
    }

    /// Adds a row. Cells are made safe for a terminal here.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| fit(&safe(&cell), WIDEST)).collect());
    }

    /// The lines, without a line end after the last.
    pub fn render(&self) -> String {
        let widths: Vec<usize> = (0..self.right.len())
            .map(|column| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max())
            .map(Option::unwrap_or_default)
            .collect();
        let lines = self.rows.iter().map(|row| self.line(row, &widths));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells = row.iter().zip(widths).zip(&self.right).map(|((cell, &column), &right)| {
            let gap = " ".repeat(column - width(cell));
            if right { format!("{gap}{cell}") } else { format!("{cell}{gap}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}
