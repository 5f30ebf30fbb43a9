//! The Tab key: commands, names of items and downloads, paths.

use rustyline::{
    Context, Helper, Highlighter, Hinter, Validator,
    completion::{Completer, FilenameCompleter, Pair},
};
use tokio::sync::watch;

use super::command;
use crate::output::text::safe;

/// Names that can be completed.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Of items in the pool.
    pub items: Vec<String>,
    /// Of items that this peer shares.
    pub shared: Vec<String>,
    /// Of downloads.
    pub downloads: Vec<String>,
}

/// Completes what is typed at the prompt.
#[derive(Helper, Highlighter, Hinter, Validator)]
pub struct ShellCompleter {
    names: watch::Receiver<Names>,
    paths: FilenameCompleter,
}

impl ShellCompleter {
    /// Completes from the newest names.
    pub fn new(names: watch::Receiver<Names>) -> Self {
        Self { names, paths: FilenameCompleter::new() }
    }
}

impl Completer for ShellCompleter {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let typed = line.get(..pos).unwrap_or(line);
        match typed.split_once(' ') {
            Some(("share", _)) => self.paths.complete(line, pos, context),
            _ => Ok(candidates(typed, &self.names.borrow())),
        }
    }
}

/// Where the word to complete begins, and what it may become.
pub fn candidates(typed: &str, names: &Names) -> (usize, Vec<Pair>) {
    let Some((word, rest)) = typed.split_once(' ') else {
        return (0, beginning_with(typed, command::words().map(|word| format!("{word} "))));
    };
    let rest = rest.trim_start();
    let begin = typed.len() - rest.len();
    let known = match word {
        "get" | "request" | "request_and_download" | "search" => &names.items,
        "unshare" => &names.shared,
        "stop" | "pause" | "resume" | "rm" => &names.downloads,
        "verbose" => {
            return (begin, beginning_with(rest, ["on", "off"].map(str::to_owned).into_iter()));
        }
        _ => return (begin, Vec::new()),
    };
    (begin, beginning_with(rest, known.iter().cloned()))
}

fn beginning_with(typed: &str, words: impl Iterator<Item = String>) -> Vec<Pair> {
    let typed = typed.to_lowercase();
    // A name that a terminal would obey cannot be typed: its hash can.
    let fits = |word: &String| word.to_lowercase().starts_with(&typed) && safe(word) == *word;
    let pair = |word: String| Pair { display: word.trim_end().to_owned(), replacement: word };
    words.filter(fits).map(pair).collect()
}
