//! The Tab key: commands, names of items and downloads, paths. It writes what [`words`] reads.

use std::{fs, path::Path};

use clap::ValueEnum as _;
use peerpool_api::Client;
use rustyline::{
    Context, Helper, Highlighter, Hinter, Validator,
    completion::{Completer, Pair},
};
use tokio::sync::watch;

use super::{command, options, words};
use crate::{actions::all_items, args::PriorityArg, output::text::safe, pool::Pool};

/// How many names of items are offered.
const MAX_NAMES: u32 = 1000;

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

impl Names {
    /// Asks a peer for them: those of what its member may see, in a pool for members. What it does not answer stays.
    pub async fn refresh(&mut self, client: &Client) {
        if let Ok(page) = all_items(&mut Pool::Peer(client.clone()), None, Some(MAX_NAMES)).await {
            self.items = page.items.into_iter().map(|item| item.name).collect();
        }
        if let Ok(shared) = client.shared().await {
            self.shared = shared.items.into_iter().map(|item| item.name).collect();
        }
        if let Ok(downloads) = client.downloads().await {
            self.downloads = downloads.into_iter().map(|download| download.name).collect();
        }
    }
}

/// Completes what is typed at the prompt.
#[derive(Helper, Highlighter, Hinter, Validator)]
pub struct ShellCompleter {
    names: watch::Receiver<Names>,
}

impl ShellCompleter {
    /// Completes from the newest names.
    pub fn new(names: watch::Receiver<Names>) -> Self {
        Self { names }
    }
}

impl Completer for ShellCompleter {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok(candidates(line.get(..pos).unwrap_or(line), &self.names.borrow()))
    }
}

/// Where the word to complete begins, and what it may become.
pub fn candidates(typed: &str, names: &Names) -> (usize, Vec<Pair>) {
    let indent = typed.len() - typed.trim_start().len();
    let Some((word, rest)) = typed[indent..].split_once(' ') else {
        let words = command::words().filter(|word| word.starts_with(&typed[indent..].to_lowercase()));
        let pairs = words.map(|word| Pair { display: word.to_owned(), replacement: format!("{word} ") });
        return (indent, pairs.collect());
    };
    let rest = rest.trim_start();
    let begin = typed.len() - rest.len();
    let pairs = match word.to_lowercase().as_str() {
        "share" => paths(rest),
        "get" | "request" | "request_and_download" | "search" | "list" | "ls" => {
            names_like(rest, &names.items)
        }
        "unshare" => names_like(rest, &names.shared),
        "stop" | "pause" | "resume" | "rm" => names_like(rest, &names.downloads),
        "priority" => match rest.split_once(' ') {
            None => levels(rest),
            Some((_, name)) => {
                let name = name.trim_start();
                return (typed.len() - name.len(), names_like(name, &names.downloads));
            }
        },
        word @ ("limit" | "log") => {
            let begin = rest.rfind(' ').map_or(begin, |blank| begin + blank + 1);
            let pair = |word: String| Pair { replacement: format!("{word} "), display: word };
            return (begin, options::candidates(word, rest).into_iter().map(pair).collect());
        }
        "verbose" => names_like(rest, &["on".to_owned(), "off".to_owned()]),
        _ => Vec::new(),
    };
    (begin, pairs)
}

fn levels(typed: &str) -> Vec<Pair> {
    let levels = PriorityArg::value_variants().iter().filter_map(PriorityArg::to_possible_value);
    let levels = levels.map(|level| level.get_name().to_owned());
    let fitting = levels.filter(|level| level.starts_with(&typed.to_lowercase()));
    fitting.map(|level| Pair { replacement: format!("{level} "), display: level }).collect()
}

/// The names that begin with what was typed, whatever their case.
fn names_like(typed: &str, names: &[String]) -> Vec<Pair> {
    let begin = unfinished(typed).to_lowercase();
    let fits = |name: &&String| name.to_lowercase().starts_with(&begin) && can_be_typed(name);
    let pair = |name: &String| Pair { display: name.clone(), replacement: words::escaped(name) };
    names.iter().filter(fits).map(pair).collect()
}

/// The files and folders that begin with what was typed.
fn paths(typed: &str) -> Vec<Pair> {
    // A `~` stays as it was typed; only what is behind it is read and written anew.
    let (home, typed) = match typed.strip_prefix("~/") {
        Some(rest) => ("~/", rest),
        None => ("", typed),
    };
    let text = unfinished(typed);
    let (folder, begin) =
        text.rsplit_once('/').map_or(("", text.as_str()), |(folder, _)| text.split_at(folder.len() + 1));
    let looked_at = match (home, folder) {
        ("", "") => ".".to_owned(),
        (home, folder) => words::argument(home) + folder,
    };
    let Ok(entries) = fs::read_dir(Path::new(&looked_at)) else {
        return Vec::new();
    };
    let mut pairs: Vec<Pair> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            // Hidden files are offered to whoever asks for them.
            let hidden = name.starts_with('.') && !begin.starts_with('.');
            if !name.starts_with(begin) || hidden || !can_be_typed(&name) {
                return None;
            }
            let end = if entry.path().is_dir() { "/" } else { "" };
            let path = words::escaped(&format!("{folder}{name}"));
            Some(Pair { display: format!("{name}{end}"), replacement: format!("{home}{path}{end}") })
        })
        .collect();
    pairs.sort_by(|one, other| one.display.cmp(&other.display));
    pairs
}

/// What was typed so far: a quote may be open still, and a backslash at the end protects what is not typed yet.
fn unfinished(typed: &str) -> String {
    let backslashes = typed.bytes().rev().take_while(|byte| *byte == b'\\').count();
    let typed = if backslashes % 2 == 1 { &typed[..typed.len() - 1] } else { typed };
    let closed = words::unquoted(typed);
    match typed.chars().next() {
        Some(quote @ ('"' | '\'')) if closed.starts_with(quote) => {
            words::unquoted(&format!("{typed}{quote}"))
        }
        _ => closed,
    }
}

/// A name that a terminal would obey cannot be typed: its hash can.
fn can_be_typed(name: &str) -> bool {
    safe(name) == name
}
