//! Why a tracker does not start.

use std::{io, net::SocketAddr, path::PathBuf};

use peerpool_web::guard::ParseAuthorityError;

use crate::{https::CertificateError, links::LinkKeyError, members::KeysError, oidc::OidcSetupError};

/// Why a tracker does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {}", listen_advice(source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A name under which it is to be reached cannot be one.
    #[error("a host of the tracker: {0}")]
    Host(#[from] ParseAuthorityError),
    /// A socket that listened already cannot be used.
    #[error("cannot use the socket that the service manager passed: {0}")]
    Socket(io::Error),
    /// The socket in the data folder cannot be made.
    #[error("cannot make the control socket in {}: {source}; check that the folder may be written", path.display())]
    Control {
        /// The data folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The threads that search cannot be started.
    #[error("cannot start the threads that search: {0}")]
    Threads(#[source] io::Error),
    /// There is no place for the tracker's data.
    #[error("no home directory is known to keep the tracker's data in: name a folder with --data")]
    NoDataFolder,
    /// The data folder cannot be made.
    #[error("cannot make the tracker's data folder {}: {source}", path.display())]
    DataFolder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another tracker uses the data folder.
    #[error("another tracker keeps its data in {}: stop it, or name another folder with --data", path.display())]
    DataInUse {
        /// The database.
        path: PathBuf,
    },
    /// The database cannot be used.
    #[error("cannot use the database {database}: {message}")]
    Database {
        /// Its addresses, without passwords.
        database: String,
        /// What went wrong.
        message: String,
    },
    /// Another tracker uses the database.
    #[error(
        "another tracker uses the database {database}: stop it, or name another database with --database"
    )]
    DatabaseInUse {
        /// Its addresses, without passwords.
        database: String,
    },
    /// The tracker was to be one of several, with a database of its own.
    #[error("several trackers are one pool where they share a database: name it with --database")]
    NodeAlone,
    /// Links to other nodes cannot be encrypted.
    #[error("links to other nodes cannot be encrypted: {0}")]
    LinkKey(LinkKeyError),
    /// The database is not shared, or the same node runs already.
    #[error(
        "the database {database} is in use by a tracker without --advertise, or another tracker is already the node {address}: \
         stop it, or give this one an address of its own with --advertise"
    )]
    NodeInUse {
        /// Its addresses, without passwords.
        database: String,
        /// Where the node is reached.
        address: String,
    },
    /// The pool is for members, and was to be started as an open one.
    #[error(
        "the pool in {} is for members: start it with --members (`members = true` in the configuration), or name another \
         folder with --data",
        path.display()
    )]
    MembersOnly {
        /// The data folder.
        path: PathBuf,
    },
    /// The pool is open, and was to be started as one for members.
    #[error(
        "the pool in {} is open: start it without --members, name another folder with --data, or make it a pool for \
         members for good with --members --convert; its peers then have to join, and every member sees the items that \
         it has until rules say otherwise",
        path.display()
    )]
    Open {
        /// The data folder.
        path: PathBuf,
    },
    /// The members in the database are those of a pool whose keys are not here.
    #[error(
        "{} has no keys of the pool whose members are in {}: copy them from another node with `peerpool tracker keys export` \
         and `peerpool tracker keys import`, or from a backup",
        folder.display(),
        path.display()
    )]
    NoKeys {
        /// The database.
        path: PathBuf,
        /// The data folder.
        folder: PathBuf,
    },
    /// The keys of a pool for members cannot be had.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// There is no certificate for browsers.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// People cannot sign in elsewhere.
    #[error("[tracker_server.oidc]: {0}")]
    Oidc(#[from] OidcSetupError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] peerpool_tls::SetupError),
    /// An address of a database cannot be used.
    #[error("the database: {0}")]
    DatabaseAddress(#[from] crate::store::DatabaseError),
    /// The data cannot be read.
    #[error("cannot open the tracker's data in {}: {message}", path.display())]
    Data {
        /// The database.
        path: PathBuf,
        /// What went wrong.
        message: String,
    },
}

fn listen_advice(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "the port is taken: stop the program that has it, or choose another".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "not permitted: ports below 1024 are for the administrator".to_owned()
        }
        _ => error.to_string(),
    }
}
