//! The configuration file.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use peerpool_api::TrackerUrl;
use peerpool_tracker::Database;

use super::{Acme, DoorOptions, Oidc, PeerOptions, database, path};

/// `peerpool config`.
#[derive(Debug, Args)]
pub struct Configure {
    /// What to do.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Say whether the file is understood; if not, the line and the reason
    Check,
    /// Show every setting in force, and where it comes from: option, environment, line of the file, default
    Show(Box<ConfigShow>),
    /// Write a file with every setting, commented out; one that exists stays
    Init,
}

impl Configure {
    /// Whether the file that is named is to be written, so that it cannot be read before.
    pub fn is_init(&self) -> bool {
        matches!(self.action, ConfigAction::Init)
    }
}

/// The options of peers and trackers, as these would be given them.
#[derive(Debug, Args)]
pub struct ConfigShow {
    /// Those of a peer; some are a tracker's, too.
    #[command(flatten)]
    pub options: PeerOptions,
    /// Where a peer lets browsers in.
    #[command(flatten)]
    pub door: DoorOptions,
    /// Data folder of a tracker
    #[arg(long, env = "PEERPOOL_DATA", value_name = "DIR", value_parser = path::parser())]
    pub data: Option<PathBuf>,
    /// Database of a tracker
    #[arg(long, env = "PEERPOOL_DATABASE", hide_env_values = true, value_name = "URL[,URL]", value_parser = database::Parser)]
    pub database: Option<Database>,
    /// Where other nodes reach a tracker
    #[arg(long, env = "PEERPOOL_ADVERTISE", value_name = "NAME:PORT")]
    pub advertise: Option<TrackerUrl>,
    /// Which authority signs a tracker's certificate.
    #[command(flatten)]
    pub acme: Acme,
    /// By which account elsewhere members sign in.
    #[command(flatten)]
    pub oidc: Oidc,
}
