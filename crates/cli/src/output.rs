//! What people and programs read: tables, lines and JSON on standard output, progress on standard error.

mod downloads;
mod events;
mod items;
mod peers;
pub mod progress;
mod repository;
pub mod size;
mod status;
pub mod table;
pub mod text;

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

pub use self::{
    downloads::{download_line, downloads, from_whom},
    events::announcement,
    items::{items, variants},
    peers::peers,
    repository::repository,
    status::status,
};

/// How a command talks.
#[derive(Debug, Clone, Copy, Default)]
pub struct Output {
    /// JSON instead of lines for people.
    pub json: bool,
    /// No progress.
    pub quiet: bool,
}

impl Output {
    /// Writes `value` as one line of JSON if JSON was asked for, else what `human` makes of it.
    pub fn show<T: Serialize>(self, value: &T, human: impl FnOnce(&T) -> String) {
        if !self.json {
            say(&human(value));
        } else if let Ok(text) = serde_json::to_string(value) {
            say(&text);
        }
    }

    /// Writes a line for people, and nothing when JSON was asked for.
    pub fn tell(self, line: &str) {
        if !self.json {
            say(line);
        }
    }
}

/// Writes to standard output at once. When its reader has gone there is nobody left to tell.
pub fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{}", text.trim_end_matches('\n'));
    let _ = out.flush();
}

/// Writes a remark to standard error.
pub fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end_matches('\n'));
}

/// Whether a person sits at both ends.
pub fn on_a_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}
