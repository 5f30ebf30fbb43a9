//! How a tracker is to run.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
};

use peerpool_api::TrackerUrl;
use peerpool_wire::networks::Networks;
use tokio::sync::mpsc;

use crate::{
    control::ReloadRequest,
    error::StartError,
    https::{AcmeConfig, CertificateFiles},
    machine::host_name,
    oidc::OidcConfig,
    store::Database,
};

/// How a tracker is to run.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 for any free port.
    pub listen: SocketAddr,
    /// The folder for what must last; the user's own ([`default_data_folder`]) when none is named.
    pub data: Option<PathBuf>,
    /// The database on PostgreSQL that keeps items and members, in place of one in the data folder.
    pub database: Option<Database>,
    /// Where other nodes reach this one: with it the tracker is one of several that share the database, and are one pool.
    pub advertise: Option<TrackerUrl>,
    /// The display name; this machine's name when there is none.
    pub name: Option<String>,
    /// Whether to announce the tracker on the local network.
    pub announce_on_lan: bool,
    /// Names and addresses under which it is reached, beside those of this machine: requests for others are refused. One
    /// without a port stands for the tracker's own port and for none, as behind a proxy.
    pub hosts: Vec<String>,
    /// Which networks are one site, where that is not as their addresses say.
    pub sites: Networks,
    /// Whether the pool is for members alone.
    pub members: bool,
    /// The certificate that browsers are shown in a pool for members; the tracker's own, signed by itself, when none is named.
    pub certificate: Option<CertificateFiles>,
    /// An authority that signs a certificate for some of the tracker's names, in a pool for members; the tracker's own is
    /// shown to whoever asks for another name, and until there is one.
    pub acme: Option<AcmeConfig>,
    /// An account elsewhere by which members may sign in, in a pool for members.
    pub oidc: Option<OidcConfig>,
    /// Whether the data may be those of an open pool, which is for members from now on. There is no way back.
    pub convert: bool,
}

/// What a process gives to the tracker that runs in it. By default nothing.
#[derive(Debug, Default)]
pub struct Process {
    /// A socket that listens already, in place of [`Config::listen`].
    pub socket: Option<TcpListener>,
    /// Who reads the configuration again; without it nobody can be asked to, over the socket in the data folder.
    pub reloads: Option<mpsc::Sender<ReloadRequest>>,
}

impl Config {
    /// The tracker's display name, and that of its pool.
    pub(super) fn pool_name(&self) -> String {
        self.name.clone().unwrap_or_else(host_name)
    }

    /// Whether it may be one of several, if it is to be.
    pub(super) fn check_node(&self) -> Result<(), StartError> {
        match (&self.advertise, &self.database) {
            (Some(_), None) => Err(StartError::NodeAlone),
            _ => Ok(()),
        }
    }
}

/// Where a tracker keeps its data when no folder is named: `$XDG_DATA_HOME/peerpool/tracker`, else
/// `~/.local/share/peerpool/tracker` (macOS: `~/Library/Application Support/peerpool/tracker`, Windows:
/// `%LOCALAPPDATA%\peerpool\tracker`).
pub fn default_data_folder() -> Option<PathBuf> {
    let folder = |variable| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|data| data.join("peerpool").join("tracker"))
}
