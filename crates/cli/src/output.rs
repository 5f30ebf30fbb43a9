//! What people and programs read: tables, lines and JSON on standard output, progress on standard error.

mod access;
mod downloads;
mod events;
mod failure;
mod history;
mod items;
mod keys;
mod limits;
mod log;
mod members;
mod peers;
mod problems;
mod repository;
pub mod size;
mod status;
pub mod table;
pub mod text;

use std::{
    io::{self, IsTerminal as _, Write as _},
    os::fd::AsFd,
};

use serde::Serialize;

use crate::exit::{Exit, Failure};

pub use self::{
    access::{
        WEAKER, audit, audit_csv, end_of, groups, rules, sign_ins, stock, tokens, transfers, transfers_csv,
        why,
    },
    downloads::{download_line, downloads, from_whom, source_names},
    events::announcement,
    failure::explain,
    history::history,
    items::{items, items_in, pool_list, variants},
    keys::{PoolKeys, keys},
    limits::{limits, limits_in_a_line},
    log::log_line,
    members::{changed, devices, invites, members, role},
    peers::peers,
    problems::{problem_line, problems},
    repository::repository,
    status::{health, status},
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
    pub fn show<T: Serialize>(self, value: &T, human: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        match self.json {
            true => say(&json(value)?),
            false => say(&human(value)),
        }
    }

    /// Writes a line for people, and nothing when JSON was asked for.
    pub fn tell(self, line: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { say(line) }
    }
}

/// Writes to standard output at once. When its reader has gone there is nobody left to tell, which is no failure; any
/// other error means that a result is lost.
pub fn say(text: &str) -> Result<(), Failure> {
    write_out(&text::safe_lines(text))
}

/// The same for text that is all ours.
pub fn write_out(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{}", text.trim_end_matches('\n')).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
        _ => Ok(()),
    }
}

/// A line of JSON. What a terminal would obey is written as `\uXXXX`, which means the same to programs.
pub fn json(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(value).map_err(|error| {
        Failure::told(Exit::Failed, format!("the answer cannot be written as JSON: {error}"))
    })?;
    Ok(text::escaped(&text))
}

/// Writes a remark to standard error. Nobody can be told when that fails.
pub fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", text::safe_lines(text.trim_end_matches('\n')));
}

/// How wide the terminal is, if it is one.
pub(crate) fn columns(terminal: impl AsFd) -> Option<usize> {
    let columns = rustix::termios::tcgetwinsize(terminal).ok().map(|size| usize::from(size.ws_col));
    columns.filter(|columns| *columns > 0)
}

/// Whether colours suit where something is written: on a terminal that knows them, unless `NO_COLOR` is set
/// (<https://no-color.org>).
pub fn has_colours(terminal: &impl io::IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    terminal.is_terminal() && !refused && !dumb
}

/// Whether a person sits at both ends.
pub fn on_a_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}
