//! Commands about items.

use std::path::PathBuf;

use clap::Args;

use super::PeerOptions;

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
    /// Save under another name
    #[arg(short, long, value_name = "NAME")]
    pub output: Option<String>,
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
