//! Commands about who may do what in a pool for members.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use peerpool_api::Right;

use super::{InPool, span};

/// `peerpool groups`.
#[derive(Debug, Args)]
pub struct Groups {
    /// What to change; without it, groups are listed.
    #[command(subcommand)]
    pub action: Option<GroupAction>,
    /// In which pool.
    #[command(flatten)]
    pub pool: InPool,
}

/// What to change of groups.
#[derive(Debug, Subcommand)]
pub enum GroupAction {
    /// Make a group
    Add {
        /// Its name
        group: String,
    },
    /// Take a group apart; rules that name it allow nobody any more
    Remove {
        /// Its name
        group: String,
    },
    /// Put a member into a group, or change until when
    Enter {
        /// The group
        group: String,
        /// The member
        member: String,
        /// For how long, as in 12h or 30d [default: until somebody takes it out]
        #[arg(long = "for", value_name = "TIME", value_parser = span)]
        lasts: Option<u64>,
    },
    /// Take a member out of a group
    Leave {
        /// The group
        group: String,
        /// The member
        member: String,
    },
}

/// `peerpool access`.
#[derive(Debug, Args)]
pub struct Access {
    /// What to show or change.
    #[command(subcommand)]
    pub action: AccessAction,
    /// In which pool.
    #[command(flatten)]
    pub pool: InPool,
}

/// What to show or change of who may what.
#[derive(Debug, Subcommand)]
pub enum AccessAction {
    /// List all rules, or those about one item
    Show {
        /// The item: a name, `name@hash`, or a hash
        item: Option<String>,
    },
    /// Make a rule; the most particular rules about an item decide alone: its own, else those of its name, else the pool's
    Allow {
        /// See: know that an item exists; get: fetch it, too; give: share it, too
        #[arg(value_enum)]
        right: RightArg,
        /// To whom: member:NAME, group:NAME or role:ROLE
        #[arg(value_name = "SUBJECT")]
        subject: String,
        /// About which items.
        #[command(flatten)]
        about: About,
        /// For how long, as in 12h or 30d [default: until somebody takes it out]
        #[arg(long = "for", value_name = "TIME", value_parser = span)]
        lasts: Option<u64>,
    },
    /// Take a rule out; what no other rule allows is denied
    Deny {
        /// Its number, as `access show` has it
        rule: u64,
    },
    /// Say what a member may do with an item, and which rules decide
    Why {
        /// The item: a name, `name@hash`, or a hash
        item: String,
        /// The member [default: you]
        member: Option<String>,
    },
    /// Let stock BitTorrent clients fetch an item, or keep them out
    ///
    /// This is weaker than what members have among themselves: what stock clients fetch of the item is not encrypted, and
    /// whoever has a .torrent file made here can fetch the item until its key is revoked. Only the item's owner and
    /// administrators decide; who may get the item then makes .torrent files of its own.
    #[command(about = "Let stock BitTorrent clients fetch an item (weaker: unencrypted), or keep them out")]
    Stock {
        /// The item: a name, `name@hash`, or a hash
        item: String,
        /// Whether they may; without it, how it stands is shown, with the keys that hold
        #[arg(value_enum)]
        set: Option<Switch>,
        /// Write a new .torrent file with a key of its own, for one stock client of yours; it is a secret
        #[arg(long, value_name = "FILE", conflicts_with = "set")]
        torrent: Option<PathBuf>,
    },
    /// Revoke the key of a stock client, which stops what is fetched by it
    Revoke {
        /// Which key, as `access stock ITEM` shows it
        key: String,
    },
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Switch {
    On,
    Off,
}

/// What a rule is about.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct About {
    /// The item: a name, `name@hash`, or a hash
    pub item: Option<String>,
    /// Every item whose name fits this pattern, in which * stands for any characters and ? for one
    #[arg(long, value_name = "PATTERN")]
    pub names: Option<String>,
    /// Every item of the pool
    #[arg(long)]
    pub everything: bool,
}

/// What one may do with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the names say it")]
pub enum RightArg {
    See,
    Get,
    Give,
}

impl From<RightArg> for Right {
    fn from(right: RightArg) -> Self {
        match right {
            RightArg::See => Self::See,
            RightArg::Get => Self::Get,
            RightArg::Give => Self::Give,
        }
    }
}

/// `peerpool audit`.
#[derive(Debug, Args)]
pub struct Audit {
    /// Show who fetched what from whom, in place of who changed what
    #[arg(long)]
    pub transfers: bool,
    /// The last changes or transfers, so many [default: 100 for people, all for --json and --csv]
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub limit: Option<u32>,
    /// Write CSV, in which nothing is a formula
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// In which pool.
    #[command(flatten)]
    pub pool: InPool,
}
