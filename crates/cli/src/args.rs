//! What can be written on the command line.

mod access;
pub mod address;
mod config;
mod database;
mod items;
mod keys;
mod limit;
mod log;
mod members;
pub mod path;
mod people;
mod pool;
mod torrent;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use serde::Deserialize;

pub use self::{
    access::{About, Access, AccessAction, Audit, GroupAction, Groups, RightArg, Switch},
    config::{ConfigAction, ConfigShow, Configure},
    items::{Column, Get, History, List, Named, PriorityArg, Remove, Search, SetPriority, Share, Unshare},
    keys::{ByRoot, DataFolder, Drain, Keys, KeysAction, RootFile, TrackerAction},
    limit::{DayArg, Limit, LimitChange, Rate, rate},
    log::{LevelArg, Log, LogLines, Since, since, span},
    members::{DeviceAction, Devices, InPool, Invite, Join, MemberAction, Members, RoleArg},
    people::{Password, ScopeArg, SignInAction, SignIns, TokenAction, Tokens},
    pool::{Acme, Demo, DoorOptions, Oidc, Peer, PeerOptions, Reload, Tracker, Web},
    torrent::{Torrent, TorrentAction},
};
use crate::exit;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "peerpool",
    version,
    about = "Move big files between many machines",
    long_about = "Move big files between many machines: a tracker keeps the catalogue of what every peer shares out \
                  of its repository folder; a peer fetches an item from every peer that holds it at once, and \
                  serves others meanwhile.",
    after_help = exit::HELP,
    max_term_width = 100
)]
pub struct Cli {
    /// What every command understands.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
#[derive(Debug, Clone, Default, Args)]
pub struct Globals {
    /// Write JSON to standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Do not write progress to standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Log more to standard error (twice: everything); RUST_LOG chooses finely
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// How logs are written to standard error [default: human]
    #[arg(long, global = true, env = "PEERPOOL_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Configuration file [default: peerpool/config.toml in $XDG_CONFIG_HOME or ~/.config]
    #[arg(long, global = true, env = "PEERPOOL_CONFIG", value_name = "FILE", value_parser = path::parser())]
    pub config: Option<PathBuf>,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people
    Human,
    /// One JSON object a line
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a tracker: the live catalogue of a pool
    Tracker(Tracker),
    /// Share a repository folder, with an interactive shell on a terminal
    Peer(Peer),
    /// Fetch items, each from all its holders at once
    Get(Get),
    /// List what the pool has
    Ls(List),
    /// List items whose name contains all these words
    Search(Search),
    /// Share files or folders
    Share(Share),
    /// Stop sharing items; their files stay
    Unshare(Unshare),
    /// Show what the peer (or the tracker) is doing
    Status(PeerOptions),
    /// List problems: what is not shared, not watched or not reachable, and what to do
    Problems(PeerOptions),
    /// Pause downloads
    Pause(Named),
    /// Resume paused, stopped or failed downloads
    Resume(Named),
    /// Stop downloads; what was fetched is kept
    Stop(Named),
    /// Watch downloads until they are complete, from any terminal
    Follow(Named),
    /// Set how downloads count beside others, where they share a limit
    Priority(SetPriority),
    /// Forget downloads
    Rm(Remove),
    /// List transfers that are over, the latest first
    History(History),
    /// Show what a running peer, or the tracker on this machine, logged of late
    Log(Log),
    /// Show or set limits of rates; they outlive the peer
    Limit(Limit),
    /// Join a pool for members with an invite
    Join(Join),
    /// Invite somebody into a pool for members, or a further device of yours
    Invite(Invite),
    /// List the members of a pool, or change one
    Members(Members),
    /// List the devices of a pool's members, or revoke one
    Devices(Devices),
    /// List the groups of a pool's members, or change one
    Groups(Groups),
    /// Show, allow or deny what members may do with items, and say why
    Access(Access),
    /// List who changed what of members, groups and rules, or who fetched what from whom, the latest first
    Audit(Audit),
    /// Set the password with which you sign in on the page of a pool for members
    Password(Password),
    /// List by what you sign in on the page of a pool for members, or remove one of these ways
    SignIns(SignIns),
    /// List your tokens for programs, make one or end one
    Tokens(Tokens),
    /// List the peers of the pool
    Peers(PeerOptions),
    /// Ask every peer of the pool for its newest state, then list what the pool has
    Update(PeerOptions),
    /// Have a daemon read its configuration again
    Reload(Reload),
    /// Open the running peer's page in a browser
    Web(Web),
    /// End the running peer of a repository
    End(PeerOptions),
    /// Check, show or begin the configuration file
    Config(Configure),
    /// Inspect, create and verify .torrent files
    Torrent(Torrent),
    /// Show a pool at work on this machine: a tracker and three peers, real sockets, real files
    Demo(Demo),
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder
        folder: PathBuf,
    },
}

impl Command {
    /// Whether it runs under a service manager.
    pub fn is_daemon(&self) -> bool {
        match self {
            Self::Tracker(tracker) => tracker.daemon && tracker.action.is_none(),
            Self::Peer(peer) => peer.daemon,
            _ => false,
        }
    }
}
