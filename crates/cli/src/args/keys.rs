//! What is done to a tracker: the keys of a pool for members, and draining a node.

use std::path::PathBuf;

use clap::{Args, Subcommand, value_parser};
use peerpool_api::DrainQuery;

use super::path;

/// `peerpool tracker …`
#[derive(Debug, Clone, Subcommand)]
pub enum TrackerAction {
    /// Show the keys of a pool for members, change them, or keep its root key elsewhere
    Keys(Keys),
    /// Send the peers of a tracker that is one of several nodes to the others, and end it
    #[command(
        long_about = "Send the peers of a tracker that is one of several nodes to the others, and end it: /readyz answers \
                            503 at once, no peer is taken any more, and those that are connected are told one after the \
                            other to go on at another node. What they fetch goes on meanwhile. The command returns when \
                            the tracker has ended."
    )]
    Drain(Drain),
}

/// `peerpool tracker drain`.
#[derive(Debug, Clone, Args)]
pub struct Drain {
    /// Whose peers.
    #[command(flatten)]
    pub of: DataFolder,
    /// End after so many seconds even when somebody is left
    #[arg(long, value_name = "SECONDS", default_value_t = DrainQuery::DEFAULT, value_parser = value_parser!(u64).range(1..=DrainQuery::MOST))]
    pub within: u64,
}

/// `peerpool tracker keys`.
#[derive(Debug, Clone, Args)]
pub struct Keys {
    /// What to do.
    #[command(subcommand)]
    pub action: KeysAction,
}

/// `peerpool tracker keys …`
#[derive(Debug, Clone, Subcommand)]
pub enum KeysAction {
    /// Show which keys speak for the pool
    Show(DataFolder),
    /// Have a new key sign passes; those that the old one has signed hold for their life
    Rotate(ByRoot),
    /// Have new keys sign passes and speak for the tracker; nothing that the old ones have signed holds any more
    #[command(
        long_about = "Have new keys sign passes and speak for the tracker, as after the theft of its data; nothing \
                            that the old ones have signed holds any more. The tracker must not run; at its next start \
                            it shows browsers a new certificate, too."
    )]
    Renew(ByRoot),
    /// Copy the keys, but not the root key, into a file for another node
    #[command(
        long_about = "Copy the keys, but not the root key, into a file for another node of the same pool, which takes \
                            them up with `peerpool tracker keys import FILE`. Whoever has the file can speak for the \
                            pool: carry it as you would a password, and remove it afterwards."
    )]
    Export(KeysFile),
    /// Take up the keys that another node has copied into a file
    Import(KeysFile),
    /// Move the root key out of the data folder; the tracker goes on without it
    ExportRoot(RootFile),
    /// Copy the root key from a file back into the data folder
    ImportRoot(RootFile),
}

/// Which tracker.
#[derive(Debug, Clone, Args)]
pub struct DataFolder {
    /// The tracker's data folder [default: peerpool/tracker in the user's data folder]
    #[arg(long, env = "PEERPOOL_DATA", value_name = "DIR", value_parser = path::parser())]
    pub data: Option<PathBuf>,
}

/// What needs the root key.
#[derive(Debug, Clone, Args)]
pub struct ByRoot {
    /// Whose keys.
    #[command(flatten)]
    pub of: DataFolder,
    /// The root key, where it is not in the data folder; it is read for this command alone
    #[arg(long, value_name = "FILE", value_parser = path::parser())]
    pub root: Option<PathBuf>,
}

/// Where the root key goes, or is.
#[derive(Debug, Clone, Args)]
pub struct RootFile {
    /// Whose keys.
    #[command(flatten)]
    pub of: DataFolder,
    /// The file, in PEM
    #[arg(value_name = "FILE", value_parser = path::parser())]
    pub file: PathBuf,
}

/// Where the keys go that another node takes up, or are.
#[derive(Debug, Clone, Args)]
pub struct KeysFile {
    /// Whose keys.
    #[command(flatten)]
    pub of: DataFolder,
    /// The file
    #[arg(value_name = "FILE", value_parser = path::parser())]
    pub file: PathBuf,
}
