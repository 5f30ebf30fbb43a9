//! How a line of progress fits into the terminal.

/// Cells of a line: a name, a bar, and what is said. No line fills the last column, where some terminals wrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Cells of the name.
    pub name: usize,
    /// Cells of the bar; without any there is no bar.
    pub bar: usize,
    /// Cells of what is said.
    pub message: usize,
}

/// What is said takes so many cells: `999.9 MiB of 999.9 GiB, 999.9 MiB/s, 59m59s left`.
const MESSAGE: usize = 48;
const NAME: usize = 24;
const BAR: usize = 32;
const SHORTEST_BAR: usize = 8;
const SHORTEST_NAME: usize = 10;

impl Layout {
    /// For a terminal of so many columns.
    pub fn of(columns: usize) -> Self {
        let line = columns.saturating_sub(1);
        // A narrow terminal has no bar, then a shorter name, then less to say.
        let rest = line.saturating_sub(MESSAGE + 2);
        if rest >= SHORTEST_NAME + SHORTEST_BAR {
            let name = (rest / 2).clamp(SHORTEST_NAME, NAME).min(rest - SHORTEST_BAR);
            return Self { name, bar: (rest - name).min(BAR), message: MESSAGE };
        }
        let name = line.saturating_sub(MESSAGE + 1).clamp(SHORTEST_NAME.min(line / 3), NAME);
        Self { name, bar: 0, message: line.saturating_sub(name + 1).min(MESSAGE) }
    }
}
