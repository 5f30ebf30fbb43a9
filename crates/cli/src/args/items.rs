//! Commands about items.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use peerpool_api::{HistorySort, Priority};

use super::{PeerOptions, path};

/// `peerpool get`.
#[derive(Debug, Args)]
pub struct Get {
    /// Names, `name@hash`, info-hashes, patterns such as '*.mkv', .torrent files or magnet links
    #[arg(required = true, value_name = "NAME|PATTERN|FILE.torrent|MAGNET")]
    pub what: Vec<String>,
    /// Which peer fetches it; without a running one, a peer of its own does.
    #[command(flatten)]
    pub options: PeerOptions,
    /// Fetch only this file of a folder (repeatable)
    #[arg(short, long = "file", value_name = "PATH")]
    pub files: Vec<String>,
    /// Save under another name; `-` writes a file to standard output in order while it arrives
    #[arg(short, long, value_name = "NAME")]
    pub output: Option<String>,
    /// Copy what was fetched into this folder, too (by reflink where the disk can)
    #[arg(long, value_name = "DIR", value_parser = path::parser())]
    pub to: Option<PathBuf>,
    /// Keep serving after the download
    #[arg(long)]
    pub stay: bool,
    /// Give up after this many seconds without a byte (exit code 6)
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub timeout: Option<u64>,
}

/// `peerpool ls`.
#[derive(Debug, Args)]
pub struct List {
    /// Which pool: the running peer's, or the tracker's.
    #[command(flatten)]
    pub options: PeerOptions,
    /// List at most this many items [default: 200 for people, all for --json]
    #[arg(short = 'n', long)]
    pub limit: Option<u32>,
    /// Show everything whole: every column unless --columns chooses, names uncut, exact bytes, whole hashes
    #[arg(short = 'L', long)]
    pub long: bool,
    /// In which order, rising; by name, size, kind and seeds the tracker sorts, for others the whole list is fetched
    #[arg(long, value_enum, value_name = "COLUMN")]
    pub sort: Option<Column>,
    /// Turn the order round
    #[arg(long)]
    pub reverse: bool,
    /// Show these columns; with --long, whole
    #[arg(long, value_enum, value_name = "COLUMN", value_delimiter = ',')]
    pub columns: Vec<Column>,
}

/// What is shown of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Column {
    /// Its name
    Name,
    /// Bytes of its files
    Size,
    /// A file or a folder
    Kind,
    /// How many files
    Files,
    /// Peers that have all of it
    Seeds,
    /// Peers that have some of it
    Partial,
    /// Peers that have the same bytes under any name
    Holders,
    /// How many pieces
    Pieces,
    /// The beginning of its hash
    Hash,
}

/// `peerpool search`.
#[derive(Debug, Args)]
pub struct Search {
    /// Words that the name contains
    #[arg(required = true)]
    pub text: Vec<String>,
    /// Where, and how many.
    #[command(flatten)]
    pub list: List,
}

/// `peerpool share`.
#[derive(Debug, Args)]
pub struct Share {
    /// Files, folders or patterns; from outside the repository they are copied in (by reflink where the disk can).
    /// With --torrent it may be left out: what the repository has under the torrent's name
    #[arg(required_unless_present = "torrent", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// What comes from standard input (the path `-`) gets this name
    #[arg(id = "item-name", long = "as", value_name = "NAME")]
    pub save_as: Option<String>,
    /// Share it under the identity of this torrent, made by any program, if every byte agrees with it
    #[arg(long, value_name = "FILE.torrent")]
    pub torrent: Option<PathBuf>,
    /// In which repository.
    #[command(flatten)]
    pub options: PeerOptions,
    /// Keep serving, if no peer runs there yet
    #[arg(long)]
    pub stay: bool,
}

/// `peerpool unshare`.
#[derive(Debug, Args)]
pub struct Unshare {
    /// Names of items in the repository, or patterns such as '*.mkv'
    #[arg(id = "item", value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// In which repository.
    #[command(flatten)]
    pub options: PeerOptions,
}

/// A command about some downloads, or all.
#[derive(Debug, Args)]
pub struct Named {
    /// Downloads: a name, a unique beginning of it, `name@hash`, or a pattern such as '*.mkv' [default: all]
    #[arg(id = "item", value_name = "NAME")]
    pub names: Vec<String>,
    /// Of which peer.
    #[command(flatten)]
    pub options: PeerOptions,
}

/// `peerpool rm`.
#[derive(Debug, Args)]
pub struct Remove {
    /// Downloads: a name, a unique beginning of it, `name@hash`, or a pattern such as '*.mkv'
    #[arg(id = "item", value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// Delete their data as well
    #[arg(long)]
    pub delete_data: bool,
    /// Do not ask before deleting
    #[arg(short, long)]
    pub yes: bool,
    /// Of which peer.
    #[command(flatten)]
    pub options: PeerOptions,
}

/// `peerpool history`.
#[derive(Debug, Args)]
pub struct History {
    /// Words that the item's name contains
    pub text: Vec<String>,
    /// Of which peer.
    #[command(flatten)]
    pub options: PeerOptions,
    /// In which order, rising
    #[arg(long, value_enum, value_name = "COLUMN")]
    pub sort: Option<HistoryColumn>,
    /// Turn the order round
    #[arg(long)]
    pub reverse: bool,
    /// List at most this many
    #[arg(short = 'n', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
}

/// What transfers are sorted by.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum HistoryColumn {
    /// When they ended
    Ended,
    /// The item's name
    Name,
    /// The item's size
    Size,
    /// What was transferred
    Bytes,
    /// How fast
    Rate,
    /// With how many
    Peers,
}

impl From<HistoryColumn> for HistorySort {
    fn from(column: HistoryColumn) -> Self {
        match column {
            HistoryColumn::Ended => Self::Ended,
            HistoryColumn::Name => Self::Name,
            HistoryColumn::Size => Self::Size,
            HistoryColumn::Bytes => Self::Bytes,
            HistoryColumn::Rate => Self::Rate,
            HistoryColumn::Peers => Self::Peers,
        }
    }
}

/// `peerpool priority`.
#[derive(Debug, Args)]
pub struct SetPriority {
    /// How they are to count: each step gets four times as much as the one before
    #[arg(value_enum)]
    pub priority: PriorityArg,
    /// Downloads: a name, a unique beginning of it, `name@hash`, or a pattern such as '*.mkv'
    #[arg(id = "item", value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// Of which peer.
    #[command(flatten)]
    pub options: PeerOptions,
}

/// How a download counts beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum PriorityArg {
    Low,
    Normal,
    High,
    First,
}

impl From<PriorityArg> for Priority {
    fn from(priority: PriorityArg) -> Self {
        match priority {
            PriorityArg::Low => Self::Low,
            PriorityArg::Normal => Self::Normal,
            PriorityArg::High => Self::High,
            PriorityArg::First => Self::First,
        }
    }
}
