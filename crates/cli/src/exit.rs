//! How commands fail: what they say, and the exit code.

use std::{io, path::PathBuf, process::ExitCode};

use peerpool_api::{self as api, ApiError, Code, Download, DownloadState, Reason, Server};
use peerpool_peer::{
    PeerError,
    membership::{AskError, JoinError, MembershipError, ReachError, RekeyError},
};
use peerpool_repository::RepositoryError;
use peerpool_tls::IdentityError;
use peerpool_tracker::{StartError, members::KeysError};

/// The end of `--help`.
pub const HELP: &str = "\
Exit codes:
    0  done
    1  failed
    2  the command line or the configuration file is wrong
    3  a torrent or magnet link was refused
    4  no such item or download
    5  the name is ambiguous
    6  no tracker, peer or holder could be reached
    7  another peer uses the repository, or another tracker the data folder
    8  the disk is full, or reading or writing failed
    9  a different file of that name is in the way
   10  the name means another version by now, and part of the old one is kept
  130  interrupted
A command about several items does what it can; its code is the highest of theirs.

Options can also be set by PEERPOOL_CONFIG, PEERPOOL_REPOSITORY, PEERPOOL_TRACKER, PEERPOOL_LISTEN,
PEERPOOL_NAME, PEERPOOL_WEB and PEERPOOL_DATA, and in the configuration file; the command line goes
first, then the environment.";

/// An exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Failed in no way listed below.
    Failed = 1,
    /// The command line or the configuration file is wrong.
    Usage = 2,
    /// A torrent or magnet link was refused.
    RefusedTorrent = 3,
    /// No such item or download.
    NotFound = 4,
    /// The name is ambiguous.
    Ambiguous = 5,
    /// No tracker, peer or holder could be reached.
    Unreachable = 6,
    /// The repository is used by another peer.
    Busy = 7,
    /// The disk is full, or reading or writing failed.
    Disk = 8,
    /// A different file of that name is in the way.
    Exists = 9,
    /// The name means another version by now, and part of the old one is kept.
    Superseded = 10,
    /// Interrupted by Ctrl-C or a signal.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

impl From<Code> for Exit {
    fn from(code: Code) -> Self {
        match code {
            Code::BadRequest
            | Code::MethodNotAllowed
            | Code::TooLarge
            | Code::UnsupportedMediaType
            | Code::WrongOffset => Self::Usage,
            Code::RefusedTorrent => Self::RefusedTorrent,
            Code::NotFound => Self::NotFound,
            Code::Ambiguous => Self::Ambiguous,
            Code::Exists => Self::Exists,
            Code::NotStarted
            | Code::TrackerUnreachable
            | Code::TrackerVersion
            | Code::MembersOnly
            | Code::NoHolder
            | Code::Busy
            | Code::Ending => Self::Unreachable,
            Code::DiskFull | Code::Disk => Self::Disk,
            Code::NoKey
            | Code::Forbidden
            | Code::NotAMember
            | Code::NotAllowed
            | Code::NoInvite
            | Code::Taken
            | Code::LastAdmin
            | Code::NotShareable
            | Code::Other => Self::Failed,
        }
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The peer refused, or could not be asked.
    #[error(transparent)]
    Control(#[from] api::Error),
    /// A peer of our own could not start.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// A tracker could not start.
    #[error(transparent)]
    Tracker(#[from] StartError),
    /// What this device keeps of its pools cannot be read or written.
    #[error(transparent)]
    Membership(#[from] MembershipError),
    /// A tracker of a pool for members did not answer, or refused.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// No tracker of a pool for members was reached.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// The keys of a pool were not changed.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A pool for members was not joined.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// This device has no new key.
    #[error(transparent)]
    Rekey(#[from] RekeyError),
    /// Something that has an exit code of its own.
    #[error("{message}")]
    Told {
        /// The exit code.
        exit: Exit,
        /// What failed, and what to do.
        message: String,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {error}", path.display())]
    File {
        /// `read`, `write`, …
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A result could not be written to standard output.
    #[error("cannot write the output: {0}; what was written of it is not complete")]
    Output(io::Error),
    /// Some of several things failed, each of which was told.
    #[error("{failed} of {of} failed")]
    Several {
        /// How many.
        failed: usize,
        /// Of how many.
        of: usize,
        /// The highest of their exit codes.
        exit: Exit,
    },
    /// The peer that was worked with has left.
    #[error("{}", left(*asked))]
    Left {
        /// Because somebody said `end`.
        asked: bool,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

impl Failure {
    /// A failure in the words given.
    pub fn told(exit: Exit, message: impl Into<String>) -> Self {
        Self::Told { exit, message: message.into() }
    }

    /// A file that could not be read, written, …
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| Self::File { action, path, error }
    }

    /// The failure of a download that will not go on by itself, if it is such a one.
    pub fn of_download(download: &Download) -> Option<Self> {
        let name = &download.name;
        match &download.state {
            DownloadState::Failed { code, cause } => {
                // Most causes name the item by themselves.
                let named = cause.contains(name.as_str());
                let error =
                    ApiError::new(*code, if named { cause.clone() } else { format!("{name}: {cause}") });
                Some(Self::Control(api::Error::Refused(error)))
            }
            DownloadState::Stopped => Some(Self::told(
                Exit::Failed,
                format!("{name} was stopped; what was fetched is kept: `peerpool resume {name}` goes on"),
            )),
            _ => {
                let stalled = download.stalled.as_ref()?;
                (stalled.reason == Reason::Superseded)
                    .then(|| Self::told(Exit::Superseded, stalled.message.clone()))
            }
        }
    }

    /// Whether it is about one of several items, so that the others can be gone on with.
    pub fn is_about_one(&self) -> bool {
        match self {
            Self::Control(api::Error::Refused(error)) => error.code != Code::Ending,
            Self::Told { .. } | Self::File { .. } => true,
            _ => false,
        }
    }

    /// Whether the peer went away in the middle, and nobody wished it to: another one may do what this one did not.
    pub fn is_a_lost_peer(&self) -> bool {
        match self {
            Self::Control(api::Error::Refused(error)) => error.code == Code::Ending,
            Self::Control(api::Error::Lost { .. } | api::Error::NoPeer { .. }) => true,
            Self::Left { asked } => !asked,
            _ => false,
        }
    }

    /// The refusal of the peer, when it is one.
    pub fn refusal(&self) -> Option<&ApiError> {
        match self {
            Self::Control(api::Error::Refused(error)) => Some(error),
            _ => None,
        }
    }

    /// The exit code that goes with it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Control(error) => exit_of_answer(error),
            Self::Peer(error) => exit_of_peer(error),
            Self::Tracker(error) => exit_of_tracker(error),
            Self::Membership(error) => exit_of_membership(error),
            Self::Ask(error) => exit_of_asking(error),
            Self::Reach(ReachError::Membership(error)) => exit_of_membership(error),
            Self::Reach(ReachError::Ask(error)) => exit_of_asking(error),
            Self::Keys(error) => exit_of_keys(error),
            Self::Join(error) => exit_of_joining(error),
            Self::Rekey(RekeyError::Membership(error)) => exit_of_membership(error),
            Self::Rekey(RekeyError::Pool { source, .. }) => exit_of_asking(source),
            Self::Told { exit, .. } | Self::Several { exit, .. } => *exit,
            Self::File { error, .. } if error.kind() == io::ErrorKind::NotFound => Exit::NotFound,
            Self::File { .. } | Self::Output(_) => Exit::Disk,
            Self::Left { .. } => Exit::Unreachable,
            Self::Interrupted => Exit::Interrupted,
        }
    }
}

/// The exit code for a request without an answer.
fn exit_of_answer(error: &api::Error) -> Exit {
    match error {
        api::Error::Refused(error) => error.code.into(),
        api::Error::NotUnderstood { server: Server::Peer(_), .. } => Exit::Failed,
        _ => Exit::Unreachable,
    }
}

/// The exit code for a membership that cannot be read or kept.
fn exit_of_membership(error: &MembershipError) -> Exit {
    match error {
        MembershipError::Disk { .. }
        | MembershipError::Identity(IdentityError::Read { .. } | IdentityError::Write { .. }) => Exit::Disk,
        _ => Exit::Failed,
    }
}

/// The exit code for keys of a pool that were not changed.
fn exit_of_keys(error: &KeysError) -> Exit {
    match error {
        KeysError::Nothing { .. } | KeysError::NoRoot { .. } => Exit::Usage,
        KeysError::Exists { .. } => Exit::Exists,
        KeysError::File { .. }
        | KeysError::Unread { .. }
        | KeysError::Key(IdentityError::Read { .. } | IdentityError::Write { .. }) => Exit::Disk,
        _ => Exit::Failed,
    }
}

/// The exit code for a pool that was not joined.
fn exit_of_joining(error: &JoinError) -> Exit {
    match error {
        JoinError::Address(_) => Exit::Usage,
        JoinError::Membership(error) => exit_of_membership(error),
        JoinError::Ask(error) => exit_of_asking(error),
        JoinError::Pool { .. } | JoinError::Impostor { .. } => Exit::Failed,
    }
}

/// The exit code for a tracker of a pool for members that does not do what it was asked.
fn exit_of_asking(error: &AskError) -> Exit {
    match error {
        AskError::Tracker(error) => exit_of_answer(error),
        AskError::Secure { .. } | AskError::Nowhere { .. } => Exit::Unreachable,
        AskError::Setup(_) | AskError::Key(_) => Exit::Failed,
    }
}

/// The exit code for a peer that could not start.
fn exit_of_peer(error: &PeerError) -> Exit {
    match error {
        PeerError::Repository(RepositoryError::InUse { .. }) => Exit::Busy,
        PeerError::Repository(RepositoryError::Disk(_)) | PeerError::Control { .. } => Exit::Disk,
        PeerError::Tracker(_) => Exit::Unreachable,
        PeerError::Door(_) => Exit::Usage,
        _ => Exit::Failed,
    }
}

/// The exit code for a tracker that could not start.
fn exit_of_tracker(error: &StartError) -> Exit {
    match error {
        StartError::DataInUse { .. } | StartError::DatabaseInUse { .. } => Exit::Busy,
        StartError::Host(_)
        | StartError::DatabaseAddress(_)
        | StartError::Open { .. }
        | StartError::MembersOnly { .. } => Exit::Usage,
        StartError::DataFolder { .. } | StartError::Data { .. } | StartError::Database { .. } => Exit::Disk,
        _ => Exit::Failed,
    }
}

fn left(asked: bool) -> &'static str {
    match asked {
        true => "the peer was ended by `end`; what was fetched is kept, and `get` goes on with it",
        false => "the peer left the pool; what was fetched is kept, and `get` goes on with it",
    }
}
