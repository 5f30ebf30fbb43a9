//! The code of each failure, as the API and the state of a download tell it to programs.

use peerpool_api::Code;
use peerpool_repository::{DiskError, Fault, PartialError, RepositoryError, uploads::UploadError};
use peerpool_wire::channel::{Failure, Refusal};

use crate::{
    channel::AskError,
    error::{DoorError, TrackerError},
};

/// A failure that programs tell apart.
pub(crate) trait Coded {
    fn code(&self) -> Code;
}

impl Coded for DiskError {
    fn code(&self) -> Code {
        match self.fault() {
            Fault::Full => Code::DiskFull,
            _ => Code::Disk,
        }
    }
}

impl Coded for PartialError {
    fn code(&self) -> Code {
        match self {
            Self::Disk { source, .. } => source.code(),
            Self::NoRoom { .. } => Code::DiskFull,
            Self::NameTaken { .. } => Code::Exists,
            Self::Unfit { .. } => Code::RefusedTorrent,
            _ => Code::Other,
        }
    }
}

impl Coded for RepositoryError {
    fn code(&self) -> Code {
        match self {
            Self::Name { .. } | Self::Verify(_) | Self::SourceChanged { .. } => Code::NotShareable,
            Self::NameTaken { .. } => Code::Exists,
            Self::Disk(error) => error.code(),
            _ => Code::Other,
        }
    }
}

impl Coded for UploadError {
    fn code(&self) -> Code {
        match self {
            Self::Unknown(_) | Self::NoFile { .. } => Code::NotFound,
            Self::TooMany => Code::Busy,
            Self::Name { .. } => Code::NotShareable,
            Self::TooManyFiles { .. } | Self::TooLong { .. } => Code::BadRequest,
            Self::Offset { .. } => Code::WrongOffset,
            Self::NoRoom { .. } => Code::DiskFull,
            Self::Repository(error) => error.code(),
            Self::Disk(error) => error.code(),
        }
    }
}

impl Coded for DoorError {
    fn code(&self) -> Code {
        Code::BadRequest
    }
}

impl Coded for TrackerError {
    fn code(&self) -> Code {
        match self {
            Self::NotStarted => Code::NotStarted,
            Self::Refused { reason: Refusal::UnsupportedVersion { .. }, .. } => Code::TrackerVersion,
            // No trying again helps.
            Self::ForMembers { .. } => Code::MembersOnly,
            _ => Code::TrackerUnreachable,
        }
    }
}

impl Coded for AskError {
    fn code(&self) -> Code {
        match self {
            Self::Tracker(error) => error.code(),
            Self::TooOld => Code::TrackerVersion,
            Self::Unexpected => Code::Other,
            Self::Failed(Failure::BadQuestion { .. }) => Code::BadRequest,
            Self::Failed(Failure::Busy) => Code::Busy,
            Self::Failed(Failure::NotFound { .. }) => Code::NotFound,
            Self::Failed(Failure::NoMetainfo { .. }) => Code::NoHolder,
            Self::Failed(Failure::MayNotGet { .. }) => Code::NotAllowed,
            Self::Failed(Failure::Ambiguous { .. }) => Code::Ambiguous,
            Self::Failed(_) => Code::TrackerUnreachable,
        }
    }
}
