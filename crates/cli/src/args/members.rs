//! Commands about a pool for members.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use peerpool_api::{Role, Trackers};

use super::{path, span};

/// `peerpool join`.
#[derive(Debug, Args)]
pub struct Join {
    /// A file with the invite, which goes before PEERPOOL_INVITE; without either, it is asked for
    #[arg(long, value_name = "FILE", value_parser = path::parser())]
    pub file: Option<PathBuf>,
    /// What you are called in the pool [default: asked for; without a terminal, the name of your account]
    #[arg(long)]
    pub name: Option<String>,
    /// What you call this machine in the pool [default: its name]
    #[arg(long, value_name = "NAME")]
    pub device: Option<String>,
    /// Taken only to say why it is not.
    #[arg(hide = true)]
    pub refused: Vec<String>,
}

/// Which pool a command is about.
#[derive(Debug, Clone, Args)]
pub struct InPool {
    /// The pool's tracker [default: that of the only pool which this device has joined]
    #[arg(short, long, global = true, env = "PEERPOOL_TRACKER", value_name = "HOST:PORT[,HOST:PORT]")]
    pub tracker: Option<Trackers>,
}

/// `peerpool invite`.
#[derive(Debug, Args)]
pub struct Invite {
    /// What who joins may do in the pool [default: member]
    #[arg(long, value_enum, value_name = "ROLE")]
    pub role: Option<RoleArg>,
    /// A group that who joins is in (repeatable)
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
    /// For a further device of yours, in place of a new member
    #[arg(long, conflicts_with_all = ["role", "groups", "device_of"])]
    pub device: bool,
    /// For a further device of this member
    #[arg(long, value_name = "MEMBER", conflicts_with_all = ["role", "groups"])]
    pub device_of: Option<String>,
    /// How often it can be used [default: once]
    #[arg(long, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..))]
    pub uses: Option<u32>,
    /// How long it lasts, as in 12h or 30d [default: 7d]
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub lasts: Option<u64>,
    /// List the invites that can still be used
    #[arg(long, conflicts_with_all = ["role", "groups", "device", "device_of", "uses", "lasts", "withdraw"])]
    pub list: bool,
    /// Withdraw this one, in place of making one
    #[arg(long, value_name = "ID", conflicts_with_all = ["role", "groups", "device", "device_of", "uses", "lasts"])]
    pub withdraw: Option<String>,
    /// In which pool.
    #[command(flatten)]
    pub pool: InPool,
}

/// `peerpool members`.
#[derive(Debug, Args)]
pub struct Members {
    /// What to change; without it, members are listed.
    #[command(subcommand)]
    pub action: Option<MemberAction>,
    /// In which pool.
    #[command(flatten)]
    pub pool: InPool,
}

/// What to change of a member.
#[derive(Debug, Subcommand)]
pub enum MemberAction {
    /// Call a member otherwise
    Rename {
        /// Its name
        member: String,
        /// The new one
        name: String,
    },
    /// Set what a member may do in the pool
    Role {
        /// Its name
        member: String,
        /// The new role
        #[arg(value_enum)]
        role: RoleArg,
    },
    /// Keep a member out until `activate`
    Suspend {
        /// Its name
        member: String,
    },
    /// Let a suspended member take part again
    Activate {
        /// Its name
        member: String,
    },
    /// Keep a member out for good
    Remove {
        /// Its name
        member: String,
    },
}

/// `peerpool devices`.
#[derive(Debug, Args)]
pub struct Devices {
    /// What to change; without it, devices are listed.
    #[command(subcommand)]
    pub action: Option<DeviceAction>,
    /// In which pool.
    #[command(flatten)]
    pub pool: InPool,
}

/// What to change of a device.
#[derive(Debug, Subcommand)]
pub enum DeviceAction {
    /// Let a device do nothing any more, such as one that was lost
    Revoke {
        /// Its key, or a beginning of it that only one has
        key: String,
    },
    /// Give this device a new key in every pool that it has joined, in the place of its old one
    Rekey,
}

/// What somebody may do in a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// Keeps the pool
    Admin,
    /// Shares and fetches
    Member,
    /// Fetches
    Reader,
    /// Does what a rule allows it
    Guest,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Admin => Self::Admin,
            RoleArg::Member => Self::Member,
            RoleArg::Reader => Self::Reader,
            RoleArg::Guest => Self::Guest,
        }
    }
}
