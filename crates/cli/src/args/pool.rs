//! Trackers, peers, and which of them a command is about.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use peerpool_api::{Limits, OpenDoor, TrackerUrl, Trackers};
use peerpool_tracker::Database;
use peerpool_wire::networks::Networks;

use super::{TrackerAction, address, database, path};
use crate::output::size;

/// `peerpool tracker`.
#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Tracker {
    /// What to do in place of running one.
    #[command(subcommand)]
    pub action: Option<TrackerAction>,
    /// Where to listen [default: 0.0.0.0:6969]
    #[arg(long, env = "PEERPOOL_LISTEN", value_name = "ADDR:PORT", value_parser = address::listen)]
    pub listen: Option<SocketAddr>,
    /// Data folder [default: peerpool/tracker in the user's data folder]
    #[arg(long, env = "PEERPOOL_DATA", value_name = "DIR", value_parser = path::parser())]
    pub data: Option<PathBuf>,
    /// Database on PostgreSQL to keep items and members in, in place of a file in the data folder; several servers of one
    /// database with commas between them
    #[arg(long, env = "PEERPOOL_DATABASE", hide_env_values = true, value_name = "URL[,URL]", value_parser = database::Parser)]
    pub database: Option<Database>,
    /// Where the other nodes of the pool reach this one: with it the tracker is one of several that share a database
    #[arg(long, env = "PEERPOOL_ADVERTISE", value_name = "NAME:PORT")]
    pub advertise: Option<TrackerUrl>,
    /// Display name of the tracker [default: this machine's name]
    #[arg(long, env = "PEERPOOL_NAME")]
    pub name: Option<String>,
    /// A name or address under which the tracker is reached beside those of this machine, with a port if it is another;
    /// repeatable
    #[arg(long = "host", value_name = "NAME")]
    pub hosts: Vec<String>,
    /// Which networks are one site, as the configuration says.
    #[arg(skip)]
    pub sites: Networks,
    /// Let members in alone; while nobody keeps the pool, the first administrator's invite is printed
    #[arg(long)]
    pub members: bool,
    /// The certificate that browsers are shown in a pool for members, in PEM [default: one that the tracker makes]
    #[arg(long, value_name = "FILE", value_parser = path::parser(), requires = "key", conflicts_with = "acme")]
    pub certificate: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", value_parser = path::parser(), requires = "certificate")]
    pub key: Option<PathBuf>,
    /// Have an authority sign a certificate.
    #[command(flatten)]
    pub acme: Acme,
    /// Let members sign in by an account elsewhere, too.
    #[command(flatten)]
    pub oidc: Oidc,
    /// Make the open pool of the data folder one for members, for good
    #[arg(long, requires = "members")]
    pub convert: bool,
    /// Give content to browsers, too: a peer in the tracker's process fetches what they read, and keeps so much of it, as
    /// in 20GiB
    #[arg(long, value_name = "SIZE", value_parser = size::parse, conflicts_with = "members")]
    pub gateway: Option<u64>,
    /// Do not announce the tracker on the local network
    #[arg(long)]
    pub no_discovery: bool,
    /// Run under a service manager: no line on standard output, reload on SIGHUP
    #[arg(long)]
    pub daemon: bool,
}

/// An authority that signs the certificate that browsers are shown (ACME).
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Acme {
    /// Have Let's Encrypt, to whose terms you agree thereby, sign the certificate that browsers are shown who ask for these
    /// names, and renew it; port 443 of each name has to lead to the tracker's port
    #[arg(
        id = "acme",
        long = "acme",
        env = "PEERPOOL_ACME",
        value_name = "NAME[,NAME]",
        value_delimiter = ','
    )]
    pub names: Vec<String>,
    /// Ask another authority, whose directory is there
    #[arg(
        id = "acme_directory",
        long = "acme-directory",
        env = "PEERPOOL_ACME_DIRECTORY",
        value_name = "URL"
    )]
    pub directory: Option<String>,
    /// Mail address by which the authority may reach you
    #[arg(id = "acme_contact", long = "acme-contact", env = "PEERPOOL_ACME_CONTACT", value_name = "MAIL")]
    pub contact: Option<String>,
}

/// A provider of accounts by which members may sign in (OpenID Connect).
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Oidc {
    /// Let members sign in with their account at this provider, as it names itself
    #[arg(id = "oidc_issuer", long = "oidc-issuer", env = "PEERPOOL_OIDC_ISSUER", value_name = "URL")]
    pub issuer: Option<String>,
    /// What the provider calls this tracker
    #[arg(
        id = "oidc_client_id",
        long = "oidc-client-id",
        env = "PEERPOOL_OIDC_CLIENT_ID",
        value_name = "ID"
    )]
    pub client_id: Option<String>,
    /// The file whose first line is the secret that the provider gave out for this tracker
    #[arg(id = "oidc_client_secret_file", long = "oidc-client-secret-file", env = "PEERPOOL_OIDC_CLIENT_SECRET_FILE", value_name = "FILE", value_parser = path::parser())]
    pub client_secret_file: Option<PathBuf>,
    /// What people call the provider [default: its host]
    #[arg(id = "oidc_name", long = "oidc-name", env = "PEERPOOL_OIDC_NAME", value_name = "NAME")]
    pub name: Option<String>,
}

/// `peerpool peer`.
#[derive(Debug, Args)]
pub struct Peer {
    /// Which repository, tracker and address.
    #[command(flatten)]
    pub options: PeerOptions,
    /// Where and whether to let browsers in.
    #[command(flatten)]
    pub web: DoorOptions,
    /// Serve without a shell, even on a terminal
    #[arg(long)]
    pub no_shell: bool,
    /// Run under a service manager: all repositories of the configuration, no shell, reload on SIGHUP
    #[arg(long, conflicts_with = "no_shell")]
    pub daemon: bool,
}

impl Peer {
    /// What is said about the peer, its door included.
    pub fn options(&self) -> PeerOptions {
        let DoorOptions { web, web_anywhere } = self.web;
        let web = web.map(|listen| OpenDoor { listen: Some(listen), anywhere: web_anywhere });
        PeerOptions { web, ..self.options.clone() }
    }
}

/// Where and whether a peer lets browsers in.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct DoorOptions {
    /// Let browsers in there; `peerpool web` opens the page
    #[arg(long, env = "PEERPOOL_WEB", value_name = "ADDR:PORT", value_parser = address::door)]
    pub web: Option<SocketAddr>,
    /// Allow an address that other machines reach; nothing is encrypted there
    #[arg(long)]
    pub web_anywhere: bool,
}

/// `peerpool web`.
#[derive(Debug, Args)]
pub struct Web {
    /// Which peer.
    #[command(flatten)]
    pub options: PeerOptions,
    /// Where to let browsers in [default: where they are let in already, or 127.0.0.1 and any free port]
    #[command(flatten)]
    pub door: DoorOptions,
    /// Print the link alone
    #[arg(long)]
    pub no_open: bool,
    /// Let no browser in any more
    #[arg(long, conflicts_with_all = ["web", "web_anywhere", "no_open"])]
    pub close: bool,
}

/// Which peer a command is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct PeerOptions {
    /// The shared folder [default: this folder, if it is a repository]
    #[arg(short, long, env = "PEERPOOL_REPOSITORY", value_name = "DIR", value_parser = path::parser())]
    pub repository: Option<PathBuf>,
    /// The pool's tracker
    #[arg(short, long, env = "PEERPOOL_TRACKER", value_name = "HOST:PORT[,HOST:PORT]")]
    pub tracker: Option<Trackers>,
    /// Where to listen for other peers [default: [::], every address of both families, any free port]
    #[allow(rustdoc::broken_intra_doc_links, reason = "the help shows an address")]
    #[arg(short, long, env = "PEERPOOL_LISTEN", value_name = "ADDR:PORT", value_parser = address::listen)]
    pub listen: Option<SocketAddr>,
    /// Display name of the peer [default: this machine's name]
    #[arg(long, env = "PEERPOOL_NAME")]
    pub name: Option<String>,
    /// Where a peer that stays lets browsers in.
    #[arg(skip)]
    pub web: Option<OpenDoor>,
    /// How fast its payload may go; as `peerpool limit` has it when left out.
    #[arg(skip)]
    pub limits: Option<Limits>,
}

/// `peerpool reload`.
#[derive(Debug, Args)]
pub struct Reload {
    /// Which repository's peer; all peers of its process read their configuration again.
    #[command(flatten)]
    pub options: PeerOptions,
    /// Reload the tracker of this data folder, in place of a peer
    #[arg(long, value_name = "DIR", value_parser = path::parser(), conflicts_with = "repository")]
    pub data: Option<PathBuf>,
}

/// `peerpool demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Bytes of the big files, as in 64M or 1G
    #[arg(long, default_value = "256M", value_parser = crate::output::size::parse)]
    pub size: u64,
    /// Leave the pool running and say how to join it
    #[arg(long)]
    pub keep: bool,
    /// Open the pages of the tracker and of a peer, and keep the pool until Ctrl-C
    #[arg(long, conflicts_with = "keep")]
    pub web: bool,
    /// Show a pool for members instead, and how it keeps out whoever is none, or no longer
    #[arg(long, conflicts_with_all = ["keep", "web"])]
    pub members: bool,
    /// Show so many trackers that are one pool instead, and how it goes on when one is killed (needs PostgreSQL)
    #[arg(
        long,
        value_name = "COUNT",
        value_parser = clap::value_parser!(u8).range(2..=9),
        conflicts_with_all = ["keep", "web", "members"]
    )]
    pub nodes: Option<u8>,
}
