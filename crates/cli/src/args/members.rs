//! Commands about a pool for members.

use std::path::PathBuf;

use clap::Args;

use super::path;

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
