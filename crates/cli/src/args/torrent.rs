//! Commands about .torrent files.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `peerpool torrent`.
#[derive(Debug, Args)]
pub struct Torrent {
    /// What to do with it.
    #[command(subcommand)]
    pub action: TorrentAction,
}

/// What to do with a .torrent file.
#[derive(Debug, Subcommand)]
pub enum TorrentAction {
    /// Show what is in a .torrent file or magnet link; exit code 3 if it is refused
    Inspect {
        /// The file, or the link
        #[arg(value_name = "FILE|MAGNET")]
        what: String,
    },
    /// Create the .torrent file of a file or folder
    Create {
        /// The file or folder
        path: PathBuf,
        /// Where to write it [default: NAME.torrent]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Verify a file or folder against a .torrent file
    Verify {
        /// The .torrent file
        torrent: PathBuf,
        /// The file or folder
        path: PathBuf,
    },
}
